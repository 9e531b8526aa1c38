"""Lines and bars in characters, for a terminal: as wide as asked for, and with no colour that anything depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# Dots of a braille character from its upper left: two columns of four.
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """A bar that fills a share (0 to 1) of so many characters, exact to an eighth of one."""
    eighths = round(8 * width * min(1.0, max(0.0, share)))
    full, rest = divmod(eighths, 8)
    return (EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")).ljust(width)


def line(
    of: Callable[[float], float], end: float, bottom: float, top: float, width: int, height: int
) -> list[str]:
    """Rows of a curve of x from 0 to `end` and y from `bottom` to `top`, uppermost first; jumps are drawn upright."""
    columns, rows = 2 * width, 4 * height
    grid = [[0] * width for _ in range(height)]
    before = None
    for x in range(columns):
        y = row_of(of(end * x / (columns - 1)), bottom, top, rows)
        for step in range(y if before is None else min(before + 1, y), y + 1):
            grid[height - 1 - step // 4][x // 2] |= DOTS[x % 2][3 - step % 4]
        before = y
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in row) for row in grid]


def row_of(value: float, bottom: float, top: float, rows: int) -> int:
    """Which of so many rows, counted from below, a value lies in."""
    share = (value - bottom) / (top - bottom) if top > bottom else 0.0
    return min(rows - 1, max(0, round(share * (rows - 1))))


def framed(rows: Sequence[str], ticks: dict[int, str], marks: Sequence[tuple[float, str]]) -> list[str]:
    """A drawing with labels: `ticks` by row at its left, `marks` by share of the width below it."""
    left = max(map(len, ticks.values()))
    width = len(rows[0])
    out = [f"{ticks.get(place, ''):>{left}} {'┤' if place in ticks else '│'}{row}" for place, row in enumerate(rows)]
    at = {round(share * (width - 1)): label for share, label in marks}
    axis = "".join("┬" if place in at else "─" for place in range(width))
    below = [" "] * (width + 6)
    for place, label in at.items():
        start = max(0, min(place - len(label) // 2, width + 1 - len(label)))
        below[start : start + len(label)] = label
    pad = " " * (left + 1)
    return [*out, f"{pad}└{axis}", f"{pad} {''.join(below).rstrip()}"]
