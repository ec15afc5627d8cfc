"""Works: what a paper, or a note of ours, says; one folder each, and nothing else knows its theorem numbers."""

from __future__ import annotations

from sco_flat.works.base import Case, Hypothesis, Statement, about, get, names

__all__ = ["Case", "Hypothesis", "Statement", "about", "get", "names"]
