"""What a change of the specification does to everything: one report."""
