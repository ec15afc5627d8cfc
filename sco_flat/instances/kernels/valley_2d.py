"""Kernels of the valley in two dimensions: a wedge, and a bowl in b. A point is (b, x)."""

from __future__ import annotations

from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, OK, PROFILE, UPPER, VALUE, helper, kernel
from sco_flat.instances.kernels.general import step_along
from sco_flat.instances.kernels.wedge import wedge

WIDENING, FLOOR, BOWL = 0, 1, 2
"""Places of c, h and g among the constants."""


@helper
def _at(params, w, v, scale):
    """Value and slopes at w + scale v."""
    b, x = w[0], w[1]
    if scale != 0.0:
        b, x = b + scale * v[0], x + scale * v[1]
    c = params.constants
    found, slope_b, slope_x = wedge(b, x, c[WIDENING], c[FLOOR])
    return found + 0.5 * c[BOWL] * b * b, slope_b + c[BOWL] * b, slope_x


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """See ``_jit.GRADIENT``."""
    _, out[0], out[1] = _at(params, w, v, scale)
    work.flags[ACTIVE] = 1 if out[0] != 0.0 or out[1] != 0.0 else 0
    return out[0] * out[0] + out[1] * out[1]


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    slopes = work.scratch[work.scratch.size - w.size :]
    _, slopes[0], slopes[1] = _at(params, w, v, scale)
    return step_along(w, slopes, step_size, whole, weight)


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """See ``_jit.VALUE``."""
    return _at(params, w, v, scale)[0]


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``½ (sqrt(2 f) + sqrt(beta) r)²``: the root of a beta-smooth function ``f >= 0`` is that steep at most."""
    steep = 1.0 + params.constants[WIDENING] * params.constants[WIDENING] + params.constants[BOWL]
    reach = (2.0 * _at(params, w, w, 0.0)[0]) ** 0.5 + steep**0.5 * radius
    return 0.5 * reach * reach


@kernel(PROFILE)
def profile(params, work, w, out):
    """The loss does not depend on z: the profile is w itself."""
    out[0], out[1] = w[0], w[1]
    return OK
