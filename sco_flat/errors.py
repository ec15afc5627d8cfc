"""Errors that a person can act on: the key, the value, the limit and the mend, in one line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import accumulate

WHOLE = 200
"""Characters of a value that an error shows whole, and bits of a whole number."""


def shown(value: object) -> str:
    """Return a value as text in one line, shortened: ``about 10^400``, ``1111...11 (5,000 characters)``."""
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{shown(value.numerator)}/{shown(value.denominator)}"
    if isinstance(value, (int, Fraction)) and int(value).bit_length() > WHOLE:
        sign, whole = "-" if value < 0 else "", abs(int(value))
        return f"{sign}about 10^{round(math.log10(whole))}"
    try:
        text = " ".join(str(value).split())
    except Exception:  # whatever a user's object raises
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= WHOLE else f"{text[:40]}...{text[-8:]} ({len(text):,} characters)"


LONGEST = 280
"""Characters of an error line, without the program's name."""
ROOM, WORD = 130, 30
"""Letters of the names that an error lists, and of a word that is not cut."""
ANYWAY = "allow_outside=True"
"""What lets numbers outside a theorem run, as Python writes it; commands and sweep files have their own words."""
LIST = "sco-flat list"
"""The command that shows what is registered."""


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return a text as one line that any terminal shows: without control characters, shortened in the middle.

    Parameters
    ----------
    text : str
        Anything, with surrogates, NULs and line ends.
    longest : int
        Characters of the result at most.
    """
    parts = (text[: 2 * longest], text[-2 * longest :]) if len(text) > 4 * longest else (text, "")
    head, tail = ("".join(_shown(letter) for letter in part) for part in parts)
    if not tail and len(head) <= longest:
        return head
    half = (longest - 5) // 2
    return f"{at_word(head[:half])} ... {at_word((head + tail)[-half:][::-1])[::-1]}"


def at_word(text: str) -> str:
    """Return the beginning of a text without its last word, which may have been cut, if that is a short one."""
    kept, _, last = text.rpartition(" ")
    return kept.rstrip(",;:") if kept and len(last) <= WORD else text


def listed(names: Iterable[str], where: str = "") -> str:
    """Return names with commas between them; of a long list what fits a line, how many more, and who shows them.

    Parameters
    ----------
    names : iterable of str
        All of them.
    where : str
        What shows them all, for example a command.

    Examples
    --------
    >>> listed(["gd", "sam"])
    'gd, sam'
    >>> listed([f"name{k}" for k in range(40)], "sco-flat list")[-53:]
    'name15, name16 and 23 more, which sco-flat list shows'
    """
    each = list(map(str, names))
    lengths = list(accumulate(len(name) + 2 for name in each))
    count = max(1, sum(length <= ROOM for length in lengths))
    more = len(each) - count
    if more <= 0 or lengths[-1] <= ROOM + len(where) + 24:  # the rest is no longer than what would be said of it
        return ", ".join(each)
    return f"{', '.join(each[:count])} and {more} more" + f", which {where} shows" * bool(where)


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter == "\n" else letter.encode("unicode_escape", "surrogatepass").decode("ascii")


class InputError(ValueError):
    """A value that cannot be used.

    Parameters
    ----------
    key : str
        The name of the setting, as the user wrote it (``step-size``, ``n`` ...).
    value : object
        What was given.
    limit : str
        What the value has to satisfy, with numbers.
    mend : str
        What to do instead.

    Attributes
    ----------
    named : bool
        Whether the key is what the user wrote; nobody renames it then.
    """

    def __init__(self, key: str, value: object, limit: str, mend: str) -> None:
        self.key, self.value, self.limit, self.mend = key, value, limit, mend
        self.named = False
        super().__init__(f"{key} = {shown(value)}: {limit}; {mend}")

    def rename(self, key: str) -> None:
        """Name the setting as the user wrote it."""
        self.key = key
        self.args = (f"{key} = {shown(self.value)}: {self.limit}; {self.mend}",)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.key, self.value, self.limit, self.mend))


class NotApplicable(InputError):
    """A bound or statement whose hypothesis fails for these numbers: nothing is said, never something wrong."""


def unknown_name(
    key: str, value: str, known: Iterable[str], meant: Mapping[str, str] | None = None, where: str = ""
) -> InputError:
    """Build the error for a name that is not known, with a hint only where one is near.

    Parameters
    ----------
    key, value : str
        What it is a name of, and what was written.
    known : iterable of str
        All names.
    meant : mapping, optional
        Other names by which people look for a known one; they are hints, too.
    where : str, optional
        What shows all names, where they are too many for a line.
    """
    names, value = sorted(known), shown(value)
    if not names:
        return InputError(key, repr(value), "is not known", "nothing is registered")
    also = meant or {}
    near = [also[value]] if value in also else nearest(value, [*names, *also.values()]) or _with_word(value, names)
    if not near:
        return InputError(key, repr(value), "is not known", f"choose one of {listed(names, where)}")
    hint = " or ".join(map(repr, near))
    return InputError(key, repr(value), f"known names are {listed(names, where)}", f"did you mean {hint}?")


def nearest(value: str, names: Iterable[str]) -> list[str]:
    """Return the names that are near in spelling: at most three, none that differs in a digit.

    Near is a distance of at most a third of the longer name, with the same first letter; or one is the beginning of
    the other, of three letters or more.
    """
    given, found = value.lower().replace("_", "-"), {}
    for name in dict.fromkeys(names):
        other = name.lower().replace("_", "-")
        if not given or not other or _digits(given) != _digits(other):
            continue
        far = distance(given, other)
        begins = min(len(given), len(other)) >= 3 and (given.startswith(other) or other.startswith(given))
        if begins or (given[0] == other[0] and 3 * far <= max(len(given), len(other))):
            found[name] = (far, begins and other.startswith(given))
    least = min((far for far, _ in found.values()), default=0)
    kept = sorted((far, name) for name, (far, begun) in found.items() if far == least or begun)
    return [name for _, name in kept[:3]]


def _with_word(value: str, names: Iterable[str]) -> list[str]:
    """Names of which the value is one word, as ``chain`` of ``sam-chain``: the three shortest."""
    return sorted((name for name in names if value.lower() in name.split("-")[1:]), key=lambda name: (len(name), name))[
        :3
    ]


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def distance(one: str, other: str) -> int:
    """Return how many letters have to be added, dropped, changed, or swapped with their neighbour (Damerau)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last = row, before
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
