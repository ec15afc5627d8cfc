"""A file outside the package that changes, or a file beside it: neither compiled code nor a sweep keeps the old one."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sco_flat
from sco_flat import _outside, _registry

METHOD = """
from pulling import pull
from sco_flat._jit import STEP, kernel
from sco_flat.methods.base import Method, move_by

@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    for j in range(w.size):
        v[j] = pull(w[j])
    move_by(work, w, v, 1.0, total, weight)

METHOD = Method(name="pulled", title="w <- w - pull", step=step)
"""
PULL = "from sco_flat._jit import helper\n\n@helper\ndef pull(x):\n    return {amount}\n"
SWEEP = 'instance = "huber"\nmethod = "pulled"\nrecord = ["last"]\n[axes]\nn = 6\nT = 3\neta = 0.5\n'
SMALL = ("huber", "--method", "pulled", "--n", "6", "--steps", "3")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pulled.py").write_text(METHOD)
    (tmp_path / "pulling.py").write_text(PULL.format(amount="-0.125"))
    return tmp_path


def commands(folder, *several):
    """Run commands one after the other in one process; return what each of them wrote."""
    code = (
        "import contextlib, io, json, sys\nfrom sco_flat.cli import main\nsaid = []\n"
        "for words in json.loads(sys.argv[1]):\n    with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "        assert main(words) == 0\n    said.append(out.getvalue())\nprint(json.dumps(said))"
    )
    given = json.dumps([["--plugin", str(folder / "pulled.py"), *words] for words in several])
    out = subprocess.run([sys.executable, "-c", code, given], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def risk_after(pulled):
    """Huber's function at w_3 = 2 * pulled."""
    return 0.5 * (1.0 - 2.0 * pulled) ** 2


def test_a_helper_beside_a_kernel_and_a_sweep(folder):
    """Both in a new process after each change; the sweep goes into one folder."""
    study, out = folder / "study.toml", str(folder / "out")
    study.write_text(SWEEP)
    for pulled in (0.125, 0.25):
        (folder / "pulling.py").write_text(PULL.format(amount=f"-{pulled}"))
        sweep = ["sweep", str(study), "--out", out, "--workers", "1"]
        run, said, _ = commands(folder, ["run", *SMALL, "--json"], sweep, ["collect", out])
        assert json.loads(run)["points"]["last"]["empirical_risk"] == risk_after(pulled)
        assert "1 of 1 cells done" in said
    rows = list(csv.DictReader((folder / "out" / "table.csv").read_text().splitlines()))
    assert (len(rows), float(rows[0]["last.empirical_risk"])) == (1, risk_after(pulled))


def test_registered_again_in_one_process(folder, plugins):
    for pulled in (0.125, 0.25):
        (folder / "pulling.py").write_text(PULL.format(amount=f"-{pulled}"))
        assert sco_flat.register(folder / "pulled.py") == ["methods/pulled"]
        run = sco_flat.run("huber", "pulled", n=6, steps=3)
        assert run.points["last"].empirical_risk == risk_after(pulled)


def test_two_files_that_import_files_of_one_name(folder, plugins):
    other = folder / "other"
    other.mkdir()
    (other / "pushed.py").write_text(METHOD.replace('"pulled"', '"pushed"'))
    (other / "pulling.py").write_text(PULL.format(amount="-0.25"))
    sco_flat.register(folder / "pulled.py", other / "pushed.py")
    found = [sco_flat.run("huber", m, n=6, steps=3).points["last"].empirical_risk for m in ("pulled", "pushed")]
    assert found == [risk_after(0.125), risk_after(0.25)]


def test_what_is_beside_is_followed_and_nothing_else(folder):
    (folder / "pulling.py").write_text("import numpy\nfrom deep.part import x\n")
    (folder / "deep").mkdir()
    (folder / "deep" / "__init__.py").write_text("")
    (folder / "deep" / "part.py").write_text("import pulling\n")
    (folder / "stranger.py").write_text("")
    found = {path.relative_to(folder).as_posix() for path in _outside.with_imports([folder / "pulled.py"])}
    assert found == {"pulled.py", "pulling.py", "deep/__init__.py", "deep/part.py"}
    before = _outside.digest([folder / "pulled.py"])
    (folder / "stranger.py").write_text("x = 1\n")
    assert _outside.digest([folder / "pulled.py"]) == before
    (folder / "deep" / "part.py").write_text("x = 1\n")
    assert _outside.digest([folder / "pulled.py"]) != before


def test_a_sweep_without_plug_ins_has_the_version_of_the_package(folder, plugins):
    from sco_flat.sweeps import work

    alone = work.version()
    sco_flat.register(folder / "pulled.py")
    assert work.version() != alone
    assert os.environ[_registry.VARIABLE].endswith(str(Path("pulled.py")))
