"""Malformed access control lists, and what each is told.  [DMTND §7.7.1.5]"""

from __future__ import annotations

BAD_ACLS: list[tuple[str, str]] = [
    # text, part of the sentence
    ("get=S", "'get' is no command of a list"),
    ("GET=S", "'GET' is no command of a list"),
    ("Copy=S", "'Copy' is no command of a list"),
    ("Alert=S", "'Alert' is no command of a list"),
    ("*=S", "'*' is no command of a list"),
    ("=S", "'' is no command of a list"),
    (" Get=S", "' Get' is no command of a list"),
    ("Get =S", "'Get ' is no command of a list"),
    ("Get=", "Get has no identifier"),
    ("Get=S&Replace=", "Replace has no identifier"),
    ("Get", "entry 1, 'Get', has no ="),
    ("S", "entry 1, 'S', has no ="),
    ("Get=S&T", "entry 2, 'T', has no ="),
    ("&", "entry 1 is empty"),
    ("&Get=S", "entry 1 is empty"),
    ("Get=S&", "entry 2 is empty"),
    ("Get=S&&Add=S", "entry 2 is empty"),
    ("Get=S&Replace=S&Get=T", "Get stands twice"),
    ("Get=S T", "' ' cannot be part of one"),
    ("Get=S\tT", "'\\t' cannot be part of one"),
    ("Get=S\n", "'\\n' cannot be part of one"),
    ("Get=S\u00a0T", "'\\xa0' cannot be part of one"),
    ("Get=S\x00", "'\\x00' cannot be part of one"),
    ("Get=S\u200bT", "'\\u200b' cannot be part of one"),
    ("Get=S+", "an identifier of Get is empty"),
    ("Get=+S", "an identifier of Get is empty"),
    ("Get=S++T", "an identifier of Get is empty"),
    ("Get=S*", "'*' cannot be part of one"),
    ("Get=S=T", "'=' cannot be part of one"),
    ("Get=S;Replace=S", "'=' cannot be part of one"),
    ("Get=S|Replace=S", "'=' cannot be part of one"),
]

GOOD_ACLS: list[tuple[str, str]] = [
    # text, canonical
    ("", ""),
    ("Get=*", "Get=*"),
    ("Replace=b+a&Get=*&Add=c", "Add=c&Get=*&Replace=a+b"),
    ("Get=S+S", "Get=S"),
    ("Get=*+S", "Get=*+S"),
    ("Exec=com.example:8080/dm", "Exec=com.example:8080/dm"),
    ("Get=S,T", "Get=S,T"),
    ("Delete=größe.example", "Delete=größe.example"),
]
