"""Studies: each a question, its runs and its frame."""
