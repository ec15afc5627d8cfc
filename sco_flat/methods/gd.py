"""Gradient descent (GD)."""

from __future__ import annotations

from sco_flat.methods.base import Method, stay

METHOD = Method(
    name="gd",
    title="gradient descent: w <- w - eta grad F_S(w)",
    perturb=stay,
    reads=(),
    families=frozenset({"gd", "perturbed", "uphill"}),
)
