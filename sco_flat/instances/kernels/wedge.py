"""The wedge: ``((1 + c²)/2) dist((b, x), V)²`` with the widening valley ``V = {|b| - c x <= h}``, c > 0."""

from __future__ import annotations

from sco_flat._jit import helper


@helper
def wedge(b, x, c, h):
    """Value and slopes.

    The nearest point of V lies on one of its two edges, where the loss is ``½ [|b| - c x - h]_+²``; from behind the
    apex ``(0, -h/c)`` it is the apex.

    Returns
    -------
    value, slope_b, slope_x : float
        They are the gradient of a ``(1 + c²)``-smooth convex function.
    """
    height = c * x + h
    if c * c * abs(b) + height < 0.0:
        s, steep = height / c, 1.0 + c * c
        return 0.5 * steep * (b * b + s * s), steep * b, steep * s
    excess = max(abs(b) - height, 0.0)
    return 0.5 * excess * excess, excess if b > 0.0 else -excess, -c * excess
