from dmkit.lab.lessons.answers import Reply as Reply
from dmkit.lab.lessons.answers import check as check
from dmkit.lab.lessons.extension import load as load
from dmkit.lab.lessons.extension import solution as solution

__all__ = [
    "Reply",
    "check",
    "load",
    "solution",
]
