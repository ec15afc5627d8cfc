"""Everything can be added from outside the package: one file each, two for a loss; and nobody judges it by name."""

import json
import os
import subprocess
import sys

import plugin_sources as sources
import pytest

import sco_flat
from sco_flat.cli.main import main

SMALL = ["--n", "6", "--steps", "6"]


def alone(*words, code=0):
    """Run a command in a process of its own."""
    out = subprocess.run([sys.executable, "-m", "sco_flat", *words], capture_output=True, text=True, check=False)
    assert "Traceback" not in out.stderr, out.stderr
    assert out.returncode == code, (words, out.stdout[-800:], out.stderr)
    return out.stdout


@pytest.fixture
def command(plugins, capsys):
    """Run a command here, since a process takes longer to begin than to run; what it registers is forgotten."""

    def run(*words, code=0):
        capsys.readouterr()
        found = main([*words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err, err
        assert found == code, (words, out[-800:], err)
        return out

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("outside")
    texts = dict(sources.METHODS) | sources.LOSSES | sources.KERNELS
    texts |= {"upwards": sources.ORACLE, "length": sources.MEASURE, "first_half": sources.AVERAGE}
    texts |= {"remark": sources.STATEMENT, "hello": sources.COMMAND, "dots": sources.PLOT}
    for name, text in texts.items():
        (place / f"{name.replace('-', '_')}.py").write_text(text)
    return place


def plug(folder, *names):
    return [word for name in names for word in ("--plugin", str(folder / f"{name.replace('-', '_')}.py"))]


def not_judged(claims):
    """No bound of another method or another class of losses is held against it."""
    return all(c["verdict"] == "not applicable" for c in claims if c["kind"] == "conclusion")


@pytest.mark.parametrize(
    "method",
    [pytest.param(name, marks=pytest.mark.deep) if name in ("clamped", "heavy-ball") else name
     for name in sources.METHODS],
)  # fmt: skip
def test_a_method(command, folder, method):
    with_it = plug(folder, method)
    for loss in ("least-squares", "sam-chain", "huber"):
        data = json.loads(command(*with_it, "run", loss, "--method", method, *SMALL, "--json"))
        assert data["method"] == method
        assert not_judged(data["claims"])
    words = ["least-squares", "--method", method, *SMALL, "--json"]
    found = json.loads(command(*with_it, "bounds", "stability", *words))
    assert not_judged(found["claims"])
    found = json.loads(command(*with_it, "bounds", "risk", *words, "--samples", "2"))
    own = [c for c in found["claims"] if "measured stability" not in c["name"]]  # that one is about every method
    assert len(own) < len(found["claims"])
    assert not_judged(own)
    assert method in command(*with_it, "list")


def test_a_method_differs_from_gradient_descent(command, folder):
    """Its own kernel runs: the numbers are not gradient descent's."""
    runs = [
        json.loads(command(*plug(folder, "ngd"), "run", "least-squares", "--method", m, *SMALL, "--json"))
        for m in ("gd", "ngd")
    ]
    assert runs[0]["points"]["last"]["empirical_risk"] != runs[1]["points"]["last"]["empirical_risk"]


@pytest.mark.parametrize(("loss", "convex"), [("soft-bowl", True), ("valley", False)])
def test_a_loss(command, folder, capsys, loss, convex):
    with_it = plug(folder, loss)
    for method in ("gd", "sgd", "sam"):
        words = [loss, "--method", method, *SMALL, "--json"]
        data = json.loads(command(*with_it, "run", *words))
        own = [c for c in data["claims"] if c["kind"] == "conclusion" and c["verdict"] != "not applicable"]
        assert convex or not own
        found = json.loads(command(*with_it, "bounds", "stability", *words))
        assert convex or not_judged(found["claims"])
    command(*with_it, "bounds", "risk", loss, *SMALL, "--samples", "2")
    command(*with_it, "certify", loss)
    code, said = run_here(capsys, *with_it, "run", loss, *SMALL, "--flatness-radius", "0.4")
    assert code == 2
    assert "flatness-radius" in said


def test_an_oracle(command, folder):
    words = ["run", "sagd-blocks", "--method", "sagd", *SMALL, "--oracle", "upwards", "--json"]
    data = json.loads(command(*plug(folder, "upwards"), *words))
    assert data["parameters"]["oracle"] == "upwards"
    assert not_judged([c for c in data["claims"] if c["relation"] == ">="])


def test_a_measure_and_an_average_in_run_and_sweep(command, folder, tmp_path):
    with_it = plug(folder, "length", "first-half")
    data = json.loads(command(*with_it, "run", "sam-chain", *SMALL, "--json"))
    assert data["points"]["first_half"]["length"] >= 0.0
    file = tmp_path / "sweep.toml"
    file.write_text(
        'instance = "sam-chain"\nmethod = "sam"\nrecord = ["average", "first_half"]\n[axes]\nn = [6]\nT = [8, 16]\n'
        "eta = [0.25]\n"
    )
    alone(*with_it, "sweep", str(file), "--out", str(tmp_path / "out"))
    command(*with_it, "collect", str(tmp_path / "out"))
    table = next((tmp_path / "out").glob("*.csv"))
    assert "first_half.length" in table.read_text().splitlines()[0]
    command(
        *with_it, *plug(folder, "dots"), "plot", str(tmp_path / "out"), "--kind", "dots", "--x", "T", "--out",
        str(tmp_path / "dots.png"),
    )  # fmt: skip
    assert (tmp_path / "dots.png").stat().st_size > 1000


def test_a_statement_of_another_work(command, folder):
    with_it = plug(folder, "remark")
    data = json.loads(command(*with_it, "check", "our-note.descent", "--json"))
    assert (data["key"], data["verdict"]) == ("our-note.descent", "holds")
    assert "our-note.descent" in command(*with_it, "list")
    command(*with_it, "check", "our-note.descent", "--evidence", "every-sample", code=2)


def test_a_command(folder):
    assert alone(*plug(folder, "hello"), "hello", "world") == "hello, world\n"


def test_in_python(folder):
    code = f"import sco_flat; print(sco_flat.register({str(folder / 'ngd.py')!r}))"
    environment = {k: v for k, v in os.environ.items() if k != "SCO_FLAT_PLUGINS"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert out.stdout.strip() == "['methods/ngd']"


def run_here(capsys, *words):
    """A command in this process: its exit code, and its only line of error."""
    code = main([*words])
    return code, capsys.readouterr().err


def test_numbers_of_a_method_are_listed_and_hinted_at(folder, plugins, capsys):
    sco_flat.register(folder / "heavy_ball.py")
    words = ["run", "huber", "--method", "heavy-ball", *SMALL]
    for given in (["--momentum", "0.3"], ["--momentum=0.3"]):
        code, said = run_here(capsys, *words, *given)
        expected = "option = --momentum: momentum is a number of the method heavy-ball; write --set momentum=0.3"
        assert (code, said) == (2, f"sco-flat: {expected}\n")
    assert run_here(capsys, *words, "--set", "momentum=0.3") == (0, "")
    code, said = run_here(capsys, "run", "huber", "--knee", "0.5", *SMALL)
    assert (code, "write --set knee=0.5" in said) == (2, True)
    assert main(["list"]) == 0
    assert "--set momentum=0.9 in [0, 1]: share of the last step that is kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("evaluate", "declared", "said"),
    [
        ("(0.0, 1.0)", "", "gives (0.0, 1.0), no number; say interval=True"),
        ("'a'", "", "gives 'a', no number; return a number or None"),
        ("look.w", "interval=True", "no pair of numbers; return (lower, upper) or None, or drop interval=True"),
        ("1 / 0", "", "raises ZeroDivisionError: division by zero; mend the file"),
        ("None", "", None),
        ("(0.0, 1)", "interval=True", None),
    ],
)
def test_a_measure_that_is_not_what_it_says(tmp_path, plugins, capsys, evaluate, declared, said):
    (tmp_path / "odd.py").write_text(
        "from sco_flat.measures.base import Measure\n"
        f"MEASURE = Measure('odd', 'odd', lambda look: {evaluate}, {declared})\n"
    )
    sco_flat.register(tmp_path / "odd.py")
    code, error = run_here(capsys, "run", "huber", *SMALL)
    if said is None:
        assert (code, error) == (0, "")
        return
    assert code == 2
    assert error.startswith(f"sco-flat: measure = odd: its file {tmp_path / 'odd.py'} ")
    assert error.endswith(f"{said}\n")
    assert error.count("\n") == 1
