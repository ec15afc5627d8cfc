"""Progress of a sweep: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

EVERY = 10.0
"""Seconds between two plain lines."""
REASONS = 5
"""Reasons of failures that are said while a sweep runs; the end lists all."""


class Progress:
    """Counts finished cells, shows rate, remaining time and failures.

    Parameters
    ----------
    total, done : int
        Cells of the plan, and how many of them are there already.
    """

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.failed = total, done, 0
        self._began = self._shown = time.monotonic()
        self._new = 0
        self._said: set[str] = set()
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, initial=done, unit="cell", file=sys.stderr, mininterval=0.2)

    def add(self, failed: bool, message: str = "") -> None:
        """One cell more; each new reason of a failure is said when it comes up, the first `REASONS` of them."""
        self.done, self._new = self.done + 1, self._new + 1
        self.failed += failed
        if failed and message not in self._said and len(self._said) < REASONS:
            self._said.add(message)
            text = f"sco-flat: a cell failed: {message}"
            if self._bar is not None:
                self._bar.write(text, file=sys.stderr)
            else:
                print(text, file=sys.stderr, flush=True)
        if self._bar is not None:
            if failed:
                self._bar.set_postfix(failed=self.failed, refresh=False)
            self._bar.update(1)
        elif time.monotonic() - self._shown >= EVERY:
            self._shown = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)

    def line(self) -> str:
        """``120/1000 cells, 35 a second, 25 s left, 0 failed``."""
        rate = self._new / max(time.monotonic() - self._began, 1e-9)
        if rate <= 0:
            return f"{self.done}/{self.total} cells, no cell finished yet, {self.failed} failed"
        seconds = round((self.total - self.done) / rate)
        left = elapsed(seconds) if seconds >= 60 else f"{seconds} s"
        pace = f"{rate:,.0f}" if rate >= 10.0 else f"{rate:.2g}"
        return f"{self.done}/{self.total} cells, {pace} a second, {left} left, {self.failed} failed"

    def close(self) -> None:
        """Leave the terminal clean; say where it ended."""
        if self._bar is not None:
            self._bar.close()
        else:
            print(self.line(), file=sys.stderr, flush=True)


def elapsed(seconds: float) -> str:
    """``2 h 5 min``, ``3 min 20 s`` or ``4.2 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
