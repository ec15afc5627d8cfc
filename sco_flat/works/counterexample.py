"""A run of a work in which a method ends at a bad point, so that it can be disturbed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from sco_flat.instances.base import Loss

DEVIATIONS = 5.0
"""What is proved for entries of w_1 up to a size is asked of normal noise with a fifth of it as its deviation."""


@dataclass(frozen=True)
class Edge:
    """Up to where a disturbance is said to do no harm.

    Attributes
    ----------
    value : float
        Its size.
    formula : str
        In symbols.
    kind : {"exact", "safe", "necessary", "estimate"}
        What the formula is: where the harm begins; below it no harm is proved; above it harm is certain; or an order of
        size.
    """

    value: float
    formula: str
    kind: Literal["exact", "safe", "necessary", "estimate"]


EdgeOf = Callable[[Loss, Any], Edge]
"""From the loss and its sample to the edge."""


@dataclass(frozen=True)
class Counterexample:
    """A run that ends badly.

    Attributes
    ----------
    name : str
        What tables call it; that of the loss, and more where there are several.
    statement : str
        Key of the statement that it shows; empty where there is none.
    instance : str
        The loss.
    numbers : dict
        Keyword arguments of `sco_flat.run`.
    method : str
        Of the run.
    quantity : str
        The measure of the full average that is large, by its name.
    start : callable, optional
        From the loss and its sample to w_1 where that is not 0.
    edges : mapping
        Predicted edges, by disturbance: ``start noise``, ``epsilon``.
    """

    name: str
    statement: str
    instance: str
    method: str
    numbers: dict[str, Any]
    quantity: str = "population_risk"
    start: Callable[[Loss, Any], NDArray[Any]] | None = None
    edges: Mapping[str, EdgeOf] = field(default_factory=dict)
