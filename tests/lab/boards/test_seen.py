"""What notebooks keep, looked at in a browser: every text of every picture and table stands out, on light and dark.

Pictures are drawn, and the ground of each text is what lies below it there: no list of colours is believed.
[WCAG 2.2 §1.4.3: 4.5 to 1, 3 to 1 for large letters]
"""

from __future__ import annotations

import html
import json
import re
from urllib.parse import unquote

import pytest

from tests.lab.boards.board_table import NOTEBOOKS
from tests.lab.boards.test_browser import CHROMIUM, browser  # noqa: F401

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
THEMES = {"light": ("#212121", "#ffffff"), "dark": ("#ffffff", "#111111")}

COMMON = """
const parsed = text => {
  const found = (text || '').match(/-?[\\d.]+(?:e-?\\d+)?/g)?.map(Number);
  if (!found || text === 'none' || text === 'transparent') return null;
  const unit = text.startsWith('color(');
  const [r, g, b] = found.slice(0, 3).map(n => unit ? 255 * n : n);
  return [r, g, b, found.length > 3 ? found[3] : 1];
};
const over = (top, ground, share) => ground.map((n, i) => top[i] * share + n * (1 - share));
const light = colour => {
  const [r, g, b] = colour.map(n => n / 255).map(n => n <= .04045 ? n / 12.92 : ((n + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const ratio = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + .05) / (low + .05);
};
const enough = style => {
  const size = parseFloat(style.fontSize), heavy = parseInt(style.fontWeight) >= 600;
  return size >= 24 || (heavy && size >= 18.6) ? 3 : 4.5;
};
"""
PICTURE = (
    "svg => {"
    + COMMON
    + """
  document.body.innerHTML = '<div style="position:absolute;left:0;top:0;background:#fff">' + svg + '</div>';
  const bad = [];
  for (const text of document.querySelectorAll('svg text')) {
    if (!text.textContent.trim()) continue;
    const style = getComputedStyle(text), ink = parsed(style.fill);
    if (!ink || parseFloat(style.opacity) === 0) continue;
    const box = text.getBoundingClientRect();
    let ground = [255, 255, 255];
    if (style.stroke !== 'none' && parseFloat(style.strokeWidth) >= 2) ground = parsed(style.stroke).slice(0, 3);
    else for (const part of document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2).reverse()) {
      if (part.closest('text') || !part.closest('svg') || ['svg', 'line'].includes(part.tagName)) continue;
      const own = getComputedStyle(part), fill = parsed(own.fill);
      if (fill && !own.fill.startsWith('url')) {
        ground = over(fill, ground, fill[3] * parseFloat(own.fillOpacity) * parseFloat(own.opacity));
      }
    }
    const seen = over(ink, ground, ink[3] * parseFloat(style.opacity));
    if (ratio(seen, ground) < enough(style) - .01) {
const said = text.textContent.trim().slice(0, 30);
      bad.push(`${said}: ${ratio(seen, ground).toFixed(2)} on ${ground.map(Math.round)}`);
    }
  }
  return [document.querySelectorAll('svg text').length, bad];
}"""
)
LAID = """svg => {
  document.body.innerHTML = '<div style="position:absolute;left:0;top:0">' + svg + '</div>';
  const frame = document.querySelector('svg').getBoundingClientRect(), bad = [], flat = [];
  for (const text of document.querySelectorAll('svg text')) {
    if (!text.textContent.trim()) continue;
    const box = text.getBoundingClientRect(), said = text.textContent.trim().slice(0, 30);
    const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1
      && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
    if (!inside) bad.push(`cut: ${said}`);
    if (Math.abs(text.getScreenCTM().b) > .01) continue;  // a slanted text fills little of its box
    for (const part of text.querySelector('tspan[x]') ? text.querySelectorAll('tspan') : [text]) {
      const {left, right, top, bottom, height} = part.getBoundingClientRect();
      flat.push([part.textContent.trim().slice(0, 30), left + 1, right - 1, top + .18 * height, bottom - .18 * height]);
    }
  }
  flat.forEach(([one, left, right, top, bottom], n) => flat.slice(0, n).forEach(([other, l, r, t, b]) => {
    const over = Math.min(right, r) - Math.max(left, l) > 1 && Math.min(bottom, b) - Math.max(top, t) > 1;
    if (over) bad.push(`${other} and ${one}`);
  }));
  return bad;
}"""
PAGE = (
    "([page, ink, paper]) => {"
    + COMMON
    + """
  document.documentElement.style.cssText = `--jp-content-font-color1:${ink};--jp-layout-color0:${paper}`;
  document.body.style.cssText = `color:${ink};background:${paper}`;
  document.body.innerHTML = page;
  document.querySelectorAll('details').forEach(part => { part.open = true; });
  const bad = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const part = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || part.closest('svg, style')) continue;
    count += 1;
    let ground = parsed(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    const above = [];
    for (let at = part; at && at !== document.body; at = at.parentElement) above.unshift(at);
    for (const each of above) {
      const fill = parsed(getComputedStyle(each).backgroundColor);
      if (fill) ground = over(fill, ground, fill[3]);
    }
    const style = getComputedStyle(part), colour = parsed(style.color), seen = over(colour, ground, colour[3]);
    if (ratio(seen, ground) < enough(style) - .01) {
      bad.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio(seen, ground).toFixed(2)}`);
    }
  }
  return [count, bad];
}"""
)
ARTICLE = (
    "() => {"
    + COMMON
    + """
  document.querySelectorAll('details').forEach(part => { part.open = true; });
  const bad = [], walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), part = walker.currentNode.parentElement;
    if (!text || part.closest('svg, style, script, .headerlink') || !part.checkVisibility()) continue;
    count += 1;
    let ground = [255, 255, 255];
    const above = [];
    for (let at = part; at; at = at.parentElement) above.unshift(at);
    for (const each of above) {
      const fill = parsed(getComputedStyle(each).backgroundColor);
      if (fill) ground = over(fill, ground, fill[3]);
    }
    const style = getComputedStyle(part), colour = parsed(style.color), seen = over(colour, ground, colour[3]);
    if (ratio(seen, ground) < enough(style) - .01) bad.push(`${text.slice(0, 30)}: ${ratio(seen, ground).toFixed(2)}`);
  }
  return [count, bad];
}"""
)
"""The same for the article of a page of the site, as it stands."""


