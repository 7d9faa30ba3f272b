"""How a message is written: one element table, two codecs, and an explanation octet by octet."""
