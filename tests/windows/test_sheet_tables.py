"""Numbers of Windows as the sheet lists them, written off by hand.  [windows sheet §1, §3, §6]"""

from __future__ import annotations

import pytest

from dmkit.windows.alerts import STATES
from dmkit.windows.behaviour import STATUSES, TREE
from dmkit.windows.builds import EDITIONS
from dmkit.windows.codes import CODES, GROUPS
from dmkit.windows.foretold import ANSWERS
from dmkit.windows.soap import FAULTS

STATUS_SET = "200 202 212 214 215 216 400 401 403 404 405 406 415 418 425 500 507 516"
ENROLMENT = {
    1: "MessageFormat", 2: "Authentication", 3: "Authorization", 4: "CertificateRequest", 5: "EnrollmentServer",
    6: "InternalServiceFault", 7: "InvalidSecurity", 0x13: "DeviceCapReached", 0x14: "DeviceNotSupported",
    0x15: "NotSupported", 0x16: "NotEligibleToRenew", 0x17: "InMaintenance", 0x18: "UserLicense",
    0x19: "InvalidEnrollmentData", 0x32: "CustomServerError",
}  # fmt: skip
MANAGER = {
    0x86000000: "node options", 0x86000001: "data type", 0x86000002: "not found", 0x86000003: "inside a transaction",
    0x86000004: "outside a transaction", 0x86000005: "Exec", 0x86000006: "Cancel", 0x06000007: "success, and rolled",
    0x86000008: "commit", 0x86000009: "rollback", 0x8600000A: "cleanup", 0x86000031: "declared configuration",
    0x82B00001: "policy", 0x87D1FDE8: "Remediation failed", 0x8018000A: "enrolled already", 0x80180026: "blocked",
    0x8018002B: "enrolment",
}  # fmt: skip
WIN32 = {0x80070002: "not found", 0x80070005: "denied", 0x8007000D: "invalid", 0x80070057: "parameter",
         0x80070490: "element was not found", 0x80004005: "failed"}  # fmt: skip
"""[MS-ERREF §2.1]"""
DOCUMENTS = {"under way": "0 1 2 3 10 11 20 21 40", "deletion": "70 71 72", "reading": "80 81 82", "applied": "60",
             "an error; see the document of results": "61", "an error of the infrastructure": "62",
             "applied, and not refreshed": "63"}  # fmt: skip
SKUS = {"Enterprise": 4, "EnterpriseN": 27, "Professional": 48, "ProfessionalN": 49, "Core": 101, "CoreN": 98,
        "CoreCountrySpecific": 99, "CoreSingleLanguage": 100, "Team": 119, "Education": 121, "EducationN": 122,
        "EnterpriseS": 125, "EnterpriseSN": 126, "Holographic": 135, "ProfessionalWorkstation": 161,
        "ProfessionalEducation": 164, "IoTEnterprise": 188, "IoTEnterpriseS": 191, "CloudEdition": 203,
        "CloudEditionN": 202, "EnterpriseMultiSession": 175}  # fmt: skip
"""What the public header winnt.h gives, in decimal (PRODUCT_*, OperatingSystemSKU)."""


def test_statuses():
    assert sorted(STATUSES) == [int(word) for word in STATUS_SET.split()]
    assert set(TREE.status.values()) <= STATUSES


def test_what_a_finding_foretells_is_a_status_that_windows_has():
    assert {answer for answers in ANSWERS.values() for answer in answers} - {None} <= STATUSES


@pytest.mark.parametrize(
    ("rules", "statuses"),
    [("cdata foreign no-cmd-id slash name no-uri", {400}), ("blank path build unreleased", {404}),
     ("scope", {404, 405}), ("verb", {405, 406}), ("format", {415}), ("atomic-get atomic-twice admx", {500}),
     ("atomic-nested", {500, 215}), ("markup not-xml", {None})],
)  # fmt: skip
def test_what_each_finding_foretells(rules, statuses):
    assert {rule: set(ANSWERS[rule]) for rule in rules.split()} == dict.fromkeys(rules.split(), statuses)


def test_faults_of_enrolment():
    assert {name: 0x80180000 + low for low, name in ENROLMENT.items()} == FAULTS


def test_codes():
    faults = {0x80180000 + low for low in ENROLMENT}
    assert set(CODES) == faults | set(MANAGER) | set(WIN32)
    for number, word in (MANAGER | WIN32).items():
        assert word in CODES[number].says, hex(number)


def test_groups():
    assert sorted(GROUPS) == [0x0600, 0x8000, 0x8007, 0x8018, 0x82B0, 0x8600, 0x87D1]
    assert GROUPS[0x87D1].says == "Intune" and GROUPS[0x8018].says == "enrolment" and "ADMX" in GROUPS[0x82B0].says


def test_states_of_declared_documents():
    assert {int(number): says for says, numbers in DOCUMENTS.items() for number in numbers.split()} == STATES


def test_editions():
    assert {name: EDITIONS[name] for name in SKUS} == SKUS and len(set(EDITIONS.values())) == len(EDITIONS)
