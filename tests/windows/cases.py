"""Profiles, right and wrong, against data/windows/ddf/sample.xml: what lint and the device are held to."""

from __future__ import annotations

import json

D = "./Device/Vendor/MSFT/Sample"


def item(uri, data=None, format="int", verb="Replace"):
    meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>' if format else ""
    inner = "" if data is None else f"<Data>{data}</Data>"
    return f"<{verb}><CmdID>1</CmdID><Item><Target><LocURI>{uri}</LocURI></Target>{meta}{inner}</Item></{verb}>"


RIGHT = {
    "enum": item(f"{D}/AllowCamera", 0),
    "enum with Add": item(f"{D}/AllowCamera", 1, verb="Add"),
    "bare vendor": item("./Vendor/MSFT/Sample/AllowCamera", 1),
    "range with its dependency": item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 999),
    "flags": item(f"{D}/Rights", 11),
    "flags in hex": item(f"{D}/Rights", 3),
    "no flag": item(f"{D}/Rights", 0),
    "bool": item(f"{D}/Enabled", "true", "bool"),
    "bool in digits": item(f"{D}/Enabled", "1", "bool"),
    "list": item(f"{D}/Hosts", "a.b;c.d", "chr"),
    "list of one": item(f"{D}/Hosts", "a.b", None),
    "disabled": item(f"{D}/Limit", "&lt;disabled/&gt;", "chr"),
    "enabled": item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Size" value="3"/&gt;', "chr"),
    "exec": item(f"{D}/Reset", None, None, "Exec"),
    "delete": item(f"{D}/AllowCamera", None, None, "Delete"),
    "get": item(f"{D}", None, None, "Get"),
    "user scope": item("./User/Vendor/MSFT/SampleUser/Picture", "x", "chr"),
    "instance in an Atomic": "<Atomic>" + item(f"{D}/Profiles/Home", None, "node", "Add")
    + item(f"{D}/Profiles/Home/Key", "AQID", "b64", "Add") + "</Atomic>",
    "a whole message": '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr/><SyncBody>' + item(f"{D}/Enabled", "false", "bool")
    + "<Final/></SyncBody></SyncML>",
    "comments between": f"<!-- one -->{item(f'{D}/AllowCamera', 0)}\n<?x y?>\n{item(f'{D}/Enabled', 'true', 'bool')}",
    "two Items": item(f"{D}/AllowCamera", 1).replace(
        "</Replace>", item(f"{D}/Rights", 3).partition("</CmdID>")[2]),
    "truth in capitals": item(f"{D}/Enabled", "True", "bool"),
    "an empty text": item("./User/Vendor/MSFT/SampleUser/Picture", "", "chr"),
    "json": json.dumps([{"displayName": "a", "omaUri": f"{D}/AllowCamera", "dataType": "Integer", "value": 0}]),
    "csv": f"Name,OMA-URI,Data type,Value\ncamera,{D}/AllowCamera,Integer,1\n",
}  # fmt: skip


