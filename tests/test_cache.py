"""The folder of compiled code: nothing of a user's is ever removed, and what cannot be trusted is not used."""

import ast
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from sco_flat import _cache, _jit
from sco_flat._linked import LinkedLibrary, code_of

KEY = "0123456789abcdef"
SWEEP = 'instance = "sam-sharp"\n[axes]\nn = 6\nT = 6\neta = 0.5\n'
COMMANDS = {
    "list": [],
    "run": ["sam-sharp", "--steps", "3"],
    "check": ["6", "--steps", "3"],
    "certify": ["sam-sharp"],
    "compile": ["--help"],
    "completion": ["bash"],
    "errata": ["6b"],
    "falsify": ["sam-sharp", "--help"],
    "flattest": ["xor", "--d", "2", "--n", "3"],
    "swad": ["losses.csv"],
    "bounds": ["gaps", "--help"],
    "verify": ["six.json"],
    "sweep": ["study.toml", "--workers", "1"],
    "collect": ["study"],
    "status": ["study"],
    "plot": ["study"],
    "animate": ["staircase", "--steps", "6", "--out", "film.gif"],
    "explore": ["--out", "page.html"],
    "reproduce": ["--help"],
    "works": ["--help"],
}
"""Every subcommand, as cheap as it goes."""


LINES = [["check", "6", "--evidence", "every-sample", "--certificate", "six.json"], ["--help"]]
LINES += [[name, *arguments] for name, arguments in COMMANDS.items()]
EACH = """
import json, os, sys
import cvxpy, matplotlib.figure, numba, scipy.optimize  # once for all of them; nothing that has to do with the cache
from sco_flat.cli import main

assert not any(name in sys.modules for name in ("sco_flat._jit", "sco_flat._cache"))
codes = []
for words in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = main(words)
        except SystemExit as stop:
            code = stop.code or 0
        finally:
            sys.stdout.flush()
            os._exit(code)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
sys.exit(f"codes {codes}" if any(codes) else 0)
"""
"""Every command line as the first one of its process."""


def run_each(lines, cwd, base):
    """Run command lines, each in a process of its own, with a cache under ``base``."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(base), "PYTHONPATH": str(Path(_jit.__file__).parents[1])}
    words = [sys.executable, "-c", EACH, json.dumps(lines)]
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)


def decoys(base):
    """What may lie around: checkouts and results in a folder of the package's name, work beside compiled code."""
    for k in range(6):
        for place in (base / "sco_flat" / f"part{k}", base / "sco_flat" / f"{k}123456789abcdef"):
            place.mkdir(parents=True)
            (place / "thesis.tex").write_text(f"chapter {k}")
    home = base / _cache.NAME
    home.mkdir(mode=0o700)
    (home / _cache.MARKER).write_text(_cache.SIGNATURE)
    for k in range(6):
        mixed = home / f"{k}fedcba987654321"
        mixed.mkdir()
        (mixed / "sam.perturb-7.py311.nbi").write_bytes(b"index")
        (mixed / "results.csv").write_text("1,2\n")
        (home / f"notes{k}").mkdir()
        (home / f"notes{k}" / "a.nbi").write_bytes(b"a name that is no key")
    return {p: p.read_bytes() for p in sorted(base.rglob("*")) if p.is_file()}


def test_no_subcommand_touches_what_is_not_compiled_code(tmp_path):
    base, work = tmp_path / "base", tmp_path / "work"
    base.mkdir()
    work.mkdir()
    kept = decoys(base)
    own = Path(_cache.directory(_jit.source_key()))
    shutil.copytree(own, base / _cache.NAME / own.name)  # warm, so that the test is about files
    (work / "study.toml").write_text(SWEEP)
    (work / "losses.csv").write_text("3\n1\n2\n2\n")
    done = run_each(LINES, work, base)
    assert done.returncode == 0, done.stderr
    assert all(f"    {name} " in done.stdout for name in COMMANDS)  # in the help
    assert {p: p.read_bytes() for p in kept} == kept
    assert (base / _cache.NAME / own.name).is_dir()


def test_every_subcommand_is_tried():
    from sco_flat import _registry

    assert set(COMMANDS) == set(_registry.names("cli"))


def test_only_older_compiled_code_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    home = tmp_path / _cache.NAME
    _cache.directory.cache_clear()
    assert _cache.directory(KEY) == str(home / KEY)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for k in range(5):
        folder = home / f"{k:016x}" / "kernels_1a2b"
        folder.mkdir(parents=True)
        (folder / "sam.perturb-7.py311.nbi").write_bytes(b"")
        (folder / "sam.perturb-7.py311.1.nbc").write_bytes(b"")
        (folder / "sam.perturb-7.py311.2.nbc.tmp.1f").write_bytes(b"")
        os.utime(folder.parent, (1000 + k, 1000 + k))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.nbi").write_bytes(b"")
    (home / "aaaaaaaaaaaaaaaa").symlink_to(outside)
    _cache.directory.cache_clear()
    _cache.directory(KEY)
    left = sorted(p.name for p in home.iterdir())
    assert left == [f"{3:016x}", f"{4:016x}", KEY, _cache.MARKER, "aaaaaaaaaaaaaaaa"]
    assert (outside / "x.nbi").exists()
    _cache.directory.cache_clear()


