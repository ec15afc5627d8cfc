"""Two layers with a simplified BatchNorm between them (arXiv 2307.11007, section 3).

``f(x) = sum_j a_j g_j h_j(x) / R_j``, ``h = s(W_1 x + b_1)`` and ``R_j² = (1/n) sum_i h_j(x_i)²`` over the whole
sample, whatever the batch; no mean is taken off. The gains g are weights, 1 at the start. A neuron that is 0 on the
sample stays 0.
"""

from __future__ import annotations

import numpy as np

from sco_flat.networks.base import Array, Layered, Network, active, affine, entries, extended, rates, times
from sco_flat.networks.kernels import batch_norm as kernels


def _inverse(loss: Layered, w: Array, sample: Array) -> Array:
    """``1/R_j``."""
    square = np.mean(active(loss, affine(sample, loss.split(w)[0])) ** 2, axis=0)
    inverse = np.where(square > 0.0, 1.0 / np.sqrt(np.where(square > 0.0, square, 1.0)), 0.0)
    return np.where(square < np.inf, inverse, np.nan)


def outputs(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    first, second = loss.split(w)
    gains = w[loss.parts()["g1"]]
    return affine(gains * (active(loss, affine(inputs, first)) * _inverse(loss, w, sample)), second)


def jacobian(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    first, second = loss.split(w)
    inverse, bias = _inverse(loss, w, sample), loss.biased(1)
    base = affine(sample, first)
    moving = times(extended(loss, sample).T, active(loss, base) * rates(loss, base)) / len(sample)
    sums = affine(inputs, first)
    unit = active(loss, sums) * inverse
    slopes = np.tile(np.eye(loss.outputs), (len(inputs), 1, 1))
    gains = w[loss.parts()["g1"]]
    felt = np.einsum("ncj,ij->nci", slopes, second[0], optimize=False)
    in_gains = felt * unit[:, None, :]
    felt = felt * gains * inverse
    through = (felt * unit[:, None, :] * inverse)[:, :, None, :] * moving.reshape(1, 1, -1, loss.width)
    own = entries(inputs, felt * rates(loss, sums)[:, None, :], bias) - through.reshape(len(inputs), loss.outputs, -1)
    return np.concatenate([own, in_gains, entries(gains * unit, slopes, loss.biased(2))], axis=2)


NETWORK = Network(
    name="batch-norm",
    title="two layers, each hidden neuron over the root of its mean square on the sample, times a gain",
    value=kernels.value,
    gradient=kernels.gradient,
    descend=kernels.descend,
    profile=kernels.profile,
    outputs=outputs,
    jacobian=jacobian,
    floor=lambda loss, found, inputs: None,
    shallow=True,
    gains=True,
    whole_sample=True,
)
