"""Proposed wording: the sentence that would settle a reading, in our words.  All are PROPOSAL.

>>> WORDING["TreeRules.keep_implicit"][:24]
'When an Add fails, the d'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["WORDING"]

WORDING: Final[Mapping[str, str]] = {
    "TreeRules.keep_implicit": "When an Add fails, the device MUST remove every interior node that it made for it.",
    "TreeRules.creator_acl": "A new interior node whose creator has no Replace on the parent gets a list that names "
    "the creator for Add, Delete and Replace, and nobody for any other command.",
    "TreeRules.creator_acl_on_leaves": "A new leaf gets no list of its own; it inherits.",
    "TreeRules.tnds_own_name": "A serialised tree whose one top node has the name of the Target replaces or makes the "
    "Target itself; any other top node becomes its child.",
    "TreeRules.rollback_versions": "When an Atomic is taken back, VerNo and TStamp of every node MUST be what they "
    "were before it.",
    "TreeRules.counted": "VerNo and TStamp change with every successful change of a node: its value, its Name, its "
    "Title, its list, and a child that is added or deleted.",
    "TreeRules.first_verno": "A new node has the VerNo 0.",
    "TreeRules.property_access": "AccessType governs commands on a node, not commands on its properties.",
    "TreeRules.delete_asks_all": "Delete asks for the right on the node that is named, not on nodes below.",
    "TreeRules.duplicate_entries": "A list in which a command stands twice MUST be refused with 400.",
    "TreeRules.acl_any_case": "Names of commands in a list are compared with regard to case.",
    "TreeRules.acl_star_alone": "Where a command is granted to everybody, further identifiers MUST be ignored.",
    "TreeRules.root_acl": "A server MUST NOT take Add from everybody in the list of the root; all else there it MAY "
    "change as in any list.",
    "TreeRules.copy_creates": "Copy to a node that does not exist MUST be refused with 404.",
    "TreeRules.copy_access": "Copy asks that Copy stands in the AccessType of the source and of the target.",
    "TreeRules.exec_items": "An Exec has exactly one Item.",
    "TreeRules.exec_in_atomic": "Exec MUST NOT stand in Atomic; the Exec is answered 500 and the Atomic fails.",
    "TreeRules.sequence_in_atomic": "Sequence MUST NOT stand in Atomic; it is answered 500 and the Atomic fails.",
    "TreeRules.sequence_stops": "A failure inside a Sequence does not end it; only the user's refusal does.",
    "TreeRules.nested_in_sequence": "Atomic and Sequence MAY stand in Sequence and are executed in their place.",
    "TreeRules.look_before": "A device MUST look for commands that may not stand in an Atomic before it executes any.",
    "TreeRules.inside_refused": "Commands of a container that is refused as such are answered 215.",
    "TreeRules.add_access": "An Add is allowed where Add stands in the AccessType of the new node or of its parent.",
    "TreeRules.ignore_interior_data": "Data beside Format node MUST be refused with 415.",
    "TreeRules.no_meta": "A Replace without Format and Type leaves both as they are.",
    "TreeRules.cut_title": "A Title of more than 255 octets MUST be refused with 413.",
    "TreeRules.own_name_collides": "Renaming a node to the name that it has succeeds and changes nothing.",
    "TreeRules.rename_anything": "A node takes only a name that its description allows at its place; else 405.",
    "TreeRules.slash_in_names": "A name contains no slash, escaped or not; such an address is answered 400.",
    "TreeRules.query_first": "Whether a node exists is looked at before whether it has the property that is asked for.",
    "TreeRules.rights_first": "Existence is looked at first, then AccessType, then rights.",
    "TreeRules.bool_digits": "Values of Format bool are true and false, and no others.",
    "TreeRules.get_refused": "A Get that the AccessType does not list is answered 405.",
    "TreeRules.prune_listing": "A listing has every node that its server may read, below unreadable nodes, too.",
    "TreeRules.inbox_properties": "No property of the Inbox may be read.",
    "TreeRules.tnds_acl": "A serialised tree with a list that its server may not set is refused as a whole, with 425.",
    "TreeRules.tnds_rights": "Replace with a serialised tree asks for Replace on the Target alone.",
    "TreeRules.tnds_falls_back": "A device without serialised trees answers ?list=TNDS with 406.",
    "TreeRules.timeout": "A user who stays silent longer than MAXDT has not answered: 408, whatever DR says.",
    "TreeRules.unknown_command": "A command that the receiver does not know is answered 406.",
    "Rules.unaccepted": "A device executes nothing for a server that has not accepted its proof; commands that stand "
    "beside a challenge are answered 215.",
    "Rules.interrupting": "A command that breaks into an unfinished object is executed, and Alert 1225 is sent.",
    "Rules.missing_size": "The first piece of an object MUST have its Size; else 411.",
    "Rules.object_counts": "MaxObjSize counts the octets of the object as carried in Data.",
    "Rules.large_objects": "A receiver without large objects MUST refuse the first piece with 406 and MUST NOT take it "
    "for the whole.",
    "Rules.refused_chunk": "After a refused first piece the sender sends no more of the object and closes its package.",
    "Rules.max_message_lasts": "MaxMsgSize stays in force until another is announced or the session ends.",
    "Rules.version_command_status": "Commands of a message whose version is refused get the Status of its header.",
    "Rules.transport_status": "A header whose sender only the transport vouches for is answered 200.",
    "Rules.mac_on_challenge": "A message that only challenges carries no MAC.",
    "Rules.challenged_midway": "A device that is challenged behind package 1 says its last answer again, with proof.",
    "Rules.abort_final": "An Alert 1223 is always the last of a message with Final.",
    "Rules.late_alert": "An alert that comes up behind the server's last package is sent at once, and answered.",
    "UriLimits.count_root": "The root does not count as a segment of an address.",
    "UriLimits.count_query": "A query counts in the length of an address.",
    "Dm2Rules.after_failure": "A command that fails does not keep those behind it from being done.",
    "Dm2Rules.missing_on_delete": "DELETE of what does not exist is answered 404.",
    "Dm2Rules.several": "A command that reaches several nodes has the worst of their statuses.",
    "Dm2Rules.notification_member": "The number of the notification stands in Data, as NotificationID.",
    "Dm2Rules.session": "A session is what the header OMADM-DevID says, whatever the connection.",
}
"""Switch -> a sentence for the specification."""
