"""Sweeps over statements: a file that names statements or a work, and axes over what they read; a cell is a check."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sco_flat import checks, numbers
from sco_flat.errors import InputError, unknown_name
from sco_flat.requests import readable
from sco_flat.sweeps import work
from sco_flat.sweeps.axes import LARGEST, Runs, listed, names_of, short, values_of
from sco_flat.sweeps.cells import SAID, Cell, as_written, canonical, check_plot, said, table
from sco_flat.vocabulary import long_name
from sco_flat.works import base as works
from sco_flat.works.base import Statement
from sco_flat.works.exact import Exact

KEYS = (*SAID, "work", "statement", "evidence", "allow_outside", "axes", "plot")
PLACED = {"instance", "method", "left_out", "allow_outside"}
"""What a check reads, but no axis: the statement says it, or the file does."""
Values = tuple[tuple[Any, Any], ...]
"""Of an axis: what names the cell, and what the check is given."""


@dataclass(frozen=True)
class Asked:
    """A statement with evidence, and the values of the axes that it reads, by the names of the file."""

    statement: Statement
    evidence: str
    read: dict[str, Values]


@dataclass(frozen=True)
class Checks:
    """A sweep of checks as declared; to the store it is what `sco_flat.sweeps.plan.Plan` is for runs.

    Attributes
    ----------
    declared : dict
        The file's content.
    asked : tuple of Asked
        The statements, each with its own axes.
    """

    declared: dict[str, Any]
    asked: tuple[Asked, ...]

    @property
    def record(self) -> tuple[str, ...]:
        """What each cell keeps."""
        return (work.CLAIMS,)

    @property
    def whole(self) -> frozenset[str]:
        """None of its columns is a formula."""
        return frozenset()

    @property
    def columns(self) -> list[str]:
        """Names of the columns that name a cell."""
        return ["statement", "evidence", *self.declared["axes"]]

    @functools.cached_property
    def axes(self) -> dict[str, tuple[Any, ...]]:
        """What names the cells along each axis."""
        found = {name: [label for a in self.asked for label, _ in a.read.get(name, ())] for name in self.columns[2:]}
        named: dict[str, list[Any]] = {
            "statement": [a.statement.key for a in self.asked], "evidence": [a.evidence for a in self.asked]
        }  # fmt: skip
        return {name: tuple(dict.fromkeys(values)) for name, values in (named | found).items()}

    @property
    def formulas(self) -> dict[str, Any]:
        """None of its columns is one."""
        return {}

    def as_written(self, message: str) -> str:
        """The message of a refusal, with its key as the file writes it."""
        return as_written(message, self.declared["axes"])

    def cells(self) -> Iterator[Cell]:
        """All cells in the order of the file, each once; the last axis varies fastest."""
        seen: set[str] = set()
        for asked in self.asked:
            named = {"statement": asked.statement.key, "evidence": asked.evidence}
            outside = {} if isinstance(asked.statement, Exact) else {"allow_outside": self.declared["allow_outside"]}
            for values in itertools.product(*asked.read.values()):
                pairs = dict(zip(asked.read, values, strict=True))
                arguments = named | outside | {long_name(name): given for name, (_, given) in pairs.items()}
                if (text := canonical(arguments)) not in seen:
                    seen.add(text)
                    yield Cell(named | {name: label for name, (label, _) in pairs.items()}, arguments)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Labels and arguments of `cells` as a store writes them."""
        return ((canonical(cell.labels), cell.text) for cell in self.cells())


def understand(declared: Mapping[str, Any]) -> Checks:
    """Check the content of a file that names statements.

    Parameters
    ----------
    declared : mapping
        ``work`` (all its statements), ``statement`` (a key or a list; beside ``work`` names within it), ``evidence``
        (one or a list; ``float`` by default), ``allow_outside``, ``axes`` and ``plot``.

    Raises
    ------
    InputError
        For keys and names that are not known, for evidence that no statement has, and for axes that none reads.
    """
    data = dict(declared)
    for key in data:
        if key not in KEYS:
            raise unknown_name("key", key, KEYS)
    said(data)
    data["allow_outside"] = data.get("allow_outside", False)
    if not isinstance(data["allow_outside"], bool):
        raise InputError("allow_outside", data["allow_outside"], "must be true or false", "write true or false")
    data["axes"], data["plot"] = dict(table("axes", data)), dict(table("plot", data))
    given = data.get("evidence", "float")
    given = [x.replace("-", " ") if isinstance(x, str) else x for x in (given if isinstance(given, list) else [given])]
    pairs = _offered(_statements(data), names_of("evidence", given, checks.EVIDENCE), "statement" in data)
    _refuse_unread(data["axes"], pairs)
    asked = tuple(Asked(s, e, {k: _values(k, v, s, e) for k, v in data["axes"].items() if _reads(k, s, e)})
                  for s, e in pairs)  # fmt: skip
    count = sum(math.prod(len(values) for values in a.read.values()) for a in asked)
    if count > LARGEST:
        raise InputError("axes", f"{count:,} cells", f"a sweep has at most {LARGEST:,}", "drop values, or split it")
    found = Checks(data, asked)
    check_plot(data["plot"], [*found.columns, *work.CHECKED])
    return found


