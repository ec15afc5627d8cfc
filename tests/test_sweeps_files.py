"""Sweep files: what is static is refused before anything runs, in one line, with its place in the file."""

import random

import pytest
from sweep_cases import FILE

from sco_flat import cli, instances
from sco_flat.errors import InputError
from sco_flat.settings import Settings
from sco_flat.sweeps import axes, plan, rows, store

BASE = {"n": "6", "T": "[8, 16]", "eta": "0.0625"}


def text(more="", **changed):
    lines = [f"{key} = {value}" for key, value in (BASE | changed).items()]
    return "\n".join(['instance = "sam-chain"', "[axes]", *lines, more])


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (text(T="{ linspace = [1, 10, 1e12] }"), "axes.T.linspace"),
        (text(T="{ linspace = [1, 10, inf] }"), "axes.T.linspace"),
        (text(T="{ linspace = [nan, 10, 3] }"), "axes.T.linspace"),
        (text(T="{ linspace = [1, 1e308, 3] }"), "axes.T.linspace"),
        (text(T="{ linspace = [1, 2, 3], whole = 3 }"), "axes.T.whole"),
        (text(eta="{ linspace = [-1e308, 1e308, 3] }"), "axes.eta.linspace"),
        (text(T="1" * 4000), "axes.T"),
        (text(T="1" * 5000), "file"),
        (text(T="0x" + "f" * 9000), "axes.T"),
        (text(T=f'"{"1" * 4000}"'), "axes.T"),
        (text(eta=f'["0.{"1" * 4000}"]'), "axes.eta"),
        (text(T="[" * 100_000 + "]" * 100_000), "file"),
        (text(T="[" * 50 + "8" + "]" * 50), "axes.T"),
        (text(".".join("a" * 100_000) + " = 1"), "file"),
        (text(eta=f'"{"-" * 990}1"'), "axes.eta"),
        (text(eta=f'"{"1+" * 300}1"'), "axes.eta"),
        (text('[random]\nby = [["n"]]'), "random.by"),
        (text("[let]\nmethod = 1"), "let"),
        (text("[let]\nseed = 1"), "let"),
        (text(n="1e15"), "axes.n"),
        (text("[random]\nrepeat = 10_000_000"), "axes"),
        (text("[random]\nrepeat = 1.5"), "random.repeat"),
        (text(n="-3"), "axes.n"),
        (text(T="[8, -5]"), "axes.T"),
        (text(eta="-0.1"), "axes.eta"),
        (text(eta="0"), "axes.eta"),
        (text('start = "x"'), "axes.start"),
        (text("width = 0"), "axes.width"),
        (text('radius = "eta - 1"'), "axes.radius"),
        (text('width = "n/4"'), "axes.width"),
        (text('T = "n - 6"').replace("T = [8, 16]\n", ""), "axes.T"),
        (text("epsilon = 2020-01-01"), "axes.epsilon"),
        (text("[plot]\nx = 3"), "plot.x"),
        (text('[plot]\nx = "TT"'), "plot.x"),
        (text('[plot]\nonly = "n=6"'), "plot.only"),
        (text('[plot]\nkind = "pie"'), "plot.kind"),
        (text('[plot]\nunit = "2*q"'), "plot.unit"),
        (text('[plot]\nbounds = "yes"'), "plot.bounds"),
        (text('"a\\nb" = 1'), "axes"),
        (text("x" * 5000 + " = 1"), "axes"),
    ],
)
def test_what_is_static_is_refused_before_anything_runs(content, place, tmp_path, capsys):
    path = tmp_path / "bad.toml"
    path.write_text(content)
    for more in ([], ["--dry-run"]):
        assert cli.main(["sweep", str(path), "--out", str(tmp_path / "out"), *more]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"sco-flat: {place} = ")
        assert err.count("\n") == 1
        assert len(err) < 300
    if (tmp_path / "out").exists():  # a formula has its values when cells are entered
        with store.Store(tmp_path / "out") as opened:
            assert opened.counts().total == 0


def cells_of(content, tmp_path):
    path = tmp_path / "some.toml"
    path.write_text(content)
    return list(plan.read(path).cells())


def keys_of(content, tmp_path):
    return {rows.key_of(cell.text, ("last",), "v") for cell in cells_of(content, tmp_path)}


def test_one_cell_has_one_key_however_it_is_written(tmp_path):
    """Also the permission to run it is no part of its result."""
    known = keys_of(text(eta="1.0", T="16"), tmp_path)
    assert len(known) == 1
    for eta in ("1", "[1, 1.0]", '"1"', '"2/2"', '["1", 1.0]', "{ linspace = [1, 1, 3] }", '"n/6"'):
        assert keys_of(text(eta=eta, T='["2^4", 16.0]'), tmp_path) == known, eta
    assert keys_of("allow_outside = true\n" + text(eta="1", T="16"), tmp_path) == known
    starts = text('start = ["gaussian:1e-3", "gaussian:0.001", "Gaussian:1/1000"]', T="16")
    assert len(keys_of(starts, tmp_path)) == 1
    assert keys_of(text(eta="2", T="16"), tmp_path) != known


