"""Why cells failed, in few lines: messages that differ in the refused value alone are one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

_REFUSED = re.compile(r"(?P<key>[^\s=]+) = (?P<value>[^\s:;,]+): (?P<limit>.+)", re.DOTALL)
"""The line of an `InputError` about one plain value."""
VALUES = 4
"""Values that are listed."""


def _ascending(values: Iterable[str]) -> list[str]:
    """Numbers from the smallest on, other words as they come."""
    try:
        return sorted(values, key=Fraction)
    except (ValueError, ZeroDivisionError):
        return list(values)


def merged(reasons: Mapping[str, int]) -> dict[str, int]:
    """Join the messages that say the same of several values of one key.

    Parameters
    ----------
    reasons : mapping
        How many cells have each message.

    Returns
    -------
    dict
        The same in fewer messages, the most frequent first; the values of each ascend.

    Examples
    --------
    >>> from sco_flat.terminal.reasons import merged
    >>> merged({"T = 2: must be at least 6": 4, "r = 9: is too large": 1, "T = 4: must be at least 6": 4})
    {'T = 2, 4: must be at least 6': 8, 'r = 9: is too large': 1}
    """
    groups: dict[tuple[str, str], dict[str, int]] = {}
    for reason, count in reasons.items():
        found = _REFUSED.fullmatch(reason)
        group, value = ((found["key"], found["limit"]), found["value"]) if found else ((reason, ""), "")
        groups.setdefault(group, {})[value] = count
    whole = {}
    for (key, limit), values in groups.items():
        some, rest = _ascending(values)[:VALUES], len(values) - VALUES
        more = f" and {rest} more" if rest > 0 else ""
        whole[f"{key} = {', '.join(some)}{more}: {limit}" if limit else key] = sum(values.values())
    return dict(sorted(whole.items(), key=lambda item: -item[1]))
