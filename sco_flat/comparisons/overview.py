"""Risk of SA-GD, SAM, GD and SGD between its bounds, over T and over r."""

from __future__ import annotations

from sco_flat.comparisons import curves, figure
from sco_flat.works import base as works
from sco_flat.works.figures import Data, WorkFigure

LEAST_SQUARES = {"n": 20, "dimension": 40, "steps": 50, "step_size": 0.25, "perturbation_radius": 0.1, "seed": 0}


def data(quick: bool) -> Data:
    """Risk of the full average between its bounds, over T and over r, averaged over samples."""
    samples = 4 if quick else 8
    walk = {"n": 6, "steps": 64, "step_size": 0.25, "flatness_radius": 0.02}
    chain = {"n": 6, "steps": 64, "step_size": 1 / 16}
    times = (16, 64, 256) if quick else (16, 32, 64, 128, 256, 512)
    few = (5, 10, 20, 40) if quick else (5, 10, 20, 40, 80, 160, 320)
    radii = (0.25, 0.5, 1.0, 1.5) if quick else (0.02, 0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
    wide = (0.5, 1.0, 5.0) if quick else (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)

    def source(name: str, method: str, numbers: Data) -> curves.Source:
        return curves.Source(name, method, numbers, samples)

    rows = [
        [
            curves.over_steps(source("least-squares", "gd", LEAST_SQUARES), few),
            curves.over_steps(source("least-squares", "sgd", LEAST_SQUARES), few),
        ],
        [
            curves.over_radius(source("least-squares", "sagd", LEAST_SQUARES), wide),
            curves.over_radius(source("least-squares", "sam", LEAST_SQUARES), wide),
        ],
        [
            curves.over_steps(source("sagd-blocks", "sagd", walk), times),
            curves.over_radius(source("sagd-blocks", "sagd", walk), radii),
        ],
        [
            curves.over_steps(source("sam-chain", "sam", chain), times),
            curves.over_radius(source("sam-chain", "sam", chain), radii),
        ],
    ]
    return figure.joined(rows, samples)


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    texts = []
    for panel in figure.panels(data):
        if panel["axis"] == "T":
            values = {k: v[-1] for k, v in panel["series"].items()}
            upper = [values[k] for k in curves.UPPER if values[k] is not None]
            chain = " ≤ ".join(f"{x:.3g}" for x in [values["risk"], *upper])
            texts.append(f"{panel['title']}, T = {panel['x'][-1]:g}: {chain}")
    missing = figure.gaps(data)
    return (
        "Measured population risk of the full average, then the bounds from measured stability, along the trajectory, "
        f"a priori, and the paper's, at the right end ({'; '.join(texts)}). Means over {data['samples']} samples with "
        f"95% intervals, no event imposed; lower bounds are those of {_stated(data)} times the probability of their "
        f"event. {f'Left out where they are not applicable: {missing}. ' if missing else ''}Float runs; the bounds "
        "are proved."
    )


def _stated(data: Data) -> str:
    """The statements whose lower bounds are drawn, by title."""
    names = dict.fromkeys(panel["source"]["name"] for panel in figure.panels(data))
    return works.listed([s.title for name in names for s in works.about(name) if s.home and s.lower is not None])


FIGURE = WorkFigure(
    "bounds",
    data,
    figure.draw,
    caption,
    "Eight panels: population risk of GD, SGD, SA-GD and SAM over T or over r, between lower and upper bounds.",
)
