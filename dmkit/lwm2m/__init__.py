"""LwM2M 1.0 and 1.1, as far as a comparison with DM needs it: objects, addresses, encodings, engines.

Facts rest on the public registry, on RFC 7252, 7641, 7959, 8428 and 8949, and on what independent peers were seen to
send; the text of OMA's core specification was not read, so readings are marked (``basis``) where they matter.
"""
