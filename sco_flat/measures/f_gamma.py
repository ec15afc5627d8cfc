"""``F_gamma(w) = E_u[F_S(w + gamma u) - F_S(w)]``, u uniform on the unit sphere; gamma is a number of the loss."""

from __future__ import annotations

from sco_flat import curvature
from sco_flat.measures.base import Measure
from sco_flat.traits import CURVED

MEASURE = Measure(
    name="f_gamma",
    title="F_gamma",
    evaluate=lambda look: curvature.f_gamma(look, look.instance.resolved()["gamma"]),
    asked=True,
    needs=(CURVED,),
    place=23,
)
