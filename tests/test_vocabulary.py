"""One vocabulary: the same names, numbers and words in Python, on the command line and in the files of sweeps."""

import json
import os
import re
import subprocess
import sys
import textwrap
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
from conftest import without_signs_of_life

import sco_flat
from sco_flat import animations, cli, errors, instances, methods, numbers, requests, samples, vocabulary
from sco_flat.errors import InputError
from sco_flat.sweeps import collect, draw, plan, store, sweep

ROOT = Path(cli.__file__).parents[2]
LONG = {"n": 6, "steps": 16, "step_size": 1 / 6, "perturbation_radius": 0.5, "flatness_radius": 0.0, "width": 32}
SPELLED = [
    {"n": 6, "steps": 16, "step_size": 1 / 6, "perturbation_radius": 0.5, "flatness_radius": 0.0, "width": 32},
    {"n": 6, "T": 16, "eta": 1 / 6, "r": 0.5, "rho": 0.0, "m": 32},
    {"n": "6", "T": "2^4", "eta": "1/6", "radius": "1/2", "flatness": "0", "m": "2**5"},
    {"n": 6.0, "steps": "1.6e1", "eta": Fraction(1, 6), "r": Decimal("0.5"), "rho": 0, "width": np.int64(32)},
    {"n": np.array(6), "T": np.uint8(16), "step-size": np.float64(1 / 6), "r": np.float32(0.5), "m": "32"},
]


def call(capsys, *arguments):
    """Exit code, output and errors of a command in this process."""
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def points(run):
    return json.loads(json.dumps(run.as_dict()["points"]))


@pytest.fixture
def command(plugins, capsys):
    """A whole command line in this process; what it registers is forgotten at the end of the test."""

    def run(*words):
        capsys.readouterr()
        try:
            code = cli.main(list(words))
        except SystemExit as stopped:  # after a help text
            code = stopped.code
        return SimpleNamespace(returncode=code, **dict(zip(("stdout", "stderr"), capsys.readouterr(), strict=True)))

    return run


@pytest.fixture(scope="module")
def wanted():
    return points(sco_flat.run("sam-chain", **LONG))


@pytest.mark.parametrize("given", SPELLED, ids=lambda g: " ".join(g))
def test_all_spellings_are_one_run(given, wanted, capsys, tmp_path):
    assert points(sco_flat.run("sam-chain", **given)) == wanted
    assert sco_flat.request_from("sam-chain", **given) == sco_flat.request_from("sam-chain", **LONG)
    words = [w for key, value in given.items() for w in (f"--{key.replace('_', '-')}", str(value))]
    code, out, _ = call(capsys, "run", "sam-chain", *words, "--json")
    assert (code, json.loads(out)["points"]) == (0, wanted)
    numbers_ = {k: v if isinstance(v, (int, float, str)) and not isinstance(v, np.generic) else str(v)
                for k, v in given.items()}  # fmt: skip
    declared = {"instance": "SAM-chain", "axes": numbers_, "record": ["Average"]}
    (cell,) = plan.understand(declared).cells()
    arguments = cell.arguments | {"seed": 0}
    assert sco_flat.request_from(**arguments) == sco_flat.request_from("sam-chain", **LONG)
    assert set(numbers_) < set(cell.labels)


def test_a_radius_that_the_theorem_allows_by_its_short_name():
    run = sco_flat.run("sam-chain", radius=1.0, T=64, eta="1/24", n=6)
    assert run.parameters["perturbation_radius"] == 1.0


