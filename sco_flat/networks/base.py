"""What an architecture declares, and the NumPy forms that the kernels are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Kernel

if TYPE_CHECKING:
    from sco_flat.networks.loss import NetworkLoss

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array | None]]
"""Of each layer the matrix from inputs to outputs, and its bias if it has one."""


@dataclass(frozen=True)
class Network:
    """An architecture: its kernels, and what they compute, in NumPy.

    Attributes
    ----------
    name, title : str
        The word of ``--network`` and one line for tables.
    value, gradient, descend, profile : Kernel
        As of a loss; see ``_jit``.
    outputs : callable
        ``(loss, w, inputs, sample inputs)`` to the outputs, shape (N, C); the definition.
    jacobian : callable
        The same to their gradients, shape (N, C, d), with relu'(0) = 0.
    floor : callable
        ``(loss, outputs, inputs)`` to a proved lower bound of ``(2/n) sum |grad f(x_i)|²`` at any w with these
        outputs, or None.
    floor_text : str
        Its formula.
    shallow : bool
        Whether it has two layers whatever ``depth`` says.
    gains : bool
        Whether each hidden neuron has a gain, a weight behind those of the first layer.
    """

    name: str
    title: str
    value: Kernel
    gradient: Kernel
    descend: Kernel
    profile: Kernel
    outputs: Callable[[NetworkLoss, Array, Array, Array], Array]
    jacobian: Callable[[NetworkLoss, Array, Array, Array], Array]
    floor: Callable[[NetworkLoss, Array, Array], float | None]
    floor_text: str = ""
    shallow: bool = False
    gains: bool = False


def times(x: Array, y: Array) -> Array:
    """A matrix product that no thread count changes: BLAS is not called."""
    return np.asarray(np.einsum("ij,jk->ik", x, y, optimize=False))


def squares(x: Array) -> Array:
    """Squared norms of rows."""
    return np.asarray(np.einsum("ij,ij->i", x, x, optimize=False))


def active(loss: NetworkLoss, u: Array) -> Array:
    """The activation."""
    if loss.activation == "relu":
        return np.maximum(u, 0.0)
    return np.logaddexp(0.0, u) if loss.activation == "softplus" else u


def rates(loss: NetworkLoss, u: Array) -> Array:
    """Its derivative; relu'(0) = 0."""
    if loss.activation == "relu":
        return (u > 0.0).astype(np.float64)
    return -np.expm1(-np.logaddexp(0.0, u)) if loss.activation == "softplus" else np.ones_like(u)


def extended(loss: NetworkLoss, inputs: Array) -> Array:
    """``x' = (x, 1)`` where the first layer has a bias, else x."""
    return np.hstack([inputs, np.ones((len(inputs), 1))]) if loss.biased(1) else inputs


def affine(x: Array, layer: tuple[Array, Array | None]) -> Array:
    """``x W + b``."""
    weights, bias = layer
    found = times(x, weights)
    return found if bias is None else found + bias


def entries(x: Array, slopes: Array, bias: bool) -> Array:
    """Gradients in the entries of a layer, ``x_i slopes_j`` and those of its bias, for each row and output.

    Parameters
    ----------
    x : ndarray, shape (N, I)
    slopes : ndarray, shape (N, C, J)

    Returns
    -------
    ndarray, shape (N, C, (I + bias) J)
    """
    x = np.hstack([x, np.ones((len(x), 1))]) if bias else x
    return (x[:, None, :, None] * slopes[:, :, None, :]).reshape(len(x), slopes.shape[1], -1)
