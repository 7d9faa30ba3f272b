"""Choices about commands on the tree: where the specifications leave room, both readings are here.

The defaults are the readings that the fact sheets recommend; docs/ambiguities.md lists each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Final, Literal, TypeAlias

from dmkit.tree.refusals import Refusal
from dmkit.tree.uri import UriLimits
from dmkit.words.checked import Names, checked
from dmkit.words.codes import StatusCode
from dmkit.words.ranges import Octets, Range
from dmkit.words.records import dataclass

__all__ = ["ALL_PROPERTIES", "TreeRules", "VersionCause"]

ALL_PROPERTIES: Final = frozenset({"ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo"})
VersionCause: TypeAlias = Literal["value", "acl", "title", "name", "children"]
_EVERY: Final[frozenset[VersionCause]] = frozenset({"value", "acl", "title", "name", "children"})


RefusalName: TypeAlias = Annotated[str, Names(lambda: (reason.value for reason in Refusal))]
"""What a command was refused for."""
StatusNumber: TypeAlias = Annotated[int, Range("number", 100, 599, whole=True)]
"""A status code, ``StatusCode`` or a number."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRules:
    """What the specification leaves open, or one may want to vary, about commands on the tree; ``Rules.tree``.

    The defaults are the specification; each field names its section, and UNSURE where the sheets do.

    >>> TreeRules(atomic="unsupported").atomic
    'unsupported'
    """

    status: Mapping[RefusalName, StatusNumber] = field(default_factory=dict, hash=False)
    """Another status for a reason of ``Refusal``: ``{"malformed uri": 500}``."""
    rights_first: bool = False
    """Ask for rights before existence (Add), AccessType and permanence.  UNSURE [tree sheet §5]"""

    # addresses
    limits: UriLimits = field(default_factory=UriLimits)
    """Limits of addresses, as DevDetail/URI announces them."""
    case_sensitive: bool = True
    """Whether names that differ in case only are different where the description does not say.  [DMTND §5]"""
    decode_escapes: bool = True
    """``%78`` is ``x``; some clients compare without decoding.  [DMTND §5]"""
    slash_in_names: bool = False
    """``%2F`` makes a name with a slash instead of 400.  UNSURE [DMTND §6.2.2]"""
    leading_slash: bool = False
    """Drop a leading slash instead of 400: the DMTNDS example has one.  [DMTND §5]"""
    strict_characters: bool = False
    """400 unless all that RFC 2396 reserves is escaped.  [DMTND §5]"""
    query_first: bool = False
    """406 for an unknown property even where the node is missing.  UNSURE [tree sheet §5]"""

    # properties
    properties: frozenset[Annotated[str, Names(lambda: sorted(ALL_PROPERTIES))]] = ALL_PROPERTIES
    """Properties that this device has; Size, Title, TStamp and VerNo are optional.  [DMTND §7.2]"""
    size_of_interior: bool = False
    """Interior nodes have the Size 0; they must not.  [DMTND §7.7.4]"""
    property_access: bool = False
    """AccessType governs Get and Replace of properties too.  UNSURE [DMTND §6.2.5]"""
    counted: frozenset[VersionCause] = _EVERY
    """Which modifications move VerNo and TStamp.  UNSURE [DMTND §7.7.6, §7.7.8]"""
    first_verno: Annotated[int, Range("number", 0, 65535, whole=True)] = 0
    """VerNo of a new node.  UNSURE [DMTND §7.7.8]"""
    max_title: Octets = 255
    """Largest Title in octets.  [DMTND §7.7.5]"""
    cut_title: bool = False
    """Cut a longer Title instead of refusing it.  UNSURE [DMTND §7.7.5]"""
    own_name_collides: bool = False
    """Renaming a node to its own name, or to its name in another case, is 418.  UNSURE [DMTND §7.7.3]"""
    rename_anything: bool = False
    """A node may take a name that its description does not know.  UNSURE [DMTND §7.7.3]"""

    # access control lists
    root_acl: Literal["add stays", "fixed", "free"] = "add stays"
    """What servers may change in the root's list: all but ``Add=*``, nothing, or all but its being there.
    UNSURE [DMTND §7.7.1.2]"""
    duplicate_entries: Literal["refuse", "merge"] = "refuse"
    """A command that stands twice in a list: 400, or both entries together.  UNSURE [DMTND §7.7.1.5]"""
    acl_any_case: bool = False
    """Names of commands in a list compare without case: ``get=S`` is no 400.  UNSURE [DMTND §7.7.1.5]"""
    acl_star_alone: bool = False
    """400 for other identifiers beside ``*``, as one engine has it (500); else ``*`` wins.  UNSURE [DMTND §7.7.1.5]"""
    acl_as_written: bool = False
    """Give a list back as it was written, not in canonical order.  [DMTND §7.7.1.5]"""
    creator_acl: str = "Add={0}&Delete={0}&Replace={0}"
    """List of a new interior node whose creator has no Replace on the parent, ``{0}`` the creator.  [§7.7.1.3]"""
    creator_acl_on_leaves: bool = False
    """New leaves get that list too.  [DMTND §7.7.1.3 names interior nodes only]"""
    delete_asks_all: bool = False
    """Delete needs the right on every node below too.  UNSURE [DMREPPRO §6.6.5]"""

    # Add, Replace, Delete
    implicit_add: bool = True
    """Add makes missing parents.  Optional [DMREPPRO §6.6.1]"""
    keep_implicit: bool = False
    """Parents made by an Add that failed in the end stay.  UNSURE [DMREPPRO §6.6.1]"""
    add_access: Literal["either", "node", "parent"] = "either"
    """Whose AccessType must list Add: the new node's, its parent's, or one of them.  UNSURE [DMSTDOBJ §5.1.2]"""
    ignore_interior_data: bool = False
    """Add an interior node without looking at Data instead of 415.  UNSURE [DMREPPRO §6.6.1]"""
    replace_adds: bool = False
    """Replace makes a node that is not there, as Windows has it.  [DMREPPRO §6.6.11 says 404; E, windows sheet §2]"""
    no_meta: Literal["keep", "default"] = "keep"
    """Replace without Meta: keep format and type, or take chr and text/plain for said.  UNSURE [DMREPPRO §6.6.11]"""
    need_type: bool = True
    """415 for a Replace without Type on a node that takes several types.  [DMTND §7.7.7.1]"""
    delete_permanent_below: bool = False
    """Delete takes permanent nodes below along instead of 405.  [DMTND §6.2.3]"""
    max_value: Octets | None = None
    """Largest value in octets that the device stores; larger is 413."""

    bool_digits: bool = False
    """1 and 0 are values of format bool beside true and false.  UNSURE [DMTND §9.4.2.11]"""

    # Get
    inherited_acl: bool = False
    """Get of a list of its own that is empty answers 217 instead of 200, as DM 1.3 does.  [dm13 sheet §3]"""
    get_refused: Literal["405", "406"] = "405"
    """Answer to a Get that the AccessType does not list.  CONFLICT [DMREPPRO §6.6.7; DMTND §7.5]"""
    listing_order: Literal["levels", "depth"] = "levels"
    """Order of the Items of a listing; the examples go level by level.  Free [DMTND App C]"""
    list_children: bool = False
    """Interior Items of StructData carry the names of their children.  [DMTND §8]"""
    prune_listing: bool = False
    """Leave out readable nodes below unreadable ones.  UNSURE [DMTND §8]"""
    listings: bool = True
    """``?list=Struct`` and ``?list=StructData`` are given.  Should [DMTND §8]"""
    inbox_properties: bool = False
    """Properties of the Inbox may be read.  UNSURE [DMSTDOBJ §5.3.4]"""

    # serialised trees
    tnds: bool = True
    """Serialised trees are taken and given.  Optional [DMTNDS §1]"""
    tnds_falls_back: bool = False
    """Without them ``?list=TNDS`` gives the child list instead of 406.  CONFLICT [DMREPPRO §6.6.7]"""
    tnds_selection: Literal["strict", "lenient"] = "strict"
    """406 for ``+`` and ``-`` together and unknown names, or ignore such a selection.  [DMTND §8.2]"""
    tnds_own_name: bool = True
    """A single top node named like the Target is the Target, not its child (Add: when missing).  UNSURE [DMTNDS]"""
    tnds_merge: bool = False
    """Interior nodes of the document that exist are no 418.  [DMREPPRO §6.6.1]"""
    tnds_acl: Literal["refuse", "drop"] = "refuse"
    """A list in the document that its server may not set: 425 for all, or leave the list out.  UNSURE"""
    tnds_rights: Literal["target", "each"] = "target"
    """Replace with a document: Replace on the Target is enough, or each node below asks for what a command on it
    alone would need.  UNSURE [DMREPPRO §6.6.11]"""
    tnds_carriage: Literal["inline", "document"] = "inline"
    """How ``?list=TNDS`` travels: as mark-up (code page 2 in WBXML), or as a WBXML document in octets (base64 in XML).
    Free [DMTNDS §5.3]"""

    # Copy and Exec
    copy: bool = True
    """Copy is supported.  Optional [DMREPPRO §6.6.4]"""
    copy_creates: bool = False
    """Copy makes a target that is not there.  UNSURE [DMREPPRO §6.6.4]"""
    copy_access: bool = True
    """Source and target must list Copy in AccessType, not only Get and Replace.  UNSURE [DMTND §6.2.5]"""
    exec: bool = True
    """Exec is supported.  Optional [DMREPPRO §6.6.6]"""
    correlator: bool = True
    """The Correlator of an Exec is kept for the report; False: it is forgotten, as some engines do.  [DMPRO §8.7.1]"""
    exec_items: Literal["one", "many"] = "one"
    """Items of an Exec: one as the DTD has it (more are 400), or "at least one".  CONFLICT [DMREPPRO §6.6.6]"""

    timeout: Literal["408", "default response"] = "408"
    """What the silence of a user means behind MAXDT; both end in 215 for the rest only with 408.
    CONFLICT [DMPRO §10.3.2, §10.3.3]"""

    # containers
    unknown_command: Literal["406", "400"] = "406"
    """Answer to a word that is no command of DM, or to a command of SyncML that DM leaves out, when the reader is
    lenient (a strict one refuses the message).  Either side; an Atomic with one fails.  UNSURE [DMREPPRO §6.6]"""
    atomic: Literal["all or nothing", "best effort", "unsupported", "unsupported, one status"] = "all or nothing"
    """What Atomic means; the second is what one real client does.  [DMREPPRO §6.6.3]"""
    sequence: bool = True
    """Sequence is supported; False answers 406, as for Atomic, to study what would be lost.  Must [DMREPPRO §6.6.14]"""
    look_before: bool = True
    """Refuse an Atomic with forbidden content before anything is executed.  UNSURE [syncml sheet §7.0]"""
    exec_in_atomic: bool = False
    """Exec is allowed inside Atomic.  UNSURE [DMREPPRO §6.6.3]"""
    sequence_in_atomic: bool = False
    """Sequence is allowed inside Atomic.  UNSURE [DMREPPRO §6.6.3]"""
    nested_in_sequence: Literal["execute", "500"] = "execute"
    """Atomic or Sequence inside Sequence: RepPro's DTD allows it, DM's list has neither.  UNSURE [DMREPPRO §6.6.14]"""
    inside_refused: Literal["215", "same"] = "215"
    """Status of the commands of a container refused as such (nested: 500; Atomic not supported: 406): not executed, or
    the container's own.  UNSURE [syncml sheet §7.0]"""
    nested_atomic: Literal["refuse", "run"] = "refuse"
    """Atomic inside Atomic fails the outer one, or gets 500 while all is executed, as one real client does."""
    rollback_versions: bool = True
    """VerNo and TStamp go back with the values.  UNSURE [DMREPPRO §6.6.3]"""
    sequence_stops: bool = False
    """An ordinary failure ends a Sequence, the rest 215; else only the user's No does.  UNSURE [DMREPPRO §6.6.14]"""

    @property
    def answer_to_unknown(self) -> StatusCode:
        """``unknown_command`` as a status.

        >>> TreeRules(unknown_command="400").answer_to_unknown.value
        400
        """
        return StatusCode(int(self.unknown_command))