def test_checks_proofs_and_animations_read_them_too(tmp_path):
    assert sco_flat.check("7", T=16, eta="1/24").as_dict() == sco_flat.check(7, steps=16, step_size=1 / 24).as_dict()
    short, long = {"T": 16, "eta": "1/24"}, {"steps": 16, "step_size": 1 / 24}
    one, two = (sco_flat.check(7, evidence="bracket", n=8, **given) for given in (short, long))
    assert one.as_dict() == two.as_dict()
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page, given in zip(pages, ({"T": 6, "eta": "1/6"}, {"steps": 6, "step_size": 1 / 6}), strict=True):
        animations.animate("Staircase", page, n=6, **given)
    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.parametrize(
    ("key", "given"),
    [("r", {"radius": 1, "r": 2}), ("eta", {"step_size": 1, "eta": 1}), ("T", {"steps": 6, "T": 6})],
)
def test_two_spellings_of_one_option_are_refused_by_name(key, given, capsys):
    first = next(iter(given))
    with pytest.raises(InputError, match=f"^{key} = .*: is the same as {first}, which is given, too"):
        sco_flat.run("sam-chain", **given)
    words = [w for k, v in given.items() for w in (f"--{k.replace('_', '-')}", str(v))]
    code, _, err = call(capsys, "run", "sam-chain", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{key} = " in err
    assert f"is the same as {first.replace('_', '-')}" in err
    with pytest.raises(InputError, match=r"^axes = .* is the same as"):
        plan.understand({"instance": "sam-chain", "axes": {"n": 6, "T": 8, "eta": 0.1} | given})


def test_errors_name_the_key_as_it_was_written(capsys):
    for key, value in (("radius", 99), ("r", 99), ("perturbation_radius", 99), ("eta", -1), ("T", 5), ("steps", 5)):
        with pytest.raises(InputError, match=f"^{key} = "):
            sco_flat.run("sam-chain", **{key: value})
        with pytest.raises(InputError, match=f"^{key} = "):
            sco_flat.check(7, **{key: value})
        code, _, err = call(capsys, "run", "sam-chain", f"--{key.replace('_', '-')}", str(value))
        assert (code, err.startswith(f"sco-flat: {key.replace('_', '-')} = ")) == (2, True), err
    code, _, err = call(capsys, "run", "sam-chain", "--set", "eta=-1")
    assert err.startswith("sco-flat: eta = ")


# --- hints ---


@pytest.mark.parametrize(
    ("value", "known", "hint"),
    [
        ("smm", ("gd", "sagd", "sam", "sgd"), "sam"),
        ("SAN", ("gd", "sagd", "sam", "sgd"), "sam"),
        ("sam-chan", ("flat-erm", "sam-chain", "sam-sharp"), "sam-chain"),
        ("lambda", ("lam", "gamma", "delta"), "lam"),
        ("rubust", ("paper", "robust"), "robust"),
        ("adversary", ("adversarial", "ascent"), "adversarial"),
        ("rum", ("run", "list"), "run"),
        ("urn", ("run", "list"), None),
        ("none", ("any", "one", "free"), None),
        ("delta_4", ("delta", "delta_1", "delta_2"), None),
        ("delat", ("delta", "delta_1"), "delta"),
        ("T", ("width", "n"), None),
        ("", ("width", "n"), None),
        ("step", ("steps", "step_size", "start"), "steps' or 'step_size"),
    ],
)
def test_hints_are_near_or_there_are_none(value, known, hint):
    text = str(errors.unknown_name("key", value, known))
    assert ("did you mean" in text) == (hint is not None)
    if hint is None:
        assert text.endswith(f"choose one of {', '.join(sorted(known))}")
    else:
        assert text.endswith(f"did you mean '{hint}'?")


@pytest.mark.parametrize(
    ("one", "other", "far"), [("", "", 0), ("ab", "ba", 1), ("run", "rum", 1), ("abc", "", 3), ("a", "bc", 2)]
)
def test_distance(one, other, far):
    assert errors.distance(one, other) == errors.distance(other, one) == far


@pytest.mark.parametrize(
    ("key", "hint"),
    [("raduis", "radius"), ("lr", "step_size"), ("learning_rate", "step_size"), ("lambda", "lam"), ("delta", None)],
)
def test_hints_for_parameters(key, hint):
    instance = "sagd-blocks" if hint is None else "sam-chain"
    with pytest.raises(InputError) as found:
        sco_flat.run(instance, **{key: 1})
    assert str(found.value).startswith(f"parameter = '{key}'")
    assert ("did you mean" in str(found.value)) == (hint is not None)
    assert hint is None or str(found.value).endswith(f"did you mean '{hint}'?")


# --- what is read ---


@pytest.mark.parametrize(
    ("instance", "method", "given", "mend"),
    [
        ("sam-chain", "sam", {"oracle": "benign"}, "--method sagd"),
        ("sam-chain", "gd", {"epsilon": "1e-12"}, "--method sam"),
        ("sam-chain", "sam", {"order": "one-pass"}, "--method sgd"),
        ("sam-chain", "sgd", {"batch_size": 3}, "--method sam"),
        ("huber", "gd", {"width": 4}, "leave it out"),
        ("sam-chain", "sam", {"preset": "robust"}, "leave it out"),
        ("sagd-blocks", "sagd", {"parameters": "printed"}, "leave it out"),
    ],
)
def test_what_is_not_read_is_refused_by_name(instance, method, given, mend, capsys):
    (key, value), = given.items()  # fmt: skip
    with pytest.raises(InputError, match=f"^{key} = {value}: ") as found:
        sco_flat.run(instance, method, **given)
    assert mend in str(found.value)
    flag = key.replace("_", "-")
    code, out, err = call(capsys, "run", instance, "--method", method, f"--{flag}", str(value))
    assert (code, out) == (2, "")
    assert err.startswith(f"sco-flat: {flag} = {value}: ")
    assert mend in err


def test_every_option_is_either_read_or_refused():
    """Whatever a method lists, or a loss has, is read; everything else is refused."""
    values = {"oracle": "ascent", "normalize": False, "epsilon": 0.5, "batch_size": 2, "order": "with-replacement"}
    for name in instances.names():
        for method in methods.names():
            for key, value in values.items():
                reads = key in methods.get(method).reads
                if key == "order" and instances.get(name).any_batch:  # its batches come in an order, too
                    reads |= "batch_size" in methods.get(method).reads
                if reads:
                    request = sco_flat.request_from(name, method, **{key: value})
                    assert getattr(request.settings, key) == value
                    continue
                with pytest.raises(InputError) as found:
                    sco_flat.request_from(name, method, **{key: value})
                assert found.value.key == key


def test_an_axis_that_no_cell_reads_is_refused_and_others_drop_it():
    axes = {"n": 6, "T": 8, "eta": 0.1}
    for key, value in (("epsilon", 0.1), ("order", "one-pass"), ("preset", "paper"), ("batch_size", [2, 3])):
        with pytest.raises(InputError, match=f"^axes.{key} = .*no cell reads it"):
            plan.understand({"instance": "sam-chain", "method": "gd", "axes": axes | {key: value}})
    with pytest.raises(InputError, match=r"^oracle = .*no cell reads it"):
        plan.understand({"instance": "sam-chain", "method": "gd", "oracle": "benign", "axes": axes})
    with pytest.raises(InputError, match=r"^axes.m = .*no cell reads it"):
        plan.understand({"instance": "huber", "axes": axes | {"m": 4}})
    both = plan.understand({"instance": "sam-chain", "method": ["gd", "sam"], "axes": axes | {"epsilon": [0.1, 0.2]}})
    assert ["epsilon" in cell.arguments for cell in both.cells()] == [False, True, True]


# --- typed fields ---

LOSS = """
from dataclasses import dataclass
from typing import Literal
from sco_flat.instances.huber import Huber

@dataclass(frozen=True)
class Layered(Huber):
    depth: int = 2
    label: str = "plain"
    mode: Literal["One", "two"] = "One"
    leaky: bool = False
    slope: float | None = None
    name = "layered"

INSTANCE = Layered
"""


def typed(**given):
    sys.modules["layered_plugin"] = type(sys)("layered_plugin")
    exec(LOSS, sys.modules["layered_plugin"].__dict__)
    cls = sys.modules["layered_plugin"].INSTANCE
    assert set(requests.own_fields(cls)) == {"depth", "label", "mode", "leaky", "slope", "knee"}
    return {k: requests.typed(k, v, requests.own_fields(cls)[k]) for k, v in given.items()}


def test_fields_are_read_by_their_types():
    found = typed(depth="3", label="Plain", mode="one", leaky="True", slope="1/4", knee=1)
    assert found == {"depth": 3, "label": "Plain", "mode": "One", "leaky": True, "slope": 0.25, "knee": 1.0}
    assert [type(found[k]) for k in ("depth", "leaky", "knee")] == [int, bool, float]
    assert typed(depth=np.float64(4.0)) == {"depth": 4}
    for key, value in (("depth", "2.5"), ("leaky", "2"), ("slope", "x"), ("mode", "three"), ("label", 3)):
        with pytest.raises(InputError, match=f"^{key} = "):
            typed(**{key: value})


def test_set_is_typed_on_the_command_line(command, tmp_path):
    file = tmp_path / "layered.py"
    file.write_text(LOSS)
    done = command("--plugin", str(file), "run", "layered", "--steps", "4", "--set", "depth=3", "--set", "mode=TWO",
                   "--json")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)["parameters"]
    assert (found["depth"], found["mode"]) == (3, "two")
    for item, words in (("depth=2.5", "depth = 2.5: is not a whole number"), ("dept=3", "did you mean 'depth'?"),
                        ("depth", "set = depth: is KEY=VALUE")):  # fmt: skip
        done = command("--plugin", str(file), "run", "layered", "--set", item)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert words in done.stderr


