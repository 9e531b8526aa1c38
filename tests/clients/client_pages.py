"""Run the pages of docs/clients: what they show is run here, and what they say it prints is what it prints.

`python tests/clients/client_pages.py [PAGE]` writes into the pages what their programs print.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "clients"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED_WITH = re.compile(r"^Printed with (.*)\.$", re.MULTILINE)
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder whose modules can be imported, as they can by one who starts Python there."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]


def say(command: str) -> str:
    """What a command, `python FILE` or `orgsim ...`, prints to standard output; it must succeed."""
    program, *arguments = shlex.split(command)
    start = {"python": [sys.executable], "orgsim": [sys.executable, "-m", "orgsim"]}[program]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    result = subprocess.run(
        [*start, *arguments], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, f"{command}: exit code {result.returncode}\n{result.stderr}"
    return result.stdout


def run_page(name: str, folder: Path) -> tuple[dict[str, Any], str]:
    """The names that the page's programs leave behind, and the page with what they print.

    A block ```kind NAME is a file. The blocks ```python are one program, run in order in the folder. A block ```console
    holds commands after a $, one a line. A block ```text shows what the block before it prints to standard output.
    """
    names: dict[str, Any] = {"__name__": "__main__", "__folder__": folder}
    printed = ""

    def run_block(block: re.Match[str]) -> str:
        nonlocal printed
        kind, _, file = block[1].partition(" ")
        if file:
            Path(file).write_text(block[2], encoding="utf-8")
        elif kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block[2], f"{name}.md", "exec"), names)
            printed = out.getvalue()
        elif kind == "console":
            printed = "".join(say(line) for line in re.findall(r"^\$ (.*)\n", block[2], re.MULTILINE))
        elif kind == "text":
            lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
            return f"```text\n{lines}```"
        return block[0]

    with inside(folder):
        return names, FENCE.sub(run_block, (PAGES / f"{name}.md").read_text(encoding="utf-8"))


def check_prints(name: str, said: str) -> None:
    """The page shows what its programs printed: to the letter with the libraries it names, else but for the numbers."""
    shown = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    named = PRINTED_WITH.search(shown)
    assert named, f"{name}.md does not say which libraries its output was printed with"
    libraries = re.findall(r"([\w-]+) (\d[\w.]*\w)", named[1])
    assert libraries
    if any(version(library) != number for library, number in libraries):
        shown, said = (re.sub(r"[ \-─]+", " ", NUMBER.sub("#", text)) for text in (shown, said))
    assert said == shown, f"{name}.md is out of date; run: python tests/clients/client_pages.py {name}"


def main() -> None:
    for name in sys.argv[1:] or sorted(page.stem for page in PAGES.glob("*.md")):
        with tempfile.TemporaryDirectory() as folder:
            _, said = run_page(name, Path(folder))
        named = PRINTED_WITH.search(said)
        assert named, name
        libraries = [library for library, _ in re.findall(r"([\w-]+) (\d[\w.]*\w)", named[1])]
        now = "Printed with " + ", ".join(f"{library} {version(library)}" for library in libraries) + "."
        (PAGES / f"{name}.md").write_text(PRINTED_WITH.sub(now, said), encoding="utf-8")


if __name__ == "__main__":
    main()
