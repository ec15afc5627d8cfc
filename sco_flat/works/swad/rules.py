"""SWAD's three rules in fractions, word by word: what `sco_flat.swad_window` is held against."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from fractions import Fraction

from sco_flat.averages.window import Window

Losses = Sequence[Fraction]


def algorithm(losses: Losses, n_start: int, n_end: int, tolerance: Fraction) -> Window:
    """Algorithm 1: after every loss one look back."""
    start, level = None, Fraction(0)
    for i in range(len(losses)):
        past = losses[: i + 1]
        if start is None:
            recent = past[-n_start:]
            if len(recent) == n_start and recent[0] == min(recent):
                start, level = i - n_start + 1, tolerance * sum(recent, Fraction(0)) / n_start
        elif start <= i - n_end and level < min(past[-n_end:]):
            return Window("algorithm", start, i - n_end, float(level), True)
    end = None if start is None else len(losses) - 1
    return Window("algorithm", start, end, None if start is None else float(level))


def text(losses: Losses, n_start: int, n_end: int, tolerance: Fraction) -> Window:
    """Section 3.2: the first loss of n_end that are all above another level."""
    start = algorithm(losses, n_start, n_end, tolerance).start
    if start is None:
        return Window("text", None, None, None)
    level = tolerance * losses[start]
    for t in range(start, len(losses) - n_end + 1):
        if min(losses[t : t + n_end]) > level:
            return Window("text", start, t, float(level), True)
    return Window("text", start, len(losses) - 1, float(level))


def released(losses: Losses, n_start: int, n_end: int, tolerance: Fraction) -> Window:
    """The code: two queues of segments, and a mean whose first entry is overwritten."""
    recent: deque[int] = deque(maxlen=n_start)
    queue: deque[int] = deque(maxlen=n_end)
    start, level, dead = None, Fraction(0), False
    entered: list[int] = []
    for i in range(len(losses)):
        recent.append(i)
        queue.append(i)
        if start is None:
            values = [losses[k] for k in recent]
            if len(values) < n_start or values[0] != min(values):
                continue
            start, level = recent[0], tolerance * sum(values, Fraction(0)) / n_start
            entered += list(recent)[1 : 1 + max(n_start - n_end, 0)]
            if n_end > n_start:
                head = list(queue)[: n_end - n_start + 1]
                high = [place for place, k in enumerate(head) if losses[k] > level]
                entered += head[high[-1] + 2 if high else 1 :]
        elif queue[0] >= start:
            dead = min(losses[k] for k in queue) > level
            if dead:
                break
            entered.append(queue[0])
    if start is None:
        return Window("released", None, None, None, False, {len(losses) - 1: 1})
    if not dead:
        queue.popleft()
        while queue and min(losses[k] for k in queue) <= level:
            entered.append(queue.popleft())
    weights = dict(sorted(Counter(entered or [start]).items()))
    return Window("released", start, max(weights), float(level), dead, weights)


RULES = {"algorithm": algorithm, "text": text, "released": released}