@pytest.mark.parametrize("spoil", ["unmarked", "writable by others", "a link", "a file"])
def test_a_folder_that_is_not_ours_is_not_used(tmp_path, monkeypatch, spoil):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "base"))
    monkeypatch.setattr(_cache.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    home = tmp_path / "base" / _cache.NAME
    home.parent.mkdir()
    (tmp_path / "tmp").mkdir()
    if spoil == "a file":
        home.write_text("")
    elif spoil == "a link":
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / _cache.MARKER).write_text(_cache.SIGNATURE)
        home.symlink_to(tmp_path / "elsewhere")
    else:
        home.mkdir(mode=0o700)
        if spoil == "writable by others":
            (home / _cache.MARKER).write_text(_cache.SIGNATURE)
            home.chmod(0o777)
    before = sorted(tmp_path.rglob("*"))
    _cache.directory.cache_clear()
    found = _cache.directory(KEY)
    _cache.directory.cache_clear()
    fallback = tmp_path / "tmp" / f"{_cache.NAME}-{os.getuid()}"
    assert found == str(fallback / KEY)
    assert [p for p in before if not p.exists()] == []
    assert sorted(p.name for p in fallback.iterdir()) == [KEY, _cache.MARKER]


def test_without_a_folder_code_is_compiled_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    nowhere = str(tmp_path / "file")
    code = (
        "import tempfile; tempfile.gettempdir = lambda: " + repr(nowhere) + "\n"
        "from sco_flat import _cache; assert _cache.directory('" + KEY + "') is None\n"
        "from sco_flat._jit import STATUS, kernel\nfrom numba import types\n"
        "@kernel(types.int64(types.int64))\ndef twice(x):\n    return 2 * x\n"
        "print(twice(21))"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": nowhere, "PYTHONPATH": str(Path(_jit.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("42\n", 0), done.stderr


def test_the_key_covers_every_file_that_kernels_take_something_from():
    """A constant or helper of another file would be frozen into compiled code without entering the key."""
    root = Path(_jit.__file__).parent
    covered = _jit.compiled_files(root)
    known = {"sco_flat." + name.removesuffix(".py").replace("/", ".") for name in covered}
    assert len(covered) > 15
    for name, text in covered.items():
        tree = ast.parse(text)
        used = {
            n.id
            for f in ast.walk(tree)
            if isinstance(f, ast.FunctionDef)
            and any("kernel" in ast.unparse(d) or ast.unparse(d) in ("helper", "inline") for d in f.decorator_list)
            for n in ast.walk(f)
            if isinstance(n, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sco_flat"):
                taken = {alias.asname or alias.name for alias in node.names} & used
                assert not taken or node.module in known, (name, node.module, taken)


def test_a_comment_without_kernels_keeps_the_key_and_one_with_kernels_does_not(tmp_path):
    root = Path(_jit.__file__).parent
    copy = tmp_path / "sco_flat"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = _jit.compiled_files(copy)
    for name in ("plots/style.py", "cli/main.py", "runs.py"):
        with (copy / name).open("a") as file:
            file.write("# a comment\n")
    assert _jit.compiled_files(copy) == before
    with (copy / "methods" / "sam.py").open("a") as file:
        file.write("# a comment\n")
    assert _jit.compiled_files(copy) != before


def test_a_helper_is_linked_and_has_no_code_of_its_own():
    """Kernels give what the helper says; Python is refused, whether the helper is compiled already or not."""
    from sco_flat.instances.kernels import lanes

    @numba.njit
    def ones(x):
        return lanes.popcount(x)

    for _ in range(2):
        with pytest.raises(TypeError, match="bad argument"):
            lanes.popcount(np.int64(5))
    assert [ones(x) for x in (0, 5, 2**40 - 1)] == [0, 2, 40]
    library = code_of(next(iter(lanes.popcount.overloads.values())))
    assert isinstance(library, LinkedLibrary)
    assert [f.name for f in library.get_defined_functions() if "wrapper" in f.name] == []


def test_a_helper_is_compiled_once_for_all_integers():
    """Numba would make another one of it for every integer that is written out in a call."""

    @_jit.helper
    def half(x):
        return x // 2

    @numba.njit
    def sum_of_halves(x):
        return half(4) + half(x=6) + half(x)

    assert sum_of_halves(8) == 2 + 3 + 4
    assert list(half.overloads) == [(numba.types.int64,)]


def test_what_kernels_alone_call_has_no_wrapper_and_refuses_python():
    """A call of a wrapper that is not there would be a crash."""
    from sco_flat.methods.base import no_oracle
    from sco_flat.methods.gd import METHOD

    inner, outer = METHOD.step.compiled, no_oracle.compiled
    for dispatcher, way_in in ((inner, False), (outer, True)):
        made = next(iter(dispatcher.overloads.values()))
        names = made.fndesc.llvm_func_name, made.fndesc.llvm_cpython_wrapper_name, made.fndesc.llvm_cfunc_wrapper_name
        assert [code_of(made).get_pointer_to_function(name) > 0 for name in names] == [True, way_in, False]
    with pytest.raises(TypeError, match="step: kernels call it, Python cannot"):
        METHOD.step()
