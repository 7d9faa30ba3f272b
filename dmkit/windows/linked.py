"""Linked enrolment: discovery in JSON, then the steps of enrolment for a second account.  [windows sheet §6]

>>> from dmkit.windows.enrol import example_key, in_memory
>>> from dmkit.windows.enrol_server import EnrolmentServer
>>> server = EnrolmentServer.example()
>>> device = enrol_linked(server.base + LINKED, "ann@example.org", token="let me in", key=example_key())
>>> in_memory(server, device).account.server_id
'dmkit-mdm-declared'
"""

from __future__ import annotations

import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from dmkit.windows.enrol import DEVICE, Enrolling, EnrolmentRefused, EnrolmentRequest, obtain
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["LINKED", "enrol_linked", "read_json"]

LINKED: Final = "/EnrollmentServer/LinkedDiscovery"
"""Where the server of this model answers discovery of linked enrolment; the device is told the whole address."""
_FIELDS: Final = ("EnrollmentServiceUrl", "EnrollmentPolicyServiceUrl")


@asked
def read_json(octets: bytes) -> dict[str, Any]:
    """A JSON object; CodecError when the octets are none."""
    try:
        found = json.loads(octets.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CodecError(f"no JSON: {str(error)[:100]}") from None
    if not isinstance(found, dict):
        raise CodecError("an object in JSON is wanted")
    return found


@asked
def enrol_linked(
    endpoint: str,
    user: str,
    *,
    token: str,
    key: rsa.RSAPrivateKey,
    device: str = DEVICE,
    os_version: str = "10.0.26100.1",
) -> Enrolling:
    """A device enrols its second account at ``endpoint``: yields each request, and is sent its answer.

    EnrolmentRefused says what went wrong; ``fault`` is then also an errorCode of discovery, as UPNRequired.
    """
    request = {
        "userDomain": user.rpartition("@")[2], "upn": user, "tenantId": "00000000-0000-0000-0000-000000000000",
        "emmDeviceId": device, "enrollmentType": "Device", "osVersion": os_version,
    }  # fmt: skip
    answer = yield EnrolmentRequest("POST", endpoint, json.dumps(request).encode())
    try:
        found = read_json(answer)
    except CodecError as error:
        raise EnrolmentRefused("Discover", "", str(error)) from None
    if found.get("errorCode"):
        raise EnrolmentRefused("Discover", str(found["errorCode"])[:60], str(found.get("message", ""))[:120])
    services = {name: found.get(name) for name in _FIELDS}
    for name, address in services.items():
        if not isinstance(address, str) or not address:
            raise EnrolmentRefused("Discover", "", f"{name} is missing")
    return (yield from obtain({k: str(v) for k, v in services.items()}, user, token=token, key=key, device=device))
