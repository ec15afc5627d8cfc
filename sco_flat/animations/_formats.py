"""Films as files: a page with a player, GIF and MP4."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import subprocess
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sco_flat._files import whole_file, with_policy
from sco_flat.animations._base import Data
from sco_flat.animations._film import PER_SECOND, Film, Picture
from sco_flat.errors import InputError

HOLD = 2000
"""Milliseconds that a GIF stays on its last frame before it starts again."""


class Palette:
    """The 255 most frequent colours of a film, and one entry for see-through pixels.

    Flat areas keep their exact colours; only rare mixtures at the edges of lines go to the nearest one.
    """

    clear = 255

    def __init__(self, film: Film) -> None:
        shown = np.stack([film.background, *(film.frame(t) for t in (1, (film.steps + 1) // 2, film.steps))])
        colours, counts = np.unique(_numbers(shown), return_counts=True)
        self._common = colours[np.argsort(-counts, kind="stable")][: self.clear]
        # place of every colour in the palette, -1 where it was not asked for yet
        self._places = np.full(1 << 24, -1, dtype=np.int16)
        self._places[self._common] = np.arange(self._common.size)

    def pixels(self, picture: Picture) -> NDArray[np.uint8]:
        """Return the place in the palette of every pixel, shape (height, width)."""
        numbers = _numbers(picture)
        found = self._places[numbers]
        new = np.unique(numbers[found < 0])
        if new.size:
            distances = ((_parts(new)[:, None] - _parts(self._common)) ** 2).sum(axis=2)
            self._places[new] = distances.argmin(axis=1)
            found = self._places[numbers]
        return found.astype(np.uint8)

    def image(self, pixels: NDArray[np.uint8]) -> Image.Image:
        """Make a picture from places in the palette."""
        table = np.zeros((256, 3), dtype=np.uint8)
        table[: self._common.size] = _parts(self._common)
        found = Image.fromarray(pixels)
        found.putpalette(table.tobytes())
        return found


def _numbers(pictures: Picture) -> NDArray[np.int32]:
    """Colours as 24-bit numbers."""
    wide = pictures.astype(np.int32)
    found: NDArray[np.int32] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return found


def _parts(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Red, green and blue of 24-bit numbers."""
    return np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=-1)


def page(path: Path, data: Data, film: Film) -> None:
    """Write the player with the static part as one picture and each frame as what it changes."""
    palette = Palette(film)
    behind = palette.pixels(film.background)
    frames = []
    for frame in film.frames():
        pixels = palette.pixels(frame)
        pixels[pixels == behind] = palette.clear
        frames.append(_png(palette.image(pixels), palette.clear))
    height, width = film.background.shape[:2]
    film_data = {"frames": frames, "status": data["status"], "perSecond": PER_SECOND}
    text = (Path(__file__).parent / "player.html").read_text(encoding="utf-8")
    for key, value in (
        ("title", escape(data["title"])), ("caption", escape(data["caption"])), ("alt", escape(data["alt"])),
        ("width", str(width)), ("height", str(height)), ("steps", str(film.steps)),
        ("first", escape(data["status"][0])), ("background", _png(palette.image(behind))),
        ("film", json.dumps(film_data, ensure_ascii=False).replace("</", "<\\/")),
    ):  # fmt: skip
        text = text.replace("{{" + key + "}}", value)
    path.write_text(with_policy(text), encoding="utf-8")


def _png(image: Image.Image, clear: int | None = None) -> str:
    """Return the picture as PNG in base64."""
    out = io.BytesIO()
    image.save(out, "PNG", transparency=clear)
    return base64.b64encode(out.getvalue()).decode("ascii")


def gif(path: Path, data: Data, film: Film) -> None:
    """Write a GIF that repeats."""
    palette = Palette(film)
    first, *others = (palette.image(palette.pixels(f)) for f in film.frames())
    pause = 1000 // PER_SECOND
    durations = [pause] * (film.steps - 1) + [HOLD]
    first.save(path, "GIF", save_all=True, append_images=others, duration=durations, loop=0, comment=data["title"])


def mp4(path: Path, data: Data, film: Film) -> None:
    """Write H.264 by ffmpeg, in the form that every player reads: even sides, 4:2:0, index in front."""
    height, width = film.background.shape[:2]
    command = [
        "ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", str(PER_SECOND), "-i", "-", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", "-c:v", "libx264",
        "-preset", "fast", "-crf", "16", "-g", str(PER_SECOND), "-pix_fmt", "yuv420p", "-threads", "2",
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart",
        "-f", "mp4", str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages)
        try:
            # a broken pipe says that ffmpeg gave up: its exit code and message follow
            with contextlib.suppress(BrokenPipeError), process:
                assert process.stdin is not None
                for frame in film.frames():
                    process.stdin.write(frame.data)
        except BaseException:
            process.kill()
            raise
        code = process.wait()
        messages.seek(0)
        lines = messages.read().decode(errors="replace").strip().splitlines()
    if code != 0:
        reason = lines[0] if lines else f"exit code {code}"
        raise InputError("out", path.name, f"ffmpeg failed: {reason}", "use .html or .gif")


WRITERS: dict[str, Callable[[Path, Data, Film], None]] = {".html": page, ".gif": gif, ".mp4": mp4}


def write(target: Path, data: Data, film: Film) -> None:
    """Write a film to a file whose ending chooses the format, whole or not at all."""
    with whole_file("out", target) as part:
        WRITERS[target.suffix.lower()](part, data, film)
