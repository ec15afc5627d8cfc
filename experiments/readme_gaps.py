"""Write the README's table of gaps from the data of `sco-flat bounds gaps`.

Run: python experiments/readme_gaps.py
"""

from __future__ import annotations

import re
from pathlib import Path

from sco_flat.works.flat_minima import gaps

README = Path(__file__).parent.parent / "README.md"
MARKS = re.compile(r"(?<=<!-- gaps -->\n).*?(?=<!-- end -->)", re.DOTALL)


def markdown(rows: list[gaps.Gap]) -> str:
    """Return the table: paper's and sharper bound, the program's, the worst case known, and whether it is closed."""
    head = "| Theorem | quantity [unit] | paper | sharper | program | worst known | gap |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for g in rows:
        numbers = ["" if x is None else f"{x:.3g}" for x in (g.paper, g.sharper, g.certified, g.worst)]
        lines.append("| " + " | ".join([g.theorem, f"{g.quantity} [{g.unit}]", *numbers, g.state]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(MARKS.sub(markdown(gaps.table()), README.read_text()))
