"""Jobs of the catalogue, and commands that a server may send: one conversation each."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.server import jobs
from dmkit.wire.codec import WBXML
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
    Delete,
    Exec,
    Get,
    Item,
    Replace,
    Sequence,
)
from dmkit.workbench.readings.probes.making import (
    BLOB,
    LONG,
    NAME,
    POLL,
    SMALL,
    TLS,
    firmware,
    person,
    probe_case,
    runs,
    sent,
    with_job,
    with_lawmo,
)
from dmkit.workbench.readings.scene import (
    CaseSession,
)

__all__ = ["JOBS"]

TWO: Final = [Replace.of(NAME, "one"), Replace.of(POLL, "60", format="int")]
BATCH: Final = [Get.of("./DevInfo/Man", "./DevInfo/Mod", "./DevInfo/None"), Replace.of(NAME, "two")]
LIMITED: Final = replace(TLS, max_object=1000, max_message=None)

JOBS: Final = (
    with_job("read", "reads two values", jobs.read("./DevInfo/Man", "./DevDetail/FwV")),
    probe_case("nothing", "the device calls, and nobody wants anything", CaseSession()),
    with_job("write", "writes one value", jobs.write(NAME, "new name")),
    with_job("put", "adds a leaf below parents that are missing", jobs.put("./New/Of/Mine", "1")),
    sent(
        "add interior",
        "adds an interior node and a leaf below",
        Add.of("./X", None, format="node"),
        Add.of("./X/l", "1"),
        Add.of("./X/i", 5),
    ),
    with_job("delete", "deletes a node, and one that is not there", jobs.delete("./APN", "./None")),
    with_job("inventory", "walks through the tree", jobs.inventory("./Vendor")),
    sent("items", "several Items in one command, one of them missing", *[[c] for c in BATCH]),
    sent(
        "listing",
        "a listing with values, and one as a document",
        Get.of("./Vendor?list=StructData"),
        Get.of("./Vendor?list=TNDS"),
    ),
    sent(
        "properties",
        "properties are read and set",
        [Get.of(f"{NAME}?prop=VerNo"), Get.of(f"{NAME}?prop=ACL"), Get.of("./Vendor?prop=Size")],
        [Replace.of(f"{NAME}?prop=Title", "a title that is longer"), Replace.of(f"{NAME}?prop=ACL", "get=*")],
        [Replace.of(f"{NAME}?prop=Name", "Label"), Get.of("./Vendor/Acme/Label?prop=VerNo")],
    ),
    sent(
        "dependent",
        "two commands, the second on what the first has made",
        [
            Add.of("./Y", None, format="node"),
            Replace.of("./Y?prop=Title", "t"),
            Add.of("./Y/z", "1"),
            Delete.of("./Y/z"),
        ],
    ),
    sent("atomic", "an Atomic that fails at its end", Atomic((*TWO, Delete.of("./None")))),
    sent("atomic done", "an Atomic that succeeds", Atomic(tuple(TWO))),
    sent("atomic nested", "an Atomic inside an Atomic", Atomic((TWO[0], Atomic((TWO[1],))))),
    sent("atomic get", "an Atomic with a Get in it", Atomic((TWO[0], Get.of(POLL)))),
    sent("atomic sequence", "a Sequence inside an Atomic", Atomic((TWO[0], Sequence((TWO[1],))))),
    sent("sequence", "a Sequence with a failure in it", Sequence((Delete.of("./None"), *TWO))),
    sent("sequence nested", "an Atomic inside a Sequence", Sequence((TWO[0], Atomic((TWO[1],))))),
    sent("copy", "a Copy onto a node, and onto nothing", Copy.of(NAME, "./APN/Name"), Copy.of(NAME, "./APN/Other")),
    sent("exec twice", "one Exec with two Items", Exec((Item(target=NAME), Item(target=POLL))), ready=runs),
    sent(
        "names",
        "names that need escapes, and one with a slash",
        Add.of("./Vendor/a%2Fb", "1"),
        Add.of("./Vendor/c;d", "2"),
        Get.of("./Vendor"),
    ),
    sent(
        "lists",
        "lists of rights that other engines refuse",
        Replace.of(f"{NAME}?prop=ACL", "Get=*+com.mgmtsrv.manage&Replace=com.mgmtsrv.manage"),
        Get.of(f"{NAME}?prop=ACL"),
    ),
    sent(
        "bool",
        "1 as the value of a boolean",
        Replace.of("./DevDetail/LrgObj", "1", format="bool"),
        Get.of("./DevDetail/LrgObj"),
    ),
    with_job("exec", "an Exec of something that nothing happens on", jobs.execute(NAME)),
    with_job("long write", "an object larger than a message leaves", jobs.write(NAME, LONG), device=SMALL),
    with_job("long read", "an object larger than a message comes", jobs.read(NAME), device=SMALL, leaves={NAME: LONG}),
    with_job("object", "a long value in one message", jobs.write(NAME, LONG)),
    sent(
        "blob",
        "octets, which XML carries as base64",
        Replace.of("./Blob", b"\x00" * 700, type="application/octet-stream"),
        Get.of("./Blob"),
        leaves={"./Blob": BLOB},
    ),
    sent(
        "object at its limit",
        "base64 of octets that are fewer than MaxObjSize",
        Replace.of("./Blob", b"\x00" * 800, type="application/octet-stream"),
        device=LIMITED,
        leaves={"./Blob": BLOB},
    ),
    sent(
        "too large in pieces",
        "a piece of an object that the device will not take, then another command",
        [Replace.of(NAME, LONG), Replace.of(POLL, "60", format="int")],
        device=replace(SMALL, max_object=2000),
        server=SMALL,
    ),
    sent(
        "long octets",
        "octets larger than a message, in WBXML, where they are carried as they are",
        Replace.of("./Blob", bytes(range(250)) * 12, type="application/octet-stream"),
        device=SMALL,
        leaves={"./Blob": BLOB},
        codec=WBXML,
    ),
    sent(
        "refused piece",
        "a device without large objects refuses the first piece, another command waits",
        [Replace.of(NAME, LONG), Get.of("./DevInfo/Man")],
        device=replace(TLS, large_objects="no", max_message=None),
        server=replace(TLS, chunk=500, max_message=None),
    ),
    with_job("firmware", "new firmware, and the report of it", jobs.update_firmware("2.1"), ready=firmware),
    with_job("lock", "locks the device", jobs.lock(), ready=with_lawmo),
    *(
        sent(
            f"ask, {name}",
            f"asks the user, whose answer is {name}",
            [Alert.of(1101, "MAXDT=20&DR=1", "May we?"), Replace.of(NAME, "asked")],
            user=person((code, text)),
        )
        for (name, code, text) in (("yes", 200, ""), ("no", 304, ""), ("silence", 408, ""))
    ),
    sent(
        "choice",
        "the user chooses, then types",
        [Alert.of(1103, None, "Which?", "a", "b")],
        [Alert.of(1102, None, "Your name?")],
        user=person((200, "2"), (200, "me")),
    ),
    sent("display", "a text for the user", Alert.of(1100, "MINDT=5", "Good morning"), user=person((200, ""))),
)
