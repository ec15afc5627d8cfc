"""A network of two layers in front of a classifier: what base training and sessions do to it, in NumPy.

``h = relu(x W_1 + b_1)``, the embedding ``z = h W_2``, the logits ``z P + c``. Noise and the clamp are those of W_2.
Products are sums in a fixed order, so that no number of threads changes a bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sco_flat.networks.base import times
from sco_flat.works.f2m import kernels
from sco_flat.works.f2m.kernels import EMBEDDED
from sco_flat.works.f2m.tasks import Array, Examples, Labels

BATCH = 60
FREQUENCIES = {-1.0: 0.26, -0.5: 0.0, 0.0: 0.17, 0.5: 0.16, 1.0: 0.41}
"""How often the released code draws each multiple of b, counted in a run of it: -b/2 never."""


@dataclass
class Net:
    """First layer, embedding, classifier."""

    first: Array
    offset: Array
    second: Array
    out: Array
    shift: Array

    def hidden(self, x: Array) -> Array:
        """``relu(x W_1 + b_1)``."""
        return np.maximum(times(x, self.first) + self.offset, 0.0)

    def parts(self) -> tuple[Array, ...]:
        """All weights, in order."""
        return self.first, self.offset, self.second, self.out, self.shift


@dataclass(frozen=True)
class Search:
    """How base training looks for a flat minimum.

    Attributes
    ----------
    bound : float
        b: the noise on W_2 lies within it.
    draws : int
        M; 0 for plain training.
    weight : float
        lam of the prototype term.
    released : bool
        As the released code does: noise from `FREQUENCIES`, two standard deviations of the M losses beside their
        mean, and a prototype term without a gradient.
    """

    bound: float
    draws: int
    weight: float
    released: bool = False

    def noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """One draw."""
        if self.released:
            values, chances = np.array([*FREQUENCIES]), np.array([*FREQUENCIES.values()])
            return np.asarray(self.bound * rng.choice(values, size=shape, p=chances))
        return rng.uniform(-self.bound, self.bound, size=shape)


def one_hot(labels: Labels, classes: int) -> Array:
    """Rows of zeros with a one at the label."""
    return np.asarray(labels[:, None] == np.arange(classes), dtype=np.float64)


def softmax(x: Array) -> Array:
    """Row by row."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def cross_entropy(logits: Array, hot: Array) -> float:
    """Mean over the rows."""
    top = logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - (logits * hot).sum(axis=1)))


def means(labels: Labels, classes: Labels) -> Array:
    """The matrix that takes rows to the means of their classes, shape (classes, rows); a class without rows is 0."""
    hot = np.asarray(classes[:, None] == labels[None, :], dtype=np.float64)
    return np.asarray(hot / np.maximum(hot.sum(axis=1, keepdims=True), 1.0))


def objective(net: Net, batch: Examples, noises: list[Array], search: Search) -> tuple[float, tuple[Array, ...]]:
    """``(1/M) sum_j { CE(noisy) + lam (1/C) sum_c |p_c - p_c*|² }`` on a batch, and its gradient.

    Parameters
    ----------
    net : Net
        The weights.
    batch : Examples
        Inputs and labels; C counts the classes that it holds, and p_c are means over it.
    noises : list of ndarray
        eps_j; a single 0 for plain training.
    search : Search
        Whether the terms are those of the released code.

    Returns
    -------
    float, tuple of ndarray
        In the order of ``Net.parts``.
    """
    x, labels = batch
    hot, h = one_hot(labels, net.out.shape[1]), net.hidden(x)
    mean = means(labels, np.unique(labels))
    centre = times(mean, h)
    losses, gradients = [], []
    for eps in noises:
        weights = net.second + eps
        z = times(h, weights)
        logits = times(z, net.out) + net.shift
        slope = (softmax(logits) - hot) / len(labels)
        back = times(slope, net.out.T)
        into = times(back, weights.T)
        drift = times(centre, eps)  # p_c* - p_c
        loss = cross_entropy(logits, hot)
        if search.released:
            losses.append(loss)
        else:
            losses.append(loss + search.weight * float((drift**2).sum()) / len(mean))
            into = into + times(mean.T, times(2.0 * search.weight / len(mean) * drift, eps.T))
        into = into * (h > 0.0)
        own = (times(x.T, into), into.sum(axis=0), times(h.T, back), times(z.T, slope), slope.sum(axis=0))
        gradients.append(own)
    value, shares = _joined(np.array(losses), search.released)
    total = tuple(sum((s * g[k] for s, g in zip(shares, gradients, strict=True)), 0.0 * w)
                  for k, w in enumerate(net.parts()))  # fmt: skip
    return value, total


