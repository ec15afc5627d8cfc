"""The compiled driver on networks against layers and methods written out once more, in NumPy and in fractions.

The reference shares nothing with the package but the order of the weights and the examples of each batch.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest

from sco_flat.engines.simulation import simulate
from sco_flat.instances.ball import Ball
from sco_flat.instances.xor import Xor
from sco_flat.methods.base import listed_batches
from sco_flat.samples import streams
from sco_flat.settings import Settings

SEED = 5


@dataclass(frozen=True)
class ThreeClasses(Xor):
    """A sample with labels 0, 1, 2."""

    classes = 3

    def labels(self, inputs):
        return np.arange(len(inputs)) % 3.0


# --- the reference ---------------------------------------------------------------------------------------
def layers(o, w):
    """Matrices, biases (0 where there is none) and gains, as `NetworkLoss` says that they lie in w."""
    outputs, at, found, gains = 3 if o["objective"] == "cross-entropy" else 1, 0, [], None
    sizes = [o["inputs"], *[o["width"]] * (o["depth"] - 1), outputs]
    for k in range(o["depth"]):
        size = sizes[k] * sizes[k + 1]
        weights, at = w[at : at + size].reshape(sizes[k], sizes[k + 1]), at + size
        bias = 0 * w[: sizes[k + 1]]
        if o["bias"] == "all" or (o["bias"] == "first" and k == 0):
            bias, at = w[at : at + sizes[k + 1]], at + sizes[k + 1]
        if o["network"] == "batch-norm" and k == 0:
            gains, at = w[at : at + sizes[1]], at + sizes[1]
        found.append((weights, bias))
    assert at == len(w)
    return found, gains


def active(o, u):
    """The activation and its derivative."""
    if o["activation"] == "relu":
        return np.where(u > 0, u, 0 * u), np.where(u > 0, 0 * u + 1, 0 * u)
    return (u, 0 * u + 1) if o["activation"] == "linear" else (np.log(1 + np.exp(u)), 1 / (1 + np.exp(-u)))


def felt(o, f, y):
    """The derivative of the loss in the outputs, of each example."""
    if o["objective"] == "square":
        return 2 * (f - y[:, None])
    if o["objective"] == "logistic":
        return y[:, None] * (1 / (1 + np.exp(-y[:, None] * f)) - 1 + o["smoothing"])
    p = np.exp(f) / np.exp(f).sum(axis=1)[:, None]
    return p - (np.arange(3)[None, :] == y[:, None])


def slopes(o, w, x, y, every):
    """The gradient of the mean loss over the examples x, y; ``every`` are the inputs of the whole sample."""
    found, gains = layers(o, w)
    own = {"w": [0] * len(found), "b": [0] * len(found)}
    kept, sums = [x], []
    for k, (weights, bias) in enumerate(found):
        sums.append(kept[-1] @ weights + bias)
        if k < len(found) - 1:
            h = active(o, sums[-1])[0]
            if o["network"] == "layer-norm":
                long = np.sqrt((h * h).sum(axis=1))[:, None]
                h = h / np.maximum(long, o["eps"])
            elif o["network"] == "batch-norm":
                root = np.sqrt((active(o, every @ weights + bias)[0] ** 2).mean(axis=0))
                root = np.where(root > 0.0, root, 1.0)  # a neuron that never fires is 0
                h = h / root * gains
            kept.append(h)
    down, gain = felt(o, sums[-1], y) / len(x), []
    for k in range(len(found) - 1, -1, -1):
        own["w"][k], own["b"][k] = kept[k].T @ down, down.sum(axis=0)
        if k == 0:
            break
        down = down @ found[k][0].T
        h, rate = active(o, sums[k - 1])
        if o["network"] == "layer-norm":
            along = (down * h).sum(axis=1)[:, None] * h
            down = np.where(long > o["eps"], down / long - along / long**3, down / o["eps"])
        elif o["network"] == "batch-norm":
            gain = (down * h / root).sum(axis=0)
            moved = -(down * gains * h).sum(axis=0) / root**2  # in R_j, and from there to every example
            base = active(o, every @ found[0][0] + found[0][1])
            through = moved / root / len(every) * base[0] * base[1]
            own["w"][0], own["b"][0] = every.T @ through, through.sum(axis=0)
            down = down * gains / root * rate
            own["w"][0], own["b"][0] = own["w"][0] + x.T @ down, own["b"][0] + down.sum(axis=0)
            break
        down = down * rate
    parts = []
    for k in range(len(found)):
        parts.append(own["w"][k].ravel())
        if o["bias"] == "all" or (o["bias"] == "first" and k == 0):
            parts.append(own["b"][k])
        parts += [gain] if k == 0 and len(gain) else []
    return np.concatenate(parts)


def bits(key, t, index):
    """The number in (0, 1) of a key, a step and an index: 64-bit integers that wrap around, shifts with their sign."""
    wrap = 2**64

    def signed(z):
        return (z + 2**63) % wrap - 2**63

    z = key ^ signed(t * 0x632BE59BD9B4E019) ^ signed(index * 0x1B873593CC9E2D51)
    for _ in range(3):
        z ^= (z % wrap) >> 30
        z = signed(z * -0x40A7B892E31B1A47)
        z ^= (z % wrap) >> 27
        z = signed(z * -0x6B2FB644ECCEEE15)
        z = signed(z ^ ((z % wrap) >> 31))
    return (((z % wrap) >> 11) + 0.5) / 2.0**53


def root_of(x):
    """A square root; of a fraction with 60 digits."""
    return Fraction(math.isqrt(int(x * 10**120)), 10**60) if isinstance(x, Fraction) else math.sqrt(x)


def path(o, w, sample, batches, key=0):
    """Iterates w_1 .. w_T: method, then the cap on the first layer, then the clamp."""
    inputs, labels = sample
    start = w
    yield w
    for t, (chosen, (eta, r)) in enumerate(zip(batches, o["plan"], strict=True), 1):

        def slope(point, chosen=chosen):
            return slopes(o, point, inputs[chosen], labels[chosen], inputs)

        if o["method"] == "sam":
            g = slope(w)
            length = root_of((g * g).sum())
            w = w - eta * slope(w + r / length * g) if length else w
        elif o["method"] == "weight-noise":
            draws = [np.array([bits(key, t, k * len(w) + j) for j in range(len(w))]) for k in range(2)]
            w = w - eta / 2 * sum(slope(w + o["bound"] * (2 * u - 1)) for u in draws)
        else:
            w = w - eta * (slope(w) + o["decay"] * w)
        if o["norm_cap"]:
            w, first = w.copy(), slice(0, o["inputs"] * o["width"])
            w[first] = w[first] * min(1, o["norm_cap"] / root_of((w[first] ** 2).sum()))
        if o["clamp"] is not None:
            w = np.minimum(np.maximum(w, start - o["clamp"]), start + o["clamp"])
        if w.dtype == object:  # a step multiplies the digits of a fraction by nine
            w = np.array([x if x.denominator < 10**60 else Fraction(round(x * 10**60), 10**60) for x in w])
        yield w


USUAL = {
    "inputs": 3, "n": 7, "width": 5, "depth": 2, "network": "mlp", "bias": "first", "activation": "relu", "eps": 1e-3,
    "objective": "square", "smoothing": 0.0, "norm_cap": 0.0, "clamp": None, "method": "sam", "batch_size": 3,
    "stages": "9:.1:.2,5:.05:.3", "decay": 0.0, "bound": 0.0,
}  # fmt: skip
OF_THE_LOSS = ("inputs", "n", "width", "depth", "network", "bias", "activation", "eps", "objective", "smoothing")
LIMITED = {"norm_cap": 1.6, "clamp": 0.11, "bias": "all", "stages": "5:.1:.2,4:.2:0,5:.05:.3"}
SLOW = "9:.01:.2,5:.02:.3"
CASES = [
    {"batch_size": 1},
    {},
    {"batch_size": None, "bias": "none"},
    {"depth": 3, "bias": "all"},
    {"depth": 3, "activation": "linear", "bias": "all", "batch_size": 1, "stages": SLOW},
    {"depth": 4, "activation": "softplus", "width": 9},
    {"depth": 1, "activation": "linear", "bias": "all", "inputs": 9},
    {"network": "layer-norm", "width": 13},
    {"network": "layer-norm", "eps": 1.7, "bias": "all", "batch_size": 1, "width": 13},
    {"network": "layer-norm", "activation": "softplus", "objective": "logistic", "smoothing": 0.2},
    {"network": "batch-norm"},
    {"network": "batch-norm", "batch_size": 1, "bias": "all", "width": 9, "stages": SLOW},
    {"network": "batch-norm", "dead": True},
    {"network": "batch-norm", "activation": "softplus", "objective": "cross-entropy", "bias": "all"},
    {"objective": "logistic", "smoothing": 0.2, "activation": "softplus", "bias": "all"},
    {"objective": "logistic", "batch_size": 1, "depth": 3},
    {"objective": "cross-entropy", "bias": "all", "depth": 3},
    {"objective": "cross-entropy", "network": "layer-norm", "batch_size": 1},
    {"method": "weight-decay", "decay": 0.3} | LIMITED,
    {"method": "weight-decay", "decay": 0.3, "batch_size": None, "network": "layer-norm", "width": 13} | LIMITED,
    {"method": "weight-noise", "bound": 0.2} | LIMITED,
    {"method": "weight-noise", "bound": 0.2, "network": "batch-norm", "activation": "softplus"} | LIMITED,
    {"method": "sam", "network": "batch-norm", "objective": "cross-entropy"} | LIMITED,
    {"method": "sam", "data": "ball", "inputs": 4, "n": 11, "depth": 3} | LIMITED,
]


def built(o):
    """The loss, a sample of it with its own labels, its settings, the examples of each step, and the key of noise."""
    kind = ThreeClasses if o["objective"] == "cross-entropy" else Ball if o.get("data") == "ball" else Xor
    plan = [tuple(map(float, part.split(":"))) for part in o["stages"].split(",")]
    o["plan"] = [(eta, r) for count, eta, r in plan for _ in range(int(count))]
    steps = len(o["plan"]) + 1
    loss = kind(
        **{key: o[key] for key in OF_THE_LOSS}, norm_cap=o["norm_cap"], steps=steps, step_size=0.1,
        perturbation_radius=0.1, test=9,
    )  # fmt: skip
    own = {"weight-decay": {"weight_decay": o["decay"]}, "weight-noise": {"bound": o["bound"], "draws": 2.0}}
    size, order = o["batch_size"], "without-replacement"
    start = loss.own_start(np.random.default_rng(SEED))
    if o.get("dead"):
        start[loss.parts()["b1"].start] = -9.0
    settings = Settings(
        o["method"], start=start, stages=o["stages"], clamp=o["clamp"], batch_size=size, order=order,
        own=own.get(o["method"], {}),
    )  # fmt: skip
    drawn = streams(SEED, "order", "oracle")
    batches = [np.arange(o["n"])] * (steps - 1)
    if size is not None:
        codes, table = listed_batches(o["n"], steps, size, order, drawn["order"])
        codes = [(int(-c - 2) & (2**40 - 1), (int(-c - 2) >> 40) + 1) for c in codes]
        batches = [np.array([first]) if count == 1 else table[first : first + count] for first, count in codes]
    return loss, loss.draw("free", SEED), settings, batches, int(drawn["oracle"].integers(0, 2**62))


@pytest.mark.parametrize("given", CASES, ids=lambda o: "-".join(map(str, o.values())) or "usual")
def test_steps_are_those_of_the_reference(given):
    """All fourteen updates and the average; limits are hit where there are some."""
    o = USUAL | given
    loss, sample, settings, batches, key = built(o)
    run = simulate(loss, sample, settings, SEED)
    wanted = list(path(o, run.started(), (sample.inputs, sample.labels), batches, key))
    assert len(wanted) == 15
    for (_, w), x in zip(run.snapshots(range(1, 16)), wanted, strict=True):
        assert w == pytest.approx(x, rel=1e-11, abs=1e-12)
    assert run.average == pytest.approx(np.mean(wanted, axis=0), rel=1e-11, abs=1e-12)
    moved = np.abs(run.last - run.started())
    assert np.median(moved) > 1e-3
    assert o["clamp"] is None or moved.max() == pytest.approx(0.11, rel=1e-12)
    unlimited = list(path(o | {"norm_cap": 0.0}, run.started(), (sample.inputs, sample.labels), batches, key))
    assert (np.abs(unlimited[-1] - wanted[-1]).max() > 1e-3) == bool(o["norm_cap"])
    assert not o.get("dead") or moved[loss.parts()["g1"].start] == 0.0 < moved[loss.parts()["g1"].start + 1]
    if o["eps"] > 1.0:  # the norms of the hidden layer lie on both sides of it
        (weights, bias), _ = layers(o, run.last)[0]
        norms = np.linalg.norm(np.maximum(sample.inputs @ weights + bias, 0.0), axis=1)
        assert norms.min() < o["eps"] < norms.max()


# --- the same in fractions -------------------------------------------------------------------------------
def in_fractions(x):
    return np.array([Fraction(v) for v in np.ravel(x)], dtype=object).reshape(np.shape(x))


def exact(o, start, sample, batches):
    """Iterates in fractions of 60 digits."""
    o = o | {key: Fraction(o[key]) for key in ("decay", "norm_cap")}
    o |= {"clamp": o["clamp"] and Fraction(o["clamp"]), "plan": [tuple(map(Fraction, pair)) for pair in o["plan"]]}
    return list(path(o, in_fractions(start), (in_fractions(sample.inputs), in_fractions(sample.labels)), batches))


@pytest.mark.parametrize(
    "given",
    [
        {"depth": 3, "bias": "all"},
        {"depth": 3, "activation": "linear", "bias": "all", "batch_size": 1},
        {"method": "weight-decay", "decay": 0.25, "norm_cap": 1.625, "clamp": 0.109375, "bias": "all"},
    ],
    ids=["relu", "linear", "limits"],
)
def test_steps_of_chains_are_those_of_fractions(given):
    """Six steps with numbers that doubles hold: only the run rounds."""
    o = USUAL | given | {"stages": "3:.0625:.25,3:.03125:.5"}
    loss, sample, settings, batches, _ = built(o)
    run = simulate(loss, sample, settings, SEED)
    for (_, w), x in zip(run.snapshots(range(1, 8)), exact(o, run.started(), sample, batches), strict=True):
        assert w == pytest.approx(x.astype(float), rel=1e-13, abs=1e-14)
    assert np.abs(run.last - run.started()).max() > 0.05


@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("depth", [2, 3])
def test_one_step_is_exact_where_doubles_hold_every_number(activation, depth):
    """Weights, step size, decay and clamp are short in binary, and four examples divide by a power of two."""
    o = USUAL | {"activation": activation, "depth": depth, "bias": "all", "method": "weight-decay", "n": 4}
    o |= {"decay": 0.25, "clamp": 0.03125, "batch_size": None, "stages": "1:.0625:0"}
    loss, sample, settings, batches, _ = built(o)
    start = np.random.default_rng(SEED).integers(-8, 9, loss.dimension) / 8.0
    run = simulate(loss, sample, replace(settings, start=start), SEED)
    assert [Fraction(x) for x in run.last] == exact(o, start, sample, batches)[-1].tolist()
    moved = np.abs(run.last - start)
    assert (moved == 0.03125).any()
    assert ((moved > 0) & (moved < 0.03125)).sum() > 5
