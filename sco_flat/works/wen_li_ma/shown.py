"""What several statements show of a network in fractions."""

from __future__ import annotations

from collections.abc import Mapping

from sco_flat.results import Claim
from sco_flat.works.wen_li_ma.common import exact, kink_note
from sco_flat.works.wen_li_ma.constructions import one_scale_off, printed_radius
from sco_flat.works.wen_li_ma.data import Data
from sco_flat.works.wen_li_ma.nets import Shallow, kinks, misses, trace, wrong

MUTATED = "how far a construction is off that is not the paper's"


def at_the_floor(net: Shallow, data: Data, source: str) -> list[Claim]:
    """With a bias: interpolation, the trace ``4 sqrt(d + 1)``, and two disturbed networks that miss it."""
    d, reached = data.d, trace(net, data)
    printed, off = trace(printed_radius(net, d), data), trace(one_scale_off(net, data), data)
    note = kink_note(kinks(net, data), data.n)
    return [
        exact("training points with f != y", misses(net, data), "==", 0, source),
        exact("Tr / (4 sqrt(d + 1))", reached / 4, "==", 1, source, note),
        exact("Tr² = 16 (d + 1)", reached**2 * net.radicand, "==", 16 * (d + 1), source),
        exact("Tr / (4 sqrt(d + 1)), one scale times 1.01", off / 4, ">", 1, MUTATED),
        exact("Tr² with the printed radius (d² + 1)^(1/4)", printed**2 * (d * d + 1), ">", 16 * (d + 1), MUTATED),
    ]


def on_other_points(nets: Mapping[str, Shallow], data: Data, source: str) -> list[Claim]:
    """The memoriser knows none of them, the generaliser all."""
    unknown, mistaken = (wrong(nets[name], data) for name in ("memoriser", "generaliser"))
    return [
        exact("memoriser: other points it does not know", unknown, "==", len(data.rest), source),
        exact("generaliser: other points with the wrong sign", mistaken, "==", 0, source),
    ]
