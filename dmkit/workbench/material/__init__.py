"""Conversations and commands that were worked out by hand: what readings and changes are tried on."""
