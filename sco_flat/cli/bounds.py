"""``sco-flat bounds``: bounds beside what is measured; one file a kind in ``_bounds``."""

from sco_flat.cli._bounds import gaps, pep, plot, risk, stability
from sco_flat.cli.base import Command

COMMAND = Command(
    name="bounds",
    help="worst cases by semidefinite programs; measured stability beside its bounds",
    kinds=(stability.KIND, risk.KIND, plot.KIND, gaps.KIND, pep.KIND),
)