def test_numbers_may_be_texts_everywhere(tmp_path):
    content = text(
        '[let]\nk = ["1/2", 2]\n[random]\nrepeat = "2"', eta='["1/24", 0.5]', T='{ logspace = ["2^3", "2^5", "3"] }'
    )
    found = [cell.labels for cell in cells_of(content, tmp_path)]
    assert {cell["eta"] for cell in found} == {1 / 24, 0.5}
    assert {cell["T"] for cell in found} == {8, 16, 32}
    assert {cell["k"] for cell in found} == {0.5}  # no formula reads it: the first stands for all
    assert {cell["repetition"] for cell in found} == {0, 1}


def test_small_and_whole_numbers_beside_each_other_run(tmp_path, capsys):
    path = tmp_path / "some.toml"
    path.write_text(text("epsilon = [0, 1e-12]").replace("[axes]", 'method = "sam"\nallow_outside = true\n[axes]'))
    assert cli.main(["sweep", str(path), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    assert "4 of 4 cells done" in capsys.readouterr().out
    assert cli.main(["collect", str(tmp_path / "out"), "--parquet"]) == 0


@pytest.mark.parametrize("name", [name for name in axes.LIMITS if name not in ("steps", "batch_size")])
def test_limits_are_those_of_the_runs(name):
    """At a limit of `axes.LIMITS` a loss or its settings can be made, beyond it they cannot; T and b end at memory."""
    loss = {"width": "sam-chain", "flatness_radius": "sam-sharp"}.get(name, "huber")
    usual = {"n": 6, "steps": 8, "step_size": 0.1, "perturbation_radius": 0.1}

    def made(value):
        return (
            Settings(method="sam", epsilon=value) if name == "epsilon" else instances.get(loss)(**usual | {name: value})
        )

    low, high = axes.LIMITS[name]
    made(low)
    with pytest.raises(InputError):
        made(low - 1)
    if high < float("inf"):
        made(high)
        with pytest.raises(InputError):
            made(high + 1)


VALUES = (
    """
6|7|[6, 7]|-3|0|1e15|1e999|inf|nan|true|""|"auto"|"1/24"|"1/0"|"n"|"T/n"|"1/(n-6)"|"eta"|"sqrt(-1)"|"round(n**1.5)"
"__import__(1)"|"((((("|"-1"|"zero"|"gaussian:1"|"gaussian:x"|"x\\ny"|"é"|[]|[[]]|{}|[6, [7]]|[6, "7"]
"sam"|["sam", "gd"]|"sgd"|"sam-chain"|"huber"|{ linspace = [1, 10, 3] }|{ logspace = [0, 10, 3] }
{ linspace = [1, 2, 1e9] }|{ whole = true }|{ linspace = 3, logspace = 4 }|1979-05-27|999999999999999999999999|8|16
0.0625|[0.0625, 0.125]|0.5|1e-320|["n=6"]
""".strip()
    .replace("\n", "|")
    .split("|")
)
NAMES = [
    "n", "T", "eta", "radius", "flatness", "steps", "width", "epsilon", "batch_size", "start",
    "delta", "preset", "engine", "project", "normalize", "order", "schedule", "event", "k",
    "method", "seed", "x-y", "repeat", "by", "kind", "x", "only", "unit", "bounds", "instance",
    "record", "allow_outside",
]  # fmt: skip
FINE = {"n": "[6, 7]", "T": '"n + 2"', "eta": '"1/24"', "radius": '"eta*n"', "width": "16", "project": "true",
        "epsilon": "[0, 1e-9]", "start": '"gaussian:0.1"', "schedule": '"warm-up"'}  # fmt: skip


def fuzzed(rng):
    """A sweep file with something strange in it, or one with a few letters changed."""
    if rng.random() < 0.5:
        letters = list(FILE.replace("repeat = 3", "repeat = 1"))
        for _ in range(rng.randint(1, 4)):
            k = rng.randrange(len(letters))
            letters[k] = rng.choice(["", letters[k] * 2 if not letters[k].isdigit() else "", *'"[]{}=#\n .-+*/e,_é'])
        return "".join(letters)
    tables = {"": {}, "axes": dict(BASE), "let": {}, "random": {}, "plot": {}}
    tables[""] = {"instance": '"sam-chain"', "method": '["gd", "sam"]', "allow_outside": "true"}
    for name in rng.sample(sorted(FINE), 3):
        tables["axes"][name] = FINE[name]
    for _ in range(rng.randint(0, 2)):
        table = rng.choice(["", "axes", "axes", "axes", "let", "random", "plot"])
        tables[table][rng.choice(NAMES)] = rng.choice(VALUES)
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]"] * bool(name) + [f"{key} = {value}" for key, value in table.items()]
    return "\n".join(lines)


@pytest.mark.parametrize("part", [0, *(pytest.param(k, marks=pytest.mark.deep) for k in range(1, 20))])
def test_any_file_is_run_or_refused_in_one_line(part, tmp_path, capsys):
    """100 files (2,000 deep): a plan without an error of Python's, or exit 2 and one line."""
    rng, codes = random.Random(part), []
    for k in range(100):
        path = tmp_path / f"{k}.toml"
        path.write_text(fuzzed(rng))
        code = cli.main(["sweep", str(path), "--out", str(tmp_path / str(k)), "--dry-run"])
        out, err = capsys.readouterr()
        assert (code, err.count("\n"), out == "") in ((0, 0, False), (2, 1, True)), (path.read_text(), err)
        assert len(err) < 300
        codes.append(code)
    assert 5 < codes.count(0) < 95
