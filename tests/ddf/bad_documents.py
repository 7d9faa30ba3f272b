"""Descriptions and serialised trees that are refused, each with the sentence that says so.

In a description ``{..}`` stands for a document with one node A: its NodeName and DFProperties are there, and what is
between the braces comes behind them; ``(..)`` stands for DFProperties with that content instead.  In a serialised
tree ``{..}`` is a document of the nodes in it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BAD_DDF", "BAD_TNDS", "ddf", "tnds"]

_NAME = "<NodeName>A</NodeName>"


def ddf(text: str) -> bytes:
    """The document that a row stands for."""
    if text[:1] == "{":
        text = f"<MgmtTree><VerDTD>1.2</VerDTD><Node>{_NAME}<DFProperties/>{text[1:-1]}</Node></MgmtTree>"
    elif text[:1] == "(":
        text = f"<MgmtTree><VerDTD>1.2</VerDTD><Node>{_NAME}<DFProperties>{text[1:-1]}</DFProperties></Node></MgmtTree>"
    return text.encode("latin-1")


def tnds(text: str) -> str:
    """The document that a row stands for."""
    return f"<MgmtTree><VerDTD>1.2</VerDTD>{text[1:-1]}</MgmtTree>" if text[:1] == "{" else text


BAD_DDF: Final = {
    # no document
    "nothing": ("", "not well-formed XML: "),
    "text": ("hello", "not well-formed XML: Start tag expected, '<' not found (line 1)"),
    "cut off": ("<MgmtTree>\n<VerDTD>1.2</VerDTD>\n<Node>", "not well-formed XML: "),
    "crossed tags": (
        "<MgmtTree><VerDTD>1.2</MgmtTree></VerDTD>",
        "not well-formed XML: Opening and ending tag mismatch: VerDTD",
    ),
    "undeclared prefix": (
        "(<MSFT:Applicability/>)",
        "not well-formed XML: Namespace prefix MSFT on Applicability is not defined",
    ),
    "wrong charset": ('<?xml version="1.0" encoding="utf-8"?><MgmtTree>\xff</MgmtTree>', "text 'ÿ' in MgmtTree"),
    "octets of nothing": ("\x03\x01\x6a\x00", "the document ends before its root element (octet 4)"),
    # what a document may not bring along
    "entity": (
        "<!DOCTYPE MgmtTree [<!ENTITY a 'b'>]><MgmtTree>&a;</MgmtTree>",
        "the DOCTYPE declares things of its own; only a name and an identifier may stand there (line 1)",
    ),
    "external entity": (
        "<!DOCTYPE MgmtTree [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><MgmtTree>&a;</MgmtTree>",
        "the DOCTYPE declares things of its own",
    ),
    "parameter entity": ("<!DOCTYPE MgmtTree [<?p?>\n %a; ]><MgmtTree/>", "the DOCTYPE declares things of its own"),
    "entity that nothing declares": ("{<Value>&nbsp;</Value>}", "not well-formed XML: Entity 'nbsp' not defined"),
    # the frame
    "another root": (
        "<Node><NodeName>A</NodeName></Node>",
        "the document element is Node; MgmtTree stands there (line 1)",
    ),
    "lower case": ("<mgmttree/>", "the document element is mgmttree; MgmtTree stands there"),
    "another vocabulary": (
        '<MgmtTree xmlns="urn:x"/>',
        "the document element is MgmtTree of urn:x; MgmtTree stands there",
    ),
    "no version": (
        "<MgmtTree><Node><NodeName>A</NodeName></Node></MgmtTree>",
        "MgmtTree has no VerDTD; 1.2 stands there (line 1)",
    ),
    "another version": (
        "<MgmtTree>\n<VerDTD>1.1.2</VerDTD><Node><NodeName>A</NodeName></Node></MgmtTree>",
        "VerDTD is '1.1.2'; 1.2 is read (line 2)",
    ),
    "no nodes": ("<MgmtTree><VerDTD>1.2</VerDTD></MgmtTree>", "MgmtTree has no Node; at least one stands there"),
    "two makers": (
        "<MgmtTree><VerDTD>1.2</VerDTD><Man>A</Man><Man>B</Man></MgmtTree>",
        "two Man in MgmtTree; one stands there",
    ),
    "text between": (
        "<MgmtTree><VerDTD>1.2</VerDTD> stray <Node><NodeName>A</NodeName></Node></MgmtTree>",
        "text 'stray' in MgmtTree; elements stand there",
    ),
    # nodes
    "no name": (
        "<MgmtTree><VerDTD>1.2</VerDTD>\n<Node><DFProperties/></Node></MgmtTree>",
        "a Node has no NodeName; it stands there, empty for a name given at run time (line 2)",
    ),
    "no name below": ("{<Node/>}", "./A: a Node has no NodeName"),
    "two names": ("{<NodeName>B</NodeName>}", "two NodeName in Node; one stands there"),
    "slash in a name": (
        "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>A/B</NodeName></Node></MgmtTree>",
        "./A/B: NodeName 'A/B' has a slash; a name is one segment (line 1)",
    ),
    "element in a name": (
        "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName><b/></NodeName></Node></MgmtTree>",
        "b inside NodeName; text alone stands there (line 1)",
    ),
    "value and children": (
        "{<Node><NodeName>B</NodeName></Node><Value>1</Value>}",
        "./A: a Value and child Nodes; one of them may stand there (line 1)",
    ),
    "lower case node": (
        "{<node><NodeName>B</NodeName></node>}",
        "node in Node; NodeName, Path, RTProperties, DFProperties, Node, Value may stand there (line 1)",
    ),
    "unknown element": (
        "{<Note>1</Note>}",
        "Note is no element of DDF; NodeName, Path, RTProperties, DFProperties, Node, Value may stand in Node (line 1)",
    ),
    "properties outside": ("{<AccessType><Get/></AccessType>}", "AccessType in Node; NodeName, Path"),
    "two properties": ("{<DFProperties/>}", "two DFProperties in Node; one stands there"),
    # properties
    "two formats": (
        "(<DFFormat><int/><chr/></DFFormat>)",
        "./A: DFFormat holds int and chr; one of b64, bin, bool, chr, int, node, null, xml, date, time, "
        "float stands there (line 1)",
    ),
    "no format": ("(<DFFormat/>)", "./A: DFFormat holds nothing; one of b64"),
    "unknown format": ("(<DFFormat><string/></DFFormat>)", "./A: string is no element of DDF; b64, bin"),
    "format as text": ("(<DFFormat>int</DFFormat>)", "./A: text 'int' in DFFormat; elements stand there (line 1)"),
    "unknown access": (
        "(<AccessType><Get/><Write/></AccessType>)",
        "./A: Write is no element of DDF; Add, Copy, Delete, Exec, Get, Replace may stand in Acc",
    ),
    "access twice": ("(<AccessType><Get/><Get/></AccessType>)", "./A: two Get in AccessType; one stands there"),
    "access with content": (
        "(<AccessType><Get>yes</Get></AccessType>)",
        "./A: DFProperties/AccessType/Get has content; it is an empty element",
    ),
    "two occurrences": ("(<Occurrence><One/><ZeroOrOne/></Occurrence>)", "./A: Occurrence holds One and ZeroOrOne"),
    "bound of one": (
        "(<Occurrence><ZeroOrN>1</ZeroOrN></Occurrence>)",
        "./A: ZeroOrN holds '1'; a number from 2 to 65536 stands there (line 1)",
    ),
    "bound too large": ("(<Occurrence><OneOrN>65537</OneOrN></Occurrence>)", "./A: OneOrN holds '65537'; a number"),
    "bound in words": ("(<Occurrence><OneOrN>many</OneOrN></Occurrence>)", "./A: OneOrN holds 'many'; a number"),
    "both scopes": (
        "(<Scope><Permanent/><Dynamic/></Scope>)",
        "./A: Scope holds Permanent and Dynamic; one of Permanent, Dynamic stands there",
    ),
    "no type": ("(<DFType/>)", "./A: DFProperties/DFType is empty; MIME stands there, or DDFName (line 1)"),
    "both types": (
        "(<DFType><MIME>a/b</MIME><DDFName>x</DDFName></DFType>)",
        "./A: DFProperties/DFType has MIME and DDFName; one of them stands there",
    ),
    "both cases": ("(<CaseSense><CS/><CIS/></CaseSense>)", "./A: CaseSense holds CS and CIS; one of CS, CIS"),
    "titles twice": (
        "(<DFTitle>A</DFTitle><DFTitle>B</DFTitle>)",
        "./A: two DFTitle in DFProperties; one stands there",
    ),
    "description with mark-up": (
        "(<Description>an <b>important</b> node</Description>)",
        "./A: b inside Description; text alone stands there",
    ),
    "run-time type twice": (
        "{<RTProperties><Type><MIME>a/b</MIME><MIME>c/d</MIME></Type></RTProperties>}",
        "./A: several MIME in the Type of RTProperties; one stands there",
    ),
    "unknown basis": (
        "(<d:Basis xmlns:d='urn:x-dmkit:basis:1.0'>guess</d:Basis>)",
        "./A: Basis is 'guess'; one of established, implementation, evidence, proposal, unsure",
    ),
}

_RT = "<RTProperties>{}</RTProperties>"
_H = "<NodeName>H</NodeName>"

BAD_TNDS: Final = {
    # no document: 415
    "empty": (415, "", "the serialised tree: "),
    "text": (415, "hello", "the text is neither a document nor base64 of one; it begins with MgmtTree"),
    "cut off": (415, "<MgmtTree><VerDTD>1.2</VerDTD>", "not well-formed XML"),
    "another document": (415, "<DevInfo/>", "the document element is DevInfo; MgmtTree stands there"),
    "entity": (415, "<!DOCTYPE a [<!ENTITY b 'c'>]><MgmtTree/>", "the DOCTYPE declares things of its own"),
    "no version": (415, "<MgmtTree><Node><NodeName>H</NodeName></Node></MgmtTree>", "VerDTD is absent; 1.2 is read"),
    "another version": (415, "<MgmtTree><VerDTD>1.1</VerDTD></MgmtTree>", "VerDTD is '1.1'; 1.2 is read"),
    "no nodes": (415, "{}", "MgmtTree has no Node; at least one stands there"),
    "text between": (415, "{stray}", "text in MgmtTree; elements stand there"),
    "unknown element": (415, "{<Leaf/>}", "Leaf in MgmtTree; Man, Mod, Node, VerDTD may stand there"),
    # nodes: 415
    "no name": (
        415,
        "{<Node><Value>1</Value></Node>}",
        "a Node has no NodeName; it stands there, empty only where the Target names the node",
    ),
    "two names": (415, f"{{<Node>{_H}{_H}</Node>}}", "two NodeName in Node; one stands there"),
    "empty name below": (
        415,
        f"{{<Node>{_H}<Node><NodeName/></Node></Node>}}",
        "./H: an empty NodeName below the top; only the Target can name a node",
    ),
    "slash in a name": (415, "{<Node><NodeName>H/I</NodeName></Node>}", "NodeName 'H/I' is no name"),
    "dots": (415, "{<Node><NodeName>..</NodeName></Node>}", "NodeName '..' is no name"),
    "climbing path": (415, f"{{<Node>{_H}<Path>../..</Path></Node>}}", "Path '../..' is no address"),
    "two values": (
        415,
        f"{{<Node>{_H}<Value>1</Value><Value>2</Value></Node>}}",
        "./H: two Value in Node; one stands there",
    ),
    "children of a leaf": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><chr/></Format>')}<Node>{_H}</Node></Node>}}",
        "./H: child Nodes in a node of format chr; only node has children",
    ),
    "below a leaf, by path": (
        415,
        f"{{<Node>{_H}<Value>1</Value></Node><Node>{_H}<Path>H</Path></Node>}}",
        "./H/H: it stands below a leaf, ./H",
    ),
    "unknown format": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><text/></Format>')}</Node>}}",
        "./H: Format holds text; one of b64",
    ),
    "two formats": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><int/><chr/></Format>')}</Node>}}",
        "./H: Format holds int and chr; one of b64",
    ),
    "unknown property": (
        415,
        f"{{<Node>{_H}{_RT.format('<Owner>me</Owner>')}</Node>}}",
        "./H: Owner in RTProperties; ACL, Format, Name, Size, TStamp, Title, Type, VerNo may stand",
    ),
    "two types": (
        415,
        f"{{<Node>{_H}{_RT.format('<Type><MIME>a/b</MIME><DDFName>x</DDFName></Type>')}</Node>}}",
        "./H: Type holds one MIME or one DDFName",
    ),
    "mark-up as text": (
        415,
        f"{{<Node>{_H}<Value><b/></Value></Node>}}",
        "./H: mark-up in the Value of a node of format chr; text stands there",
    ),
    "value of null": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><null/></Format>')}<Value>1</Value></Node>}}",
        "./H: a Value in a node of format null; it has none",
    ),
    "no base64": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><bin/></Format>')}<Value>!</Value></Node>}}",
        "./H: '!' in a node of format bin; base64 stands there",
    ),
    # nodes that are well written and cannot be made: the code of the node
    "no number": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><int/></Format>')}<Value>five</Value></Node>}}",
        "./Acc/H: 'five' is not a decimal number of 32 bits",
    ),
    "no truth": (
        415,
        f"{{<Node>{_H}{_RT.format('<Format><bool/></Format>')}<Value>maybe</Value></Node>}}",
        "./Acc/H: 'maybe' is not true or false",
    ),
    "a node twice": (
        418,
        f"{{<Node>{_H}<Value>1</Value></Node><Node>{_H}<Value>2</Value></Node>}}",
        "./Acc/H: the serialised tree has the node twice",
    ),
    "a node that is there": (
        418,
        "{<Node><NodeName>here</NodeName><Value>1</Value></Node>}",
        "./Acc/here: the node exists",
    ),
    "below a leaf that is there": (
        405,
        f"{{<Node>{_H}<Path>here</Path><Value>1</Value></Node>}}",
        "./Acc/here/H: ./Acc/here is a leaf",
    ),
    "no list": (400, f"{{<Node>{_H}{_RT.format('<ACL>Get=</ACL>')}<Value>1</Value></Node>}}", "./Acc/H"),
    "title too long": (
        413,
        f"{{<Node>{_H}{_RT.format('<Title>' + 'x' * 256 + '</Title>')}<Value>1</Value></Node>}}",
        "./Acc/H",
    ),
    "no name for the target": (415, "{<Node><NodeName/></Node>}", "an empty NodeName, and the Target exists already"),
}
