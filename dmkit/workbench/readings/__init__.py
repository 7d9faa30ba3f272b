"""Readings that meet: device and server take a sentence in two ways, and what comes of it is computed.

>>> import dmkit as dm
>>> dm.readings("Rules.transport_status", cases=["golden"])["class"].item()
'visible'
"""
