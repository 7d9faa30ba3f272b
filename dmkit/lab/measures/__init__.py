"""Frames: what conversations and messages cost, and how tables are written."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "measures.measure": "FORMS MESSAGE_SIZES PACKAGE_COST cells completion extrapolated growth load local_cluster "
        "message_sizes package_cost replications rules_cost rules_load rules_talk scratch whole "
        "write_object",
        "measures.papers_table": "latex",
        "runs.digits": "human_time",
        "runs.report": "perform",
        "runs.stats": "narrowing",
        "studies.capabilities": "assessment_frame changed losses needs profile_frame sets_tried",
        "studies.rights": "acl_study policy_frame privileges rights_frame",
    },
    root="dmkit.lab",
)
