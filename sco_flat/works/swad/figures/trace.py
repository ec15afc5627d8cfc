"""SAM in a valley: the trace that SWAD is fed with, and the three windows that it finds there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from sco_flat.averages.window import MODES
from sco_flat.engines.simulation import simulate
from sco_flat.plots.style import BLACK, GREY, headline, listing, new_figure, points, series
from sco_flat.requests import request_from
from sco_flat.works.figures import Data, WorkFigure
from sco_flat.works.swad.fed import FED, losses, outcomes
from sco_flat.works.swad.valley import STATEMENT


def data(quick: bool) -> Data:
    """Both traces, their windows, and F of the means beside that of the full average."""
    numbers = STATEMENT.defaults | ({"steps": 160} if quick else {})
    request = request_from(STATEMENT.instance, STATEMENT.method, **numbers)
    loss = request.build()
    ran = simulate(loss, request.sample(loss), request.settings, request.seed)
    found = outcomes(ran)
    panels = {
        name: {
            "losses": losses(ran, name),
            "windows": {m: (found[name, m].window.start, found[name, m].window.end) for m in MODES},
            "risks": {m: found[name, m].risk[1] for m in MODES},
        }
        for name in FED
    }
    full = ran.look(ran.average).population_risk[1]
    kept = {"n": numbers["n"], "T": loss.steps, "eta": loss.step_size}
    return {"panels": panels, "full": full, "parameters": kept, "failures": []}


def draw(data: Mapping[str, Any]) -> Figure:
    """Draw the trace of each loss that it is fed with, and below it the windows as bars.

    Parameters
    ----------
    data : mapping
        ``panels``: name to ``losses``, ``windows`` and ``risks``; ``full``, ``parameters``.

    Returns
    -------
    Figure
        The figure.
    """
    figure = new_figure(8.6, 4.8)
    traces, strips = figure.subplots(2, len(data["panels"]), sharex="all", height_ratios=(3.0, 1.0))
    traces[1].sharey(traces[0])
    for axes, strip, (name, panel) in zip(traces, strips, data["panels"].items(), strict=True):
        axes.plot(range(1, len(panel["losses"]) + 1), panel["losses"], color=GREY, linewidth=points(1.0))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(f"fed with {name.replace('F_S', '$F_S$')}", color=BLACK)
        for k, mode in enumerate(MODES):
            start, end = panel["windows"][mode]
            strip.plot([start + 1, end + 1], [k, k], **series(k))
        strip.set_yticks(range(len(MODES)), [f"{mode}: F = {panel['risks'][mode]:.2g}" for mode in MODES])
        strip.set_ylim(len(MODES) - 0.5, -0.5)
        strip.set_xlabel("iterate t")
    traces[0].set_ylabel("validation loss")
    detail = f"{listing(data['parameters'])}; float run; below: the window of each rule, and F of its mean"
    headline(figure, "SWAD in SAM's valley: trace and windows", detail)
    return figure


def caption(data: Data) -> str:
    """Say what it shows, from the data."""
    panels = data["panels"]
    own, fresh = (panels[name]["risks"]["algorithm"] for name in ("F_S", "F"))
    ends = [panels[name]["windows"]["algorithm"][1] + 1 for name in ("F_S", "F")]
    return (
        "The losses of SAM's iterates in the valley, and the windows over which SWAD averages by its three rules. Fed "
        f"with F_S the algorithm reaches to w_{ends[0]} of {len(panels['F_S']['losses'])}, and its mean has F = "
        f"{own:.3g}, the full average {data['full']:.3g}; fed with the risk itself it ends at w_{ends[1]}, with "
        f"{fresh:.2g}. Floats."
    )


FIGURE = WorkFigure(
    "swad-trace",
    data,
    draw,
    caption,
    "Two traces. Left, the training loss swings and decays, and two of three bars below it run to the end; right, the "
    "population risk swings and then rises, and all three bars are short.",
)
