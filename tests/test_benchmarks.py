"""The benchmarks run at their smallest size, the history is read or refused by line, and README has what it says."""

import dataclasses
import importlib
import json
import re
import socket
import statistics
from pathlib import Path

import numpy as np
import pytest

from sco_flat.errors import InputError

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
NAMES = sorted(p.stem for p in (EXPERIMENTS / "benchmarks").glob("[!_]*.py"))
WITHOUT_GROWTH = {"commands", "reproduce", "triad"}  # they have one size


@pytest.fixture
def suite(monkeypatch):
    """Modules of the benchmarks by their names."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_runs(name, suite, capsys):
    base, benchmark = suite("_base"), suite(name).BENCHMARK
    rows = benchmark.run("smallest")
    numbers = suite("_history").gathered(rows)
    assert sum(map(len, numbers.values())) == len(rows) > 0
    known = [row for row in rows if row.value is not None]
    assert all(row.unit in (base.ABSENT, base.UNKNOWN) for row in rows if row.value is None)
    assert all(row.value > 0 for row in known if row.unit in ("s", "ms", "µs", "x", "GB/s", "MiB"))
    assert [row for row in known if row.what.startswith("difference") and "MISSED" in row.verdict] == []
    if known:
        grows = any(row.what.startswith("exponent in ") for row in known)
        assert grows == (name not in WITHOUT_GROWTH)
    assert set(benchmark.sizes) == {"full", "quick", "smallest"}
    assert benchmark.rounds("full") >= 5
    assert len(suite("_show").table(rows, None).splitlines()) == 1 + len(rows)


def test_rivals_that_are_not_installed_are_named(suite, monkeypatch):
    base, chain = suite("_base"), suite("_chain")
    monkeypatch.setitem(base.NEEDS, "optax", ("no_such_module",))
    ours = chain.Ours(6, 8, "dense")
    others = chain.stepping(chain.rivals(ours), 1)
    assert others["optax"] is None
    rows = {row.what: row for row in base.race("case", ours.step, others, 1)}
    assert (rows["optax / ours"].value, rows["optax / ours"].unit) == (None, "not installed")
    assert rows["NumPy by hand / ours"].value > 0


def test_the_formula_of_optax_and_torch_is_the_loss(suite):
    chain = suite("_chain")
    ours = chain.Ours(6, 7, "dense")
    loss, sample = ours.instance, ours.sample
    w = np.random.default_rng(0).normal(size=loss.dimension) / 8.0
    formula = chain.Formula(loss, sample)
    found = formula.risk(w[:-1].reshape(formula.shape), w[-1], lambda a: np.maximum(a, 0.0))
    bits = [(sample.codes >> k) & 1 for k in range(loss.n)]
    assert found == pytest.approx(statistics.mean(loss.loss(w, z) for z in bits), rel=1e-13)


def test_ratios_are_medians_of_the_rounds(suite):
    base = suite("_base")
    ours, theirs, triad = iter([1.0, 10.0, 2.0]), iter([4.0, 80.0, 10.0]), iter([0.5, 1.0, 1.0])
    rows = base.race(
        "case", lambda: next(ours), {"NumPy": lambda: next(theirs)}, 3, ("ms", 1e3), {"NumPy": 6.0, "triad": 1.5},
        {"triad": lambda: next(triad)},
    )  # fmt: skip
    assert [(row.what, row.value) for row in rows] == [("ours", 2000.0), ("NumPy / ours", 5.0), ("ours / triad", 2.0)]
    assert [row.verdict for row in rows] == ["", "at least 6: MISSED", "at most 1.5: MISSED"]
    assert dataclasses.replace(rows[1], least=5.0).verdict == "at least 5: reached"


def test_growth_is_the_power(suite):
    row = suite("_base").growth("case", "T", [10, 100, 1000], [0.3 * t**1.5 for t in (10, 100, 1000)], 1.2)
    assert row.value == pytest.approx(1.5, abs=1e-12)
    assert row.verdict == "at most 1.2: MISSED"


def test_peak_memory_is_that_of_the_new_process(suite):
    base = suite("_base")
    if base.peak_mebibytes() is None:
        pytest.skip("a peak is known on Linux alone")
    held = np.ones(2**25)  # 256 MiB here
    assert 10 < base.fresh(base.peak_mebibytes) < 200 < base.peak_mebibytes()
    assert held[0] == 1.0


def test_a_command_that_fails_says_why(suite):
    with pytest.raises(suite("_base").Unmeasured, match=r"-c raise SystemExit\('no'\): exit code 1: no"):
        suite("_commands").spent(("-c", "raise SystemExit('no')"))


@pytest.fixture
def short(suite, monkeypatch, tmp_path):
    """The command with one benchmark that takes no time, its numbers as they are set, and a history of its own."""
    base, benchmarks = suite("_base"), importlib.import_module("benchmarks")
    numbers = {"value": 2.0}

    def rows(rounds):
        return [base.Row("case", "ours", numbers["value"], "s"), base.Row("case", "optax / ours", None, "gone")]

    benchmark = base.Benchmark("made up", rows, {size: {} for size in ("full", "quick", "smallest")})
    monkeypatch.setattr(benchmarks, "names", lambda: ["quick-one"])
    monkeypatch.setattr(benchmarks, "get", lambda name: benchmark)
    path = tmp_path / "history.jsonl"
    monkeypatch.setattr(suite("_history"), "PATH", path)
    return suite("_main").main, path, numbers


def test_runs_are_saved_and_compared(short, suite, capsys):
    main, path, numbers = short
    assert main(["--compare", "--save"]) == 0
    assert "nothing to compare with: no full run of quick-one on this machine is saved" in capsys.readouterr().out
    numbers["value"] = 3.0
    assert main(["quick-one", "--compare"]) == 0
    line = next(text for text in capsys.readouterr().out.splitlines() if text.startswith("case  ours"))
    assert line.split() == ["case", "ours", "3", "s", "2", "+50", "%"]
    assert main(["--quick", "--compare", "--save"]) == 0
    assert "no quick run" in capsys.readouterr().out
    saved = suite("_history").read(path)
    assert [(run.size, run.rounds, run.numbers["case"]["ours"]) for run in saved] == [
        ("full", 5, (2.0, "s")), ("quick", 5, (3.0, "s")),
    ]  # fmt: skip
    other = dataclasses.replace(saved[0], machine={**saved[0].machine, "cores": 1000})
    assert suite("_history").last(saved, other) is None


def test_unknown_names_are_refused(short, capsys):
    main, *_ = short
    assert main(["quick-on"]) == 2
    assert capsys.readouterr().err == (
        "bench.py: benchmark = 'quick-on': known names are quick-one; did you mean 'quick-one'?\n"
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda line: line[:40], "is no JSON"),
        (lambda line: "[" * 100_000, "is no JSON"),
        (lambda line: "[1]", "is no run: a run has the keys name, size"),
        (lambda line: line.replace('"rounds": 5', '"rounds": "5"'), "line 2, rounds = 5: is of type int"),
        (lambda line: line.replace("2.0", "NaN"), "line 2, case, ours = [nan, 's']: is [value, unit]"),
        (lambda line: line.replace('{"ours"', '[3], "other": {"ours"'), "line 2, case = [3]: is a mapping"),
        (lambda line: "", "is no JSON"),
        (lambda line: "\udcff", "is no JSON"),
    ],
)
@pytest.mark.parametrize("option", ["--save", "--compare"])
def test_a_broken_line_is_one_line_of_error(spoil, said, option, short, capsys):
    main, path, _ = short
    main(["--save"])
    good = path.read_text()
    path.write_bytes((good + spoil(good.rstrip()) + "\n" + good).encode(errors="surrogateescape"))
    before, _ = path.read_bytes(), capsys.readouterr()
    assert main([option]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith("bench.py: history.jsonl line 2")
    assert said in told.err
    assert told.err.endswith("; delete the line, or take the file from git again\n")
    assert path.read_bytes() == before


def test_a_line_without_end_is_ended_before_the_next(short, suite):
    main, path, _ = short
    main(["--save"])
    path.write_text(path.read_text().rstrip())
    main(["--save"])
    assert len(suite("_history").read(path)) == 2


def test_two_rows_of_one_name_and_no_numbers_are_refused(suite):
    history, row = suite("_history"), suite("_base").Row
    with pytest.raises(ValueError, match="case: ours is there twice"):
        history.gathered([row("case", "ours", 1.0, "s")] * 2)
    with pytest.raises(ValueError, match="case: ours is nan"):
        history.gathered([row("case", "ours", float("nan"), "s")])


@pytest.fixture
def history(suite):
    """What is kept in the repository."""
    return suite("_history").read(suite("_history").PATH)


def test_readme_has_the_table_of_the_history(history, suite):
    readme = importlib.import_module("readme_benchmarks")
    assert readme.MARKS.findall(readme.README.read_text()) == [readme.markdown(history)]


def test_the_table_says_which_is_which(history, suite):
    readme = importlib.import_module("readme_benchmarks")
    numbers = {
        "a": {
            "ours": (2.0, "ms"),
            "NumPy / ours": (8.0, "x"),
            "optax / ours": (None, "not installed"),
            "PyTorch / ours": (None, "not installed"),
            "ours / triad, 768 MiB": (1.5, "x"),
        },
        "b": {"exponent in T": (1.25, ""), "exponent in 2^n": (1.0, "")},
    }
    run = dataclasses.replace(history[-1], name="dense", size="full", numbers=numbers)
    line = readme.lines(run)
    assert line == [
        ("dense: a", "2 ms", "", "NumPy 8×; optax, PyTorch not installed", "768 MiB 1.5×", "T^1.25, (2^n)^1.00")
    ]
    quick = dataclasses.replace(run, size="quick", numbers={})
    elsewhere = dataclasses.replace(run, machine={**run.machine, "cores": 1000})
    assert readme.latest([elsewhere, run, quick]) == [run]
    text = readme.markdown([run])
    assert "| dense: a | 2 ms |" in text
    assert "not in it: blocks, commands" in text


def test_history_names_no_host_and_no_path(history, suite):
    machine = suite("_machine")
    for run in history:
        text = json.dumps(dataclasses.asdict(run))
        assert not re.search(r'(^|["\s(])(/|[A-Z]:\\)\w', text)
        assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)
        assert set(run.machine) == {"processor", "cores", "vectors"}
        assert set(run.versions) <= {"python", *machine.PACKAGES}
        assert re.fullmatch(r"[0-9a-f]{10}\+?|unknown", run.commit)


def test_history_is_read_before_anything_runs(suite, tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("{}\n")
    with pytest.raises(InputError, match=r"history\.jsonl line 1 = {}: is no run"):
        suite("_history").append([], path)
