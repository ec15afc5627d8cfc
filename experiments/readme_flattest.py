"""Draw the README's figures of flat networks: the worst and the best against n, and runs of the three scenarios.

Run: python experiments/readme_flattest.py
"""

from pathlib import Path

from sco_flat.plots import style
from sco_flat.works.wen_li_ma.figures import figures

if __name__ == "__main__":
    with style.style("paper"):
        for figure in figures():
            png, pdf = style.save(figure.draw(figure.data(False)), Path(__file__).parent, figure.name)
            pdf.unlink()
            print(png.name)
