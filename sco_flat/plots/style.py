"""One look for all figures: sizes for paper, slide and poster, series that survive greyscale, and saving.

Figures are made without pyplot: no global list of figures, no window, nothing to close.
"""

from __future__ import annotations

import re
import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sco_flat.errors import unknown_name

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#6E6E6E"
"""The palette of Okabe and Ito, which the common kinds of colour blindness keep apart, and a grey for guides."""

BASE = 9.5
"""Font size in points of the ``paper`` look."""

SCALES = {"paper": 1.0, "slide": 1.4, "poster": 2.4}
"""Times that print and lines are larger in a look."""
PAGES = {"paper": 1.0, "slide": 1.12, "poster": 2.4}
"""Times that the page is: on a slide the print grows more, since a picture is fitted to the wall, not to the eye."""
USUAL = (6.4, 4.8)
"""Inches of a figure that matplotlib makes."""

# Colour alone never tells two series apart: dash and marker differ too, and the colours differ in lightness.
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)

_LOCK = threading.RLock()


def settings(name: str) -> dict[str, Any]:
    """Return the matplotlib settings of a look.

    Parameters
    ----------
    name : {"paper", "slide", "poster"}
        The look.

    Raises
    ------
    InputError
        For another name.
    """
    if name not in SCALES:
        raise unknown_name("style", name, SCALES)
    scale = SCALES[name]
    size = BASE * scale
    return {
        "font.size": size,
        "figure.figsize": tuple(PAGES[name] * side for side in USUAL),
        "font.family": "DejaVu Sans",
        "mathtext.fontset": "dejavusans",
        "axes.titlesize": size,
        "axes.labelsize": size,
        "xtick.labelsize": 0.92 * size,
        "ytick.labelsize": 0.92 * size,
        "legend.fontsize": 0.88 * size,
        "legend.title_fontsize": 0.88 * size,
        "legend.frameon": False,
        "legend.handlelength": 3.2,
        "figure.titlesize": 1.1 * size,
        "lines.linewidth": 1.6 * scale,
        "lines.markersize": 5.0 * scale,
        "axes.linewidth": 0.8 * scale,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#D9D9D9",
        "grid.linewidth": 0.6 * scale,
        "xtick.major.width": 0.8 * scale,
        "ytick.major.width": 0.8 * scale,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "axes.facecolor": "white",
        "pdf.fonttype": 42,  # text stays text: it can be searched and edited
        "svg.fonttype": "none",
        "svg.hashsalt": "sco_flat",
    }


@contextmanager
def style(name: str = "paper") -> Iterator[None]:
    """Draw and save inside this context to get the look ``name``.

    It starts from matplotlib's own defaults: what a ``matplotlibrc`` or the caller has set changes no figure.
    matplotlib's settings are global, so two threads that use this context draw one after the other.

    Parameters
    ----------
    name : {"paper", "slide", "poster"}
        The look.
    """
    chosen: Any = settings(name)
    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(chosen)
        yield