def test_a_field_that_is_called_like_an_alias_is_refused(command, tmp_path):
    file = tmp_path / "aliased.py"
    file.write_text(LOSS.replace("depth: int", "m: int").replace("layered", "aliased"))
    done = command("run", "aliased", "--plugin", str(file))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "its field m is called like width" in done.stderr


def test_a_method_has_numbers_of_its_own(monkeypatch):
    rule = methods.get("gd")
    number = SimpleNamespace(default=0.9, low=0.0, high=1.0, meaning="weight of the last step")
    monkeypatch.setitem(vars(rule), "parameters", {"momentum": number})
    assert sco_flat.request_from("huber", "gd", momentum="1/2").settings.own == {"momentum": 0.5}
    for value in (1.5, "nan"):
        with pytest.raises(InputError, match=r"^momentum = "):
            sco_flat.request_from("huber", "gd", momentum=value)
    with pytest.raises(InputError, match=r"^momentum = 0.5: sam does not read it; .*--method gd"):
        sco_flat.request_from("huber", "sam", momentum=0.5)
    declared = {"instance": "huber", "method": ["gd", "sam"],
                "axes": {"n": 6, "T": 4, "eta": 0.1, "momentum": ["1/2", 0.9]}}  # fmt: skip
    cells = list(plan.understand(declared).cells())
    assert [c.arguments.get("momentum") for c in cells] == [0.5, 0.9, None]


