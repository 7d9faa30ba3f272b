"""Profiles, right and wrong, against data/windows/ddf/sample.xml: what lint and the device are held to."""

from __future__ import annotations

import base64
import json

D = "./Device/Vendor/MSFT/Sample"
W = "./Device/Vendor/MSFT/Workshop"
P = "./Device/Vendor/MSFT/Policy/Config"
BENCH = "%7B0A1B2C3D-0000-4000-8000-00000000ABCD%7D"
F000 = "\uf000"


def item(uri: str, data: object = None, format: str | None = "int", verb: str = "Replace") -> str:
    meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>' if format else ""
    inner = "" if data is None else f"<Data>{data}</Data>"
    return f"<{verb}><CmdID>1</CmdID><Item><Target><LocURI>{uri}</LocURI></Target>{meta}{inner}</Item></{verb}>"


def given(ident, value):
    return f'&lt;data id="{ident}" value="{value}"/&gt;'


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
    "written, deleted, written anew": item(f"{D}/AllowCamera", 1, verb="Add")
    + item(f"{D}/AllowCamera", None, None, "Delete") + item(f"{D}/AllowCamera", 0, verb="Add"),
    "an instance made anew": "<Atomic>" + item(f"{D}/Profiles/Home/Key", "AQID", "b64", "Add")
    + item(f"{D}/Profiles/Home", None, None, "Delete") + item(f"{D}/Profiles/Home/Key", "AQIE", "b64", "Add")
    + "</Atomic>",
    "an Atomic in a Sequence": "<Sequence><Atomic>" + item(f"{D}/AllowCamera", 1) + "</Atomic></Sequence>",
    "a comment in a value": item(f"{D}/AllowCamera", "<!-- off -->0"),
    "a character reference": item(f"{D}/AllowCamera", "&#49;"),
    "prefixes": item(f"{D}/AllowCamera", 1).replace("</", "</s:").replace("<", "<s:").replace("<s:/s:", "</s:")
    .replace("<s:Replace>", '<s:Replace xmlns:s="SYNCML:SYNCML1.2">').replace(' xmlns="syncml:metinf"', ""),
    "a whole message": '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr/><SyncBody>' + item(f"{D}/Enabled", "false", "bool")
    + "<Final/></SyncBody></SyncML>",
    "comments between": f"<!-- one -->{item(f'{D}/AllowCamera', 0)}\n<?x y?>\n{item(f'{D}/Enabled', 'true', 'bool')}",
    "two Items": item(f"{D}/AllowCamera", 1).replace(
        "</Replace>", item(f"{D}/Rights", 3).partition("</CmdID>")[2]),
    "truth in capitals": item(f"{D}/Enabled", "True", "bool"),
    "an empty text": item("./User/Vendor/MSFT/SampleUser/Picture", "", "chr"),
    "json": json.dumps([{"displayName": "a", "omaUri": f"{D}/AllowCamera", "dataType": "Integer", "value": 0}]),
    "csv": f"Name,OMA-URI,Data type,Value\ncamera,{D}/AllowCamera,Integer,1\n",
    "a negative number of a range": item(f"{W}/Level", -1),
    "a node that was carried back": item(f"{W}/Mode", 2) + item(f"{W}/Idle", 1440),
    "a list between other characters": item(f"{W}/Words", f"one{F000}two words", "chr"),
    "a list between character references": item(f"{W}/Words", "one&#xF000;two", "chr"),
    "a list of words": item(f"{W}/Days", "Monday, Sunday", "chr"),
    "a list that ends in its separator": item(f"{W}/Days", "Monday,", "chr"),
    "a list of nothing": item(f"{W}/Days", "", "chr"),
    "a list with a pattern of each part": item(f"{W}/Ports", "80,8000-8080", "chr"),
    "a pattern that looks away from case": item(f"{W}/Tools", "C:\\a.EXE;b.exe", "chr"),
    "a pattern between slashes": item(f"{W}/Page", "https://example.org/", "chr"),
    "a security descriptor": item(f"{W}/Guard", "O:LSD:(A;;CC;;;S-1-5-32-544)", "chr"),
    "a value that a schema describes": item(
        f"{W}/Members", "&lt;members&gt;&lt;member&gt;ann&lt;/member&gt;&lt;/members&gt;", "chr"),
    "a value that is JSON": item(f"{W}/Notes", '{"title": "two", "lines": []}', "chr"),
    "base64 on two lines": item(f"{W}/Picture", "AQID\nBAUG", "b64"),
    "octets are base64 in XML": item(f"{W}/Blob", "AQID", "b64"),
    "a fraction": item(f"{W}/Rate", "2.5", "float"),
    "XML as text": item(f"{W}/Sheet", "&lt;a&gt;b&lt;/a&gt;", "chr"),
    "XML as XML, then run": item(f"{W}/Sheet", "&lt;a/&gt;", "xml") + item(f"{W}/Sheet", None, None, "Exec"),
    "a value that a dependency narrows": item(f"{W}/Mode", 1) + item(f"{W}/Idle", 60),
    "a dependency named further down": item(f"{W}/Quiet", 1) + item(f"{W}/Level", 50),
    "a dependency on what is not there": item(f"{W}/Plain", 1),
    "deprecated later than the target": item(f"{D}/Rights", 1),
    "an instance named by a GUID": item(f"{W}/Benches/{BENCH}/Height", 75),
    "a dependency within an instance": (
        item(f"{W}/Benches/{BENCH}/Lamp", 1) + item(f"{W}/Benches/{BENCH}/Height", 75)),
    "a name that a sentence describes": "<Atomic>" + item(f"{W}/Lockers/Ann", None, "node", "Add")
    + item(f"{W}/Lockers/Ann/Key", "7", "chr", "Add") + "</Atomic>",
    "an instance taken away": item(f"{W}/Benches/{BENCH}", None, None, "Delete"),
    "a policy by its template": item(
        f"{P}/Browsing/HomePage", '&lt;enabled/&gt;&lt;data id="Address" value="https://example.org"/&gt;', "chr"),
    "a policy of the user": item("./User/Vendor/MSFT/Policy/Config/Browsing/HomePage", "&lt;disabled/&gt;", "chr"),
    "a policy with several texts": item(
        f"{P}/Browsing/HomePage",
        '&lt;enabled/&gt;\n&lt;data id="Address" value="a"/&gt;\n&lt;data id="Others" value="b&amp;#xF000;c"/&gt;'
        '\n&lt;data id="Pairs" value="1&amp;#xF000;d&amp;#xF000;2&amp;#xF000;e"/&gt;', "chr"),
    "a policy with a number, a truth and a choice": item(
        f"{P}/Browsing/Cache", f"&lt;enabled/&gt;{given('Size', 500)}{given('Clear', 'true')}{given('Where', 2)}",
        "chr"),
    "a policy written in capitals": item(
        f"{P}/Browsing/HomePage", '&lt;Enabled/&gt;&lt;Data id="Address" value="a"/&gt;', "chr"),
    "a policy no longer configured": item(f"{P}/Browsing/HomePage", None, None, "Delete"),
    "bare policies in the two scopes": item("./Vendor/MSFT/Policy/Config/Browsing/AllowTabs", 0)
    + item("./User/Vendor/MSFT/Policy/Config/Browsing/HomePage", "&lt;disabled/&gt;", "chr"),
    "an Atomic of several": "<Atomic><CmdID>9</CmdID>" + item(f"{W}/Mode", 1) + item(f"{W}/Level", 3)
    + item(f"{W}/Quiet", 0) + "</Atomic>" + item(f"{W}/Level", None, None, "Get"),
    "a Sequence": "<Sequence><CmdID>9</CmdID>" + item(f"{W}/Level", 3) + item(W, None, None, "Get") + "</Sequence>",
    "several side by side, as Fleet has them": "\n".join(
        f"<Replace>\n  <!-- {n} -->\n  <Item>\n    <Meta>\n      <Format xmlns=\"syncml:metinf\">int</Format>\n"
        f"    </Meta>\n    <Target>\n      <LocURI>{uri}</LocURI>\n    </Target>\n    <Data>{n}</Data>\n  </Item>\n"
        "</Replace>"
        for n, uri in enumerate((f"{P}/Browsing/AllowTabs", f"{P}/Camera/AllowCamera"))),
    "a prefix for every element": '<s:Replace xmlns:s="SYNCML:SYNCML1.2"><s:CmdID>1</s:CmdID><s:Item><s:Target>'
    f"<s:LocURI>{W}/Level</s:LocURI></s:Target><s:Meta><m:Format xmlns:m=\"syncml:metinf\">int</m:Format></s:Meta>"
    "<s:Data>5</s:Data></s:Item></s:Replace>",
    "Meta of the command": "<Replace><CmdID>1</CmdID><Meta><Format>int</Format></Meta><Item><Target><LocURI>"
    f"{W}/Level</LocURI></Target><Data>5</Data></Item></Replace>",
    "a message with alerts and Gets": '<?xml version="1.0" encoding="utf-8"?>\n<SyncML xmlns="SYNCML:SYNCML1.2">'
    "<SyncBody><Alert><CmdID>1</CmdID><Data>1201</Data></Alert>" + item(f"{W}/Level", None, None, "Get")
    + "<Final/></SyncBody></SyncML>",
    "an export of custom settings": json.dumps({"displayName": "workshop", "omaSettings": [
        {"@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "tabs", "value": 0,
         "omaUri": f"{P}/Browsing/AllowTabs"},
        {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": f"{W}/Days", "value": "Monday"},
        {"@odata.type": "#microsoft.graph.omaSettingBoolean", "omaUri": f"{W}/Open", "value": True},
        {"@odata.type": "#microsoft.graph.omaSettingFloatingPoint", "omaUri": f"{W}/Rate", "value": 0.5},
        {"@odata.type": "#microsoft.graph.omaSettingBase64", "omaUri": f"{W}/Picture", "value": "AQID"},
        {"@odata.type": "#microsoft.graph.omaSettingStringXml", "omaUri": f"{W}/Members",
         "value": base64.b64encode(b"<members><member>ann</member></members>").decode()},
        {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": f"{P}/Browsing/HomePage", "value":
         '<enabled/><data id="Address" value="a"/>'}]}),
    "a list of settings with semicolons": f"Name;OMA-URI;Data type;Value\nlevel;{W}/Level;Integer;-1\n"
    f"days;{W}/Days;String;\"Monday,Sunday\"\n",
    "a security descriptor with audit": item(
        f"{W}/Guard", "O:BAG:SYD:PAI(A;OICI;GA;;;BA)(D;;0x1200a9;;;S-1-1-0)S:(AU;SAFA;GA;;;WD)", "chr"),
    "a security descriptor with a condition": item(
        f"{W}/Guard", 'D:(XA;;FX;;;S-1-1-0;(@User.Title=="PM)" &amp;&amp; (@User.Clearance &gt;= 2)))', "chr"),
    "XML of two elements": item(f"{W}/Sheet", "&lt;a/&gt; and &lt;b/&gt;", "xml"),
    "one truth in two spellings": item(f"{D}/Enabled", "true", "bool") + item(f"{D}/Enabled", "1", "bool"),
    "a section in a comment": "<!-- <Data><![CDATA[x]]></Data> -->" + item(f"{D}/AllowCamera", 1),
    "settings of a node that wants an Atomic": f"OMA-URI,Type,Value\n{W}/Lockers/Ann/Key,String,7\n",
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
    "a name that is a dot": (item("././Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "a dot within": (item("./Device/./Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "slash upon slash": (item("./Device///Vendor/MSFT/Sample/AllowCamera", 1), ["slash"]),
    "octets as text": (item(f"{W}/Blob", "AQID", "chr"), ["format"]),
    "octets as a number": (item(f"{W}/Blob", "1", "int"), ["format"]),
    "deleted, then what depends on it": (
        item(f"{D}/AllowCamera", 1) + item(f"{D}/MaxMinutes", 5) + item(f"{D}/AllowCamera", None, None, "Delete"),
        ["dependency"]),
    "another node deleted between": (
        item(f"{D}/AllowCamera", 1) + item(f"{D}/Hosts/x", None, None, "Delete") + item(f"{D}/AllowCamera", 0),
        ["path", "twice"]),
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
    "below a negative range": (item(f"{W}/Level", -2), ["value"]),
    "a part of a list": (item(f"{W}/Days", "Monday,Someday", "chr"), ["value"]),
    "a list between other characters than described": (item(f"{W}/Ports", "80;443", "chr"), ["value"]),
    "an ending that is none": (item(f"{W}/Tools", "a.exe;b.bat", "chr"), ["value"]),
    "an address without TLS": (item(f"{W}/Page", "http://example.org/", "chr"), ["value"]),
    "no security descriptor": (item(f"{W}/Guard", "everybody", "chr"), ["value"]),
    "XML that is none": (item(f"{W}/Members", "ann", "chr"), ["value"]),
    "XML of another schema": (item(f"{W}/Members", "&lt;members/&gt;", "chr"), ["schema"]),
    "JSON that is none": (item(f"{W}/Notes", "{title}", "chr"), ["value"]),
    "a value that a dependency takes away": (item(f"{W}/Mode", 1) + item(f"{W}/Idle", 61), ["value"]),
    "a dependency that must not be": (item(f"{W}/Plain", 1) + item(f"{W}/Page", "https://a", "chr"), ["dependency"]),
    "a dependency whose default would do": (item(f"{W}/Quiet", 1), ["dependency"]),
    "a dependency of another instance": (
        item(f"{W}/Benches/{BENCH}/Lamp", 1) + item(f"{W}/Benches/{BENCH.replace('ABCD', 'ABCE')}/Height", 75),
        ["dependency"]),
    "an instance that is no GUID": (item(f"{W}/Benches/first/Height", 75), ["name"]),
    "outside an Atomic that a node above wants": (item(f"{W}/Lockers/Ann/Key", "7", "chr"), ["atomic-required"]),
    "a policy misspelt": (item(f"{P}/Browsing/AllowTab", 1), ["path"]),
    "an area misspelt": (item(f"{P}/Browsin/AllowTabs", 1), ["path"]),
    "an area of a template": (
        item(f"{P}/Paint~Policy~Colours/Red", "&lt;enabled/&gt;", "chr"), ["unknowable"]),
    "a payload of a template": (
        item(f"{P}/Paint~Policy~Colours/Red", "&lt;enabled/&gt;&lt;data/&gt;", "chr"), ["admx", "unknowable"]),
    "a policy with a text too long": (
        item(f"{P}/Browsing/HomePage", f"&lt;enabled/&gt;{given('Address', 'a' * 81)}", "chr"), ["admx"]),
    "a policy with a number too great": (
        item(f"{P}/Browsing/Cache", f"&lt;enabled/&gt;{given('Size', 501)}{given('Where', 2)}", "chr"), ["admx"]),
    "a policy with a choice that is none": (
        item(f"{P}/Browsing/Cache", f"&lt;enabled/&gt;{given('Size', 1)}{given('Where', 1)}", "chr"), ["admx"]),
    "a policy without what it needs": (item(f"{P}/Browsing/HomePage", "&lt;enabled/&gt;", "chr"), ["admx"]),
    "a policy as a number": (item(f"{P}/Browsing/Cache", 7), ["format"]),
    "a policy in the other scope": (item("./User/Vendor/MSFT/Policy/Config/Camera/AllowCamera", 1), ["scope"]),
    "a part of no base64": (item(f"{W}/Blob", "AQI", "b64"), ["format"]),
    "an export with a value that is none": (
        json.dumps([{"@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": f"{W}/Level", "value": 101}]),
        ["value"]),
    "an export with a value that is hidden": (
        json.dumps([{"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": f"{W}/Page", "isEncrypted": True,
                     "value": "****"}]), ["unknowable"]),
    "XML that does not end": (item(f"{W}/Sheet", "&lt;a&gt;b", "xml"), ["value"]),
    "XML that does not end, as text": (item(f"{W}/Sheet", "&lt;a&gt;b&lt;/b&gt;", "chr"), ["value"]),
    "an entry of five fields": (item(f"{W}/Guard", "D:(A;;GA;;BA)", "chr"), ["value"]),
    "an entry without its bracket": (item(f"{W}/Guard", "D:(A;;GA;;;BA", "chr"), ["value"]),
    "an entry of no type": (item(f"{W}/Guard", "D:(B;;GA;;;BA)", "chr"), ["value"]),
    "an entry for nobody": (item(f"{W}/Guard", "D:(A;;GA;;;Administrators)", "chr"), ["value"]),
    "an entry with odd rights": (item(f"{W}/Guard", "D:(A;;GAX;;;BA)", "chr"), ["value"]),
    "an owner that is nobody": (item(f"{W}/Guard", "O:D:(A;;GA;;;BA)", "chr"), ["value"]),
    "two lists of one kind": (item(f"{W}/Guard", "D:(A;;GA;;;BA)D:(A;;GA;;;SY)", "chr"), ["value"]),
    "words behind a descriptor": (item(f"{W}/Guard", "D:(A;;GA;;;BA) and more", "chr"), ["value"]),
    "a section behind text": (item(f"{D}/Hosts", "a<![CDATA[.b]]>", "chr"), ["cdata"]),
    "a section in Data with an attribute": (
        item(f"{D}/Hosts", "<![CDATA[a.b]]>", "chr").replace("<Data>", '<Data xml:space="preserve">'), ["cdata"]),
    "a command of synchronization": (
        item(f"{W}/Mode", 1) + "\n" + item(f"{W}/Level", 1).replace("Replace", "Put"), ["foreign"]),
    "a command of synchronization in a message": (
        "<SyncML><SyncBody><Map><CmdID>7</CmdID></Map>\n" + item(f"{W}/Level", 1) + "</SyncBody></SyncML>",
        ["foreign"]),
    "a message with a command without CmdID": (
        "<SyncML><SyncBody>" + item(f"{W}/Level", 1).replace("<CmdID>1</CmdID>", "") + "</SyncBody></SyncML>",
        ["no-cmd-id"]),
    "a message with an Atomic of blank CmdID": (
        "<SyncML><SyncBody><Atomic><CmdID> </CmdID>\n" + item(f"{W}/Level", 1) + "</Atomic></SyncBody></SyncML>",
        ["no-cmd-id"]),
    "an Atomic of nothing in an Atomic": (
        "<Atomic><Atomic><CmdID>2</CmdID></Atomic>" + item(f"{W}/Level", 1) + "</Atomic>", ["atomic-nested"]),
    "an instance still called *": (
        "<Atomic>" + item(f"{W}/Lockers/*", None, "node", "Add") + "</Atomic>", ["name"]),
    "a leaf below *": (item(f"{W}/Benches/*/Height", 75), ["name"]),
    "a declaration behind a blank line": ('\n<?xml version="1.0"?>' + item(f"{W}/Level", 1), ["encoding"]),
    "a declaration between commands": (
        item(f"{W}/Level", 1) + '\n<?xml version="1.0"?>\n' + item(f"{W}/Mode", 1), ["encoding"]),
    "a table with a path that is none": (f"OMA-URI,Type,Value\n{W}/Levels,Integer,1\n", ["path"]),
}  # fmt: skip
"""Name -> the profile, and the rules that find something in it."""

TARGETS = {
    "carried back, the update is there": (item(f"{W}/Mode", 1), "10.0.19043.1202/Enterprise", []),
    "carried back, the update is missing": (item(f"{W}/Mode", 1), "10.0.19043.1201/Enterprise", ["build"]),
    "carried back, no update said": (item(f"{W}/Mode", 1), "10.0.19041", []),
    "carried back, a later build of the same line": (item(f"{W}/Mode", 1), "10.0.19045/Pro", []),
    "before all builds": (item(f"{W}/Mode", 1), "10.0.17763", ["build"]),
    "the build of a node above": (item(f"{W}/Level", 1), "10.0.17134", ["build"]),
    "an edition by its star": (item(f"{W}/Mode", 1), "10.0.26100/0x881", []),
    "an edition by name": (item(f"{W}/Mode", 1), "/Education", ["edition"]),
    "an edition in another spelling": (item(f"{W}/Mode", 1), "/0X04", []),
    "deprecated later": (item(f"{W}/Former", 1), "10.0.19045", []),
    "deprecated by then": (item(f"{W}/Former", 1), "10.0.22621", ["deprecated"]),
    "deprecated, no target": (item(f"{W}/Former", 1), "", ["deprecated"]),
}
"""Name -> the profile, the target, and the rules that find something."""
