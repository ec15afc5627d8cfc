"""What an inner maximiser declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sco_flat._jit import Kernel
from sco_flat.traits import KNOWN_MAXIMISERS, OWN_MAXIMISER, Need

if TYPE_CHECKING:
    from sco_flat.instances.base import Loss


@dataclass(frozen=True)
class Oracle:
    """An inner maximiser of ``F_S(w + v)`` over ``|v| <= r`` and its tie rule.

    Attributes
    ----------
    name, title : str
        The word on the command line and one line for tables.
    tie_rule : str
        Which maximiser is taken where there are several.
    maximise : Kernel or None
        Kernel of signature ``_jit.MAXIMISE``; None stands for the one that the loss declares.
    exact : bool
        Whether the result is a maximiser by proof (it then works only where that is known) or the best of a
        numerical search.
    one_coordinate : bool
        Whether v has one non-zero entry, which is what the frontier engine needs.
    uphill : bool
        Whether ``F_S(w + v) >= F_S(w)`` on every convex loss.
    """

    name: str
    title: str
    tie_rule: str
    maximise: Kernel | None
    exact: bool
    one_coordinate: bool
    uphill: bool = True

    @property
    def needs(self) -> tuple[Need, ...]:
        """What it asks of the loss and the run: an exact one that the maximisers are known there."""
        if self.maximise is None:
            return (OWN_MAXIMISER,)
        return (KNOWN_MAXIMISERS, FROM_ZERO) if self.exact else ()

    def kernel_on(self, loss: Loss) -> Kernel:
        """Return its kernel on a loss."""
        found = self.maximise or loss.maximise
        if found is None:
            raise ValueError(f"{loss.name} brings no maximiser for {self.name}")
        return found


FROM_ZERO = Need("start", "it knows the maximisers of F_S(w + v) on runs from 0 only", lambda value: value == "zero")
