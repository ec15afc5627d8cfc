"""Draw the README's figure of the flattest networks: the worst and the best of them against n.

Run: python experiments/readme_flattest.py
"""

from pathlib import Path

from sco_flat.plots import style
from sco_flat.works.wen_li_ma.figures.flattest import FIGURE

if __name__ == "__main__":
    with style.style("paper"):
        png, pdf = style.save(FIGURE.draw(FIGURE.data(False)), Path(__file__).parent, "flattest")
    pdf.unlink()
    print(png.name)