WRONG = {
    "value of an enum": (item(f"{D}/AllowCamera", 7), ["value"]),
    "value with a blank": (item(f"{D}/AllowCamera", "x"), ["format"]),
    "above the range": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 1000), ["value"]),
    "below the range": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", -1), ["value"]),
    "a flag that is none": (item(f"{D}/Rights", 4), ["value"]),
    "truth that is none": (item(f"{D}/Enabled", "yes", "bool"), ["format"]),
    "list with a bad part": (item(f"{D}/Hosts", "a.b;C", "chr"), ["value"]),
    "format": (item(f"{D}/AllowCamera", 1, "chr"), ["format"]),
    "no format": (item(f"{D}/AllowCamera", 1, None), ["no-format"]),
    "no data": (item(f"{D}/AllowCamera"), ["no-data"]),
    "value for an interior node": (item(D, "x", "chr"), ["format", "verb"]),
    "path": (item(f"{D}/AllowCamra", 1), ["path"]),
    "path deep": (item(f"{D}/Profiles/Home/Kee", "AQID", "b64"), ["path"]),
    "spelling": (item("./device/vendor/msft/sample/allowcamera", 1), ["spelling"]),
    "scope": (item("./Device/Vendor/MSFT/SampleUser/Picture", "x", "chr"), ["scope"]),
    "slash": (item("/Device/Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "blanks around a number": (item(f"{D}/AllowCamera", " 1 "), ["format"]),
    "a sign before a number": (item(f"{D}/AllowCamera", "+1"), ["format"]),
    "two slashes": (item("./Device//Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "a slash behind": (item(f"{D}/AllowCamera/", 1), ["slash"]),
    "an access control list": (item(f"{D}/Enabled?prop=ACL", None, None, "Get"), ["verb"]),
    "blank": (item(f" {D}/AllowCamera", 1), ["blank"]),
    "blank within": (item(f"{D}/Allow Camera", 1), ["blank"]),
    "verb": (item(f"{D}/Reset", None, None, "Get"), ["verb"]),
    "write of what executes": (item(f"{D}/Reset", "x", "null"), ["verb"]),
    "delete of what is permanent": (item(f"{D}/Enabled", None, None, "Delete"), ["verb"]),
    "build": (item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 5), ["build"]),
    "unreleased": (item(f"{D}/Soon", "x", "chr"), ["unreleased"]),
    "deprecated": (item(f"{D}/Old", "x", "chr"), ["deprecated"]),
    "edition": (item(D, None, None, "Get"), ["edition"]),
    "dependency missing": (item(f"{D}/MaxMinutes", 5), ["dependency"]),
    "dependency of another value": (item(f"{D}/AllowCamera", 0) + item(f"{D}/MaxMinutes", 5), ["dependency"]),
    "name of an instance": (
        "<Atomic>" + item(f"{D}/Profiles/my-home", None, "node", "Add") + "</Atomic>", ["name"]),
    "outside an Atomic": (item(f"{D}/Profiles/Home", None, "node", "Add"), ["atomic-required"]),
    "Get in an Atomic": ("<Atomic>" + item(f"{D}/Enabled", None, None, "Get") + "</Atomic>", ["atomic-get"]),
    "Atomic in an Atomic": (
        "<Atomic><Atomic>" + item(f"{D}/Enabled", "true", "bool") + "</Atomic></Atomic>", ["atomic-nested"]),
    "Add then Replace": (
        "<Atomic>" + item(f"{D}/AllowCamera", 1, verb="Add") + item(f"{D}/AllowCamera", 1) + "</Atomic>",
        ["atomic-twice"]),
    "twice": (item(f"{D}/AllowCamera", 1) + item("./Vendor/MSFT/Sample/allowcamera", 0), ["spelling", "twice"]),
    "markup": (item(f"{D}/Limit", "<disabled/>", "chr"), ["markup"]),
    "several elements": (item(f"{D}/Limit", '<enabled/><data id="Size" value="3"/>', "chr"), ["markup"]),
    "cdata": (item(f"{D}/Hosts", "<![CDATA[a.b]]>", "chr"), ["cdata"]),
    "admx state": (item(f"{D}/Limit", '&lt;data id="Size" value="3"/&gt;', "chr"), ["admx"]),
    "admx element": (item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Sise" value="3"/&gt;', "chr"), ["admx", "admx"]),
    "admx value": (item(f"{D}/Limit", '&lt;enabled/&gt;&lt;data id="Size" value="30"/&gt;', "chr"), ["admx"]),
    "base64": ("<Atomic>" + item(f"{D}/Profiles/Home/Key", "no!", "b64", "Add") + "</Atomic>", ["format"]),
    "no address": ("<Replace><CmdID>1</CmdID></Replace>", ["no-uri"]),
    "an element of its own": ("<Atomic><Patch/></Atomic>", ["foreign"]),
    "not well-formed": ("<Replace><Item></Replace>", ["not-xml"]),
}  # fmt: skip
"""Name -> the profile, and the rules that find something in it."""
