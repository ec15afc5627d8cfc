"""The flattest interpolators of a training set, and the worst of them.

In its best scale a neuron ``a relu(u · x')`` adds ``4 |x'| |a| sqrt(P[h > 0] E h²)`` to the trace, where all |x'| are
equal: a weighted l1 norm. Cauchy-Schwarz bounds it below by ``4 |x'| |a| E h``, with equality iff h has one value on
its active training points; so ``Tr = 4 |x'| mean |y|`` is reached by the covers of the training set by *pure constant
faces* alone: sets A of points of one label with ``u · x' = 1`` on A and ``<= 0`` on all others.
"""

from __future__ import annotations

from sco_flat.works.wen_li_ma.flattest.find import DIRECTIONS, SECONDS, find
from sco_flat.works.wen_li_ma.flattest.found import Found

__all__ = ["DIRECTIONS", "SECONDS", "Found", "find"]
