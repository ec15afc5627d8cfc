"""F2M's training and sessions: gradients, the box, the released code, and what is refused."""

import json
import sys

import numpy as np
import pytest

import sco_flat
from sco_flat import cli
from sco_flat.errors import InputError
from sco_flat.instances import images
from sco_flat.sweeps.work import _reason
from sco_flat.works.f2m import network, sessions, tasks
from sco_flat.works.f2m.network import Net, Search

RNG = np.random.default_rng(5)
LONG = np.longdouble


def random_net(inputs=4, hidden=6, embedded=3, classes=3):
    sizes = ((inputs, hidden), (hidden,), (hidden, embedded), (embedded, classes), (classes,))
    return Net(*(RNG.standard_normal(size).astype(LONG) for size in sizes))


def by_the_formula(net, x, labels, noises, lam, released):
    """The objective in loops, from its definition."""
    losses, classes = [], sorted(set(labels.tolist()))
    h = np.maximum(np.array([[sum(row * column) for column in net.first.T] for row in x]) + net.offset, LONG(0))

    def embedded(second):
        return np.array([[sum(row * column) for column in second.T] for row in h])

    for eps in noises:
        loss = LONG(0)
        for row, label in zip(embedded(net.second + eps), labels, strict=True):
            logits = [sum(row * column) + c for column, c in zip(net.out.T, net.shift, strict=True)]
            loss += (np.log(sum(np.exp(v) for v in logits)) - logits[label]) / len(labels)
        if not released:
            before, after = embedded(net.second), embedded(net.second + eps)
            moves = [((after[labels == c].mean(0) - before[labels == c].mean(0)) ** 2).sum() for c in classes]
            loss += lam * sum(moves) / len(classes)
        losses.append(loss)
    mean = sum(losses) / len(losses)
    if not released:
        return mean
    return mean + 2 * np.sqrt(sum((v - mean) ** 2 for v in losses) / (len(losses) - 1))


@pytest.mark.parametrize("released", [False, True])
def test_objective_and_its_gradient_against_differences(released):
    net, labels = random_net(), np.arange(7) % 3
    x = RNG.standard_normal((7, 4)).astype(LONG)
    noises = [RNG.uniform(-0.3, 0.3, net.second.shape).astype(LONG) for _ in range(3)]
    value, slopes = network.objective(net, (x, labels), noises, Search(0.3, 3, 0.7, released))
    assert value == pytest.approx(float(by_the_formula(net, x, labels, noises, 0.7, released)), rel=1e-14)
    step = LONG(1e-6)
    for weights, slope in zip(net.parts(), slopes, strict=True):
        for place in np.ndindex(weights.shape):
            kept, ends = weights[place], []
            for sign in (1, -1):
                weights[place] = kept + sign * step
                ends.append(by_the_formula(net, x, labels, noises, 0.7, released))
            weights[place] = kept
            assert float((ends[0] - ends[1]) / (2 * step)) == pytest.approx(float(slope[place]), rel=1e-7, abs=1e-9)


def test_prototype_loss_against_differences():
    second, h = RNG.standard_normal((6, 3)).astype(LONG), RNG.uniform(0, 1, (8, 6)).astype(LONG)
    labels, known = np.repeat([4, 5], 4), RNG.standard_normal((4, 3)).astype(LONG)

    def loss(weights):
        z = np.array([[sum(row * column) for column in weights.T] for row in h])
        centres = np.vstack([known, z[labels == 4].mean(0), z[labels == 5].mean(0)])
        total = LONG(0)
        for row, label in zip(z, labels, strict=True):
            apart = [-((row - centre) ** 2).sum() for centre in centres]
            total += (np.log(sum(np.exp(v) for v in apart)) - apart[label]) / len(labels)
        return total

    value, slope = network.prototype_loss(second, h, labels, known)
    assert value == pytest.approx(float(loss(second)), rel=1e-14)
    for place in np.ndindex(second.shape):
        change = np.zeros_like(second)
        change[place] = LONG(1e-6)
        found = (loss(second + change) - loss(second - change)) / LONG(2e-6)
        assert float(found) == pytest.approx(float(slope[place]), rel=1e-7, abs=1e-9)


