"""Leave-one-out runs of every method with every option, against runs spelled out in NumPy from the losses alone."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import build, sample_for

from sco_flat import cli
from sco_flat.comparisons import stability
from sco_flat.errors import InputError
from sco_flat.settings import Settings

LOUD = {"lam": 0.3, "gamma": 0.4, "delta_1": 0.2, "delta_2": 0.7, "delta_3": 0.4, "delta": 0.5}
LOSSES = {
    "flat-erm": {},
    "sagd-blocks": {},
    "sam-chain": LOUD,
    "least-squares": {},
    "logistic": {},
    "sam-sharp": {},
    "huber": {},
}
ASCENTS = ((True, 0.0), (False, 0.0), (True, 0.1), (False, 1.0), (True, 1.0))
ON_A_LINE = ("least-squares", "logistic", "sam-sharp", "huber")
SCHEDULES = {
    "constant": lambda t, steps: 1.0,
    "inverse-sqrt": lambda t, steps: t**-0.5,
    "linear-decay": lambda t, steps: (steps - t) / steps,
    "warm-up": lambda t, steps: min(t / max(steps // 10, 1), 1.0),
}


# --- the gradients of the losses, by hand ---


def of_norm_hinge(instance, w, z):
    """½ [xi - rho]_+², xi² = sum_ij a_j² phi(z_i, x_ij) + c² b²."""
    a = instance.weights()[:-1]
    x, c = w[:-1].reshape(instance.m, instance.length), instance.bias_weight
    seen = (x > 0) == (z[:, None] == 1) if instance.signed else z[:, None] == 1
    felt = np.where(seen, x, 0.0)
    xi = math.sqrt(((a * felt) ** 2).sum() + (c * w[-1]) ** 2)
    if xi <= instance.flatness_radius:
        return 0.0 * w
    return (1.0 - instance.flatness_radius / xi) * np.append((a**2 * felt).ravel(), c**2 * w[-1])


def of_chain(instance, w, z):
    """Entries that z sees, chain terms, coupling."""
    c, x = instance.chain(), w[:-1].reshape(instance.m, instance.length)
    deltas = np.full(instance.length - 1, c["delta"])
    deltas[0] = c["delta_2"]
    deltas[1:2] = c["delta_3"]
    before = x[:, :-1].copy()
    before[:, 0] += c["lam"]
    chain = np.maximum(x[:, 1:] - deltas * before, 0.0)
    out = np.zeros_like(x)
    out[:, 1:] += z[:, None] * x[:, 1:] + chain
    out[:, :-1] -= deltas * chain
    seen = np.where(z == 1, 1.0, -c["kappa"])
    coupling = c["gamma"] * max(w[-1] + seen @ x[:, 0] + c["delta_1"], 0.0)
    out[:, 0] += coupling * seen
    return np.append(out.ravel(), coupling)


def of_huber(instance, w, z):
    y = w - 1.0
    return np.sign(y) * np.clip(np.abs(y) - instance.flatness_radius, 0.0, instance.knee)


SLOPES = {
    "flat-erm": of_norm_hinge,
    "sagd-blocks": of_norm_hinge,
    "sam-chain": of_chain,
    "least-squares": lambda instance, w, z: (z[0] @ w - z[1]) * z[0],
    "logistic": lambda instance, w, z: -z[1] * z[0] / (1.0 + np.exp(4.0 * z[1] * (z[0] @ w))),
    "sam-sharp": lambda instance, w, z: np.maximum(w, 0.0),
    "huber": of_huber,
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradients_by_hand_are_those_of_the_losses(name):
    instance = build(name, LOSSES[name], **({"preset": "robust"} if name == "sagd-blocks" else {}))
    rng = np.random.default_rng(3)
    for z in instance.trials(rng, 3):
        w, h = rng.standard_normal(instance.dimension), 1e-6
        quotients = [(instance.loss(w + h * e, z) - instance.loss(w - h * e, z)) / (2 * h) for e in np.eye(w.size)]
        np.testing.assert_allclose(SLOPES[name](instance, w, z), quotients, atol=1e-8)


# --- the methods, from their definitions ---


class Spelled:
    """``F_{S^(i)} = (1/n) sum_{k != i} f(., z_k)`` and the runs on it; i = None for S."""

    def __init__(self, instance, sample, settings, masks, start):
        self.instance, self.settings, self.masks, self.start = instance, settings, masks, start
        self.sample, self.n = sample, instance.n
        self.examples = [instance.example(sample, k) for k in range(self.n)]

    def chosen(self, t):
        mask = int(self.masks[t - 1 if self.masks.size > 1 else 0])
        return [k for k in range(self.n) if mask >> k & 1]

    def mean(self, function, w, picks, out):
        return sum(function(w, self.examples[k]) for k in picks if k != out) / len(picks)

    def slope(self, w, picks, out):
        live = [k for k in picks if k != out]
        if not live:
            return 0.0 * w
        return self.mean(lambda u, z: SLOPES[self.instance.name](self.instance, u, z), w, picks, out)

    def maximiser(self, w, out):
        """r times the coordinate at which F is largest: columns without a -, then without a +, then b."""
        r, everyone = self.instance.perturbation_radius, range(self.n)
        d, length = self.instance.dimension, self.instance.length
        kept = [z for k, z in enumerate(self.examples) if k != out]
        places = [np.eye(d)[-1], -np.eye(d)[-1]]
        if self.instance.has_blocks:
            plus, minus = ([i for i in range(self.instance.m) if all(z[i] == bit for z in kept)] for bit in (1, 0))
            entries = [np.eye(d)[i * length + j] * s for s, found in ((1, plus), (-1, minus)) for i in found
                       for j in range(length)]  # fmt: skip
            places = entries + places if self.settings.oracle == "adversarial" else places + entries
        values = np.array([self.mean(self.instance.loss, w + r * v, everyone, out) for v in places])
        return r * places[int(np.argmax(values >= values.max() * (1 - 1e-12)))]

    def ascent(self, w, t, out):
        s, r = self.settings, self.instance.perturbation_radius
        if s.method in ("gd", "sgd") or r == 0.0:
            return 0.0 * w
        if s.method == "sagd":
            return self.maximiser(w, out)
        g = self.slope(w, self.chosen(t), out)
        if not s.normalize:
            return r * g
        norm = np.linalg.norm(g)
        return r * g / (norm + s.epsilon) if norm > 0.0 else 0.0 * w

    def run(self, out):
        """Average, iterates, and the sum of F(w_t + v_t)."""
        steps, w, iterates, felt = self.instance.steps, self.start.copy(), [], 0.0
        for t in range(1, steps + 1):
            iterates.append(w)
            v = self.ascent(w, min(t, steps - 1), out)
            felt += self.mean(self.instance.loss, w + v, range(self.n), out)
            if t == steps:
                break
            step = self.instance.step_size * SCHEDULES[self.settings.schedule](t, steps)
            w = w - step * self.slope(w + v, self.chosen(t), out)
            if self.settings.project:
                w = w / max(1.0, np.linalg.norm(w))
        return np.mean(iterates, axis=0), np.array(iterates), felt


def drawn(k):
    """A random setting: methods in turn, options by coins."""
    rng = np.random.default_rng(k)
    method = ("gd", "sgd", "sagd", "sam", "sam")[k % 5]
    name = str(rng.choice([n for n in LOSSES if method != "sagd" or n in (*ON_A_LINE, "sagd-blocks")]))
    walk = method == "sagd" and name == "sagd-blocks"
    n, steps = int(rng.integers(2, 7)), int(rng.integers(2, 9))
    numbers = {"n": n, "steps": steps, "step_size": rng.uniform(0.05, 1.5)}
    numbers["perturbation_radius"] = rng.uniform(0.3, 1.5) if rng.random() < 0.9 or name == "sam-chain" else 0.0
    if method == "sagd" and name in ("least-squares", "logistic"):
        numbers["dimension"] = 1
    options = dict(LOSSES[name])
    if name == "sagd-blocks":
        options["preset"] = str(rng.choice(["paper", "robust"]))
    instance = build(name, options, **numbers)
    given = {"schedule": str(rng.choice(list(SCHEDULES))), "project": bool(rng.random() < 0.4), "method": method}
    given["start"] = "zero" if walk else ("gaussian", float(rng.choice([0.1, 1.0, 3.0])))
    if method == "sagd":
        given["oracle"] = str(rng.choice(["adversarial", "benign"])) if walk else "ascent"
    if method == "sgd":
        given["order"] = "one-pass" if steps <= n else str(rng.choice(["without-replacement", "with-replacement"]))
    if method == "sam":
        turn, ascent = divmod(k // 5 * 2 + k % 5 - 3, len(ASCENTS))
        given["normalize"], given["epsilon"] = ASCENTS[ascent]
        given["batch_size"] = int(rng.integers(1, n + 1)) if turn % 2 else None
    return instance, Settings(**given)


SETTINGS = {k: drawn(k) for k in range(50)}


def spread_of(instance, settings, seed):
    """What the package measures beside the runs spelled out."""
    sample = sample_for(instance, seed=seed)
    found = stability.leave_one_out(instance, sample, settings, seed)
    start = found.simulation.layout.dense(found.simulation.started())
    return found, Spelled(instance, sample, settings, found.simulation.batches(), start)


@pytest.mark.parametrize("k", SETTINGS)
def test_random_settings_are_the_runs_spelled_out(k):
    instance, settings = SETTINGS[k]
    found, spelled = spread_of(instance, settings, k)
    average, iterates, felt = spelled.run(None)
    others = [spelled.run(i) for i in range(instance.n)]
    size = max(1.0, np.abs(iterates).max())
    distances = [np.linalg.norm(average - other) for other, _, _ in others]
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12, atol=2e-15 * size)
    growth = np.mean([((iterates - other) ** 2).sum(axis=1) for _, other, _ in others], axis=0)
    np.testing.assert_allclose(found.growth, growth, rtol=1e-12, atol=1e-28 * size**2)
    assert found.eps == pytest.approx(np.mean(np.square(distances)), rel=1e-12, abs=1e-28 * size**2)
    if settings.method == "sagd":
        assert found.summed_risk >= felt * (1 - 1e-12)
    elif settings.facts()["full_batch"]:
        assert found.summed_risk == pytest.approx(felt, rel=1e-12, abs=1e-28)
    elif settings.method == "sam":
        assert math.isnan(found.summed_risk)


def test_the_random_settings_use_every_option():
    facts = [(i.name, s.method, s.normalize, s.epsilon > 0, s.batch_size is not None, s.schedule, s.project)
             for i, s in SETTINGS.values()]  # fmt: skip
    sam = [f for f in facts if f[1] == "sam"]
    assert {f[0] for f in facts} == set(LOSSES)
    assert {f[2:5] for f in sam} == {(a, b, c) for a in (True, False) for b in (True, False) for c in (True, False)}
    for method in ("gd", "sgd", "sagd", "sam"):
        own = [f for f in facts if f[1] == method]
        assert {f[5] for f in own} == set(SCHEDULES)
        assert {f[6] for f in own} == {True, False}


@pytest.mark.parametrize(
    ("words", "eps"),
    [
        ("flat-erm --n 2 --steps 2 --width 2 --step-size 1 --radius 1 --flatness-radius 0 --start gaussian:1 --seed 1 "
         "--no-normalize", 0.45876),
        ("sam-chain --n 6 --steps 21 --step-size 1/7 --seed 31 --start gaussian:0.01 --no-normalize", 0.000700),
        ("sam-chain --n 6 --steps 21 --step-size 1/7 --seed 31 --start gaussian:0.01 --epsilon 1", 0.000667),
    ],
)  # fmt: skip
def test_values_that_were_wrong(words, eps, capsys):
    """Without the factor (n-1)/n in the ascent: .2945, and others."""
    assert cli.main(["bounds", "stability", *words.split(), "--method", "sam", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["eps"] == pytest.approx(eps, rel=1e-3)


def test_the_first_of_these_by_hand():
    """One step of un-normalised SAM on two examples of ½ xi², which is a quadratic form: no factor can hide."""
    instance = build("flat-erm", n=2, steps=2, width=2, step_size=1.0, perturbation_radius=1.0, flatness_radius=0.0)
    settings = Settings("sam", normalize=False, start=("gaussian", 1.0))
    found, spelled = spread_of(instance, settings, 1)
    diagonals = np.array([np.append(np.repeat(z, instance.length), 1) for z in spelled.examples])

    def average(h):  # w - g(w + g(w)) with g(w) = h w, averaged with w
        return (spelled.start + spelled.start * (1 - h * (1 + h))) / 2

    whole = average(diagonals.mean(axis=0))
    apart = [np.linalg.norm(whole - average(d / 2)) for d in diagonals[::-1]]
    np.testing.assert_allclose(found.distances, apart, rtol=1e-14)


@pytest.mark.parametrize("method", ["gd", "sgd", "sam"])
def test_more_examples_than_a_mask_has_bits(method):
    instance = build("least-squares", n=70, steps=9)
    sample = sample_for(instance, seed=2)
    settings = Settings(method, start=("gaussian", 1.0), **({"epsilon": 0.5} if method == "sam" else {}))
    found = stability.leave_one_out(instance, sample, settings, 4)
    masks = np.array([1 << t for t in range(8)] if method == "sgd" else [(1 << 70) - 1], dtype=object)
    spelled = Spelled(instance, sample, settings, masks, found.simulation.started())
    average = spelled.run(None)[0]
    distances = [np.linalg.norm(average - spelled.run(i)[0]) for i in range(70)]
    np.testing.assert_allclose(found.distances, distances, rtol=1e-12, atol=1e-15)


def test_a_method_that_does_not_say_what_a_factor_does_is_refused():
    instance, settings = build("flat-erm"), Settings("gd")
    vars(settings)["rule"] = replace(settings.rule, scales=False)
    with pytest.raises(InputError, match="method = gd: does not say"):
        stability.leave_one_out(instance, sample_for(instance), settings)