def _joined(losses: Array, released: bool) -> tuple[float, Array]:
    """The mean of the losses, with two standard deviations in the released code, and its derivative in each."""
    count = len(losses)
    shares = np.full(count, 1.0 / count)
    if not released or count < 2:
        return float(losses.mean()), shares
    spread = float(losses.std(ddof=1))
    if spread > 0.0:
        shares = shares + 2.0 * (losses - losses.mean()) / ((count - 1) * spread)
    return float(losses.mean()) + 2.0 * spread, shares


def trained(
    data: Examples, search: Search, rng: np.random.Generator, *, hidden: int, steps: int, step_size: float
) -> Net:
    """Base training: SGD in a fresh shuffle each epoch."""
    x, labels = data
    inputs, classes = x.shape[1], len(np.unique(labels))
    normal = rng.standard_normal
    net = Net(
        normal((inputs, hidden)) * (2.0 / inputs) ** 0.5, np.zeros(hidden), normal((hidden, EMBEDDED)) / hidden**0.5,
        normal((EMBEDDED, classes)) / EMBEDDED**0.5, np.zeros(classes),
    )  # fmt: skip
    batches = max(len(labels) // BATCH, 1)
    order = rng.permutation(len(labels))
    for t in range(steps):
        if t and t % batches == 0:
            order = rng.permutation(len(labels))
        rows = order[t % batches * BATCH : (t % batches + 1) * BATCH]
        shape = net.second.shape
        noises = [search.noise(rng, shape).ravel() for _ in range(search.draws)] or [np.zeros(net.second.size)]
        _step(net, (x[rows], labels[rows]), np.array(noises), search, step_size)
    return net


def _step(net: Net, batch: Examples, noises: Array, search: Search, step_size: float) -> None:
    """A step along the gradient of `objective`, in place, with the same bits from two neurons on."""
    x, labels = batch
    count, classes = len(noises), net.out.shape[1]
    h, z = np.empty((len(x), len(net.second))), np.empty((count, len(x), EMBEDDED))
    logits, hot = np.empty((count, len(x), classes)), one_hot(labels, classes)
    flat = [part.ravel() for part in net.parts()]  # views
    kernels.forward(x, *flat, noises, h, z, logits)
    slopes = (softmax(logits.reshape(-1, classes)).reshape(logits.shape) - hot) / len(labels)
    losses = np.array([cross_entropy(own, hot) for own in logits] if search.released else np.zeros(count))
    shares, weight = _joined(losses, search.released)[1], 0.0 if search.released else search.weight
    kernels.backward(x, labels, *flat, noises, h, z, slopes, shares, weight, step_size)


def prototype_loss(second: Array, h: Array, labels: Labels, known: Array) -> tuple[float, Array]:
    """Cross entropy of ``-|z - p_c|²``: old prototypes stand, those of the new classes are means of their shots.

    Parameters
    ----------
    second : ndarray, shape (H, D)
        W_2.
    h : ndarray, shape (N, H)
        First layer on the shots.
    labels : ndarray, shape (N,)
        Of new classes, which come after the old ones.
    known : ndarray, shape (K, D)
        Prototypes of the old classes.

    Returns
    -------
    float, ndarray
        The loss and its gradient in W_2.
    """
    new = np.unique(labels)
    mean, z = means(labels, new), times(h, second)
    away = z[:, None, :] - np.vstack([known, times(mean, z)])[None, :, :]
    logits = -(away**2).sum(axis=2)
    hot = np.hstack([np.zeros((len(labels), len(known))), (labels[:, None] == new).astype(np.float64)])
    pull = -2.0 * ((softmax(logits) - hot) / len(labels))[:, :, None] * away
    slope = pull.sum(axis=1) - times(mean.T, pull.sum(axis=0)[len(known) :])
    return cross_entropy(logits, hot), times(h.T, slope)


def nearest(z: Array, prototypes: Array, normalised: bool = False) -> Labels:
    """The class of the nearest prototype; the released code takes prototypes of length 1."""
    if normalised:
        prototypes = prototypes / np.linalg.norm(prototypes, axis=1, keepdims=True)
    return np.asarray(((z[:, None, :] - prototypes[None, :, :]) ** 2).sum(axis=2).argmin(axis=1))
