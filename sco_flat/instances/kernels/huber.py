"""Kernels of Huber's function of ``[|w - 1| - rho]_+`` in one dimension."""

from __future__ import annotations

from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, OK, PROFILE, UPPER, VALUE, kernel

FLAT, KNEE = 0, 1
"""Places of rho and the knee among the constants."""


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """Slope at w + scale v; see ``_jit.GRADIENT``."""
    y = (w[0] if scale == 0.0 else w[0] + scale * v[0]) - 1.0
    size = min(max(abs(y) - params.constants[FLAT], 0.0), params.constants[KNEE])
    out[0] = size if y > 0.0 else -size
    work.flags[ACTIVE] = 1 if size > 0.0 else 0
    return size * size


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    y = (w[0] if scale == 0.0 else w[0] + scale * v[0]) - 1.0
    size = min(max(abs(y) - params.constants[FLAT], 0.0), params.constants[KNEE])
    old = w[0]
    w[0] = old - step_size * (size if y > 0.0 else -size)
    whole[0] += weight * (w[0] - old)
    return OK


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """Loss at w + scale v; see ``_jit.VALUE``."""
    y = (w[0] if scale == 0.0 else w[0] + scale * v[0]) - 1.0
    y = max(abs(y) - params.constants[FLAT], 0.0)
    knee = params.constants[KNEE]
    return 0.5 * y * y if y <= knee else knee * (y - 0.5 * knee)


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """The loss at ``|w - 1| + r``, exact in one dimension."""
    y = max(abs(w[0] - 1.0) + radius - params.constants[FLAT], 0.0)
    knee = params.constants[KNEE]
    return 0.5 * y * y if y <= knee else knee * (y - 0.5 * knee)


@kernel(PROFILE)
def profile(params, work, w, out):
    """The loss does not depend on z: the profile is w itself."""
    out[0] = w[0]
    return OK
