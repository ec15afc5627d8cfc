"""What does not fit into the free memory is refused before it is made, with what would fit; what is free is read."""

import re

import numpy as np
import pytest

import sco_flat
from sco_flat import cli, instances, memory, patience, requests
from sco_flat.engines import memory as sizes
from sco_flat.errors import InputError
from sco_flat.sweeps import work

LINE = re.compile(
    r"sco-flat: memory = about [\d,.]+ [MGT]B: more than the [\d.]+ [MG]B that are free; (.+), or say --yes "
    r"\(in Python: sco_flat\.patience\.unlimited\(\)\)\n"
)


@pytest.fixture
def free(monkeypatch):
    """Set what is free."""

    def give(count):
        monkeypatch.setattr(memory, "free_bytes", lambda: int(count))

    return give


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("run sam-chain --n 30 --set density=0.6", r"take --n \d+ or less"),
        ("run sam-chain --n 30 --engine blocks", "leave --engine out"),
        ("run sam-chain --n 40 --method sgd", r"take --n \d+ or less"),
        ("run sam-chain --n 22 --engine dense", "leave --engine out"),
        ("run sagd-blocks --n 10 --width 1e9", r"take --width \d{2}0+ or less"),
        ("run sam-sharp --steps 1e9", r"take --steps \d{2}0+ or less"),
        ("run least-squares --n 1e6 --dimension 1e6", r"take --(n|dimension) \d+ or less"),
        ("check 7 --n 30 --set density=0.6", r"take --n \d+ or less"),
        ("check 1 --n 10 --width 1e9", r"take --width \d+ or less"),
        ("bounds stability sam-chain --n 30", r"take --n \d+ or less"),
        ("bounds stability least-squares --n 1e6 --steps 1e5", r"take --(n|steps) \d+ or less"),
        ("bounds stability huber --steps 1e9", r"take --steps \d+ or less"),
        ("bounds risk flat-erm --n 30", r"take --n \d+ or less"),
        ("bounds plot sam-chain --n 30 --out .", r"take --n \d+ or less"),
        ("certify sam-chain --n 30", r"take --n \d+ or less"),
        ("certify sam-chain --steps 1e9", r"take --steps \d+ or less"),
        ("certify least-squares --n 1e6 --dimension 1e4", r"take --(n|dimension) \d+ or less"),
        ("check 7 --evidence bracket --n 30", r"take --n \d+ or less"),
        ("check 3 --evidence bracket --n 10 --width 1e9", r"take --width \d+ or less"),
    ],
)
def test_the_command_line_says_what_fits(free, capsys, words, mend):
    free(4e9)
    assert cli.main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(mend, LINE.fullmatch(err)[1])
    assert len(err) < 300


def test_what_is_named_is_the_largest_that_fits(free):
    def need(n):
        request = requests.request_from("sam-chain", n=n, density=0.6)
        return sizes.run_bytes(request.build(), request.settings)

    free(4e9)
    with pytest.raises(InputError, match="take --n ") as error:
        sco_flat.run("sam-chain", n=30, density=0.6)
    n = int(re.search(r"--n (\d+)", error.value.mend)[1])
    assert need(n) <= 4e9 < need(n + 1)


def test_who_asks_for_it_may_try(free, capsys):
    free(0)
    with pytest.raises(InputError, match="memory = about 2"):
        memory.ask(2e8, "take less")
    with patience.unlimited():
        memory.ask(2e18, "take less")
    with patience.unlimited(memory=False), pytest.raises(InputError):  # as in a sweep, which has its own --yes
        memory.ask(2e8, "take less")
    assert cli.main(["run", "sam-sharp", "--steps", "600000", "--method", "gd"]) == 2
    assert LINE.fullmatch(capsys.readouterr().err)
    assert cli.main(["run", "sam-sharp", "--steps", "8", "--method", "gd"]) == 0  # a few bytes are never asked for


def test_a_cell_of_a_sweep_is_refused_before_it_is_drawn(free):
    free(4e9)
    arguments = {
        "instance": "sam-chain",
        "method": "sam",
        "n": 30,
        "density": 0.6,
        "steps": 16,
        "step_size": 0.25,
        "seed": 0,
    }
    found, message, _ = work.run(arguments, ("last",))
    assert found is None
    assert message.startswith("memory = about")
    assert message == work.refusal(arguments, ("last",))


