from dmkit.lab.studies import asking as asking
from dmkit.lab.studies import capture as capture
from dmkit.lab.studies import cards as cards
from dmkit.lab.studies import clinic as clinic
from dmkit.lab.studies import contest as contest
from dmkit.lab.studies import device_schedule as device_schedule
from dmkit.lab.studies import exploring as exploring
from dmkit.lab.studies import firmware as firmware
from dmkit.lab.studies import gateway as gateway
from dmkit.lab.studies import gating as gating
from dmkit.lab.studies import keys as keys
from dmkit.lab.studies import media as media
from dmkit.lab.studies import object_lives as object_lives
from dmkit.lab.studies import provisioning as provisioning
from dmkit.lab.studies import rollout_designs as rollout_designs
from dmkit.lab.studies import security as security
from dmkit.lab.studies import windows as windows

__all__ = [
    "asking",
    "capture",
    "cards",
    "clinic",
    "contest",
    "device_schedule",
    "exploring",
    "firmware",
    "gateway",
    "gating",
    "keys",
    "media",
    "object_lives",
    "provisioning",
    "rollout_designs",
    "security",
    "windows",
]
