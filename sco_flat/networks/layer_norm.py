"""Two layers with a simplified LayerNorm between them (arXiv 2307.11007, section 5).

``f(x) = W_2 h / max(|h|, eps)``, ``h = s(W_1 x + b_1)``. Where h = 0 on an example of the sample, a run is refused.
"""

from __future__ import annotations

import numpy as np

from sco_flat.networks.base import Array, Layered, Network, active, affine, entries, extended, rates, squares
from sco_flat.networks.kernels import layer_norm as kernels


def outputs(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    first, second = loss.split(w)
    h = active(loss, affine(inputs, first))
    long = np.maximum(np.sqrt(squares(h)), loss.eps)[:, None]
    return affine(np.where(long < np.inf, h / long, np.nan), second)


def jacobian(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    first, second = loss.split(w)
    sums = affine(inputs, first)
    h = active(loss, sums)
    norms = np.sqrt(squares(h))
    long = np.maximum(norms, loss.eps)[:, None]
    unit = h / long
    slopes = np.tile(np.eye(loss.outputs), (len(inputs), 1, 1))
    felt = np.einsum("ncj,ij->nci", slopes, second[0], optimize=False)
    along = np.einsum("nci,ni->nc", felt, unit, optimize=False) * (norms > loss.eps)[:, None]
    felt = (felt - along[:, :, None] * unit[:, None, :]) / long[:, None, :] * rates(loss, sums)[:, None, :]
    return np.concatenate([entries(inputs, felt, loss.biased(1)), entries(unit, slopes, loss.biased(2))], axis=2)


def floor(loss: Layered, found: Array, inputs: Array) -> float | None:
    """``(2/n) sum min(1, (2/eps) |x'| |f|)``: ``h/|h|`` is the gradient in W_2 where ``|h| >= eps``."""
    if loss.activation == "softplus" or loss.outputs > 1 or loss.bias == "all":
        return None
    norms = np.sqrt(squares(extended(loss, inputs)))
    return float(2.0 * np.mean(np.minimum(1.0, 2.0 / loss.eps * norms * np.abs(found[:, 0]))))


NETWORK = Network(
    name="layer-norm",
    title="two layers, the hidden one divided by its norm: f = W_2 h / max(|h|, eps)",
    value=kernels.value,
    gradient=kernels.gradient,
    descend=kernels.descend,
    profile=kernels.profile,
    outputs=outputs,
    jacobian=jacobian,
    floor=floor,
    floor_text="(2/n) sum min(1, (2/eps) |x'| |f|)",
    shallow=True,
)
