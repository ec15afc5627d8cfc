"""One suite for every registered architecture and data set: kernels, gradients, Jacobians, floors, refusals."""

import itertools
import math

import called
import numpy as np
import pytest

from sco_flat import curvature, instances, networks
from sco_flat.engines.layout import Layout, Look
from sco_flat.errors import InputError
from sco_flat.networks import curvature as reading

OPTIONS = [{"bias": "none"}, {"bias": "first"}, {"bias": "all", "activation": "softplus"}, {"activation": "linear"}]
DEEP = [{"depth": 1}, {"depth": 3, "bias": "first"}, {"depth": 4, "activation": "softplus", "bias": "all"}]
OBJECTIVES = [{"objective": "logistic", "smoothing": 0.2}, {"objective": "cross-entropy", "bias": "all", "depth": 3}]


def cases():
    """Every architecture with every option it can have, and every data set."""
    for name in networks.names():
        shallow = networks.get(name).shallow
        objectives = [{k: v for k, v in o.items() if k != "depth" or not shallow} for o in OBJECTIVES]
        for options in [*OPTIONS, *([] if shallow else DEEP), *objectives]:
            yield "xor", {"network": name, **options}
    for data in sorted(n for n in instances.names() if instances.get(n).curved):
        yield data, {"bias": "first", "n": 10} if instances.get(data).classes > 2 else {"bias": "first"}


CASES = list(cases())


def build(data="xor", **options):
    numbers = {"n": 9, "steps": 4, "step_size": 0.1, "perturbation_radius": 0.1, "inputs": 5, "width": 4, "test": 30}
    return instances.get(data)(**numbers | options)


@pytest.fixture(params=CASES, ids=["-".join([d, *map(str, o.values())]) for d, o in CASES])
def loss(request):
    return build(request.param[0], **request.param[1])


def look_at(loss, seed=3, w=None):
    sample = loss.draw("free", 0)
    if w is None:
        w = loss.own_start(np.random.default_rng(seed)) + 0.1 * np.random.default_rng(seed).standard_normal(
            loss.dimension
        )
    return Look(Layout(loss, sample, np.arange(1)), w)


def mean_loss(loss, sample, w, chosen):
    """In the precision of w: the definition takes long doubles, too."""
    kind = w.dtype
    inputs = sample.inputs.astype(kind)
    found = loss.predict(w, inputs[chosen], inputs)
    return loss.heights(found, sample.labels[chosen].astype(kind)).mean()


def batches(loss):
    """All examples, a bit mask, one example by its number, a stretch of a table; and whom they hold."""
    table = np.array([0, 3, 3, 8, 1], dtype=np.int64)
    yield (1 << loss.n) - 1, list(range(loss.n)), table
    yield -1, list(range(loss.n)), table
    yield 0b010010, [1, 4], table
    yield -(7 + 2), [7], table
    yield -((1 + (2 << 40)) + 2), [3, 3, 8], table


def test_value_and_gradient_of_every_batch_are_the_definition(loss):
    """Central differences in long double have about 12 digits, a thousandth of what the kernels are allowed to miss."""
    look = look_at(loss)
    v = np.random.default_rng(5).standard_normal(loss.dimension)
    for batch, chosen, table in batches(loss):
        look = Look(look.layout, look.w, batch, [look.layout.work(order=table)])
        for scale in (0.0, 0.3):
            x = (look.w + scale * v).astype(np.longdouble)
            value = mean_loss(loss, look.layout.sample, x, chosen)
            assert look.value(v, scale) == pytest.approx(float(value), rel=1e-13)
            slope, h = look.gradient(v, scale), np.longdouble(1e-6)
            steps = np.eye(loss.dimension, dtype=np.longdouble) * h
            ends = [[mean_loss(loss, look.layout.sample, x + s * e, chosen) for s in (1, -1)] for e in steps]
            wanted = [(high - low) / (2 * h) for high, low in ends]
            assert slope == pytest.approx(np.array(wanted, dtype=float), rel=1e-9, abs=1e-9)
            assert np.linalg.norm(slope) > 1e-3


def test_descend_takes_the_gradient_and_adds_its_share(loss):
    look = look_at(loss)
    v, w, whole = np.random.default_rng(5).standard_normal(loss.dimension), look.w.copy(), np.zeros(loss.dimension)
    slope = look.gradient(v, 0.2)
    out = np.zeros(loss.dimension)
    squared = loss.gradient(look.layout.params, look._work, look.batch, w, v, 0.2, out)
    assert squared == pytest.approx(float(slope @ slope), rel=1e-14)
    called.descend(loss.descend, look.layout.params, look._work, look.batch, w, v, 0.2, 0.25, whole, 3.0)
    assert (w == look.w - 0.25 * slope).all()
    assert (whole == 3.0 * (w - look.w)).all()


