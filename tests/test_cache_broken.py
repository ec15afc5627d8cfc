"""Compiled code that cannot be kept or read: the result is the same, and one line on stderr says so."""

import errno
import importlib.util
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from conftest import without_signs_of_life

from sco_flat import _cache, _jit
from sco_flat.errors import LONGEST, one_line

KERNEL = """
from numba import types
from sco_flat._jit import kernel

@kernel(types.int64(types.int64))
def twice(x):
    return 2 * x
"""


@pytest.fixture
def base(tmp_path, monkeypatch):
    """A folder for caches, which nothing of this process has looked at."""
    place = tmp_path / "base"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(place))
    (tmp_path / "kernels.py").write_text(KERNEL)
    _forget()
    yield place
    _forget()


def _forget():
    _cache.directory.cache_clear()
    _cache.say.cache_clear()


def fresh(base):
    """The kernel as a new process has it."""
    spec = importlib.util.spec_from_file_location("kernels", base.parent / "kernels.py")
    module = importlib.util.module_from_spec(spec)
    exec(compile(spec.loader.get_source("kernels"), spec.origin, "exec"), module.__dict__)  # no bytecode of another one
    return module.twice


def hits(kernel):
    """How often compiled code came from the disk."""
    return sum(kernel.dispatcher.stats.cache_hits.values())


WAYS = {
    "empty": lambda text: b"",
    "cut": lambda text: text[: len(text) // 2],
    "cut in the seal": lambda text: text[:20],
    "one bit in the seal": lambda text: bytes([text[0] ^ 1]) + text[1:],
    "one bit in the middle": lambda text: (
        text[: len(text) // 2] + bytes([text[len(text) // 2] ^ 1]) + text[len(text) // 2 + 1 :]
    ),
    "one bit at the end": lambda text: text[:-1] + bytes([text[-1] ^ 1]),
    "other bytes": lambda text: np.random.default_rng(0).bytes(len(text)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_damaged_code_is_compiled_and_written_anew(base, capfd, ending, way):
    assert fresh(base)(21) == 42
    (file,) = base.rglob(f"*.{ending}")
    intact = file.read_bytes()
    file.write_bytes(WAYS[way](intact))
    _forget()
    again = fresh(base)
    assert (again(21), hits(again)) == (42, 0)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "is damaged: it is compiled and written anew" in err
    healed = fresh(base)
    assert (healed(21), hits(healed)) == (42, 1)
    assert capfd.readouterr() == ("", "")


def test_code_of_another_function_under_the_right_name_is_not_taken(base):
    (base.parent / "kernels.py").write_text(KERNEL)
    assert fresh(base)(21) == 42
    (code,) = base.rglob("*.nbc")
    kept = code.read_bytes()
    (base.parent / "kernels.py").write_text(KERNEL.replace("2 * x", "3 * x"))
    assert fresh(base)(21) == 63
    code.write_bytes(kept)
    assert fresh(base)(21) == 63


def test_an_undamaged_folder_is_used_and_is_for_this_user_alone(base, capfd):
    assert fresh(base)(21) == 42
    warm = fresh(base)
    assert (warm(21), hits(warm)) == (42, 1)
    assert capfd.readouterr() == ("", "")
    folders = [p for p in base.rglob("*") if p.is_dir()]
    assert len(folders) == 5  # the kernel is of a file outside the package, which has a folder of its own
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}


def test_missing_folders_above_are_made_for_this_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "a" / "b"))
    _forget()
    before = os.umask(0)
    try:
        assert _cache.directory("0123456789abcdef")
    finally:
        os.umask(before)
        _forget()
    made = [p for p in tmp_path.rglob("*") if p.is_dir()]
    assert {stat.S_IMODE(p.stat().st_mode) for p in made} == {0o700}
    assert len(made) == 4


@pytest.mark.parametrize("place", ["folder", "index", "code"])
def test_a_full_disk_costs_the_cache_only(base, capfd, monkeypatch, place):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*arguments, **options):
        raise full

    if place == "folder":
        monkeypatch.setattr(_cache._Place, "ensure_cache_path", refuse)
    else:
        method = "_save_index" if place == "index" else "_save_data"
        monkeypatch.setattr(_cache._SealedFile, method, refuse)
    assert fresh(base)(21) == 42
    assert fresh(base)(4) == 8
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "cannot be kept" in err
    assert "No space left on device" in err
    monkeypatch.undo()
    assert fresh(base)(21) == 42


