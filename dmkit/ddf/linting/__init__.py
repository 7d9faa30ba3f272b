"""Lint of descriptions: a rule is a row beside its function, by subject."""