# --- numbers and words ---


@pytest.mark.parametrize("text", ["inf", "nan", "1/0", "2^0.5", "1e99999999", "2^99999999", "", "0x1", "1//2", "1/2/3"])
def test_texts_that_are_no_numbers(text):
    for reader in (numbers.real, numbers.whole, numbers.exact):
        with pytest.raises(InputError, match=r"^k = "):
            reader("k", text)


@pytest.mark.parametrize("value", [True, None, "x", 1j, [1], float("nan"), np.inf, Decimal("NaN")])
def test_values_that_are_no_numbers(value):
    for reader in (numbers.real, numbers.whole):
        with pytest.raises(InputError, match=r"^k = "):
            reader("k", value)


def test_words_are_matched_in_capitals_too(capsys):
    words = "--method SAM --engine Dense --event Free --n 4 --steps 4 --schedule Warm-Up --start Gaussian:0.1 --json"
    code, out, _ = call(capsys, "run", "FLAT-ERM", *words.split())
    data = json.loads(out)
    assert (code, data["instance"], data["method"], data["engine"]) == (0, "flat-erm", "sam", "dense")
    assert (data["parameters"]["schedule"], data["event"]["kind"]) == ("warm-up", "free")
    assert set(vocabulary.EVENTS) == set(get_args(samples.EventKind))


def test_no_two_options_share_a_name():
    spellings = [s for option in vocabulary.OPTIONS.values() for s in option.spellings]
    assert len(spellings) == len(set(spellings))
    assert not set(vocabulary.NEAR) & set(spellings)
    known = {"T": "steps", "eta": "step_size", "r": "perturbation_radius", "radius": "perturbation_radius",
             "rho": "flatness_radius", "flatness": "flatness_radius", "m": "width"}  # fmt: skip
    for short, name in known.items():
        assert vocabulary.long_name(short) == name


# --- sweeps ---

FILE = """
instance = "sam-chain"
allow_outside = true
record = ["average"]
[axes]
n = 6
{T} = [8, 16]
{eta} = "1/16"
{r} = "1/(2*{eta_again}*sqrt(steps))"
[random]
repeat = 2
by = ["{by}"]
"""


