"""The device: its sessions, its waking, its card, and what it still has to do."""
