"""The command line: output, exit codes, one-line errors, files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sco_flat import __version__, cli, instances, numbers, runs
from sco_flat.errors import InputError

CHAIN = ["run", "sam-chain", "--method", "sam", "--n", "6", "--steps", "16", "--step-size", "1/6"]


def call(capsys, *arguments):
    """Run the command line in this process."""
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_run_prints_one_object(capsys):
    code, out, err = call(capsys, *CHAIN, "--radius", "auto", "--json")
    data = json.loads(out)
    assert (code, err) == (0, "")
    assert set(data) >= {
        "instance",
        "method",
        "engine",
        "dimension",
        "parameters",
        "event",
        "points",
        "claims",
        "seconds",
    }
    assert set(data["points"]) == {"last", "average", "lowest_suffix"}
    for name, point in data["points"].items():
        assert set(point) >= {"empirical_risk", "population_risk", "saer", "flatness_radius"}
        assert ("start" in point) == (name == "lowest_suffix")
        assert point["population_risk"][0] <= point["population_risk"][1]
        assert point["saer"][0] <= point["saer"][1]
    assert set(data["event"]) == {"kind", "columns", "probability"}
    assert data["dimension"] == 64 * 16 + 1
    assert data["parameters"]["perturbation_radius"] == pytest.approx(6 / 8, rel=1e-15)
    assert data["points"]["lowest_suffix"]["population_risk"][0] <= data["points"]["last"]["population_risk"][0]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["run", "sam-sharp", "--save"], "run.npz"),
        (["check", "6", "--evidence", "every-sample", "--certificate"], "c.json"),
    ],
)
def test_a_file_that_was_written_is_named(capsys, tmp_path, words, name):
    code, out, _ = call(capsys, *words, str(tmp_path / name))
    assert (code, out.splitlines()[-1]) == (0, f"written: {tmp_path / name}")
    assert (tmp_path / name).stat().st_size > 0


def test_saved_numbers_can_be_recomputed(capsys, tmp_path):
    target = tmp_path / "run.npz"
    code, out, _ = call(capsys, *CHAIN, "--json", "--save", str(target))
    data = json.loads(out)
    assert code == 0
    with np.load(target) as saved:
        codes, last, average = saved["codes"], saved["last"], saved["average"]
        parameters = json.loads(str(saved["parameters"]))
    assert last.shape == average.shape == (data["dimension"],)
    assert parameters == data["parameters"]
    instance = instances.get("sam-chain")(n=6, steps=16, step_size=1 / 6, perturbation_radius=0.75)
    for name, w in (("last", last), ("average", average)):
        losses = [instance.loss(w, codes >> k & 1) for k in range(6)]
        assert data["points"][name]["empirical_risk"] == pytest.approx(np.mean(losses), rel=1e-12, abs=1e-30)
        risk = 0.25 * (w[:-1].reshape(64, 16)[:, 1:] ** 2).sum()
        assert data["points"][name]["population_risk"][0] == pytest.approx(risk, rel=1e-12)
    assert list(tmp_path.iterdir()) == [target]


def test_check_seven(capsys):
    numbers_ = ["--n", "12", "--step-size", "1/24", "--steps", "16", "--radius", "auto", "--json"]
    code, out, _ = call(capsys, "check", "7", "--parameters", "printed", *numbers_)
    data = json.loads(out)
    failed = [c["name"] for c in data["claims"] if c["verdict"] == "fails"]
    assert (code, data["key"], data["verdict"], failed[0]) == (1, "flat-minima.7", "fails", "first-update item 2")
    code, out, _ = call(capsys, "check", "7", "--parameters", "corrected", *numbers_)
    data = json.loads(out)
    assert (code, data["verdict"]) == (0, "holds")
    for c in data["claims"]:
        assert set(c) >= {"name", "kind", "evidence", "verdict", "value", "bound", "source"}
        assert c["evidence"] == "float"
        assert c["verdict"] in ("holds", "not applicable")
    named = {c["name"] for c in data["claims"]}
    assert {f"first-update item {k}" for k in range(1, 7)} <= named
    assert {"chain item 1", "chain item 2, i = t", "chain item 3", "chain item 4"} <= named


@pytest.mark.parametrize("theorem", range(1, 9))
def test_every_theorem_holds_by_default(capsys, theorem):
    code, out, _ = call(capsys, "check", str(theorem), "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "holds")


BAD = [
    (["run", "sam-chain", "--radius", "9"], ["radius = 9", "0.25", "--allow-outside"]),
    (["run", "sagd-blocks", "--radius", "9"], ["radius = 9", "largest legal radius is 0.5"]),
    (["run", "sagd-blocks", "--radius", "0.3", "--flatness-radius", "0.2"], ["flatness-radius = 0.2", "below 0.12"]),
    (["run", "flat-erm", "--flatness-radius", "0.6"], ["flatness-radius = 0.6", "1/2"]),
    (["run", "sam-chain", "--n", "5"], ["n = 5", "smallest legal n is 6"]),
    (["run", "sam-chain", "--steps", "5"], ["steps = 5", "smallest legal T is 6"]),
    (["check", "3", "--steps", "1"], ["steps = 1", "smallest legal T is 2"]),
    (["check", "9"], ["statement = '9'", "flat-minima.8"]),
    (["check", "7", "--method", "gd"], ["method = gd", "Theorem 7 is checked with sam"]),
    (["run", "sam-chain", "--step-size", "nan"], ["step-size = nan", "finite number"]),
    (["run", "sam-chain", "--step-size", "-1"], ["step-size = -1", "(0, inf)"]),
    (["run", "sam-chain", "--step-size", "0"], ["step-size = 0", "(0, inf)"]),
    (["run", "sam-chain", "--step-size", "1/0"], ["step-size = 1/0", "finite number"]),
    (["run", "sam-chain", "--n", "6.5"], ["n = 6.5", "whole number"]),
    (["run", "sam-chain", "--n", "63"], ["n = 63", "62"]),
    (["run", "sam-chain", "--n", "six"], ["n = six", "whole number"]),
    (["run", "sagd-blocks", "--radius", "-0.1"], ["radius = -0.1", "[0, inf)"]),
    (["run", "sam-chain", "--radius", "0"], ["radius = 0.0", "(0, inf)"]),
    (["run", "sam-chain", "--flatness-radius", "0.1"], ["flatness-radius = 0.1", "rho = 0"]),
    (["run", "sam-chain", "--start", "gaussian:x"], ["start = x", "finite number"]),
    (["run", "sam-chain", "--n", "40", "--engine", "blocks"], ["memory = about 124 TB", "leave --engine out"]),
    (["run", "sam-chain", "--n", "40"], ["columns = 1,099,511,627,776: takes about", "make it smaller"]),
    (["run", "sam-chain", "--width", "0"], ["width = 0", "at least 1"]),
    (["run", "sam-chain", "--seed", "-3"], ["seed", "-3"]),
    (["run", "sam-chain", "--epsilon", "-1"], ["epsilon = -1"]),
    (["run", "sam-chain", "--batch-size", "0"], ["batch-size = 0"]),
    (["run", "sam-chain", "--batch-size", "7"], ["batch-size = 7", "at most n = 6"]),
    (["run", "sam-chan"], ["'sam-chan'", "did you mean 'sam-chain'"]),
    (["run", "chain"], ["'chain'", "did you mean 'sam-chain'?"]),
    (["run", "sam-chain", "--method", "smm"], ["'smm'", "did you mean"]),
    (["run", "sagd-blocks", "--oracle", "adversary"], ["did you mean 'adversarial'"]),
    (["run", "sam-chain", "--engine", "sparse"], ["'sparse'", "frontier"]),
    (["run", "sam-chain", "--parameters", "print"], ["did you mean 'printed'"]),
    (["run", "sagd-blocks", "--preset", "rubust"], ["did you mean 'robust'"]),
    (["run", "sam-chain", "--schedule", "cosine"], ["'cosine'", "constant"]),
    (["run", "sam-chain", "--event", "all"], ["event", "'all'"]),
    (["run", "sam-chain", "--start", "ones"], ["start = ones", "gaussian"]),
    (["run", "sam-chain", "--set", "lambda=1"], ["'lambda'", "did you mean 'lam'"]),
    (["run", "sam-chain", "--width", "1", "--event", "none"], ["event"]),
    (["run", "sam-chain", "--engine", "frontier", "--project"], ["engine = frontier", "projection"]),
    (
        ["run", "sam-chain", "--engine", "dense", "--n", "20", "--steps", "10000"],
        ["memory = about 839 GB", "leave --engine out"],
    ),
    (["run", "sagd-blocks", "--method", "sgd"], ["steps = 64", "one pass", "without-replacement"]),
    (["run", "sagd-blocks", "--start", "gaussian:1"], ["oracle = adversarial", "ascent"]),
    (["run", "sam-chain", "--save", "/nowhere/run.npz"], ["save = /nowhere", "folder"]),
    (["run", "sam-chain", "--n", "20", "--steps", "10000", "--save", "run.npz"], ["save = run.npz", "bytes"]),
    (["reproduce", "--out", "/proc/nowhere"], ["out = /proc/nowhere"]),
    (["rum"], ["'rum'", "did you mean 'run'"]),
    (["run"], ["INSTANCE"]),
    (["run", "sam-chain", "--bogus"], ["option = --bogus", "sco-flat run has no such option"]),
    (["check", "swad.miss", "--q", "1/4"], ["option = --q", "q is a number of the statement swad.miss", "--set q=1/4"]),
    (["check", "factorisation.escape", "--edge", "1.3"], ["option = --edge", "write --set edge=1.3"]),
    (["check", "factorisation.lamda"], ["statement = 'factorisation.lamda'", "did you mean factorisation.lambda?"]),
    (["check", "floor"], ["statement = 'floor'", "did you mean factorisation.floor or wen-li-ma.floor?"]),
    (["run", "sam-chain", "--radiuss", "1"], ["did you mean --radius?"]),
    (["bounds", "pep", "--stepz=3"], ["option = --stepz", "did you mean --steps?"]),
    (["run", "sam-chain", "twice"], ["command = 'twice'", "no such word"]),
    (["--bogus"], ["option = --bogus"]),
    *((["certify", "sam-chain", *more.split()], [f"option = {more.split()[0]}", "certify has no such option"])
      for more in ("--schedule warm-up", "--batch-size 2", "--epsilon 3", "--no-normalize", "--start gaussian:1",
                   "--engine dense", "--project", "--method gd", "--allow-outside", "--oracle ascent")),
    (["certify", "sam-chain", "--set", "schedule=warm-up"], ["schedule = warm-up", "runs nothing"]),
    *((["check", key, "--event", event], [f"event = {event}", "no event is imposed"])
      for key in ("4", "8", "4-corollary", "8-corollary") for event in ("one", "any", "free")),
    (["bounds", "risk", "sam-chain", "--event", "one"], ["event = one", "no event is imposed"]),
    (["bounds", "plot", "sam-chain", "--event", "any"], ["event = any", "no event is imposed"]),
    *((["check", key, *more.split()], [f"{more.split()[0][2:]} = ", "runs nothing"])
      for key in ("1", "flat-minimisers", "saer-minimisers", "saer-not-smooth")
      for more in ("--schedule warm-up", "--start gaussian:1", "--project", "--engine dense", "--step-size 3",
                   "--steps 9")),
    (["check", "saer-not-smooth", "--n", "9"], ["n = 9", "without sample"]),
    (["check", "1", "--evidence", "every-sample", "--steps", "9"], ["steps = 9", "runs nothing"]),
    (["run", "least-squares", "--no-normalize", "--epsilon", "0.5"], ["epsilon = 0.5", "without normalisation"]),
    (["check", "7", "--evidence", "every-sample", "--seed", "3"], ["seed = 3", "every sample"]),
    (["check", "6", "--evidence", "bracket", "--seed", "3"], ["seed = 3", "no sample"]),
    (["check", "6", "--evidence", "bracket", "--event", "any"], ["event = any", "no sample"]),
    (["check", "6", "--evidence", "every-sample", "--width", "9"], ["width = 9", "no sample"]),
    (["run", "sam-chain", "--method", "sgd", "--set", "left_out=1"], ["left_out = 1", "not for the command line"]),
    (["run", "sam-chain", "--set", "instance=huber"], ["instance = huber", "leave it out"]),
    (["check", "7", "--set", "theorem=3"], ["'theorem'", "not known"]),
    (["check", "7", "--set", "statement=3"], ["'statement'"]),
    (["check", "7", "--set", "key=3"], ["key = 3", "leave it out"]),
    *((["check", "7", "--evidence", "bracket", "--set", f"{key}=3"], [key])
      for key in ("theorem", "statement", "stated", "key", "instance")),
    (["check", "7", "--set", "evidence=bracket"], ["evidence = bracket", "write --evidence"]),
    (["check", "7", "--evidence", "bracket", "--set", "precision=99"], ["precision = 99", "write --precision"]),
    (["run", "sam-chain", "--T", "1e400"], ["T = 1e400", "at most 1,000,000,000"]),
    (["run", "sam-chain", "--T", "10^400"], ["T = 10^400", "at most 1,000,000,000"]),
    (["certify", "sam-chain", "--T", "10^400"], ["T = 10^400", "at most 1,000,000,000"]),
    (["check", "7", "--evidence", "every-sample", "--T", "10^400"], ["T = 10^400", "at most 1,000,000"]),
    (["check", "7", "--evidence", "every-sample", "--width", "99999^9999"], ["width = 99999^9999", "at most 2^100000"]),
    (["check", "7", "--evidence", "bracket", "--width", "10^400"], ["memory = about 10^401 bytes", "take --width"]),
    (["bounds", "pep", "--T", "10^400"], ["T = 10^400", "at most 60"]),
    (["bounds", "pep", "5", "--T", "41"], ["T = 41", "at most 40"]),
    (["bounds", "pep", "--radius", "1e300"], ["radius = 1e300", "at most 1e+100"]),
    (["bounds", "risk", "huber", "--samples", "10^400"], ["samples = 10^400", "at most 1,000,000"]),
    (["run", "sam-chain", "--radius", "1e300", "--allow-outside"], ["radius = 1e300", "at most 1e+100"]),
    (["run", "sam-chain", "--steps", "10^5000"], ["steps = 10^5000", "at most 1,000,000,000"]),
    (["run", "sam-chain", "--steps", "9" * 999], ["steps = 9999", " ... ", "at most 1,000,000,000"]),
    (["run", "sam-chain", "--seed", "10^5000"], ["seed = 10^5000", "at most 2^128 - 1"]),
    (["run", "sam-chain", "--batch-size", "10^5000"], ["batch-size = 10^5000", "at most 1,000,000"]),
    *((["run", "least-squares", word, "1"], [f"option = {word}", f"did you mean {meant}?"])
      for word, meant in (("--lr", "--step-size"), ("--learning-rate", "--step-size"), ("--iterations", "--steps"),
                          ("--epochs", "--steps"), ("--init", "--start"), ("--columns", "--width"),
                          ("--learning_rate", "--step-size"))),
    (["run", "sam-chain", "--rh", "0.2"], ["option = --rh", "no such option"]),
    (["run", "least-squares", "--d", "3"], ["d = 3", "least-squares does not read it"]),
    (["bounds", "pep", "--smooth", "3"], ["option = --smooth", "did you mean --smoothness?"]),
    (["sweep", "study.toml", "--dry"], ["option = --dry", "did you mean --dry-run?"]),
    (["run", "sam-chain", "--T", "8", "--set", "steps=9"], ["steps = 9", "is the same as --T"]),
    (["run", "sam-chain", "--set", "T=8", "--set", "steps=9"], ["steps = 9", "is the same as T"]),
    (["run", "sam-chain", "--start", "gaussian"], ["start = gaussian: needs a scale", "gaussian:1e-3"]),
    (["run", "sam-chain", "--save", "s.txt"], ["save = s.txt", ".npz"]),
    (["run", "sam-chain", "--save", "s"], ["save = s:", ".npz"]),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(b[0]) for b in BAD])
def test_bad_input_is_one_line_and_exit_two(capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("sco-flat: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["reproduce", "--quick", "--out", "/proc"], [*CHAIN, "--save", "/proc/x.npz"]])
def test_read_only_folder(capsys, arguments):
    """/proc refuses new files even to root."""
    code, _, err = call(capsys, *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert "/proc: cannot be written to; choose a folder that you may write to" in err


def test_outside_runs_and_is_marked(capsys):
    code, out, _ = call(capsys, "run", "sam-chain", "--radius", "9", "--allow-outside", "--json")
    data = json.loads(out)
    assert code == 0
    assert any("outside the theorem: r <= 1/(2 eta sqrt T)" in note for note in data["notes"])
    assert any(c["kind"] == "hypothesis" and c["verdict"] == "fails" for c in data["claims"])
    assert all(c["note"].startswith("outside the theorem: r <= 1/(2 eta sqrt T)") for c in data["claims"])
    code, out, _ = call(capsys, "check", "7", "--radius", "9", "--allow-outside", "--json")
    assert all(c["note"].startswith("outside the theorem") for c in json.loads(out)["claims"])
    lower = [c for c in data["claims"] if c["name"].startswith("population risk of every suffix")]
    assert [c["verdict"] for c in lower] == ["not applicable"]
    assert lower[0]["name"].endswith("(Theorem 7)")


def test_bound_outside_its_range_is_not_applicable(capsys):
    code, out, _ = call(capsys, "run", "sagd-blocks", "--step-size", "1/2", "--json")
    claims = {c["name"]: c for c in json.loads(out)["claims"]}
    assert code == 0
    refused = claims["saer of the full average <= the paper's bound (Theorem 2)"]
    assert refused["verdict"] == "not applicable"
    assert "at most 1/(4 smoothness) = 0.25" in refused["note"]
    assert claims["saer of the full average <= the sharper bound"]["verdict"] == "holds"


def test_gaussian_start_and_methods(capsys):
    for extra in (
        ["--method", "gd"],
        ["--method", "sgd", "--order", "with-replacement"],
        ["--method", "sam", "--batch-size", "3", "--epsilon", "1e-12"],
        ["--method", "sagd", "--oracle", "ascent"],
    ):
        code, out, _ = call(
            capsys, "run", "flat-erm", "--n", "5", "--steps", "8", "--start", "gaussian:0.2", "--json", *extra
        )
        data = json.loads(out)
        assert code == 0
        assert data["parameters"]["start"] == "gaussian:0.2"
        assert data["engine"] == "dense"


def test_same_seed_same_numbers_and_another_seed_another_sample():
    first, second, third = (runs.run("sagd-blocks", oracle="coordinate", seed=s) for s in (1, 1, 2))
    assert first.points == second.points
    assert first.event != third.event


def test_text_output_and_list(capsys):
    code, out, _ = call(capsys, *CHAIN)
    assert code == 0
    assert "population risk" in out
    assert "lowest_suffix (from" in out
    code, out, _ = call(capsys, "list")
    assert code == 0
    for word in ("flat-erm", "sagd-blocks", "sam-chain", "sam-sharp", "adversarial", "frontier"):
        assert word in out
    code, out, _ = call(capsys, "check", "6")
    assert code == 0
    assert "verdict: holds" in out


@pytest.mark.parametrize("start", ["ones", ("uniform", 1.0), np.zeros(3), np.full(64 * 64 + 1, np.nan)])
def test_bad_starts_from_python(start):
    with pytest.raises(InputError, match="start"):
        runs.run("sam-chain", start=start)


def test_numbers():
    assert numbers.real("x", "1/24") == 1 / 24
    assert numbers.whole("n", "2^10") == 1024
    assert numbers.whole("n", "1e4") == 10_000
    for text in ("inf", "", "1/0", "a", "0x1"):
        with pytest.raises(InputError):
            numbers.real("x", text)


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_imports_stay_light():
    """``--help`` must not load the numerical packages, and running must not load cvxpy or pyplot."""
    heavy = "{'numpy', 'numba', 'cvxpy', 'matplotlib'} & set(sys.modules)"
    assert python(f"import sys, sco_flat.cli; sco_flat.cli.parser().format_help(); print({heavy})") == "set()\n"
    assert python(f"import sys, sco_flat; print({heavy})") == "set()\n"
    later = "{'cvxpy', 'matplotlib.pyplot', 'matplotlib'} & set(sys.modules)"
    assert python(f"import sys, sco_flat; sco_flat.run('sam-sharp', steps=3); print({later})") == "set()\n"


def test_importing_instances_compiles_nothing():
    code = (
        "from sco_flat import instances; k = instances.get('sam-chain').gradient; print(len(k.dispatcher.signatures))"
    )
    assert python(code) == "0\n"


def test_stability_of_one_step(capsys):
    code, out, _ = call(capsys, "bounds", "stability", "huber", "--n", "8", "--steps", "1")
    assert code == 0
    assert "(t = 1)\n" in out
    assert "(t = 2)" not in out


def test_version_and_module():
    root = Path(cli.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "sco_flat", "--version"], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == f"sco-flat {__version__}"


@pytest.mark.parametrize(
    ("line", "libraries"),
    [
        ("check 6 --evidence every-sample", {"python-flint"}),
        ("certify sam-sharp", {"python-flint", "cvxpy", "clarabel", "scipy"}),
        ("bounds risk least-squares --samples 2 --steps 4", {"scipy"}),
        ("bounds pep 2 --steps 1", {"python-flint", "clarabel", "scipy"}),
        ("run sam-sharp", None),  # simulated: the same bits from every version
    ],
)
def test_json_names_the_libraries_of_its_last_digits(capsys, line, libraries):
    cli.main([*line.split(), "--json"])
    data = json.loads(capsys.readouterr().out)
    if libraries is None:
        assert "digits_from" not in data
    else:
        assert set(data["digits_from"]) == libraries
        assert all(re.match(r"\d+\.\d+", text) for text in data["digits_from"].values())
