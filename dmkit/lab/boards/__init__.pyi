from dmkit.lab.boards.acl import acl_explorer as acl_explorer
from dmkit.lab.boards.campaign import dashboard as dashboard
from dmkit.lab.boards.card import card_explorer as card_explorer
from dmkit.lab.boards.enablers import enabler_explorer as enabler_explorer
from dmkit.lab.boards.generations import generation_explorer as generation_explorer
from dmkit.lab.boards.generations import generation_look as generation_look
from dmkit.lab.boards.media import media_explorer as media_explorer
from dmkit.lab.boards.media import media_look as media_look
from dmkit.lab.boards.objects import object_editor as object_editor
from dmkit.lab.boards.schedule import schedule_explorer as schedule_explorer
from dmkit.lab.boards.services import rehearse as rehearse
from dmkit.lab.boards.services import service_explorer as service_explorer
from dmkit.lab.boards.services import service_phone as service_phone
from dmkit.lab.boards.widgets import explore as explore
from dmkit.lab.boards.widgets import stepper as stepper

__all__ = [
    "acl_explorer",
    "card_explorer",
    "dashboard",
    "enabler_explorer",
    "explore",
    "generation_explorer",
    "generation_look",
    "media_explorer",
    "media_look",
    "object_editor",
    "rehearse",
    "schedule_explorer",
    "service_explorer",
    "service_phone",
    "stepper",
]
