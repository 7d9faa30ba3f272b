"""Golden conversations: the library has them, so that readings meet over them too."""

from dmkit.workbench.material.golden import *  # noqa: F403
