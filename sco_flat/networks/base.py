"""What an architecture declares, and the NumPy forms that the kernels are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Kernel

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array | None]]
"""Of each layer the matrix from inputs to outputs, and its bias if it has one."""


class Layered(Protocol):
    """What an architecture, and what is read off its points, asks of a loss.

    The numbers are those of `sco_flat.networks.loss.NetworkLoss`, where they are described.
    """

    @property
    def architecture(self) -> Network:
        """The architecture."""

    @property
    def width(self) -> int:
        """Neurons of a hidden layer."""

    @property
    def depth(self) -> int:
        """Layers."""

    @property
    def bias(self) -> str:
        """Which layers have a bias."""

    @property
    def activation(self) -> str:
        """Between the layers."""

    @property
    def objective(self) -> str:
        """The loss of an output and a label."""

    @property
    def eps(self) -> float:
        """What a norm is at least, where one is divided by it."""

    @property
    def outputs(self) -> int:
        """Outputs of the network."""

    @property
    def dimension(self) -> int:
        """Number of weights."""

    def biased(self, layer: int) -> bool:
        """Whether a layer has a bias."""

    def parts(self) -> dict[str, slice]:
        """Where the layers are in w."""

    def split(self, w: Array) -> Layers:
        """The layers of w."""

    def predict(self, w: Array, inputs: Array, sample: Array) -> Array:
        """Outputs, shape (N, outputs)."""

    def heights(self, found: Array, labels: Array) -> Array:
        """The loss of each output."""


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
    whole_sample : bool
        Whether its outputs look at the whole sample, so that no example can be left out.
    """

    name: str
    title: str
    value: Kernel
    gradient: Kernel
    descend: Kernel
    profile: Kernel
    outputs: Callable[[Layered, Array, Array, Array], Array]
    jacobian: Callable[[Layered, Array, Array, Array], Array]
    floor: Callable[[Layered, Array, Array], float | None]
    floor_text: str = ""
    shallow: bool = False
    gains: bool = False
    whole_sample: bool = False


def times(x: Array, y: Array) -> Array:
    """A matrix product that no thread count changes: BLAS is not called."""
    return np.asarray(np.einsum("ij,jk->ik", x, y, optimize=False))


def squares(x: Array) -> Array:
    """Squared norms of rows."""
    return np.asarray(np.einsum("ij,ij->i", x, x, optimize=False))


def active(loss: Layered, u: Array) -> Array:
    """The activation."""
    if loss.activation == "relu":
        return np.maximum(u, 0.0)
    return np.logaddexp(0.0, u) if loss.activation == "softplus" else u


def rates(loss: Layered, u: Array) -> Array:
    """Its derivative; relu'(0) = 0."""
    if loss.activation == "relu":
        return (u > 0.0).astype(np.float64)
    return -np.expm1(-np.logaddexp(0.0, u)) if loss.activation == "softplus" else np.ones_like(u)


def extended(loss: Layered, inputs: Array) -> Array:
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
