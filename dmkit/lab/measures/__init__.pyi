from dmkit.lab.measures.measure import FORMS as FORMS
from dmkit.lab.measures.measure import MESSAGE_SIZES as MESSAGE_SIZES
from dmkit.lab.measures.measure import PACKAGE_COST as PACKAGE_COST
from dmkit.lab.measures.measure import cells as cells
from dmkit.lab.measures.measure import completion as completion
from dmkit.lab.measures.measure import extrapolated as extrapolated
from dmkit.lab.measures.measure import growth as growth
from dmkit.lab.measures.measure import load as load
from dmkit.lab.measures.measure import local_cluster as local_cluster
from dmkit.lab.measures.measure import message_sizes as message_sizes
from dmkit.lab.measures.measure import package_cost as package_cost
from dmkit.lab.measures.measure import replications as replications
from dmkit.lab.measures.measure import rules_cost as rules_cost
from dmkit.lab.measures.measure import rules_load as rules_load
from dmkit.lab.measures.measure import rules_talk as rules_talk
from dmkit.lab.measures.measure import scratch as scratch
from dmkit.lab.measures.measure import whole as whole
from dmkit.lab.measures.measure import write_object as write_object
from dmkit.lab.measures.papers_table import latex as latex
from dmkit.lab.runs.digits import human_time as human_time
from dmkit.lab.runs.report import perform as perform
from dmkit.lab.runs.stats import narrowing as narrowing
from dmkit.lab.studies.capabilities import assessment_frame as assessment_frame
from dmkit.lab.studies.capabilities import changed as changed
from dmkit.lab.studies.capabilities import losses as losses
from dmkit.lab.studies.capabilities import needs as needs
from dmkit.lab.studies.capabilities import profile_frame as profile_frame
from dmkit.lab.studies.capabilities import sets_tried as sets_tried
from dmkit.lab.studies.rights import acl_study as acl_study
from dmkit.lab.studies.rights import policy_frame as policy_frame
from dmkit.lab.studies.rights import privileges as privileges
from dmkit.lab.studies.rights import rights_frame as rights_frame

__all__ = [
    "FORMS",
    "MESSAGE_SIZES",
    "PACKAGE_COST",
    "acl_study",
    "assessment_frame",
    "cells",
    "changed",
    "completion",
    "extrapolated",
    "growth",
    "human_time",
    "latex",
    "load",
    "local_cluster",
    "losses",
    "message_sizes",
    "narrowing",
    "needs",
    "package_cost",
    "perform",
    "policy_frame",
    "privileges",
    "profile_frame",
    "replications",
    "rights_frame",
    "rules_cost",
    "rules_load",
    "rules_talk",
    "scratch",
    "sets_tried",
    "whole",
    "write_object",
]
