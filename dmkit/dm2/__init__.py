"""OMA DM 2.0: management by JSON over HTTP, objects addressed by identifier and instance, rights per instance.

The approved text could not be read.  What stands here rests on notes that follow it chapter by chapter, on a client in
the open, on OMA's registries, and where these leave holes on choices of our own; ``basis`` says which.  [dm20 sheet]
"""
