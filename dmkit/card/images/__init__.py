"""Cards as files of other tools: dumps and scripts of pySim, eSIM profile packages, GSMTAP traces; and what differs."""