def test_a_full_disk_leaves_no_half_folder(tmp_path, monkeypatch):
    """A folder without its marker would never be used again."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(_cache.tempfile, "gettempdir", lambda: str(tmp_path / "nowhere" / "file"))
    (tmp_path / "nowhere").write_text("")
    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", lambda *a, **k: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        _forget()
        assert _cache.directory("0123456789abcdef") is None
    assert [p.name for p in tmp_path.iterdir()] == ["nowhere"]
    _forget()
    assert _cache.directory("0123456789abcdef") is not None
    _forget()


@pytest.fixture
def fallback(tmp_path, monkeypatch):
    """Only the folder in the temporary directory may be used."""
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr(_cache.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    (tmp_path / "kernels.py").write_text(KERNEL)
    _forget()
    yield tmp_path / "tmp" / f"{_cache.NAME}-{os.getuid()}"
    _forget()


def _planted(home):
    home.mkdir(mode=0o700)
    (home / _cache.MARKER).write_text(_cache.SIGNATURE)


@pytest.mark.parametrize("spoil", ["of somebody else", "writable by all", "in a folder where all may rename"])
def test_a_fallback_that_others_may_write_to_is_never_used(fallback, capfd, monkeypatch, spoil):
    _planted(fallback)
    if spoil == "of somebody else":
        if os.getuid() == 0:
            os.chown(fallback, 12345, 12345)
        else:
            other = os.getuid() + 1
            monkeypatch.setattr(os, "getuid", lambda: other)
            fallback.rename(fallback.with_name(f"{_cache.NAME}-{other}"))
    elif spoil == "writable by all":
        fallback.chmod(0o777)
    else:
        fallback.parent.chmod(0o777)
    before = sorted(fallback.parent.rglob("*"))
    assert fresh(fallback.parent)(21) == 42
    assert fresh(fallback.parent)(4) == 8
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "no folder can be trusted with compiled code" in err
    assert "NUMBA_CACHE_DIR" in err
    assert sorted(fallback.parent.rglob("*")) == before


def test_a_sticky_fallback_is_used(fallback):
    fallback.parent.chmod(0o1777)
    assert _cache.directory("0123456789abcdef") == str(fallback / "0123456789abcdef")


@pytest.mark.parametrize("environment", [{"HOME": ""}, {"HOME": "here"}, {"XDG_CACHE_HOME": "here"}, {}])
def test_without_a_home_nothing_is_written_here(fallback, tmp_path, monkeypatch, environment):
    """An empty or relative home is the root or the current folder; without one, Python asks the list of users."""
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if not environment:
        monkeypatch.setattr(Path, "home", classmethod(lambda cls: (_ for _ in ()).throw(RuntimeError("no home"))))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert _cache.directory("0123456789abcdef") == str(fallback / "0123456789abcdef")
    assert not list((tmp_path / "work").iterdir())


def test_the_current_folder_is_no_temporary_one(tmp_path, monkeypatch):
    """Python names it where /tmp and the like are full."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_cache.tempfile, "gettempdir", os.getcwd)
    assert _cache._temporary() is None
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert _cache._temporary() == tmp_path


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user")
def test_no_home_and_no_entry_in_a_process_of_its_own():
    """A user of containers: a number without a name."""
    code = (
        "import os\nfrom sco_flat import _cache\n"
        "os.environ.pop('HOME', None); os.setgid(54321); os.setuid(54321)\n"
        "print(_cache.directory('0123456789abcdef'))"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        environment |= {"TMPDIR": folder, "PYTHONPATH": str(Path(_jit.__file__).parents[1])}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.stdout.strip() == f"{folder}/{_cache.NAME}-54321/0123456789abcdef", done.stderr


def test_the_compiler_switched_off_is_one_line(tmp_path):
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(_jit.__file__).parents[1])}
    command = [sys.executable, "-m", "sco_flat", "run", "sam-sharp"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert without_signs_of_life(done.stderr.encode()).count(b"\n") == 1
    assert "NUMBA_DISABLE_JIT = 1: switches off the compiler" in done.stderr


def test_lines_are_short_and_of_printable_letters():
    assert one_line("a\x00b\ud800\x1b\n\tz") == "a\\x00b\\ud800\\x1b \\tz"
    for text in ("x" * 1000, "\x00" * 100_000, "é\n" * 150):
        assert len(one_line(text)) <= LONGEST
        assert one_line(text).isprintable()
    assert one_line("head" + "x" * 100_000 + "tail").startswith("headx")
    assert one_line("head" + "x" * 100_000 + "tail").endswith("xtail")