@pytest.mark.parametrize("name", ["sam-chain", "sagd-blocks", "flat-erm", "least-squares", "logistic", "huber"])
@pytest.mark.parametrize("key", ["n", "steps"])
def test_more_of_it_takes_no_less(name, key):
    loss = instances.get(name)
    before = 0.0
    for value in (6, 8, 12, 20):
        request = requests.request_from(name, **{"n": 8, "steps": 8, "step_size": 0.25, key: value})
        found = sizes.run_bytes(request.build(), request.settings)
        assert found >= before, loss
        before = found


GROUP = {
    "sys/memory.max": "max\n",
    "sys/a/memory.max": "4000000000\n",
    "sys/a/memory.current": "3000000000\n",
    "sys/a/memory.stat": "anon 1\ninactive_file 500000000\n",
    "sys/a/b/memory.max": "max\n",
    "sys/a/b/memory.current": "1000\n",
}
OLD = {
    "sys/memory/job/memory.limit_in_bytes": "2000000000\n",
    "sys/memory/job/memory.usage_in_bytes": "1500000000\n",
    "sys/memory/job/memory.stat": "total_inactive_file 100\n",
}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    7000000 kB\n"}, 7_168_000_000),
        ({"proc/meminfo": "MemAvailable: 7000000 kB\n", "proc/self/cgroup": "0::/a/b\n", **GROUP}, 1_500_000_000),
        ({"proc/meminfo": "MemAvailable: 1000 kB\n", "proc/self/cgroup": "0::/a/b\n", **GROUP}, 1_024_000),
        ({"proc/self/cgroup": "0::/../elsewhere\n", **GROUP}, None),
        ({"proc/self/cgroup": "3:cpu,memory:/job\n1:name=systemd:/x\n", **OLD}, 500_000_100),
    ],
)
def test_what_is_free_is_the_least_of_what_the_system_tells(monkeypatch, tmp_path, files, told):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "sys")
    monkeypatch.setattr(memory.os, "sysconf", lambda name: 1000 if name == "SC_PAGE_SIZE" else 2_000_000, raising=False)
    assert memory.free_bytes() == int(memory.SPARE * (2e9 if told is None else told))


def test_other_systems(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "PROC", tmp_path)

    def only_physical(name):
        if name == "SC_AVPHYS_PAGES":
            raise ValueError(name)
        return {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 2_000_000}[name]

    monkeypatch.setattr(memory.os, "sysconf", only_physical, raising=False)
    assert memory.free_bytes() == int(memory.SPARE * 1e9)
    monkeypatch.delattr(memory.os, "sysconf", raising=False)
    assert memory.free_bytes() == int(memory.SPARE * memory.UNTOLD)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (3e5, "0.3 MB"), (9.4e8, "940 MB"), (7.9e9, "7.9 GB"), (1.84e10, "18 GB"), (3.4e15, "3,400 TB"),
        (10**401, "10^401 bytes"),
    ],
)  # fmt: skip
def test_sizes_in_words(count, text):
    assert memory.size(count) == text


@pytest.mark.parametrize("decay", [None, 0.0, 1e-16, 1e-15, 1e-13, 0.02, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 1000])
def test_weights_are_described_as_they_are(steps, decay):
    numbers = {"n": 6, "steps": steps, "step_size": 0.1, "perturbation_radius": 0.5, "preset": "robust"}
    loss = instances.get("sagd-blocks")(**numbers, decay=decay)
    weights = loss.weights()
    assert loss.facts()["falling_weights"] == bool(np.all(np.diff(weights[:steps]) < 0.0))
    assert [loss.weight(j) for j in range(steps)] == weights[:-1].tolist()


def test_a_loss_of_many_steps_is_described_without_its_weights(monkeypatch):
    cls = instances.get("sagd-blocks")
    monkeypatch.setattr(cls, "weights", lambda self: pytest.fail("they are written out"))
    for preset in ("paper", "robust"):
        loss = cls(n=6, steps=10**9, step_size=0.1, perturbation_radius=0.5, preset=preset)
        assert loss.facts()["falling_weights"] == (preset == "robust")
        assert loss.smoothness == 1.0


def test_steps_count_the_columns_that_move_and_not_those_that_rest():
    """A run of Theorem 1's loss stores every block once; n = 25 takes about 1.4 GB, and was foretold at 38."""
    request = requests.request_from("flat-erm", n=25)
    assert 0.5e9 < sizes.run_bytes(request.build(), request.settings) < 5e9
