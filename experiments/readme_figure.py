"""Draw the README's figure: SAM's staircase and the risk of every suffix.

Run: python experiments/readme_figure.py
"""

from pathlib import Path

from sco_flat.plots import style
from sco_flat.works.flat_minima.figures.chain import FIGURE

if __name__ == "__main__":
    with style.style("paper"):
        png, pdf = style.save(FIGURE.draw(FIGURE.data(False)), Path(__file__).parent, "chain")
    pdf.unlink()
    print(png.name)