def test_jacobian_is_that_of_the_outputs(loss):
    sample, w = loss.draw("free", 0), look_at(loss).w.astype(np.longdouble)
    inputs, h = sample.inputs.astype(np.longdouble), np.longdouble(1e-6)
    found = loss.architecture.jacobian(loss, w, inputs, inputs)
    for j in range(loss.dimension):
        e = np.zeros(loss.dimension, dtype=np.longdouble)
        e[j] = h
        wanted = (loss.predict(w + e, inputs, inputs) - loss.predict(w - e, inputs, inputs)) / (2 * h)
        assert found[:, :, j].astype(float) == pytest.approx(wanted.astype(float), rel=1e-8, abs=1e-9)


def test_the_chain_rule_joins_jacobian_and_gradient(loss):
    """``F_S``'s Gauss-Newton matrix and its Hessian agree where the residuals are 0: labels are what is predicted."""
    look = look_at(loss)
    if loss.objective != "square":
        return
    inputs = look.layout.sample.inputs
    labels = loss.predict(look.w, inputs, inputs)[:, 0]
    sample = loss.table(inputs, labels, np.random.default_rng(0))
    fitted = Look(Layout(loss, sample, np.arange(1)), look.w)
    assert fitted.empirical_risk <= 1e-25
    slopes = loss.architecture.jacobian(loss, look.w, inputs, inputs)[:, 0]
    assert reading.trace(fitted) == pytest.approx(2.0 * np.mean(np.sum(slopes**2, axis=1)), rel=1e-13)
    assert curvature.trace(fitted) == pytest.approx(reading.trace(fitted), rel=1e-6)
    top = np.linalg.eigvalsh(2.0 / loss.n * slopes @ slopes.T)[-1]
    assert curvature.lambda_max(fitted) == pytest.approx(top, rel=1e-6)


def test_population_risk_is_the_mean_over_the_cube(loss):
    look = look_at(loss)
    if loss.name != "xor":
        assert not loss.facts()["known_risk"]
        return
    inputs = look.layout.sample.inputs
    cube = np.array(list(itertools.product((-1.0, 1.0), repeat=loss.inputs)))
    labels = cube[:, 0] * cube[:, 1]
    found = loss.predict(look.w, cube, inputs)
    classes = (labels > 0).astype(float) if loss.objective == "cross-entropy" else labels
    assert look.population_risk[0] == pytest.approx(loss.heights(found, classes).mean(), rel=1e-13)
    assert look.population_risk[0] == look.population_risk[1]
    new = np.array([not (row == inputs).all(axis=1).any() for row in cube])
    assert new.sum() == 32 - loss.n
    right = found.argmax(axis=1) == classes if loss.outputs > 1 else found[:, 0] * labels > 0
    assert reading.accuracy(look) == pytest.approx(right[new].mean(), abs=1e-15)
    assert reading.fresh_risk(look) == pytest.approx(loss.heights(found, classes)[new].mean(), rel=1e-13)


def test_the_floor_holds_at_every_point_of_a_thousand(loss):
    if loss.objective != "square" or reading.floor(look_at(loss)) is None:
        return
    nearest = math.inf
    for seed in range(60):
        look = look_at(loss, seed)
        nearest = min(nearest, reading.trace(look) / reading.floor(look))
    assert 1.0 - 1e-12 <= nearest < 100.0


def memoriser(loss, sample):
    """One neuron for each example, on at that one alone and of value ``|x'|^(1/2)`` there: balanced."""
    d, w = loss.inputs, np.zeros(loss.dimension)
    scale = (d + 1.0) ** 0.25
    w[loss.parts()["W1"]] = scale * sample.inputs.T.ravel()
    w[loss.parts()["b1"]] = scale * (1.0 - d)
    w[loss.parts()["W2"]] = sample.labels / scale
    return w, np.sqrt(d + 1.0)


