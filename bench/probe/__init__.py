"""What the table measures, in a process of its own that answers requests: ``time ROW``, ``top ROW``, ``grow WHAT``,
``slow INPUT``.

``python -m probe`` in the folder ``bench`` is that process.  It imports dmkit from wherever PYTHONPATH says, so one
copy of it measures this release and another an earlier one, turn by turn in the same run; names of earlier releases are
tried where today's are not there.  So its files know nothing of ``bench`` around them, and import each other by a dot.
"""