def _statements(data: Mapping[str, Any]) -> list[Statement]:
    """The statements that a file names."""
    known = works.names()
    within = tuple(dict.fromkeys(key.partition(".")[0] for key in known))
    chosen = names_of("work", data["work"], within) if "work" in data else ()
    if "statement" not in data:
        return [works.get(key) for key in known if key.partition(".")[0] in chosen]
    given = data["statement"]
    texts = [str(text) for text in (given if isinstance(given, list) else [given])]
    if len(chosen) == 1:
        texts = [text if "." in text else f"{chosen[0]}.{text}" for text in texts]
    found = list({s.key: s for s in map(works.get, texts)}.values())
    if not found:
        raise InputError("statement", "[]", "has no value", "give at least one")
    for s in found:
        if chosen and s.key.partition(".")[0] not in chosen:
            raise InputError("statement", s.key, f"is not of {', '.join(chosen)}", "leave work out")
    return found


def _offered(stated: list[Statement], kinds: tuple[str, ...], named: bool) -> list[tuple[Statement, str]]:
    """Statements with the evidence that they have; one that was named has some of what is asked for."""
    pairs = [(s, kind) for s in stated for kind in kinds if kind == "float" or s.proof is not None]
    lacking = [s for s in stated if s not in [has for has, _ in pairs]]
    if (lacking and named) or not pairs:
        limit = f"there is no proof of {', '.join(s.key for s in lacking)}"
        raise InputError("evidence", ", ".join(kinds), limit, "leave evidence out, or the statement")
    return pairs


def _readable(s: Statement, evidence: str) -> frozenset[str]:
    """Long names of what a check reads."""
    if isinstance(s, Exact):
        return frozenset(map(long_name, s.numbers))
    if evidence != "float":
        from sco_flat.proofs import prove  # loads python-flint

        return frozenset(prove.readable(s, evidence)) - PLACED
    (loss,), (rule,) = _runs(s).classes, _runs(s).rules
    return frozenset(readable(loss, rule) - {*s.unread}) - PLACED


def _runs(s: Statement) -> Runs:
    """The loss and the method of a statement."""
    return Runs.of([s.instance], [s.method])


def _reads(name: str, s: Statement, evidence: str) -> bool:
    return long_name(name) in _readable(s, evidence)


def _refuse_unread(axes: Mapping[str, Any], pairs: list[tuple[Statement, str]]) -> None:
    """Refuse an axis that no check reads, and two names of one."""
    first: dict[str, str] = {}
    for name, value in axes.items():
        if not any(_reads(name, s, evidence) for s, evidence in pairs):
            why = next((s.unread[long_name(name)] for s, _ in pairs if long_name(name) in s.unread), "")
            if why:
                raise InputError(f"axes.{name}", value, f"no statement reads it: {why}", "leave it out")
            raise unknown_name("axes", name, {key for s, evidence in pairs for key in _readable(s, evidence)})
        if (other := first.setdefault(long_name(name), name)) != name:
            raise InputError("axes", repr(name), f"is the same as {other}, which is there, too", "drop one")


def _values(name: str, value: Any, s: Statement, evidence: str) -> Values:
    """Values of an axis as a check reads them."""
    where, key = f"axes.{name}", long_name(name)
    if isinstance(s, Exact):
        own = next(number for called, number in s.numbers.items() if long_name(called) == key)
        given = [short(where, x) for x in listed(where, value, isinstance(own.default, int))]
        found = [(own.read(where, x), x) for x in given]
        return tuple({label: (_plain(label), x) for label, x in found}.values())
    if evidence == "float":
        return tuple((x, x) for x in values_of(where, value, name, _runs(s)))
    return tuple({(type(x), x): (_number(x), x) for x in listed(where, value, False)}.values())


def _plain(value: Any) -> Any:
    """A fraction as a float."""
    return float(value) if isinstance(value, Fraction) else value


def _number(value: Any) -> Any:
    """A number of a proof, written exactly, as a float; other texts, ranges among them, as they are."""
    try:
        found = numbers.fraction(value)
    except (ValueError, ArithmeticError):
        return value
    return int(found) if found.denominator == 1 and not isinstance(value, float) else float(found)
