"""``python -m dmkit``: the command line."""

from __future__ import annotations

import sys

from dmkit.cli import main

sys.exit(main())
