"""Provisioning documents, and the answer that carries one.  [MDE2 §3.6.4]"""

from __future__ import annotations

from base64 import b64encode
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from dmkit.windows.enrol import (
    DOCUMENT,
    SECURITY,
    TRUST,
    PollSettings,
    poll_nodes,
)
from dmkit.windows.soap import envelope
from dmkit.words.asked import asked

__all__ = ["account_document", "collection", "renewal_document", "thumbprint"]


def parm(name: str, value: object) -> str:
    """One value."""
    return f"<parm name={quoteattr(name)} value={quoteattr(str(value))}/>"


def group(type: str, *inside: str) -> str:
    """A characteristic with what is in it."""
    return f"<characteristic type={quoteattr(type)}>{''.join(inside)}</characteristic>"


@asked
def thumbprint(certificate: x509.Certificate) -> str:
    """By what a certificate is named in a store."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()


@asked
def collection(document: str) -> bytes:
    """The answer that carries a provisioning document."""
    encoded = b64encode(document.encode()).decode()
    answer = (
        f'<RequestSecurityTokenResponseCollection xmlns="{TRUST}"><RequestSecurityTokenResponse>'
        "<RequestedSecurityToken>"
        f'<BinarySecurityToken xmlns="{SECURITY}" ValueType="{DOCUMENT}">{encoded}</BinarySecurityToken>'
        "</RequestedSecurityToken></RequestSecurityTokenResponse></RequestSecurityTokenResponseCollection>"
    )
    return envelope("http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RSTRC/wstep", answer)


@asked
def renewal_document(certificate: x509.Certificate, server_id: str) -> str:
    """The document of a renewal: the new certificate, and whose account it is for."""
    encoded = b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    stored = group(thumbprint(certificate), parm("EncodedCertificate", encoded), group("PrivateKeyContainer"))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><wap-provisioningdoc version="1.1">'
        + group("CertificateStore", group("My", group("User", stored)))
        + group("APPLICATION", parm("PROVIDER-ID", server_id))
        + "</wap-provisioningdoc>"
    )


@asked
def account_document(
    authority: x509.Certificate,
    certificate: x509.Certificate,
    user: str,
    server_id: str,
    management: str,
    polls: PollSettings,
) -> str:
    """The document of an enrolment: both certificates, the account at ``management``, the polls."""

    def stored(one: x509.Certificate) -> str:
        encoded = b64encode(one.public_bytes(serialization.Encoding.DER)).decode()
        return group(thumbprint(one), parm("EncodedCertificate", encoded))

    times = [parm(name, value) for name, value in poll_nodes(polls).items()]
    return (
        '<?xml version="1.0" encoding="UTF-8"?><wap-provisioningdoc version="1.1">'
        + group("CertificateStore", group("Root", group("System", stored(authority))),
                group("My", group("User", stored(certificate))))
        + group("APPLICATION", parm("APPID", "w7"), parm("PROVIDER-ID", server_id), parm("NAME", "dmkit"),
                parm("ADDR", management), parm("CRLCHECK", "0"), parm("CONNRETRYFREQ", 3),
                parm("INITIALBACKOFFTIME", 16000), parm("MAXBACKOFFTIME", 86400000),
                parm("DEFAULTENCODING", "application/vnd.syncml.dm+xml"))
        + group("DMClient", group("Provider", group(server_id, parm("UPN", user), group("Poll", *times))))
        + "</wap-provisioningdoc>"
    )  # fmt: skip
