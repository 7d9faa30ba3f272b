from dmkit.views import notation as notation
from dmkit.views.bitview import notification_bits as notification_bits
from dmkit.views.faultview import faults as faults
from dmkit.views.ladder import ladder_html as ladder_html
from dmkit.views.ladder import ladder_mermaid as ladder_mermaid
from dmkit.views.ladder import ladder_svg as ladder_svg
from dmkit.views.ladder import ladder_text as ladder_text
from dmkit.views.look import Look as Look
from dmkit.views.machine import states_html as states_html
from dmkit.views.machine import states_mermaid as states_mermaid
from dmkit.views.markup import hexdump as hexdump
from dmkit.views.markup import message_html as message_html
from dmkit.views.markup import message_text as message_text
from dmkit.views.pushview import explain_push as explain_push
from dmkit.views.showing import show as show
from dmkit.views.statechart import statechart as statechart
from dmkit.views.stateview import state_chart as state_chart
from dmkit.views.treeview import tree_html as tree_html
from dmkit.views.treeview import tree_text as tree_text

__all__ = [
    "Look",
    "explain_push",
    "faults",
    "hexdump",
    "ladder_html",
    "ladder_mermaid",
    "ladder_svg",
    "ladder_text",
    "message_html",
    "message_text",
    "notation",
    "notification_bits",
    "show",
    "state_chart",
    "statechart",
    "states_html",
    "states_mermaid",
    "tree_html",
    "tree_text",
]
