"""How packets travel: in memory, over HTTP."""
