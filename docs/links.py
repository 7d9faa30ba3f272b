"""Sources that have an address by their name: RFCs, texts of 3GPP, patents and CVEs become links on the site.

>>> [target(found) for found in NAMES.finditer("RFC 2104, 3GPP TS 33.220 and TR 37.868; US 7 752 296; CVE-2016-7989")]
... # doctest: +NORMALIZE_WHITESPACE
['https://www.rfc-editor.org/rfc/rfc2104', 'https://www.3gpp.org/dynareport/33220.htm',
 'https://www.3gpp.org/dynareport/37868.htm', 'https://patents.google.com/patent/US7752296',
 'https://nvd.nist.gov/vuln/detail/CVE-2016-7989']
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAMES: Final = re.compile(
    r"\bRFC (?P<rfc>\d{3,4})\b|\b(?:3GPP )?T[SR] (?P<series>[2-5]\d)\.(?P<number>\d{3})\b|"
    r"\bUS ?(?P<patent>\d{1,2}(?: ?\d{3}){2}|20\d{9})\b|\b(?P<cve>CVE-\d{4}-\d{4,})\b"
)
"""How they are named in prose; a TS of ETSI has a number of another form."""
_SKIPPED: Final = (nodes.literal, nodes.literal_block, nodes.reference, nodes.title, nodes.raw)


def target(found: re.Match[str]) -> str:
    """The address of what was named."""
    if found["rfc"]:
        return f"https://www.rfc-editor.org/rfc/rfc{found['rfc']}"
    if found["series"]:
        return f"https://www.3gpp.org/dynareport/{found['series']}{found['number']}.htm"
    if found["patent"]:
        return f"https://patents.google.com/patent/US{found['patent'].replace(' ', '')}"
    return f"https://nvd.nist.gov/vuln/detail/{found['cve']}"


class Sources(SphinxPostTransform):
    """Links in prose; code, titles and links stay as they are."""

    default_priority = 900

    def run(self, **kwargs: Any) -> None:
        """Called by Sphinx for each page."""
        for text in list(self.document.findall(nodes.Text)):
            if any(isinstance(above, _SKIPPED) for above in _above(text)):
                continue
            at, parts = 0, []
            for found in NAMES.finditer(text):
                parts += [nodes.Text(text[at : found.start()]), nodes.reference("", found[0], refuri=target(found))]
                at = found.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text[at:])])


def _above(node: nodes.Node) -> list[nodes.Node]:
    found, at = [], node.parent
    while at is not None:
        found.append(at)
        at = at.parent
    return found


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_post_transform(Sources)
