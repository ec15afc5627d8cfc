"""What is read off a point of a network: Gauss-Newton trace with its floor, kinks, accuracies, fresh points.

Convention: relu'(0) = 0 in all of them. A sum of pre-activations that is 0 on an example is a *kink*: there the network
has no derivative, and the trace is that of this convention. All sums are NumPy's own loops, so that no thread count
changes a bit.
"""

from __future__ import annotations

import itertools
from typing import cast

import numpy as np

from sco_flat.engines.layout import Look
from sco_flat.networks.base import Array, Layered, active, affine
from sco_flat.networks.table import Table

NEAR = 1e-12
"""A pre-activation of at most this share of ``|w_j| |x|`` counts as a kink."""
MET = 1e-24
"""A loss of at most this is one whose label is met."""
HELD = 2**18
"""Gradients of outputs are held for so many examples at once that these are their numbers: 2 MB, several times."""


def _held(look: Look) -> tuple[Layered, Table]:
    """The loss and its sample."""
    sample = look.layout.sample
    assert isinstance(sample, Table)  # only losses that are networks draw one
    return cast("Layered", look.instance), sample


def _parts(look: Look) -> tuple[Layered, Array, Array, Array]:
    """The loss, inputs and labels of the sample, and its outputs at the point."""
    loss, sample = _held(look)
    return loss, sample.inputs, sample.labels, loss.predict(look.w, sample.inputs, sample.inputs)


def trace(look: Look) -> float:
    """Trace of the Gauss-Newton matrix ``(1/n) sum J_i^T l''(f_i) J_i``; for squares ``(2/n) sum |grad f(x_i)|²``.

    At a differentiable interpolator it is the trace of the Hessian.
    """
    loss, inputs, _, found = _parts(look)
    second, traces = _second(loss, found), np.empty(len(inputs))
    rows = max(HELD // (loss.outputs * loss.dimension), 1)
    for k in range(0, len(inputs), rows):
        part = slice(k, k + rows)
        slopes = loss.architecture.jacobian(loss, look.w, inputs[part], inputs)
        weighted = np.einsum("nce,nej->ncj", second[part], slopes, optimize=False)
        traces[part] = np.einsum("ncj,ncj->n", slopes, weighted, optimize=False)
    return float(np.mean(traces))


def _second(loss: Layered, found: Array) -> Array:
    """Second derivatives of the loss in the outputs, shape (n, C, C)."""
    if loss.objective == "square":
        return np.full((len(found), 1, 1), 2.0)
    if loss.objective == "logistic":
        s = np.exp(-np.logaddexp(0.0, -found[:, 0]))
        return np.asarray(s * (1.0 - s))[:, None, None]
    p = np.exp(found - found.max(axis=1)[:, None])
    p /= p.sum(axis=1)[:, None]
    return np.asarray(p[:, :, None] * np.eye(loss.outputs)[None] - p[:, :, None] * p[:, None, :])


def floor(look: Look) -> float | None:
    """A proved lower bound of the Gauss-Newton trace at this point, None where none is known."""
    loss, inputs, _, found = _parts(look)
    return loss.architecture.floor(loss, found, inputs) if loss.objective == "square" else None


def kinks(look: Look) -> int:
    """Pre-activations of hidden neurons that are 0 on an example of the sample; 0 where the activation is smooth.

    Not counted is what has no input that is not 0, and a neuron without weights before and behind it where all labels
    are met: the network is differentiable there, and the slope of the loss is 0. Behind a BatchNorm it is not.
    """
    loss, inputs, labels, outs = _parts(look)
    if loss.activation != "relu":
        return 0
    met = not loss.architecture.gains and bool((loss.heights(outs, labels) <= MET).all())
    layers, x, found = loss.split(look.w), inputs, 0
    for (weights, bias), (behind, _) in itertools.pairwise(layers):
        sums = affine(x, (weights, bias))
        room = affine(np.abs(x), (np.abs(weights), None if bias is None else np.abs(bias)))  # the sizes of their terms
        fed = (x != 0.0).any(axis=1)[:, None] | (bias is not None)
        idle = met & (room == 0.0) & (behind == 0.0).all(axis=1)
        found += int(np.sum((np.abs(sums) <= NEAR * room) & fed & ~idle))
        x = active(loss, sums)
    return found


def _right(loss: Layered, found: Array, labels: Array) -> float:
    """The share of outputs that are right."""
    if loss.objective == "cross-entropy":
        return float(np.mean(found.argmax(axis=1) == labels))
    return float(np.mean(found[:, 0] * labels > 0.0))


def train_accuracy(look: Look) -> float:
    """The share of the sample whose class is right: ``y f > 0``, or the largest output is that of the class."""
    loss, _, labels, found = _parts(look)
    return _right(loss, found, labels)


def _fresh(look: Look) -> tuple[Layered, Array, Array] | None:
    """The loss, and outputs and labels of the points that are not in the sample; None where there are none."""
    loss, sample = _held(look)
    if not sample.fresh.any():
        return None
    inputs, labels = sample.law_inputs[sample.fresh], sample.law_labels[sample.fresh]
    return loss, loss.predict(look.w, inputs, sample.inputs), labels


def accuracy(look: Look) -> float | None:
    """The same for points that are not in the sample; None where there are none."""
    found = _fresh(look)
    return None if found is None else _right(*found)


def fresh_risk(look: Look) -> float | None:
    """The mean loss over points that are not in the sample; None where there are none."""
    found = _fresh(look)
    return None if found is None else float(np.mean(found[0].heights(*found[1:])))
