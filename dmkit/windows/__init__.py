"""Windows, managed by SyncML: descriptions of its providers, profiles checked against them.  No Windows was used here.

What Windows does rests on Microsoft's texts and on what others measured; marks of the sheet are kept.  [windows sheet]
"""