def test_the_prototype_term_has_the_slope_that_the_erratum_states():
    """2 eps² where it is differentiated, at x = W_1 = 1; nothing as released."""
    one, eps = np.ones((1, 1)), 0.1
    net, batch = Net(one, np.zeros(1), one, one, np.zeros(1)), (one, np.array([0]))
    for released, slope in ((False, 2 * eps**2), (True, 0.0)):
        with_term, without = (
            network.objective(net, batch, [eps * one], Search(eps, 1, lam, released))[1][0][0, 0] for lam in (1.0, 0.0)
        )
        assert with_term - without == pytest.approx(slope, abs=1e-15)


@pytest.mark.parametrize(
    ("search", "examples", "hidden"),
    [
        (Search(0.15, 2, 0.01), 130, 5),
        (Search(0.15, 3, 0.4), 480, 21),  # twelve classes, of which a batch may lack some
        (Search(0.15, 2, 0.4, released=True), 480, 16),
        (Search(0.15, 0, 0.0), 50, 3),  # fewer examples than a batch
    ],
)
def test_first_steps_of_base_training(search, examples, hidden):
    """Two steps of SGD with noise, by hand: the same draws, batches and noise, and the kernels' bits."""
    task = tasks.gaussians(0, 1)
    shuffled = np.random.default_rng(3).permutation(len(task.base[1]))[:examples]
    data = task.base[0][shuffled], task.base[1][shuffled] if examples > 400 else np.arange(examples) % 4
    found = network.trained(data, search, np.random.default_rng(7), hidden=hidden, steps=2, step_size=0.1)
    rng, classes = np.random.default_rng(7), len(np.unique(data[1]))
    first, second = rng.standard_normal((24, hidden)) * (2 / 24) ** 0.5, rng.standard_normal((hidden, 12)) / hidden**0.5
    net = Net(first, np.zeros(hidden), second, rng.standard_normal((12, classes)) / 12**0.5, np.zeros(classes))
    order = rng.permutation(examples)
    for k in range(2):
        if k and examples < 120:
            order = rng.permutation(examples)
        rows = order[60 * k : 60 * k + 60] if examples >= 120 else order
        noises = [search.noise(rng, (hidden, 12)) for _ in range(search.draws)] or [np.zeros((hidden, 12))]
        slopes = network.objective(net, (data[0][rows], data[1][rows]), noises, search)[1]
        net = Net(*(weights - 0.1 * slope for weights, slope in zip(net.parts(), slopes, strict=True)))
    for own, other in zip(found.parts(), net.parts(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.fixture(scope="module")
def plain():
    task = tasks.gaussians(1, 5)
    return task, network.trained(task.base, Search(0.1, 0, 0.0), np.random.default_rng(1), hidden=12, steps=100,
                                 step_size=0.2)  # fmt: skip


@pytest.mark.parametrize("bound", [0.0, 1e-3, 0.05])
def test_the_box_holds_at_every_step_and_at_zero_nothing_moves(plain, bound):
    task, net = plain
    row = sessions.followed(net, task, box=bound, epochs=5, step_size=0.05)
    assert row.moved <= bound * (1 + 1e-12) + 2**-50
    assert (row.moved > 0) == (bound > 0)
    assert len(row.accuracy) == 5
    if bound == 0.0:
        np.testing.assert_array_equal(row.embedding, net.second)
        assert row.accuracy == sessions.followed(net, task, box=None, epochs=0, step_size=0.05).accuracy


def test_a_box_wider_than_the_walk_is_none(plain):
    task, net = plain
    free = sessions.followed(net, task, box=None, epochs=5, step_size=0.05)
    wide = sessions.followed(net, task, box=2 * free.moved, epochs=5, step_size=0.05)
    np.testing.assert_array_equal(free.embedding, wide.embedding)


def test_updates_of_the_released_code_are_multiples(plain):
    task, net = plain
    row = sessions.followed(net, task, box=0.08, epochs=3, step_size=0.2, released=True)
    shares = (row.embedding - net.second) / 0.04
    assert np.abs(shares - np.round(shares)).max() < 1e-12
    assert np.abs(shares).max() <= 2 + 1e-12
    assert np.abs(shares).max() > 0


def test_noise_of_the_released_code():
    drawn = Search(2.0, 1, 0.0, released=True).noise(np.random.default_rng(0), (10**5,))
    for share, chance in ((-1, 0.26), (-0.5, 0.0), (0, 0.17), (0.5, 0.16), (1, 0.41)):
        assert np.mean(drawn == 2.0 * share) == pytest.approx(chance, abs=0.006)
    even = Search(2.0, 1, 0.0).noise(np.random.default_rng(0), (10**5,))
    assert abs(even.mean()) < 0.02
    assert np.abs(even).max() <= 2.0


def test_nearest_prototypes():
    z, centres = np.array([[1.0, 0.1], [0.1, 1.0]]), np.array([[5.0, 0.0], [0.0, 0.1]])
    assert network.nearest(z, centres).tolist() == [1, 1]  # the second one is nearer to both
    assert network.nearest(z, centres, normalised=True).tolist() == [0, 1]


@pytest.mark.deep
@pytest.mark.parametrize("data", ["toy", "digits"])
def test_six_seeds_in_kind(data):
    if data == "digits":
        pytest.importorskip("sklearn")
    found = sco_flat.check("f2m.sessions", data=data)
    assert found.verdict == "holds"


def test_limits_are_those_of_the_statements_own_numbers():
    """One seed is measured, and not held against what is said of the mean of six."""
    found = sco_flat.check("f2m.sessions", seeds=1, epochs=1, shots=4)
    limits = [c for c in found.claims if c.kind == "conclusion"]
    assert len(limits) == 4
    assert {c.verdict for c in limits} == {"not applicable"}
    assert all("epochs = 1 for 20, seeds = 1 for 6" in c.note for c in limits)
    assert all(c.value is not None for c in limits)
    assert found.verdict == "not applicable"
    assert "epochs = 1 for 20" in str(found).partition("verdict: ")[2]
    assert "epochs = 1 for 20" in _reason(found.verdict, tuple(found.claims))


def test_table_of_one_seed_says_what_was_measured(capsys):
    words = ["check", "f2m.sessions", "--set", "variant=released", "--set", "seeds=1", "--set", "epochs=2", "--json"]
    assert cli.main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert {c["evidence"] for c in found["claims"]} == {"float"}
    assert found["parameters"]["variant"] == "released"
    told = [c["note"] for c in found["claims"] if c["name"].endswith("max |W - W_0|")]
    assert [note.partition(":")[0] for note in told] == [
        "frozen",
        "fine-tune",
        "clamp",
        "F2M(0)",
        "F2M(0.01)",
        "F2M(0.1)",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--clamp", "-1"], "clamp = -1"),
        (["--set", "draws=0"], "draws = 0"),
        (["--set", "shots=0"], "shots = 0"),
        (["--set", "data=cifar"], "data = 'cifar': is not known; choose one of digits, toy"),
        (["--set", "variant=own"], "variant = 'own'"),
        (["--set", "lam=-1"], "lam = -1"),
        (["--n", "6"], "n = 6"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(words, said, capsys):
    assert cli.main(["check", "f2m.sessions", *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"sco-flat: {said}")
    assert err.count("\n") == 1


def test_sessions_that_bring_nothing_new_are_refused():
    base = (np.zeros((2, 3)), np.array([0, 1]))
    with pytest.raises(InputError, match="brings class 1, which was there before"):
        tasks.Task(base, ((np.zeros((1, 3)), np.array([1])),), base)
    with pytest.raises(InputError, match="brings no example"):
        tasks.Task(base, ((np.zeros((0, 3)), np.array([], dtype=int)),), base)


def test_missing_images_are_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    images.digits.cache_clear()
    assert cli.main(["check", "f2m.sessions", "--set", "data=digits"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("sco-flat: data = digits: scikit-learn")
    assert 'pip install "sco_flat[data]"' in err
    assert err.count("\n") == 1


def test_a_mutated_rule_is_seen():
    """What the sessions rest on: a step of another sign makes the loss of the shots larger."""
    task, rng = tasks.gaussians(2, 5), np.random.default_rng(3)
    h, second = rng.uniform(0, 1, (10, 6)), rng.standard_normal((6, 12))
    known, labels = rng.standard_normal((12, 12)), task.sessions[0][1]
    value, slope = network.prototype_loss(second, h, labels, known)
    assert network.prototype_loss(second - 1e-3 * slope, h, labels, known)[0] < value
    assert network.prototype_loss(second + 1e-3 * slope, h, labels, known)[0] > value