def swept(folder, **names):
    path = folder.with_suffix(".toml")
    path.write_text(FILE.format(**names))
    assert sweep.run(path, folder, workers=1).failed == 0
    with store.Store(folder) as opened:
        return collect.header(opened), list(collect.table(opened)), collect.kinds(opened)


def test_a_sweep_file_may_use_any_name(tmp_path):
    old = swept(tmp_path / "old", T="T", eta="eta", r="radius", eta_again="eta", by="T")
    new = swept(tmp_path / "new", T="steps", eta="step-size", r="r", eta_again="eta", by="T")
    assert old[1] == new[1]  # seeds and all
    assert old[0][3:7] == ["n", "T", "eta", "radius"]
    assert new[0][3:7] == ["n", "steps", "step-size", "r"]
    assert "run.r" in new[0]
    assert len(set(new[0])) == len(new[0])
    assert list(old[2].values()) == list(new[2].values())
    asked = [{"x": "T", "unit": "eta**2*radius**2*T", "only": ["eta=1/16"]}, {"x": "steps", "unit": "eta**2*r**2*T"}]
    drawn = [draw.prepare(tmp_path / f, a) for f in ("old", "new") for a in asked]
    assert {data["x"] for data in drawn[:2]} == {"T"}
    assert {data["x"] for data in drawn[2:]} == {"steps"}
    means = [[row["mean"] for row in data["rows"]] for data in drawn]
    assert means[0] == means[1] == means[2] == means[3]
    assert cli.main(["plot", str(tmp_path / "new"), "--x", "T", "--where", "step_size=1/16", "--where", "n=6"]) == 0


def test_a_sweep_with_failed_cells_ends_with_two(tmp_path, capsys):
    path = tmp_path / "some.toml"
    path.write_text('instance = "sam-chain"\n[axes]\nn = 6\nT = 16\neta = 0.0625\nradius = [0.5, 99.0]\n')
    code, out, _ = call(capsys, "sweep", str(path), "--out", str(tmp_path / "out"), "--workers", "1")
    assert code == 2
    assert "1 of 2 cells done, 1 failed" in out


# --- the command line in a process of its own ---

GREET = """
from sco_flat.cli import Command
from sco_flat.errors import InputError

def run(args):
    if args.who == "nobody":
        raise InputError("who", args.who, "is nobody", "name someone")
    print(f"hello {args.who}")
    return 0

COMMAND = Command(name="greet", help="say hello", options=lambda parser: parser.add_argument("who"), run=run)
"""


def test_a_command_from_a_file(command, tmp_path):
    file = tmp_path / "greeting.py"
    file.write_text(textwrap.dedent(GREET))
    for words, text in ((("greet", "Ann"), "command = 'greet': is not known"), (("--plugin",), "needs a file"),
                        (("--plugin", str(tmp_path / "none.py"), "list"), "is no file")):  # fmt: skip
        done = command(*words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert text in done.stderr
    for words in (("--plugin", str(file), "greet", "Ann"), ("greet", f"--plugin={file}", "Ann"),
                  ("greet", "Ann", "--plugin", str(file))):  # fmt: skip
        done = command(*words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "hello Ann\n", "")
    assert "say hello" in command("--plugin", str(file), "--help").stdout
    assert re.search("greet +say hello", command("--plugin", str(file), "list").stdout)
    done = command("--plugin", str(file), "greet", "nobody")
    assert (done.returncode, done.stderr) == (2, "sco-flat: who = nobody: is nobody; name someone\n")


def test_a_command_from_a_file_in_a_process_of_its_own(tmp_path):
    file = tmp_path / "greeting.py"
    file.write_text(textwrap.dedent(GREET))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "sco_flat", "greet", "Ann", "--plugin", str(file)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "hello Ann\n")
    assert without_signs_of_life(done.stderr.encode()) == b""


def test_every_command_and_kind_has_a_help_text(capsys):
    for words in (["list"], ["run"], ["check"], ["sweep"], *(["bounds", k] for k in ("gaps", "pep", "plot", "risk"))):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*words, "--help"])
        assert stopped.value.code == 0
        assert f"sco-flat {' '.join(words)}" in capsys.readouterr().out
