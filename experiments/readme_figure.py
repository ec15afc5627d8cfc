"""Draw the README's figure: SAM's staircase and the risk of every suffix.

Run: python experiments/readme_figure.py
"""

from pathlib import Path

from sco_flat.plots import style
from sco_flat.works.flat_minima import figures as plots
from sco_flat.works.flat_minima.figures import data as figures

if __name__ == "__main__":
    with style.style("paper"):
        png, pdf = style.save(plots.drawing("chain")(figures.chain_data(False)), Path(__file__).parent, "chain")
    pdf.unlink()
    print(png.name)
