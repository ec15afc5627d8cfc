"""Axes of a sweep file: which there are, and their values, held against the limits that every run has.

What is wrong with a value by itself is refused here, before anything runs; what only shows in combination (a radius
that a theorem allows for another step size) is the business of a cell.
"""

from __future__ import annotations

import ast
import datetime
import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from sco_flat import averages, instances, methods, numbers, vocabulary
from sco_flat.averages.base import Average
from sco_flat.errors import InputError, at_word, unknown_name
from sco_flat.instances.base import Loss
from sco_flat.methods.base import Method
from sco_flat.requests import own_fields, parameters_of, readable
from sco_flat.samples import MAX_N
from sco_flat.sweeps import expressions
from sco_flat.vocabulary import OPTIONS, Kind, Option, column, is_auto, kind_of, long_name, typed, word

NO_AXES = {
    "seed": "each repetition draws its own: write repeat = 8 below [random], and seed = 0 there for the first",
    **{name: f"write {name} = ... above all tables" for name in ("instance", "method", "oracle", "allow_outside")},
    "left_out": 'write record = ["stability"], which leaves out every example in turn',
}
"""What is no axis, and where a sweep file says it."""
RESERVED = ("instance", "method", "oracle", "repetition", "seed")
"""Columns that every table has."""
LARGEST = 1_000_000
"""Cells of one sweep, and so values of an axis, at most."""
DEEPEST = 6
"""Tables and lists within each other, at most; a sweep has three."""
WIDEST = 60
"""Characters of a number."""
BUDGET = 280
"""Characters of an error in a file."""
LIMITS = {
    "n": (1, 10**6), "steps": (1, 10**9), "step_size": (math.ulp(0.0), math.inf), "width": (1, 2**40),
    "perturbation_radius": (0, math.inf), "flatness_radius": (0, math.inf), "epsilon": (0, math.inf),
    "batch_size": (1, 10**6),
}  # fmt: skip
"""Least and largest values: those that the losses and the settings of a run refuse in every run, and for T the length
at which one array of a run has 8 GB."""
EXACT = 2**53
"""Whole numbers up to here are floats, too."""


@contextmanager
def brief() -> Iterator[None]:
    """Within it, errors take one line of at most `BUDGET` characters: the longest parts are cut."""
    try:
        yield
    except InputError as error:
        parts = [_printable(part) for part in (error.key, error.value, error.limit, error.mend)]
        while (excess := sum(map(len, parts)) + len(" = : ; ") - BUDGET) > 0:
            longest = max(range(len(parts)), key=lambda k: len(parts[k]))
            kept = max(len(parts[longest]) - excess - 3, BUDGET // 5)
            parts[longest] = f"{at_word(parts[longest][:kept])}..."
        raise InputError(*parts) from None


def _printable(value: object) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value)[: 10 * BUDGET])


def refuse_foreign(data: Mapping[str, Any]) -> None:
    """Refuse what no part of a sweep file may be: dates, numbers that are not finite or beyond TOML's, deep nests."""
    waiting: list[tuple[str, Any, int]] = [("", data, 0)]
    while waiting:
        where, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise InputError(where, "a nest", f"is deeper than {DEEPEST} tables and lists", "write plain values")
        if isinstance(value, dict):
            waiting += [(f"{where}.{key}".lstrip("."), part, depth + 1) for key, part in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(where, part, depth + 1) for part in reversed(value)]
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            shown = f"a number of {value.bit_length()} bits"
            raise InputError(where, shown, "TOML has whole numbers of 64 bits", "write a smaller one")
        elif isinstance(value, float) and not math.isfinite(value):
            raise InputError(where, value, "is not a finite number", "write a finite one")
        elif isinstance(value, (datetime.date, datetime.time)):
            raise InputError(where, value, "is a date or a time", "write a number, a name or true/false")


