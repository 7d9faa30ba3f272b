"""Explorers: widgets over the same functions that notebooks call."""
