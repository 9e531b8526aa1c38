"""Mutants of orgsim's rules: mutmut's operators applied to functions, one change each.

mutmut 3 leaves decorated functions alone, for it puts a switch around each function and keeps a copy beside it. The
rules are decorated, with `rule` or `entry`, which do nothing when the JIT is off. So these two decorators are taken out
of the text before mutmut's visitor reads it, and no switch is needed: a mutant is put in force by giving the function
that everybody has imported the mutant's code. The program around it is the one that is shipped, at its usual speed.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import importlib
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "orgsim"
DECORATORS = re.compile(r"^@(rule|entry)$", re.MULTILINE)
STATISTICS = "experiments/statistics.py"
NOT_RULES = {
    "engine/compile.py": "hands rules to the compiler; does nothing when the JIT is off",
    "engine/handle.py": "a pointer for compiled rules; not used when the JIT is off",
}
RULES = tuple(
    f"engine/{path.name}" for path in sorted((PACKAGE / "engine").glob("*.py"))
    if path.name != "__init__.py" and f"engine/{path.name}" not in NOT_RULES
)  # fmt: skip
LEADERS = ("leadership/decide.py", "leadership/threshold.py")
MODULES = (*RULES, *LEADERS, STATISTICS, "experiments/precision.py")


@dataclass(frozen=True)
class Mutant:
    """One change of one function.

    name: module, function and mutmut's number in it. first, last: lines of the statement that is changed. source: the
    changed function. change: lines taken out and put in.
    """

    module: str
    function: str
    number: int
    line: int
    first: int
    last: int
    source: str
    change: str

    @property
    def name(self) -> str:
        """As it is printed, such as engine/selling.py call 12."""
        return f"{self.module} {self.function} {self.number}"


class Source:
    """A module (a path inside the package) with the places where mutmut would change it."""

    def __init__(self, module: str) -> None:
        self.module = module
        text = (PACKAGE / module).read_text(encoding="utf-8")
        plain = DECORATORS.sub(r"# \1", text)
        wrapper = MetadataWrapper(cst.parse_module(plain))
        visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
        self.tree, self._places = wrapper.visit(visitor), wrapper.resolve(PositionProvider)
        self._statements = list(_statements(ast.parse(plain)))
        names = {function: name for name, function in _functions(self.tree)}
        self._mutations: list[tuple[str, int, Any]] = []
        counts: dict[str, int] = {}
        for mutation in visitor.mutations:
            name = names.get(mutation.contained_by_top_level_function)
            if name is not None:
                counts[name] = counts.get(name, 0) + 1
                self._mutations.append((name, counts[name], mutation))

    def __len__(self) -> int:
        return len(self._mutations)

    def mutant(self, n: int) -> Mutant | None:
        """The mutant of this number from 0; None where it compiles to what it came from, so that no test can tell."""
        name, number, mutation = self._mutations[n]
        function = mutation.contained_by_top_level_function
        bare = function.with_changes(leading_lines=[], lines_after_decorators=[])
        before = textwrap.dedent(self.tree.code_for_node(bare))
        changed: Any = deep_replace(bare, mutation.original_node, mutation.mutated_node)
        after = textwrap.dedent(self.tree.code_for_node(changed))
        if _same(before, after):
            return None
        at = self._places[mutation.original_node].start.line
        first, last = min((s for s in self._statements if s[0] <= at <= s[1]), key=lambda s: s[1] - s[0])
        line = self._places[function].start.line
        return Mutant(self.module, name, number, line, first, last, after, _change(before, after))


def _functions(tree: cst.Module) -> Iterator[tuple[str, cst.FunctionDef]]:
    for statement in tree.body:
        if isinstance(statement, cst.FunctionDef):
            yield statement.name.value, statement
        elif isinstance(statement, cst.ClassDef) and isinstance(statement.body, cst.IndentedBlock):
            for inner in statement.body.body:
                if isinstance(inner, cst.FunctionDef):
                    yield f"{statement.name.value}.{inner.name.value}", inner


def _statements(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """First and last line of each statement; of one with a body, of its head, but of a function as a whole, for its
    head is not run when it is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = [] if isinstance(node, ast.FunctionDef) else getattr(node, "body", [])
            yield node.lineno, max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[:2] not in ("--", "++", "@@"))


def _same(before: str, after: str) -> bool:
    """Whether both compile to the same code, so that no test could tell them apart."""
    one, other = (compile(text, "", "exec", __future__.annotations.compiler_flag, True) for text in (before, after))
    return _content(one) == _content(other)


def _content(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(_content(c) if isinstance(c, CodeType) else (type(c), repr(c)) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames


def _owner(module: str, function: str) -> tuple[dict[str, Any], FunctionType]:
    names = vars(importlib.import_module("orgsim." + module.removesuffix(".py").replace("/", ".")))
    first, _, method = function.partition(".")
    return names, vars(names[first])[method] if method else names[first]


def codes_of(module: str) -> tuple[CodeType, ...]:
    """The code of a module's functions, of those within functions too."""
    found: list[CodeType] = []
    for name, function in _functions(cst.parse_module((PACKAGE / module).read_text(encoding="utf-8"))):
        owned = _owner(module, name)[1]
        if isinstance(owned, FunctionType) and all(_is_rule(decorator) for decorator in function.decorators):
            found.append(owned.__code__)
    for code in found:
        found.extend(c for c in code.co_consts if isinstance(c, CodeType))
    return tuple(found)


def _is_rule(decorator: cst.Decorator) -> bool:
    return isinstance(decorator.decorator, cst.Name) and decorator.decorator.value in ("rule", "entry")


def put_in_force(mutant: Mutant) -> None:
    """Give the function of this process the mutant's code and defaults."""
    names, function = _owner(mutant.module, mutant.function)
    text = "\n" * (mutant.line - 1) + mutant.source
    scratch = dict(names)
    code = compile(text, function.__code__.co_filename, "exec", __future__.annotations.compiler_flag, True)
    exec(code, scratch)
    changed = scratch[mutant.function.rpartition(".")[2]]
    function.__code__ = changed.__code__
    function.__defaults__, function.__kwdefaults__ = changed.__defaults__, changed.__kwdefaults__
