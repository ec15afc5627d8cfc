"""Theorems S1 and S2: proof and re-check together."""

from __future__ import annotations

from sco_flat.works.valley.proofs.sam import provable
from sco_flat.works.valley.rechecks.sam import recheck

PROVABLE = {flat: provable(flat, recheck) for flat in (False, True)}
"""Without the coordinate q (S1) and with it (S2)."""