def within(where: str, value: Any, shown: object, limits: tuple[float, float]) -> Any:
    """Hold a number against the limits that all runs of an axis have (`Runs.limits`).

    Raises
    ------
    InputError
        If no cell could use it.
    """
    low, high = limits
    if isinstance(value, (int, float)) and not low <= value <= high:
        least = "above 0" if low == math.ulp(0.0) else f"at least {low:.6g}"
        most = "" if math.isinf(high) else f" and at most {high:.15g}"
        shown = shown if isinstance(shown, str) else f"{value:.12g}"
        raise InputError(where, shown, f"must be {least}{most}", "change it")
    return value


def names_of(key: str, given: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """Read a name or a list of names, each once.

    Raises
    ------
    InputError
        For a name that is not known, and for none.
    """
    values = given if isinstance(given, list) else [given]
    if not values:
        raise InputError(key, "[]", "has no value", "give at least one")
    return tuple(dict.fromkeys(word(key, value, known) for value in values))


@dataclass(frozen=True)
class Runs:
    """Losses, methods and averages of a sweep: they say which axes there are, and what their values are."""

    classes: list[type[Loss]]
    rules: list[Method]
    averages: list[Average]

    @classmethod
    def of(cls, losses: Iterable[str], called: Iterable[str], recorded: Iterable[str] = ()) -> Runs:
        """By their names; of what is recorded the averages count."""
        picked = [averages.get(name) for name in recorded if name in averages.names()]
        return cls([instances.get(name) for name in losses], [methods.get(name) for name in called], picked)

    @functools.cached_property
    def options(self) -> dict[str, Option]:
        """Options of a run, and the numbers of the averages, by their long names.

        Raises
        ------
        InputError
            If a loss or a method reads a number that is called like one of an average.
        """
        own = {option.name: option for average in self.averages for option in average.numbers}
        shared = sorted({*self.own, *(name for rule in self.rules for name in parameters_of(rule))} & own.keys())
        if shared:
            limit = "a loss or a method reads it, and an average another number of this name"
            raise InputError(f"axes.{shared[0]}", "an axis", limit, "record another average")
        return OPTIONS | own

    @functools.cached_property
    def own(self) -> dict[str, Any]:
        """Types of the losses' own fields."""
        return {name: hint for cls in self.classes for name, hint in own_fields(cls).items()}

    @functools.cached_property
    def known(self) -> set[str]:
        """Long names that an axis may mean."""
        parameters = {name for rule in self.rules for name in parameters_of(rule)}
        return ({*self.options, *self.own} | parameters) - set(NO_AXES)

    def kind(self, key: str) -> Kind | None:
        """What the values of an axis are; None where only the loss knows."""
        name = long_name(key)
        if name in self.own:
            return kind_of(self.own[name])
        return self.options[name].kind if name in self.options else "real"

    def limits(self, key: str) -> tuple[float, float]:
        """Least and largest value of an axis of numbers."""
        name = long_name(key)
        if name == "n" and all(cls.has_blocks for cls in self.classes):
            return 1, MAX_N
        own = [parameters_of(rule)[name] for rule in self.rules if name in parameters_of(rule)]
        if own and name not in OPTIONS:
            return min(number.low for number in own), max(number.high for number in own)
        if name in self.options and self.options[name].reader == "average" and self.kind(key) == "whole":
            return self.options[name].low, self.options[name].high
        usual = (-EXACT, EXACT) if self.kind(key) == "whole" else (-math.inf, math.inf)
        return LIMITS.get(name, usual) if name not in self.own else usual

    def value(self, where: str, key: str, given: Any) -> Any:
        """Read a value of an axis that is neither real nor whole."""
        name = long_name(key)
        try:
            owned = name in self.own
            read = typed(name, given, self.own[name]) if owned else vocabulary.value_of(self.options[name], given)
        except InputError as error:
            error.rename(where)
            raise
        if self.kind(key) != "start":
            return read
        return f"gaussian:{read[1]!r}" if isinstance(read, tuple) else read

    def read(self, cls: type[Loss], rule: Method) -> set[str]:
        """What a run of a method on a loss reads, or an average of it."""
        return readable(cls, rule) | {option.name for average in self.averages for option in average.numbers}

    def refuse_unread(self, key: str, value: Any, where: str) -> None:
        """Refuse what no cell reads."""
        name = long_name(key)
        if any(name in self.read(cls, rule) for cls in self.classes for rule in self.rules):
            return
        readers = [m for m in methods.names() if name in methods.get(m).reads]
        mend = "leave it out" + (f", or add method {' or '.join(readers)}" if readers else "")
        raise InputError(where, value, "no cell reads it", mend)


def axes_of(table: Mapping[str, Any], runs: Runs) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """Values of the axes, and trees of the formulas; both under the names of the file."""
    axes: dict[str, tuple[Any, ...]] = {}
    formulas: dict[str, tuple[str, ast.expr]] = {}
    first: dict[str, str] = {}
    for key, value in table.items():
        name, where = long_name(key), f"axes.{key}"
        if name in NO_AXES:
            raise InputError(where, value, "is no axis of runs", NO_AXES[name])
        if name not in runs.known:
            watchers = averages.readers(name)
            if watchers:
                mend = f"leave it out, or record {' or '.join(watchers)}"
                raise InputError(where, value, "is a number of an average, and none is recorded that reads it", mend)
            meant = {w: o for w, o in vocabulary.NEAR.items() if o in runs.known}
            meant |= {s: s for s in vocabulary.spellings(runs.known)}
            raise unknown_name("axes", key, runs.known, meant, "sco-flat run --help")
        if name in first:
            raise InputError("axes", repr(key), f"is the same as {first[name]}, which is there, too", "drop one")
        first[name] = key
        runs.refuse_unread(key, value, where)
        if isinstance(value, str) and runs.kind(key) in ("real", "whole") and not _is_number(value):
            formulas[key] = value, expressions.parse(where, value)
        else:
            axes[key] = values_of(where, value, key, runs)
    for symbol, name in (("n", "n"), ("T", "steps"), ("eta", "step_size")):
        if name not in first:
            raise InputError("axes", f"no {symbol}", "n, T and eta have no default in a sweep", f"write {symbol} = ...")
    return axes, formulas


def _is_number(text: str) -> bool:
    """Whether a text is a number (or the word auto) rather than a formula."""
    if len(text) > WIDEST:
        return text.strip().isdigit()  # which is then refused as a number
    try:
        numbers.fraction(text)
    except (ValueError, ArithmeticError):
        return is_auto(text)
    return True


def let_of(table: Mapping[str, Any], taken: set[str]) -> dict[str, tuple[Any, ...]]:
    """Values of names that only formulas read."""
    for key in table:
        used = column(key, taken) is not None or key in expressions.FUNCTIONS or key in RESERVED
        if used or not key.isidentifier() or not key.isascii():
            raise InputError("let", key, "is taken or not a name", "choose another name for it")
    return {key: _numbers(f"let.{key}", value) for key, value in table.items()}


def _numbers(where: str, value: Any) -> tuple[Any, ...]:
    """Numbers that only formulas read; whole ones stay whole."""
    found = [x if type(x) is int else numbers.real(where, short(where, x)) for x in listed(where, value, False)]
    return tuple(dict.fromkeys(found))


def values_of(where: str, value: Any, key: str, runs: Runs) -> tuple[Any, ...]:
    """Values of an axis, each once.

    Raises
    ------
    InputError
        For a value that no run could use.
    """
    kind = runs.kind(key)
    found: list[Any] = []
    limits = runs.limits(key)
    for x in listed(where, value, kind == "whole"):
        if is_auto(x) and kind in ("real", "whole"):
            if long_name(key) != "perturbation_radius":
                raise InputError(where, x, "only the radius can be auto", "give a number")
            found.append("auto")
        elif kind == "whole":
            found.append(within(where, _whole(where, x), x, limits))
        elif kind == "real":
            found.append(within(where, _real(where, x), x, limits))
        else:
            found.append(runs.value(where, key, x))
    return tuple({(type(x), x): x for x in found}.values())


def listed(where: str, value: Any, whole: bool) -> list[Any]:
    """What is written for an axis, as a list of texts, numbers and flags.

    Raises
    ------
    InputError
        For no value, and for what is none.
    """
    found = _spread(where, value, whole) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if not found:
        raise InputError(where, "[]", "has no value", "give at least one")
    for x in found:
        if not isinstance(x, (int, float, str)):
            raise InputError(where, x, "is a finite number, a name or true/false", "change it")
    return found


def short(where: str, value: Any) -> Any:
    """A value that may be read as a number in no time.

    Raises
    ------
    InputError
        For a text that is too long.
    """
    if isinstance(value, str) and len(value) > WIDEST:
        limit = f"is a number of more than {WIDEST} characters"
        raise InputError(where, f"{value[:20]}...", limit, "write it like 0.25, 1/24 or 2e-3")
    return value


def _whole(where: str, value: Any) -> int:
    """Read a whole number, at once what is one: there may be a million."""
    return value if type(value) is int else numbers.whole(where, short(where, value))


def _real(where: str, value: Any) -> float:
    """Read a real number, at once what is a float of no size to refuse: there may be a million."""
    if type(value) is float and abs(value) <= numbers.LARGEST:
        return value
    return numbers.real(where, short(where, value))


def _even(low: float, high: float, count: int) -> list[float]:
    """Even steps, each the double next to it: from .9 to 1.4 in six there is 1.3, and no neighbour of it."""
    first, steps = Fraction(repr(low)), max(count - 1, 1)
    step = (Fraction(repr(high)) - first) / steps
    below = math.lcm(first.denominator, step.denominator)
    start, more = int(first * below), int(step * below)
    return [(start + more * k) / below for k in range(count)]  # of whole numbers: rounded once, as fractions are


def _spread(where: str, value: Mapping[str, Any], whole: bool) -> list[float]:
    """Points from one number to another, in even steps or even ratios."""
    kinds = [name for name in value if name in ("linspace", "logspace")]
    other = [name for name in value if name not in ("linspace", "logspace", "whole")]
    if other or len(kinds) != 1:
        name = (other or [*kinds, "nothing"])[-1]
        mend = "for example logspace = [16, 1024, 7]"
        raise InputError(where, name, "is linspace or logspace = [from, to, count]", mend)
    place, given = f"{where}.{kinds[0]}", value[kinds[0]]
    if not isinstance(given, list) or len(given) != 3:
        raise InputError(place, given, "is [from, to, count]", "for example [16, 1024, 7]")
    low, high = (numbers.real(place, short(place, x)) for x in given[:2])
    count = numbers.whole(place, short(place, given[2]))
    if not 1 <= count <= LARGEST or (kinds[0] == "logspace" and not min(low, high) > 0):
        limit = f"is [from, to, count] with 1 <= count <= {LARGEST:,}"
        positive = " and positive ends" if kinds[0] == "logspace" else ""
        raise InputError(place, given, f"{limit}{positive}", "for example [16, 1024, 7]")
    with np.errstate(all="ignore"):
        points = _even(low, high, count) if kinds[0] == "linspace" else np.geomspace(low, high, count).tolist()
    if not all(map(math.isfinite, points)):
        raise InputError(place, given, "has points that are not finite", "bring its ends together")
    rounded = value.get("whole", whole)
    if not isinstance(rounded, bool):
        raise InputError(f"{where}.whole", rounded, "must be true or false", "write true or false")
    return list(dict.fromkeys(map(round, points))) if rounded else points
