"""A chain of affine maps with an activation between them: two layers by default, depth D on demand.

Setting (arXiv 2307.11007): ``f(x) = W_D s(W_{D-1} ... s(W_1 x + b_1))`` with a bias in the first layer, in every layer,
or in none. With ``--activation linear`` it is a deep factorisation of a linear map; with several outputs and cross
entropy a softmax classifier.
"""

from __future__ import annotations

import numpy as np

from sco_flat.networks.base import Array, Layered, Network, active, affine, entries, extended, rates, squares
from sco_flat.networks.kernels import mlp as kernels


def outputs(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    x = inputs
    layers = loss.split(w)
    for k, layer in enumerate(layers, 1):
        x = affine(x, layer)
        x = active(loss, x) if k < len(layers) else x
    return x


def jacobian(loss: Layered, w: Array, inputs: Array, sample: Array) -> Array:
    """See `Network`."""
    layers, felt = loss.split(w), [inputs]
    sums = []
    for layer in layers:
        sums.append(affine(felt[-1], layer))
        felt.append(active(loss, sums[-1]))
    slopes = np.tile(np.eye(loss.outputs), (len(inputs), 1, 1))
    parts: list[Array] = []
    for k in range(len(layers) - 1, -1, -1):
        weights, bias = layers[k]
        parts.insert(0, entries(felt[k], slopes, bias is not None))
        if k:
            slopes = np.einsum("ncj,ij->nci", slopes, weights, optimize=False) * rates(loss, sums[k - 1])[:, None, :]
    return np.concatenate(parts, axis=2)


def floor(loss: Layered, found: Array, inputs: Array) -> float | None:
    """``(2D/n) sum (|f|^(D-1) |x'|)^(2/D)``.

    Each path of a chain without softplus has ``prod_l |grad_l f| >= |f|^(D-1) |x'|`` by Cauchy and Schwarz, and the
    arithmetic mean of the squares is at least their geometric one.
    """
    if loss.activation == "softplus" or loss.outputs > 1:
        return None
    depth = loss.depth
    if loss.bias == "all":  # what a bias adds to an output is no product of all layers
        return None
    norms, sizes = np.sqrt(squares(extended(loss, inputs))), np.abs(found[:, 0])
    return float(2.0 * depth * np.mean((sizes ** (depth - 1) * norms) ** (2.0 / depth)))


NETWORK = Network(
    name="mlp",
    title="affine maps with an activation between them: two layers, or --depth D",
    value=kernels.value,
    gradient=kernels.gradient,
    descend=kernels.descend,
    profile=kernels.profile,
    outputs=outputs,
    jacobian=jacobian,
    floor=floor,
    floor_text="(2D/n) sum (|f|^(D-1) |x'|)^(2/D)",
)
