"""Figures from tidy data, and the look that all of them share; nothing is simulated here."""

from sco_flat.plots import style

__all__ = ["style"]
