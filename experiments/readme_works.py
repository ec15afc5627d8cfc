"""Write the README's table of works from the data of `sco-flat works`.

Run: python experiments/readme_works.py
"""

from __future__ import annotations

import re
from pathlib import Path

from sco_flat.patience import unlimited
from sco_flat.reports.works import table
from sco_flat.works.row import HEAD, Line

README = Path(__file__).parent.parent / "README.md"
MARKS = re.compile(r"(?<=<!-- works -->\n).*?(?=<!-- end -->)", re.DOTALL)


def markdown(lines: list[Line]) -> str:
    """Return the table, a row for each loss of a work."""
    cells = [HEAD, ("---",) * len(HEAD), *(line.cells for line in lines)]
    return "".join("| " + " | ".join(text.replace("|", "\\|") for text in one) + " |\n" for one in cells)


if __name__ == "__main__":
    with unlimited():
        found = markdown(table())
    README.write_text(MARKS.sub(lambda old: found, README.read_text()))
