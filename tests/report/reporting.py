"""A small comparison and its report, made once for all tests, and a page read back into elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import orgsim
from orgsim.experiments.comparison import Comparison
from orgsim.report.report import Report, make
from orgsim.scenario.schema import Scenario

VOID = {"meta", "img", "br", "link", "source", "input", "hr", "path"}
SMALL = {"market.size": 300, "time.years": 1.0, "time.warm_up_years": 0.25, "time.run_off_months": 2}
ARMS = ("merged / own_numbers", "separate / own_numbers", "cro / shared_revenue")


def small(**changes: object) -> Scenario:
    """A firm of a few hundred prospects."""
    return orgsim.load_scenario("baseline").with_(**(SMALL | changes))


def compared(replicates: int = 4, arms: tuple[str, ...] = ARMS, **changes: object) -> Comparison:
    """Some worlds of that firm."""
    return orgsim.compare(small(**changes), arms=arms, replicates=replicates, threads=2)


@cache
def comparison() -> Comparison:
    return compared()


@cache
def report(language: str = "en", draws: int = 14) -> Report:
    return make(comparison(), language=language, draws=draws, worlds=3, threads=2)


@cache
def html(language: str = "en") -> str:
    return report(language).html()


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, in order, spaces made plain."""
        return " ".join("".join(self._pieces()).split())

    def _pieces(self) -> list[str]:
        return self.own + [piece for child in self.children for piece in child._pieces()]

    def all(self, name: str) -> list[Element]:
        found = [self] if self.name == name else []
        return found + [one for child in self.children for one in child.all(name)]

    def having(self, attribute: str) -> list[Element]:
        found = [self] if attribute in self.attributes else []
        return found + [one for child in self.children for one in child.having(attribute)]


class Reader(HTMLParser):
    """Reads a page and notes what is not nested as it should be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.place = Element("root", {})
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.wrong.append(f"<{tag}> has an attribute twice: {names}")
        one = Element(tag, {name: value or "" for name, value in attrs}, self.place)
        self.place.children.append(one)
        if tag == "p" and self.place.name == "p":
            self.wrong.append("<p> inside <p>")
        if tag not in VOID:
            self.place = one

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.place.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.place))

    def handle_endtag(self, tag: str) -> None:
        if self.place.name != tag:
            self.wrong.append(f"</{tag}> closes <{self.place.name}>")
        if self.place.parent is not None:
            self.place = self.place.parent

    def handle_data(self, data: str) -> None:
        if self.place.name not in ("script", "style"):
            self.place.own.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader
