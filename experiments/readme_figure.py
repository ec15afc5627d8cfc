"""Draw the README's figures: a flat minimum beside a sharp one; SAM's staircase and the risk of every suffix.

Run: python experiments/readme_figure.py
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import sco_flat
from sco_flat.plots import style
from sco_flat.works.flat_minima.figures.chain import FIGURE

HERE = Path(__file__).parent


def flat_and_sharp() -> Figure:
    """The SAER of both minima over the radius, as measured by runs, and their population risk."""
    radii = np.linspace(0.0, 0.6, 25)
    runs = [sco_flat.run("flat-erm", n=6, steps=2, perturbation_radius=float(r), seed=0) for r in radii]
    figure = style.new_figure(8.6, 2.9)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, key, title in zip(
        panels,
        ("flat minimum e_I", "sharp minimum rho e_b"),
        ("flat minimum", "sharp minimum"),
        strict=True,
    ):
        points = [run.points[key] for run in runs]
        axes.plot(radii, [p.saer[1] for p in points], color=style.BLUE, label="largest empirical risk within r (SAER)")
        risks = [p.population_risk[1] for p in points]
        axes.plot(radii, risks, ls="--", color=style.VERMILLION, label="population risk F of the minimum")
        axes.set_title(f"{title}: population risk {round(risks[0], 15):.2g}")
        axes.set_xlabel("distance r from the minimum")
        axes.set_ylim(-0.006, 0.2)
    panels[0].set_ylabel("units of the loss")
    panels[0].axvspan(0.0, 0.2, color="0.9", lw=0)
    panels[0].annotate("empirical risk 0\nwithin ρ = .2", (0.1, 0.05), ha="center")
    panels[1].legend(loc="upper left")
    return figure


def save(figure: Figure, name: str) -> None:
    """Keep the PNG."""
    png, pdf = style.save(figure, HERE, name)
    pdf.unlink()
    print(png.name)


if __name__ == "__main__":
    with style.style("paper"):
        save(flat_and_sharp(), "flat_and_sharp")
        save(FIGURE.draw(FIGURE.data(False)), "chain")
