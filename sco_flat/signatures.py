"""What an editor completes: every option of the vocabulary under every name, with what it may be.

`sco_flat.vocabulary` says what options there are and how they are read; this says the same to type checkers. A test
holds the two against each other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Number: TypeAlias = "float | str | Fraction | Decimal | np.number[Any]"
"""A number as people write it: ``1 / 24``, ``"1/24"``, ``2**10``, ``"2^10"``, a Fraction, a NumPy scalar."""
Start: TypeAlias = "Number | tuple[str, Number] | Sequence[Number] | np.ndarray[Any, Any]"
"""``"zero"``, ``"gaussian:1e-3"``, a number for a loss with one coordinate, an array."""
Stages: TypeAlias = "str | Sequence[tuple[Number, Number, Number]]"
F = TypeVar("F", bound=Callable[..., Any])


class Numbers(TypedDict, total=False):
    """Options of a run; None means left out. Constants of a loss or a method come beside them, by their own names."""

    n: Number | None
    steps: Number | None
    T: Number | None
    step_size: Number | None
    eta: Number | None
    perturbation_radius: Number | None
    radius: Number | None
    r: Number | None
    flatness_radius: Number | None
    flatness: Number | None
    rho: Number | None
    oracle: str | None
    parameters: str | None
    preset: str | None
    dimension: Number | None
    engine: str | None
    seed: Number | None
    start: Start | None
    epsilon: Number | None
    batch_size: Number | None
    normalize: bool | None
    order: Literal["one-pass", "without-replacement", "with-replacement"] | None
    schedule: Literal["constant", "inverse-sqrt", "linear-decay", "warm-up"] | None
    stages: Stages | None
    clamp: Number | None
    project: bool | None
    inputs: Number | None
    d: Number | None
    network: str | None
    bias: str | None
    depth: Number | None
    left_out: Number | None
    width: Number | None
    m: Number | None
    event: Literal["any", "one", "free"] | None
    allow_outside: bool | None


class OfAverage(TypedDict, total=False):
    """Numbers of the averages that a run takes where they are asked for: ``average="swad"``."""

    n_start: Number | None
    n_end: Number | None
    tolerance: Number | None
    mode: Literal["algorithm", "text", "released"] | None
    every: Number | None
    validation: Literal["F", "F_S"] | None
    n_val: Number | None


class OfRun(Numbers, OfAverage, total=False):
    """All that `sco_flat.run` takes."""


def spelled(function: F, options: Any = Numbers) -> F:
    """Show the options one by one where a function is looked at, in a notebook say, in place of ``**numbers``.

    Parameters
    ----------
    function : callable
        With ``**numbers`` for the options, and for constants of a loss or a method, which stay possible.
    options : TypedDict
        Their names, with what each may be.

    Returns
    -------
    callable
        The function itself.

    Examples
    --------
    >>> @spelled
    ... def look(instance: str, **numbers): ...
    >>> list(inspect.signature(look).parameters)[:4]
    ['instance', 'n', 'steps', 'T']
    """
    own = inspect.signature(function)
    *first, rest = own.parameters.values()
    shown = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint.__forward_arg__)
        for name, hint in options.__annotations__.items()
    ]
    function.__signature__ = own.replace(parameters=[*first, *shown, rest])  # type: ignore[attr-defined]
    return function
