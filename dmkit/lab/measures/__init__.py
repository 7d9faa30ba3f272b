"""Frames: what conversations and messages cost, and how tables are written."""