def test_a_memoriser_is_on_the_floor_and_one_neuron_off_is_not():
    """With ``x_k . x <= d - 2`` elsewhere, ``relu(x_k . x + 1 - d)`` is 1 at x_k and 0 at every other point."""
    loss = build(n=9, width=9, bias="first")
    sample = loss.draw("free", 0)
    w, long = memoriser(loss, sample)
    look = Look(Layout(loss, sample, np.arange(1)), w)
    assert look.empirical_risk <= 1e-28
    assert reading.train_accuracy(look) == 1.0
    assert reading.floor(look) == pytest.approx(4.0 * long, rel=1e-13)
    assert reading.trace(look) == pytest.approx(4.0 * long, rel=1e-13)
    off = w.copy()
    off[loss.parts()["W2"].start] *= 1.01
    moved = Look(Layout(loss, sample, np.arange(1)), off)
    assert reading.trace(moved) > reading.floor(moved) * (1 + 1e-7)


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_the_batch_norm_generaliser_has_the_trace_of_its_formula(scale):
    """On a complete set ``S x {-1, 1}²`` it is ``8 + 2 (d - 2 - |mean of S|²)/s²``, s the value of a neuron."""
    d, rng = 8, np.random.default_rng(0)
    rest = np.array(list(itertools.product((-1.0, 1.0), repeat=d - 2)))[rng.choice(64, 10, replace=False)]
    inputs = np.array([[a, b, *z] for z in rest for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    loss = build(n=len(inputs), inputs=d, width=4, network="batch-norm", bias="none")
    sample, w, parts = loss.table(inputs, inputs[:, 0] * inputs[:, 1], rng), np.zeros(loss.dimension), loss.parts()
    first, outer = np.zeros((d, 4)), np.array([1.0, 1.0, -1.0, -1.0])
    first[:2] = scale / 2.0 * np.array([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]])
    w[parts["W1"]], w[parts["g1"]], w[parts["W2"]] = first.ravel(), 0.5**0.5, 0.5**0.5 * outer
    look = Look(Layout(loss, sample, np.arange(1)), w)
    wanted = 8.0 + 2.0 * (d - 2 - float(np.sum(rest.mean(axis=0) ** 2))) / scale**2
    assert look.empirical_risk <= 1e-28
    assert reading.accuracy(look) == 1.0
    assert reading.trace(look) == pytest.approx(wanted, rel=1e-13)
    w[parts["g1"]] *= 1.01  # no longer balanced
    w[parts["W2"]] /= 1.01
    assert reading.trace(Look(look.layout, w)) > wanted * (1 + 1e-5)


def test_kinks_are_counted_and_traces_there_have_no_slope():
    loss = build(n=4, inputs=2, width=4, bias="none")
    sample = loss.draw("free", 0)
    w = np.zeros(loss.dimension)
    signs = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]).T
    w[loss.parts()["W1"]] = signs.ravel()
    w[loss.parts()["W2"]] = [0.5, 0.5, -0.5, -0.5]
    look = Look(Layout(loss, sample, np.arange(1)), w)
    assert look.empirical_risk == 0.0
    assert reading.kinks(look) == 8  # at each of four points two neurons are at 0
    assert reading.trace(look) == 2.0 * (4.0 + 0.25 * 2.0)
    assert "8 pre-activations are 0" in loss.remarks_at(look)[0]
    assert reading.kinks(Look(look.layout, np.full(loss.dimension, 0.3) + np.arange(12))) == 0


def test_a_full_trace_that_is_too_dear_says_why(monkeypatch):
    loss = build(n=9, width=4)
    point = look_at(loss)
    assert loss.remarks_at(point) == []
    monkeypatch.setattr(curvature, "LARGEST", 9 * loss.dimension - 1)
    assert curvature.trace(point) is None
    assert loss.remarks_at(point) == [
        "full trace: unknown, as d n = 216 is above 215: two passes over the sample for each weight"
    ]


