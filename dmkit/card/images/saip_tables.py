"""Which field of a profile element is which file: names in their order, and where the files go.

Fields are numbered from 0: 0 is the header of the element, 1 the identifier of its template, then files.
[TCA Profile interoperability specification §8, §9 (names and order); sheet usim §2, §3 (identifiers)]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dmkit.words.asked import asked

__all__ = ["ELEMENTS", "NAMES", "ElementKind", "file_name"]

NAMES: Final[Mapping[int, str]] = {
    0: "header", 1: "genericFileManagement", 2: "pinCodes", 3: "pukCodes", 4: "akaParameter", 5: "cdmaParameter",
    6: "securityDomain", 7: "rfm", 8: "application", 9: "nonStandard", 10: "end", 16: "mf", 17: "cd", 18: "telecom",
    19: "usim", 20: "opt-usim", 21: "isim", 22: "opt-isim", 23: "phonebook", 24: "gsm-access", 25: "csim",
    26: "opt-csim", 27: "eap", 28: "df-5gs", 29: "df-saip", 30: "df-snpn", 31: "df-5gprose", 32: "iot", 33: "opt-iot",
}  # fmt: skip
"""Number of a profile element -> its name."""


@dataclass(frozen=True, slots=True)
class ElementKind:
    """An element that carries files: its fields after the first two, the directory they go into, its template."""

    fields: tuple[str, ...]
    names: tuple[str, ...]
    oid: str
    below: tuple[str, ...] = ()


_MF: Final = "mf ef-pl ef-iccid ef-dir ef-arr ef-umpc"
_TELECOM: Final = "df-telecom ef-arr ef-rma ef-sume ef-ice-dn ef-ice-ff ef-psismsc"
_USIM: Final = (
    "adf-usim ef-imsi ef-arr ef-keys ef-keysPS ef-hpplmn ef-ust ef-fdn ef-sms ef-smsp ef-smss ef-spn ef-est "
    "ef-start-hfn ef-threshold ef-psloci ef-acc ef-fplmn ef-loci ef-ad ef-ecc ef-netpar ef-epsloci ef-epsnsc"
)
_OPT_USIM: Final = (
    "ef-li ef-acmmax ef-acm ef-gid1 ef-gid2 ef-msisdn ef-puct ef-cbmi ef-cbmid ef-sdn ef-ext2 ef-ext3 ef-cbmir "
    "ef-plmnwact ef-oplmnwact ef-hplmnwact ef-dck ef-cnl ef-smsr ef-bdn ef-ext5 ef-ccp2 ef-ext4 ef-acl ef-cmi ef-ici "
    "ef-oci ef-ict ef-oct ef-vgcs ef-vgcss ef-vbs ef-vbss ef-emlpp ef-aaem ef-hiddenkey ef-pnn ef-opl ef-mbdn ef-ext6 "
    "ef-mbi ef-mwis ef-cfis ef-ext7 ef-spdi ef-mmsn ef-ext8 ef-mmsicp ef-mmsup ef-mmsucp ef-nia ef-vgcsca ef-vbsca "
    "ef-gbabp ef-msk ef-muk ef-ehplmn ef-gbanl ef-ehplmnpi ef-lrplmnsi ef-nafkca ef-spni ef-pnni ef-ncp-ip ef-ufc "
    "ef-nasconfig ef-uicciari ef-pws ef-fdnuri ef-bdnuri ef-sdnuri ef-ial ef-ips ef-ipd ef-epdgid ef-epdgselection "
    "ef-epdgidem ef-epdgselectionem ef-frompreferred ef-imsconfigdata ef-3gpppsdataoff ef-3gpppsdataoffservicelist "
    "ef-xcapconfigdata ef-earfcnlist ef-mudmidconfigdata ef-eaka"
)
_ISIM: Final = "adf-isim ef-impi ef-impu ef-domain ef-ist ef-ad ef-arr"
_OPT_ISIM: Final = (
    "ef-pcscf ef-sms ef-smsp ef-smss ef-smsr ef-gbabp ef-gbanl ef-nafkca ef-uicciari ef-frompreferred "
    "ef-imsconfigdata ef-xcapconfigdata ef-webrtcuri ef-mudmidconfigdata"
)
_BOOK: Final = (
    "df-phonebook ef-pbr ef-ext1 ef-aas ef-gas ef-psc ef-cc ef-puid ef-iap ef-adn ef-pbc ef-anr ef-puri ef-email "
    "ef-sne ef-uid ef-grp ef-ccp1"
)
_FIVE_G: Final = (
    "df-5gs ef-5gs3gpploci ef-5gsn3gpploci ef-5gs3gppnsc ef-5gsn3gppnsc ef-5gauthkeys ef-uac-aic ef-suci-calc-info "
    "ef-opl5g ef-supi-nai ef-routing-indicator ef-ursp ef-tn3gppsnn ef-cag ef-sor-cmci ef-dri ef-5gsedrx "
    "ef-5gnswo-conf ef-mchpplmn ef-kausf-derivation"
)
_ADF: Final = ("MF", "ADF.USIM")
_ADF_ISIM: Final = ("MF", "ADF.ISIM")

ELEMENTS: Final[Mapping[int, ElementKind]] = {
    16: ElementKind(tuple(_MF.split()), ("MF",), "2.23.143.1.2.1"),
    18: ElementKind(tuple(_TELECOM.split()), ("MF", "DF.TELECOM"), "2.23.143.1.2.3"),
    19: ElementKind(tuple(_USIM.split()), _ADF, "2.23.143.1.2.4"),
    20: ElementKind(tuple(_OPT_USIM.split()), _ADF, "2.23.143.1.2.5"),
    23: ElementKind(tuple(_BOOK.split()), (*_ADF, "DF.PHONEBOOK"), "2.23.143.1.2.6"),
    24: ElementKind(
        ("df-gsm-access", "ef-kc", "ef-kcgprs", "ef-cpbcch", "ef-invscan"), (*_ADF, "DF.GSM-ACCESS"), "2.23.143.1.2.7"
    ),
    28: ElementKind(tuple(_FIVE_G.split()), (*_ADF, "DF.5GS"), "2.23.143.1.2.13"),
    29: ElementKind(("df-saip", "ef-suci-calc-info"), (*_ADF, "DF.SAIP"), "2.23.143.1.2.14"),
    21: ElementKind(tuple(_ISIM.split()), _ADF_ISIM, "2.23.143.1.2.8"),
    22: ElementKind(tuple(_OPT_ISIM.split()), _ADF_ISIM, "2.23.143.1.2.9"),
}
"""Number of an element -> its files, in the order in which a package has them.

Files of other elements are not taken apart: they stay octets of the package."""


@asked
def file_name(field: str, rows: Iterable[str]) -> str:
    """The name of a file: as the rows of its directory have it, whatever its dashes and capitals, else in capitals.

    >>> file_name("ef-keysPS", ["EF.KeysPS"]), file_name("ef-pcscf", ["EF.P-CSCF"]), file_name("ef-mbi", [])
    ('EF.KeysPS', 'EF.P-CSCF', 'EF.MBI')
    """
    kind, _, rest = field.partition("-")
    name = f"{kind}.{rest}".upper()
    return next((row for row in rows if _letters(row) == _letters(name)), name)


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
