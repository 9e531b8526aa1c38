"""How rules are compiled: one decorator, one cache folder.

A rule is a plain Python function over records. `rule` hands it to Numba without changing it, so the same source
runs compiled, or uncompiled with `NUMBA_DISABLE_JIT=1` for a debugger, for coverage, or to check that both give the
same bits.

Numba's own file cache notices an edit in a function's file but not in the functions it calls, and it writes beside
the sources, which may be read-only. So the cache lives in a folder of the user's, named after a hash of all engine
and leadership sources, Numba's version, Python's version and the CPU.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import _dynfunc
from numba.core import codegen, typed_passes
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass


@cache
def source_hash() -> str:
    """Hexadecimal digest of the sources of the engine and of leadership, the part of orgsim that decides results."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for folder in ("engine", "leadership"):
        for path in sorted((package / folder).glob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_folder() -> Path:
    key = hashlib.sha256(
        "|".join(
            [source_hash(), numba.__version__, sys.version, platform.machine(), numba.config.CPU_NAME or "host",
             _cpu_name()]
        ).encode()
    ).hexdigest()[:16]
    base = os.environ.get("ORGSIM_CACHE") or os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    folder = root / "orgsim" / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"orgsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}" / key
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _cpu_name() -> str:
    import llvmlite.binding as llvm

    return str(llvm.get_host_cpu_name())


def cache_is_warm() -> bool:
    """True when a compiled engine for these sources lies in the cache, so that no compile will be waited for."""
    return bool(numba.config.DISABLE_JIT) or any(Path(numba.config.CACHE_DIR).rglob("*.nbc"))


if not numba.config.DISABLE_JIT:
    numba.config.CACHE_DIR = str(_cache_folder())


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a rule. No fast-math, no parallel loops: results must be the same bits compiled and not.

    Rules allocate nothing, so Numba's reference counting is off (`_nrt`): with it, each call would count every array
    of the state up and down. They are called by rules only, so no wrapper for Python is made; uncompiled they are
    plain functions.
    """
    options = {"nogil": True, "error_model": "numpy", "_nrt": False, "pipeline_class": _RuleCompiler}
    compiled: F = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
    return compiled if numba.config.DISABLE_JIT else _of_one_signature(compiled)


def as_python(rule: Any) -> Any:
    """The source of a rule, which the compiler keeps beside the machine code: one implementation for both."""
    return getattr(rule, "py_func", rule)


class _Linked(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code of a rule, which runs only as a part of its callers: it is optimised and made into machine code there, once,
    and not also by itself. That is a quarter of the time to compile."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._final_module.__library = weakref.proxy(self)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _RuleLowering(typed_passes.NativeLowering):  # type: ignore[misc]
    """Numba's lowering, into code that is only linked."""

    _name = "rule_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = _Linked(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        changed: bool = super().run_pass(state)
        lowered = state["cr"]
        about = lowered.fndesc
        # A dispatcher wants something to call from Python; a rule without a wrapper has no address.
        stand_in = _dynfunc.make_function(about.lookup_module(), about.qualname, "", 0, lowered.env, (state.library,))
        state.targetctx.insert_user_function(stand_in, about, [state.library])
        state["cr"] = lowered._replace(cfunc=stand_in)
        return changed


class _RuleCompiler(CompilerBase):  # type: ignore[misc]
    """Numba's way from source to code, with that one step changed."""

    def define_pipelines(self) -> list[Any]:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        for n, (step, text) in enumerate(passes.passes):
            if step is typed_passes.NativeLowering:
                passes.passes[n] = (_RuleLowering, text)
        passes._finalized = False
        passes.finalize()
        return [passes]


def _of_one_signature[F](dispatcher: F) -> F:
    """Let all whole numbers reach a rule as int64, constants too; Numba would compile it anew for each combination."""
    adapted: Any = dispatcher
    general = adapted.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return general(tuple(_general(arg) for arg in args), {name: _general(arg) for name, arg in kws.items()})

    adapted.get_call_template = get_call_template
    return dispatcher


def _general(numba_type: Any) -> Any:
    plain = numba.types.unliteral(numba_type)
    return numba.types.int64 if isinstance(plain, numba.types.Integer) else plain


def entry[F: Callable[..., Any]](function: F) -> F:
    """Compile a rule that Python calls: its machine code, callees included, is kept in the cache folder."""
    compiled: F = numba.njit(nogil=True, error_model="numpy", _nrt=False, cache=True)(function)
    return compiled
