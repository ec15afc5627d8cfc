"""Kernels of the one-dimensional loss ``½ [w]_+²`` (Theorem 6)."""

from __future__ import annotations

from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, OK, PROFILE, UPPER, VALUE, kernel


@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    """Slope at w + scale v; see ``_jit.GRADIENT``."""
    y = w[0] if scale == 0.0 else w[0] + scale * v[0]
    out[0] = max(y, 0.0)
    work.flags[ACTIVE] = 1 if y > 0.0 else 0
    return out[0] * out[0]


@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    """One step in place; see ``_jit.DESCEND``."""
    y = w[0] if scale == 0.0 else w[0] + scale * v[0]
    old = w[0]
    w[0] = old - step_size * max(y, 0.0)
    whole[0] += weight * (w[0] - old)
    return OK


@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    """Loss at w + scale v; see ``_jit.VALUE``."""
    y = w[0] if scale == 0.0 else w[0] + scale * v[0]
    return 0.5 * max(y, 0.0) ** 2


@kernel(UPPER)
def upper(params, work, value, gradient, batch, w, radius):
    """``½ [w + r]_+²``, exact in one dimension."""
    return 0.5 * max(w[0] + radius, 0.0) ** 2


@kernel(PROFILE)
def profile(params, work, w, out):
    """The loss does not depend on z: the profile is w itself."""
    out[0] = w[0]
    return OK