class _Drawn(Figure):
    """A figure that is drawn with the settings it was made with, in a notebook long after its ``style``, too."""

    def __init__(self, **options: Any) -> None:
        self._settings: Any = {
            k: v for k, v in matplotlib.rcParams.items() if not k.startswith(("backend", "interact"))
        }
        super().__init__(**options)

    def draw(self, renderer: Any) -> None:
        with _LOCK, matplotlib.rc_context(self._settings):
            super().draw(renderer)

    def get_tightbbox(self, *arguments: Any, **options: Any) -> Any:
        with _LOCK, matplotlib.rc_context(self._settings):
            return super().get_tightbbox(*arguments, **options)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure with its own canvas.

    Parameters
    ----------
    width, height : float
        Inches in the ``paper`` look; other looks scale them by `PAGES`.
    """
    scale = _page()
    figure = _Drawn(figsize=(width * scale, height * scale), layout="constrained")
    engine: Any = figure.get_layout_engine()
    engine.set(wspace=0.06, hspace=0.04)
    FigureCanvasAgg(figure)
    return figure


def _page() -> float:
    """Times that the page of the look is larger than that of ``paper``."""
    return float(matplotlib.rcParams["figure.figsize"][0]) / USUAL[0]


def room(inches: float) -> float:
    """Return how many inches of the ``paper`` look stand on so many of a `new_figure`: fewer where print grows more."""
    return inches * _page() / points(1.0)


def points(size: float) -> float:
    """Width of a line or size of a marker from that of the ``paper`` look: print and lines grow together."""
    return size * float(matplotlib.rcParams["font.size"]) / BASE


def series(place: int, *, hollow: bool = False) -> dict[str, Any]:
    """Return colour, dash and marker of series number ``place``.

    Parameters
    ----------
    place : int
        From 0. Colours repeat after six, each time with other dashes and markers; all three after 216.
    hollow : bool
        Marker with a white face, for a second family.
    """
    turn, colour = place // len(_COLOURS), _COLOURS[place % len(_COLOURS)]
    return {
        "color": colour,
        "linestyle": _DASHES[(place + turn) % len(_DASHES)],
        "marker": _MARKERS[(place + turn + turn // len(_DASHES)) % len(_MARKERS)],
        "markerfacecolor": "white" if hollow else colour,
        "markeredgecolor": colour,
    }


def whole_ticks(axis: Axis) -> None:
    """Let the ticks of an axis stand at whole numbers: those of iterates and coordinates."""
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def headline(figure: Figure, title: str, detail: str) -> None:
    """Write the title and, on further lines, parameters and evidence, no wider than the figure."""
    inches = float(figure.get_size_inches()[0]) * BASE / float(matplotlib.rcParams["font.size"])
    lines = [folded(line, inches) for line in f"{title}\n{detail}".split("\n")]
    figure.suptitle("\n".join(lines), fontsize=matplotlib.rcParams["axes.labelsize"])


LETTER = 0.078
"""Inches of a letter in the ``paper`` look, a little more than the mean."""


def folded(text: str, inches: float) -> str:
    """Return a text in lines of about the same length that fit so many inches of the ``paper`` look.

    What stands between commas stays together if it can.

    Examples
    --------
    >>> from sco_flat.plots.style import folded
    >>> print(folded("n = 6, T = 32; float runs, mean of 4 repetitions", 3.0))
    n = 6, T = 32; float runs,
    mean of 4 repetitions
    """
    most = max(int(inches / LETTER), 8)
    held = " ".join(
        part.replace(" ", "\N{NO-BREAK SPACE}") if len(part) <= most else part for part in re.split("(?<=[,;]) ", text)
    )

    def lines(letters: int) -> list[str]:
        return textwrap.wrap(held, letters, break_on_hyphens=False)

    count = len(lines(most))
    least = min(max(map(len, held.split(" "))), most)  # what is held together is not cut for evenness
    even = next(k for k in range(least, most + 1) if len(lines(k)) <= count)
    return "\n".join(lines(even)).replace("\N{NO-BREAK SPACE}", " ")


def grow(figure: Figure, rows: int) -> None:
    """Make a figure higher by the lines of its title beyond two, and by so many rows, so that the axes keep their size.

    Parameters
    ----------
    figure : Figure
        With its headline.
    rows : int
        Of a legend, or of titles, beyond those that its height has room for.
    """
    lines = figure.get_suptitle().count("\n") - 1 + rows
    figure.set_figheight(figure.get_figheight() + points(0.18 * max(lines, 0)))


def fitting(names: Sequence[str], width: float) -> int:
    """How many entries of a legend stand side by side in a `new_figure` of so many inches."""
    entry = 0.075 * max(map(len, names), default=0) + 0.6
    return max(1, min(len(names), int(room(width) / entry)))


def brief(value: float) -> str:
    """Three digits, and no zeros in the exponent: ``1e-6``."""
    return re.sub(r"e([+-])0*", r"e\1", f"{value:.3g}").replace("e+", "e")


def at_floor(axes: Axes, floor: float) -> None:
    """Say on a logarithmic axis that smaller values and zeros are drawn at ``floor``, with room below that line."""
    axes.set_ylim(bottom=floor * (floor / axes.get_ylim()[1]) ** 0.17)
    axes.axhline(floor, color=GREY, linewidth=points(0.6))
    axes.annotate(
        f"below {brief(floor)} or 0: drawn at {brief(floor)}",
        (0.02, floor),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, -0.8),
        textcoords="offset fontsize",
        fontsize="small",
        va="top",
    )


NAMES = {"eta": "η", "rho": "ρ", "beta": "β"}


def listing(numbers: Mapping[str, Any]) -> str:
    """Return ``n = 6, η = 0.25``: parameters with their symbols.

    Parameters
    ----------
    numbers : mapping
        Values by name; floats are rounded to three digits, texts are kept.
    """
    texts = {k: f"{v:.3g}" if isinstance(v, float) else str(v) for k, v in numbers.items()}
    return ", ".join(f"{NAMES.get(k, k)} = {text}" for k, text in texts.items())


PLAIN: dict[str, dict[str, Any]] = {
    ".png": {"Software": None}, ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".svg": {"Date": None, "Creator": None},
}  # fmt: skip
"""Metadata without time and program version, so that the same data give the same bytes."""


DOTS = 150
"""Dots of a PNG in an inch."""


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a figure as PNG (150 dots an inch) and PDF (vectors).

    The files hold no time and no program version, so the same data give the same bytes. The layout is worked out
    once, for the PNG; the PDF has the same one.

    Parameters
    ----------
    figure : Figure
        The figure.
    folder : Path
        An existing folder.
    name : str
        File name without its ending.

    Returns
    -------
    (Path, Path)
        PNG and PDF.
    """
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    png, pdf = Path(folder) / f"{name}.png", Path(folder) / f"{name}.pdf"
    canvas, engine, dots = figure.canvas, figure.get_layout_engine(), figure.dpi
    pixels: Any = FigureCanvasAgg(figure)
    try:
        figure.set_dpi(DOTS)
        if engine is not None:  # ``savefig`` would draw all of it once more for that
            with _LOCK, matplotlib.rc_context(getattr(figure, "_settings", {})):
                engine.execute(figure)
        figure.set_layout_engine("none")  # everything stays where it is
        pixels.print_png(png, metadata=PLAIN[".png"])
        figure.set_dpi(dots)
        vectors: Any = FigureCanvasPdf(figure)
        vectors.print_pdf(pdf, metadata=PLAIN[".pdf"])
    finally:
        figure.set_dpi(dots)
        figure.set_canvas(canvas)
        figure.set_layout_engine(engine)
    return png, pdf
