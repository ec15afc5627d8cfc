"""What a file outside the package may not declare: a name that is taken, cannot be found, or means something else."""

import plugin_sources as sources
import pytest

import sco_flat
from sco_flat import _registry
from sco_flat.errors import InputError

METHOD = """
from sco_flat.methods.base import Method, Parameter
from sco_flat.methods.gd import step
METHOD = Method(name="{name}", title="t", step=step, parameters={{"{parameter}": Parameter(0.5, 0.0, 1.0, "m")}})
"""
STATEMENT = """
from sco_flat.works.base import Statement
STATEMENT = Statement(
    key="{key}", title="t", text="t", instance="huber", method="gd", defaults={{}}, claims=lambda request: [],
)
"""
MEASURE = """
from sco_flat.measures.base import Measure
MEASURE = Measure(name="{name}", title="t", evaluate=lambda look: (0.0, 1.0), interval={interval})
"""
AVERAGE = """
from sco_flat.averages.base import Average
AVERAGE = Average(name="{name}", title="t", pick=lambda run: (run.last, None))
"""
ENGINE = "class E:\n    name = 'auto'\nENGINE = E"
LOSS = """
from dataclasses import dataclass
from sco_flat.instances.huber import Huber

@dataclass(frozen=True)
class Mine(Huber):
    name = "mine"
    {field}: float = 1.0

INSTANCE = Mine
"""
WORK = """
from sco_flat.works.base import Statement, Work
WORK = Work(name="{name}", title="t", citation="c")
STATEMENTS = tuple(
    Statement(key=key, title="t", text="t", instance="huber", method="gd", defaults={{}}, claims=lambda request: [])
    for key in {keys}
)
"""
REFUSED = {
    "option": (METHOD.format(name="m", parameter="epsilon"), "is called like the option epsilon; rename it"),
    "symbol": (METHOD.format(name="m", parameter="T"), "the parameter T of m is called like the option steps"),
    "of losses": (METHOD.format(name="m", parameter="dimension"), "is called like the option dimension"),
    "place of its own": (METHOD.format(name="m", parameter="repetition"), "is called like the option repetition"),
    "no word": (METHOD.format(name="m", parameter="a-b"), "the parameter 'a-b' of m is no word"),
    "field": (LOSS.format(field="eta"), "its field eta is called like step_size; rename it"),
    "field of a request": (LOSS.format(field="instance"), "the field instance of mine is called like the instance"),
    "average stability": (AVERAGE.format(name="stability"), "'stability' means something else among averages"),
    "average bounds": (AVERAGE.format(name="bounds"), "'bounds' means something else among averages"),
    "average with a dot": (AVERAGE.format(name="last.saer"), "'last.saer' is no word"),
    "engine auto": (ENGINE, "'auto' means something else among engines"),
    "column": (MEASURE.format(name="saer_low", interval=False), "saer_low has the column saer_low of saer; rename it"),
    "package's own": (MEASURE.format(name="SAER", interval=False), "measures has a 'SAER' of its own"),
    "key": (STATEMENT.format(key="descent"), "call it work.name, for example our-note.descent"),
    "half a key": (STATEMENT.format(key=".descent"), "call it work.name, for example our-note.descent"),
    "the paper's": (STATEMENT.format(key="flat-minima.9"), "is in the package's own work flat-minima; name a work"),
    "a work of the package": (WORK.format(name="flat-minima", keys=()), "works has a 'flat-minima' of its own"),
    "another work": (WORK.format(name="ours", keys=("yours.x",)), "'yours.x' is of another work than its 'ours'"),
    "twice": (WORK.format(name="ours", keys=("ours.x", "ours.x")), "declares 'ours.x' twice"),
    "leaves": ("raise SystemExit(0)", "cannot be loaded (SystemExit: 0); mend the file"),
    "no name": ("METHOD = 3", "its METHOD has no name; give it one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_at_registration(tmp_path, plugins, case):
    text, said = REFUSED[case]
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError) as error:
        sco_flat.register(tmp_path / "mine.py")
    assert said in str(error.value)
    assert "mine.py" in str(error.value) or case == "field"  # own_fields names the loss
    assert tmp_path / "mine.py" not in _registry.added_files()
    assert not any(path == tmp_path / "mine.py" for path in _registry._origin.values())


def test_columns_of_two_plug_ins(tmp_path, plugins):
    (tmp_path / "a.py").write_text(MEASURE.format(name="length_low", interval=False))
    (tmp_path / "b.py").write_text(MEASURE.format(name="length", interval=True))
    sco_flat.register(tmp_path / "a.py")
    with pytest.raises(InputError, match="the measure length has the column length_low of length_low; rename it"):
        sco_flat.register(tmp_path / "b.py")


def test_one_name_from_two_files(tmp_path, plugins):
    for name, parameter in (("a", "x"), ("b", "y")):
        (tmp_path / f"{name}.py").write_text(METHOD.format(name="mine", parameter=parameter))
    sco_flat.register(tmp_path / "a.py")
    sco_flat.register(tmp_path / "a.py")
    with pytest.raises(InputError, match=r"methods has a 'mine' from .*a\.py; rename one of them"):
        sco_flat.register(tmp_path / "b.py")
    assert list(sco_flat.methods.get("mine").parameters) == ["x"]
    (tmp_path / "b.py").write_text(METHOD.format(name="Mine", parameter="y"))  # names are found in capitals or not
    with pytest.raises(InputError, match="methods has a 'mine' from"):
        sco_flat.register(tmp_path / "b.py")


def test_a_name_that_a_file_gives_up_is_gone(tmp_path, plugins):
    for name in ("old", "new"):
        (tmp_path / "mine.py").write_text(METHOD.format(name=name, parameter="x"))
        sco_flat.register(tmp_path / "mine.py")
    assert "new" in sco_flat.methods.names()
    assert "old" not in sco_flat.methods.names()


def test_a_method_and_a_loss_with_one_name_for_a_number(tmp_path, plugins):
    (tmp_path / "mine.py").write_text(METHOD.format(name="mine", parameter="delta"))
    sco_flat.register(tmp_path / "mine.py")
    assert sco_flat.run("huber", "mine", steps=3, delta=0.25).parameters["delta"] == 0.25
    for numbers in ({"delta": 0.25}, {}):
        with pytest.raises(InputError, match="its parameter delta is called like one of sam-chain; rename it"):
            sco_flat.request_from("sam-chain", "mine", **numbers)


def test_a_loss_that_says_nothing_is_not_judged(tmp_path, plugins):
    """(1 - w_1 w_2)² without a word about convexity, sign, minima: no bound speaks, no flat ball is taken."""
    for name, text in (("valley", sources.LOSSES["valley"]), ("valley_kernels", sources.KERNELS["valley_kernels"])):
        (tmp_path / f"{name}.py").write_text(text)
    assert not any(word in sources.LOSSES["valley"] for word in ("convex = ", "flat = ", "realizable = "))
    sco_flat.register(tmp_path / "valley.py")
    for method in ("sam", "sagd"):
        own = {"oracle": "ascent"} if method == "sagd" else {}
        claims = sco_flat.run("valley", method, n=6, steps=6, **own).claims
        said = {c.note for c in claims if c.kind == "conclusion"}
        assert {c.verdict for c in claims if c.kind == "conclusion"} == {"not applicable"}
        assert "valley does not say that it is convex" in said
    with pytest.raises(InputError, match="valley does not say that it has a flat ball"):
        sco_flat.run("valley", "gd", n=6, steps=6, flatness_radius=0.4)
