"""Figures: a frame in, Axes out."""