@pytest.mark.parametrize("depth", [2, 3])
def test_neurons_without_weights_are_at_a_kink_unless_nothing_is_felt(depth):
    """With f = a relu(u x) at a = u = 0, the second derivative of the loss is (f - y) relu'(.): there is none."""
    loss = build(n=5, inputs=3, width=3, depth=depth, bias="none")
    sample, w, parts = loss.draw("free", 0), np.zeros(loss.dimension), loss.parts()
    look = Look(Layout(loss, sample, np.arange(1)), w)
    assert reading.kinks(look) == 5 * 3  # behind a dead layer nothing moves
    assert "15 pre-activations are 0" in loss.remarks_at(look)[0]
    generic = look_at(loss).w
    assert reading.kinks(Look(look.layout, generic)) == 0
    for key, part in (("W1", slice(0, None, 3)), (f"W{depth}", slice(0, 1))):
        generic[parts[key]][part] = 0.0
    if depth == 3:
        generic[parts["W2"]][:3] = 0.0
    apart = Look(look.layout, generic)
    labels = loss.predict(generic, sample.inputs, sample.inputs)[:, 0]
    fitted = loss.table(sample.inputs, labels, np.random.default_rng(0))
    assert reading.kinks(apart) == 5
    assert reading.kinks(Look(Layout(loss, fitted, np.arange(1)), generic)) == 0
    generic[parts["W2"]][0] = 0.5  # now it is felt
    assert reading.kinks(Look(Layout(loss, fitted, np.arange(1)), generic)) == 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"inputs": 1}, "inputs = 1: must be a whole number, at least 2"),
        ({"width": 0}, "width = 0"),
        ({"depth": 0}, "depth = 0"),
        ({"network": "layer-norm", "depth": 3}, "layer-norm has two layers"),
        ({"network": "layer-nrm"}, "layer-norm"),
        ({"smoothing": 0.2}, "no smoothed labels"),
        ({"n": 33}, "the cube has 32 points"),
        ({"eps": 0.0}, "eps"),
        ({"norm_cap": -1.0}, "norm-cap"),
        ({"activation": "tanh"}, "activation"),
        ({"flatness_radius": 0.1}, "has no flat ball"),
    ],
)
def test_refusals_name_the_key(options, words):
    with pytest.raises(InputError, match=words.replace("(", ".")):
        build(**options)


def test_more_refusals():
    with pytest.raises(InputError, match="ball has no classes"):
        build("ball", objective="logistic")
    loss = build(network="batch-norm")
    with pytest.raises(InputError, match="statistics are those of all examples"):
        loss.without(loss.draw("free", 0), 0)
    with pytest.raises(InputError, match="must be of shapes"):
        loss.table(np.zeros((3, 5)), np.zeros(3), np.random.default_rng(0))
    with pytest.raises(InputError, match="has no columns"):
        loss.draw("any", 0)


@pytest.mark.parametrize("data", ["xor", "ball"])
def test_one_input_with_two_labels_is_refused(data):
    """Twice with one label it stays; -0.0 is 0.0. A drawn sample has the labels of its inputs: see ``draw``."""
    loss, rng = build(data, n=3, inputs=2), np.random.default_rng(0)
    inputs = np.array([[0.0, 1.0], [1.0, 1.0], [-0.0, 1.0]])
    kept = loss.table(inputs, np.array([1.0, 1.0, 1.0]), rng)
    assert kept.labels.tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="sample = examples 0 and 2: are one input with the labels 1 and -1: no") as e:
        loss.table(inputs, np.array([1.0, -1.0, -1.0]), rng)
    assert "\n" not in str(e.value)
    assert loss.table(inputs + np.array([[0], [0], [2]]), np.array([1.0, -1.0, -1.0]), rng).n == 3


def test_the_sample_is_distinct_and_in_the_order_of_the_cube():
    loss = build(n=18, inputs=6)
    sample = loss.draw("free", 1)
    assert len(np.unique(sample.inputs, axis=0)) == 18
    cube = np.array(list(itertools.product((-1.0, 1.0), repeat=6)))
    assert (loss.law() == cube).all()
    assert (sample.labels == sample.inputs[:, 0] * sample.inputs[:, 1]).all()
    wide = build(n=200, inputs=40)
    assert len(np.unique(wide.draw("free", 0).inputs, axis=0)) == 200


def test_curvature_of_convex_losses():
    """Flat minima have none; least squares has that of its matrix."""
    from sco_flat.requests import request_from
    from sco_flat.runs import execute

    numbers = {"n": 12, "dimension": 7, "steps": 9}
    request = request_from("least-squares", "gd", **numbers)
    run, simulation = execute(request, curvature=True)
    x = simulation.layout.sample.inputs
    assert run.points["last"].trace == pytest.approx(np.trace(x.T @ x) / 12, rel=1e-8)
    assert run.points["last"].lambda_max == pytest.approx(np.linalg.eigvalsh(x.T @ x / 12)[-1], rel=1e-8)
    assert "trace" not in execute(request)[0].points["last"].values
    flat, _ = execute(request_from("flat-erm", n=5, steps=4, flatness_radius=0.1), curvature=True)
    assert (flat.points["last"].lambda_max, flat.points["last"].trace) == (0.0, 0.0)
