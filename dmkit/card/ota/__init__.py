"""Packets over the air to the card: secured packets, short messages, remote file management."""
