"""Smaller pictures and scripts, that look and do the same: a page must be small enough to be sent by mail."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as Tree

SVG = "http://www.w3.org/2000/svg"
DROPPED = ("aria-hidden", "aria-roledescription", "aria-label", "role", "class", "pointer-events", "version",
           "stroke-miterlimit", "cursor")  # fmt: skip
# What holds where an attribute is missing.
USUAL = {"text-anchor": "start", "stroke-width": "1", "font-weight": "normal", "x2": "0", "y2": "0", "opacity": "1",
         "transform": "translate(0,0)", "font-size": "12px", "font-family": "sans-serif"}  # fmt: skip
INHERITED = ("fill", "stroke", "stroke-width", "font-size", "font-weight", "font-style", "text-anchor")
CLIP = re.compile(r"\bclip\d+\b")
NUMBERS = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
NUMERIC = ("transform", "d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r")


def picture(svg: str) -> Any:
    """An SVG as an address for an attribute in double quotes: without what nobody sees, tenths of a pixel kept."""
    from markupsafe import Markup

    Tree.register_namespace("", SVG)
    numbers: dict[str, str] = {}
    # Who draws numbers what is clipped through all pictures; each has its own.
    svg = CLIP.sub(lambda found: numbers.setdefault(found.group(), f"clip{len(numbers)}"), svg)
    root = Tree.fromstring(svg)
    _slim(root)
    root.set("font-family", "sans-serif")
    root.set("font-size", "12px")
    text = Tree.tostring(root, encoding="unicode").replace("'", "&#39;").replace('"', "'")
    # Quotes, brackets and ampersands are all encoded: nothing is left that could end the attribute.
    return Markup("data:image/svg+xml," + quote(text, safe=" =:/;,.()'-_~!*@$+?[]{}|^"))


def _slim(element: Tree.Element) -> None:
    for child in list(element):
        _slim(child)
    name = element.tag.rpartition("}")[2]
    for key, value in list(element.attrib.items()):
        if key in NUMERIC:
            value = NUMBERS.sub(_short, value)
            element.set(key, value)
        if key in DROPPED or (USUAL.get(key) == value and not (name == "g" and key == "font-size")):
            del element.attrib[key]
    kept: list[Tree.Element] = []
    for child in element:
        kind = child.tag.rpartition("}")[2]
        if kind == "g" and not child.attrib:
            kept += list(child)
        elif kind == "g" and not len(child):
            continue
        elif kind in ("path", "line") and not ({"fill", "stroke"} & set(child.attrib)) and name != "clipPath":
            continue  # neither filled nor drawn
        elif child.get("display") != "none":
            kept.append(child)
    for child in list(element):
        element.remove(child)
    element.extend(kept)
    if name == "g" and len(kept) > 1:
        _hoist(element, kept)


def _hoist(group: Tree.Element, children: list[Tree.Element]) -> None:
    """Say once for a group what all its parts say."""
    for key in INHERITED:
        said = {child.get(key) for child in children}
        if len(said) == 1 and None not in said and key not in group.attrib:
            group.set(key, str(said.pop()))
            for child in children:
                del child.attrib[key]


def _short(number: re.Match[str]) -> str:
    text = f"{float(number.group()):.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def packed(text: str) -> str:
    """A text compressed (deflate) and in base64, as the page's script unpacks it."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
