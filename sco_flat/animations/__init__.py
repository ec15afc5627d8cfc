"""Animations from simulations: one file each, found by its name; ``animate`` writes one as .html, .gif or .mp4."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sco_flat import _registry, vocabulary
from sco_flat._files import check_target
from sco_flat.errors import InputError, unknown_name

if TYPE_CHECKING:
    from sco_flat.animations._base import Animation

ENDINGS = (".html", ".gif", ".mp4")
NUMBERS = ("n", "steps", "step_size", "flatness_radius", "seed")
"""Options that an animation reads."""


def names() -> tuple[str, ...]:
    """Return the registered animations by name."""
    return _registry.names("animations")


def get(name: str) -> Animation:
    """Return an animation by its name; matplotlib loads with the first one."""
    found: Animation = _registry.entry("animations", name, "animation")
    return found


def animate(name: str, out: str | Path | None = None, *, style: str = "slide", **numbers: Any) -> Path:
    """Simulate, draw and write an animation with one frame for each iterate.

    Parameters
    ----------
    name : {"escape", "landscape", "staircase", "valley", "walk", "window"}
        The animation.
    out : path, optional
        File to write, ``NAME.html`` by default. Its ending chooses a page with a player (.html), a .gif, or, where
        ffmpeg is installed, an .mp4.
    style : {"paper", "slide", "poster"}
        The look; slides have 960 x 540 pixels, the others the same proportions.
    **numbers
        ``n``, ``steps``, ``step_size``, ``flatness_radius``, ``seed``; numbers or texts such as ``1/6``; each animation
        has its own defaults.

    Returns
    -------
    Path
        The file, whole: it appears under its name when it is finished.

    Raises
    ------
    InputError
        For a name, ending, folder, style or number that cannot be used, before anything is simulated.

    Examples
    --------
    >>> from sco_flat.animations import animate
    >>> animate("staircase", "chain.gif", n=6, steps=32, step_size=1 / 6)  # doctest: +SKIP
    PosixPath('chain.gif')
    """
    chosen = get(name)
    given: dict[str, float] = {}
    with vocabulary.as_written(numbers):
        for key, value in vocabulary.read(numbers).items():
            if key not in NUMBERS:
                raise unknown_name("parameter", key, NUMBERS)
            given[key] = value
    target = _target(Path(f"{name}.html" if out is None else out))
    from sco_flat.animations import _formats
    from sco_flat.animations._film import Film
    from sco_flat.plots import style as look

    with look.style(style), vocabulary.as_written(numbers):
        data = chosen.prepare(**given)
        _formats.write(target, data, Film(chosen.draw(data), data["steps"]))
    return target


def _target(path: Path) -> Path:
    """Refuse a file that could not be written in the end."""
    if path.suffix.lower() not in ENDINGS:
        mend = f"write for example --out {path.stem}.html"
        raise InputError("out", str(path), f"its ending must be one of {', '.join(ENDINGS)}", mend)
    check_target("out", path)
    if path.suffix.lower() == ".mp4" and shutil.which("ffmpeg") is None:
        raise InputError("out", str(path), "needs ffmpeg, which is not on the PATH", "install it, or use .html or .gif")
    return path
