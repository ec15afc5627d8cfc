"""SWAD's window rule on a trace of validation losses: when a valley begins, and when it ends.

The rule is stated three times, not quite alike: as the paper's algorithm, in its text, and by the code that came with
it. All three are here, each as one pass over minima of windows, so that a trace of a million losses takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sco_flat import numbers, vocabulary
from sco_flat.errors import InputError
from sco_flat.results import json_number

MODES = ("algorithm", "text", "released")
Losses = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """Where SWAD averages; checkpoints count from 0.

    Attributes
    ----------
    mode : {"algorithm", "text", "released"}
        The version of the rule.
    start, end : int or None
        First and last checkpoint; of ``released`` the converged segment and the last one that enters. None where the
        valley never begins.
    threshold : float or None
        The loss above which it has ended.
    ended : bool
        Whether it ended; otherwise it lasts to the end of the trace, and more losses may change it.
    weights : dict or None
        ``released`` only: how often the segment of each checkpoint enters the mean. Segment i is the mean of the
        iterates after checkpoint i-1 up to checkpoint i; segment 0 is one iterate.
    """

    mode: str
    start: int | None
    end: int | None
    threshold: float | None
    ended: bool = False
    weights: dict[int, int] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        weights = None if self.weights is None else {str(k): v for k, v in self.weights.items()}
        return {
            "mode": self.mode, "start": self.start, "end": self.end, "threshold": json_number(self.threshold),
            "ended": self.ended, "weights": weights,
        }  # fmt: skip


def swad_window(
    losses: Iterable[float], n_start: int = 3, n_end: int = 6, tolerance: float = 1.3, mode: str = "algorithm"
) -> Window:
    """Find the window over which SWAD averages.

    Setting
        ``L_i`` is the validation loss at checkpoint i = 0, 1, ...; Ns, Ne and r are ``n_start``, ``n_end`` and
        ``tolerance``.
    Method
        ``algorithm``: the window starts at the first s with ``L_s = min(L_s .. L_{s+Ns-1})``; ``l`` is r times the
        mean of these Ns losses. From checkpoint ``s + Ns`` on, as soon as the last Ne losses are all above l, it ends
        with the checkpoint before them. ``text``: the same start, ``l = r L_s``, and it ends at the first checkpoint
        from which on Ne losses are all above l. ``released``: start and l as in ``algorithm``; what enters, and how
        often, is in `Window.weights`.
    Source
        Cha et al., arXiv 2102.08604, Algorithm 1, section 3.2 and the authors' code.

    Parameters
    ----------
    losses : iterable of float, shape (N,)
        The trace, N >= Ns.
    n_start, n_end : int
        Ns and Ne, at least 1.
    tolerance : float
        r > 0.
    mode : {"algorithm", "text", "released"}
        The version of the rule.

    Returns
    -------
    Window
        With ``start``, ``end``, ``threshold``.

    Raises
    ------
    InputError
        For numbers out of range, a loss that is not finite, and fewer than Ns losses.

    Examples
    --------
    >>> import sco_flat
    >>> found = sco_flat.swad_window([3, 2, 1, 1.1, 1.2, 1.1, 1.8, 1.9, 2.0], n_end=3)
    >>> found.start, found.end, round(found.threshold, 3)
    (2, 5, 1.43)
    """
    begin, last = numbers.whole("n_start", n_start, 1), numbers.whole("n_end", n_end, 1)
    ratio = numbers.real("tolerance", tolerance)
    if not ratio > 0.0:
        raise InputError("tolerance", tolerance, "must be above 0", "the paper has 1.3")
    mode = vocabulary.word("mode", mode, MODES)
    trace = _read(losses)
    if trace.size < begin:
        limit = f"are fewer than n_start = {begin} checkpoints"
        raise InputError("losses", f"{trace.size} losses", limit, "choose a smaller n_start, or evaluate more often")
    found = np.flatnonzero(trace[: trace.size - begin + 1] == lowest(trace, begin))
    if not found.size:
        return Window(mode, None, None, None, False, {trace.size - 1: 1} if mode == "released" else None)
    start = int(found[0])
    base = trace[start] if mode == "text" else np.mean(trace[start : start + begin])
    threshold = float(ratio * base)
    if mode == "released":
        return _released(trace, start, begin, last, threshold)
    # all Ne losses from checkpoint k on are above; in the algorithm the window ends with k - 1 and not before it began
    above = np.flatnonzero(lowest(trace, last) > threshold)
    first = start if mode == "text" else max(start + 1, start + begin - last + 1)
    above = above[above >= first]
    if not above.size:
        return Window(mode, start, trace.size - 1, threshold)
    return Window(mode, start, int(above[0]) - (mode == "algorithm"), threshold, True)


def _read(losses: Iterable[float]) -> Losses:
    """The trace as an array."""
    try:
        given = losses if isinstance(losses, np.ndarray) else list(losses)
        trace = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("losses", losses, "are numbers, one for each checkpoint", "give a list of them") from None
    if trace.ndim != 1:
        raise InputError("losses", f"an array of shape {trace.shape}", "is a list of numbers", "give one run's losses")
    wrong = np.flatnonzero(~np.isfinite(trace))
    if wrong.size:
        where = f"{trace[wrong[0]]} at checkpoint {wrong[0]}"
        raise InputError("losses", where, "must be finite", "end the trace before it, or mend it")
    return trace


def lowest(trace: Losses, size: int) -> Losses:
    """``min(L_k .. L_{k+size-1})`` for every k, in a time that does not depend on the size; shape (N - size + 1,).

    The trace is cut into pieces of this size: a window is the end of one and the beginning of the next.
    """
    count = trace.size - size + 1
    if count <= 0:
        return np.zeros(0)
    pieces = np.pad(trace, (0, -trace.size % size), constant_values=np.inf).reshape(-1, size)
    begins = np.minimum.accumulate(pieces, axis=1).ravel()
    ends = np.minimum.accumulate(pieces[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.minimum(ends[:count], begins[size - 1 : size - 1 + count])


def _released(trace: Losses, start: int, begin: int, last: int, threshold: float) -> Window:
    """What the code averages once the segment ``start`` has converged."""
    size, now = trace.size, start + begin - 1
    counts = np.zeros(size, dtype=np.int64)
    if last < begin:
        counts[start + 1 : start + 1 + begin - last] += 1
    elif last > begin:
        # of the queue's first Ne - Ns + 1 segments those after the last one above the threshold, but for the first
        head = max(now - last + 1, 0)
        queue = trace[head : min(head + last - begin, now) + 1]
        high = np.flatnonzero(queue > threshold)
        counts[head + (high[-1] + 1 if high.size else 0) + 1 : head + queue.size] += 1
    head, dead = max(now - last + 1, 0), False
    if start == 0:  # as long as the queue is not full its head stays
        least = np.minimum.accumulate(trace[: last - 1])[now + 1 :]
        above = np.flatnonzero(least > threshold)
        dead = above.size > 0
        counts[0] += above[0] if dead else least.size
    if not dead:
        first = max(now - last + 2, start, 0)  # the head of the first full queue that counts
        least = lowest(trace, last)[first:]
        above = np.flatnonzero(least > threshold)
        dead = above.size > 0
        counts[first : first + (above[0] if dead else least.size)] += 1
    if not dead:  # the queue that is left is emptied
        rest = np.minimum.accumulate(trace[max(size - last, 0) + 1 :][::-1])[::-1]
        above = np.flatnonzero(rest > threshold)
        counts[max(size - last, 0) + 1 :][: above[0] if above.size else rest.size] += 1
    if not counts.any():  # nothing overwrites the converged segment
        counts[start] = 1
    entered = np.flatnonzero(counts)
    weights = dict(zip(entered.tolist(), counts[entered].tolist(), strict=True))
    return Window("released", start, int(entered[-1]), threshold, dead, weights)
