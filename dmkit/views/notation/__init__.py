"""Conversations as plain text, one line per message: for papers, tests, bug reports and quick reading.

A line says who speaks and the MsgID, in braces what is particular about the header, and after the bar the
commands in order with their CmdIDs:

>>> frame = HeaderFrame("1F", client="IMEI:493005100592800", server="https://dm.example.com/dm")
>>> said = read_line('S1 | #1 1/0 SyncHdr=212; #2 Get (T ./DevInfo/Man); Final', frame)
>>> said.message.commands[1]
Get(items=(Item(target='./DevInfo/Man'),), cmd_id='2')
>>> print(write_line(said, frame))
S1 | #1 1/0 SyncHdr=212; #2 Get (T ./DevInfo/Man); Final

=====================================  ============================================================================
``C2`` / ``S1``                        the client's message 2, the server's message 1; words up to ``{`` or ``|``
                                       are a label and are skipped
``{Cred=md5:.. LocName=..}``           header fields beyond those of the ``Frame``
``#2 1/4 Get=200``                     Status with CmdID 2 for command 4 of message 1; ``ref X`` and ``from Y``
                                       are TargetRef and SourceRef (those of the header go without saying)
``Chal(md5, ..)``                      a challenge with its NextNonce
``#4 Results 1/4 (S x, D 60)``         Results and their Items
``(T x, S y, Format=int, D 60)``       an Item: Target, Source, Meta, Data; ``MoreData`` as a word
``"Go on?"``, ``"a"*500``, ``0xFF``    text that is no single word, repeated text, octets
``<Name @ns k="v" | ..>``              an element inside Data, with its children
``[..; ..]``                           the commands of an Atomic or a Sequence
``Final`` / ``(no Final)``             whether the package ends here; ``<- ..`` is a remark
=====================================  ============================================================================

Writing and reading are inverse for every message (what a lenient reader noted as deviations is not written).
"""

from dmkit.views.notation.reader import read, read_commands, read_line
from dmkit.views.notation.words import HeaderFrame, NotationError, Spoken
from dmkit.views.notation.writer import transcribe, write, write_command, write_line

__all__ = [
    "HeaderFrame",
    "NotationError",
    "Spoken",
    "read",
    "read_commands",
    "read_line",
    "transcribe",
    "write",
    "write_command",
    "write_line",
]