def outputs(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            page = "".join(output.get("data", {}).get("text/html", ""))
            if page:
                yield page


@pytest.fixture(scope="module")
def page(browser):  # noqa: F811
    page = browser.new_page(viewport={"width": 2400, "height": 4000})
    yield page
    page.close()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_texts_stand_out_in_every_picture_and_on_both_themes(page, path):
    bad, seen = set(), 0
    for shown in outputs(path):
        for found in re.findall(r'<img src="data:image/svg\+xml,([^"]*)"', shown):
            count, wrong = page.evaluate(PICTURE, unquote(html.unescape(found)))
            seen += count
            bad |= {f"picture: {text}" for text in wrong}
        bare = re.sub(r"<img [^>]*>", "", shown)
        for theme, colours in THEMES.items():
            count, wrong = page.evaluate(PAGE, [bare, *colours])
            seen += count
            bad |= {f"{theme}: {text}" for text in wrong}
    assert seen, "nothing was looked at"
    assert not bad


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_text_of_a_picture_is_cut_or_lies_over_another(page, path):
    found = [svg for shown in outputs(path) for svg in re.findall(r'<img src="data:image/svg\+xml,([^"]*)"', shown)]
    assert [text for svg in found for text in page.evaluate(LAID, unquote(html.unescape(svg)))] == []


def test_a_text_that_is_cut_or_lies_over_another_is_found(page):
    texts = '<text x="5" y="20">first</text><text x="9" y="22">second</text><text x="60" y="40">too long</text>'
    svg = f'<svg width="90" height="50" font-size="12">{texts}</svg>'
    assert page.evaluate(LAID, svg) == ["cut: too long", "first and second"]


def test_a_text_that_does_not_stand_out_is_found(page):
    ground = '<rect width="90" height="30" fill="#d55e00"/>'
    svg = f'<svg width="90" height="30">{ground}<text x="5" y="20" fill="#fff">no</text></svg>'
    assert page.evaluate(PICTURE, svg)[1] == ["no: 3.87 on 213,94,0"]
    assert page.evaluate(PAGE, ['<p style="color:#888">no</p>', "#212121", "#ffffff"])[1] == ["no: 3.54"]
