"""How far a run goes at a time, so that it can be watched."""

from __future__ import annotations

import math
import time

from sco_flat.patience import Watch


class Slices:
    """A run in stretches of about a tenth of a second, so that it can be watched; the bits are those of one stretch.

    The first one takes milliseconds where a step costs one operation a stored entry and example: what it really costs
    is not known, and a call of the driver costs as much as a hundred short steps.
    """

    def __init__(self, steps: int, entries: int) -> None:
        self.steps, self.entries = steps, entries
        self.size, self.began = max(2**22 // entries, 1), -math.inf
        self.watch = Watch("steps", steps)

    def after(self, t: int) -> int:
        """Where the stretch from t ends."""
        now = time.monotonic()
        if now - self.began < 0.1:
            self.size *= 4
        self.began = now
        self.watch.at(t - 1)
        return min(self.steps, t + self.size)

    def anew(self) -> Slices:
        """Stretches from here on; the time of what was asked in between is not that of a step."""
        self.close()
        return Slices(self.steps, self.entries)

    def close(self) -> None:
        """The run is at its end."""
        self.watch.close()
