"""From a TOML file to cells: which runs there are, what they record, and the seed of each."""

from __future__ import annotations

import ast
import functools
import hashlib
import itertools
import json
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sco_flat import averages, instances, methods, numbers, oracles, vocabulary
from sco_flat.errors import InputError, unknown_name
from sco_flat.instances.base import Loss
from sco_flat.methods.base import Method
from sco_flat.requests import own_fields, parameters_of, readable
from sco_flat.sweeps import expressions
from sco_flat.vocabulary import OPTIONS, Kind, column, is_auto, kind_of, long_name, typed, word

SEEDS = {"steps": "T", "step_size": "eta", "perturbation_radius": "radius", "flatness_radius": "flatness"}
"""Names under which ``random.by`` enters the seeds, whatever a file calls the axis."""
NO_AXES = ("method", "oracle", "seed", "left_out", "allow_outside")
"""Options with a place of their own in a sweep file."""
KEYS = ("instance", "method", "oracle", "record", "allow_outside", "let", "axes", "random", "plot")
RANDOM = ("repeat", "seed", "by")
LARGEST = 10_000_000
"""Cells of one sweep, at most."""
OWN = ""
"""The oracle where a file names none: the loss's own default."""


@dataclass(frozen=True)
class Cell:
    """One run: columns that name it, and the keyword arguments of `runs.request_from`."""

    labels: dict[str, Any]
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A sweep as declared.

    Attributes
    ----------
    declared : dict
        The file's content.
    axes : dict
        Values of each axis that is not a formula.
    formulas : dict
        Trees of those that are, in an order in which they can be evaluated.
    record : tuple of str
        What each cell keeps, from `records`.
    """

    declared: dict[str, Any]
    axes: dict[str, tuple[Any, ...]]
    formulas: dict[str, tuple[str, ast.expr]]
    record: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Names of the columns that name a cell."""
        return ["instance", "method", "oracle", *self.declared["let"], *self.declared["axes"], "repetition", "seed"]

    @functools.cached_property
    def whole(self) -> frozenset[str]:
        """Axes of whole numbers."""
        runs = _Runs.of(self.axes["instance"], self.axes["method"])
        return frozenset(key for key in self.declared["axes"] if runs.kind(key) == "whole")

    def as_written(self, message: str) -> str:
        """The message of a refusal, with its key as the file writes it."""
        key, equal, rest = message.partition(" = ")
        written = {long_name(name): name for name in self.declared["axes"]}
        return f"{written.get(key, key)}{equal}{rest}"

    @functools.cached_property
    def _reads(self) -> dict[tuple[str, str], set[str]]:
        """What the runs of a loss by a method read."""
        pairs = itertools.product(self.axes["instance"], self.axes["method"])
        return {(i, m): readable(instances.get(i), methods.get(m)) for i, m in pairs}

    def cells(self) -> Iterator[Cell]:
        """All cells in the order of the file, each once; repetitions vary fastest."""
        seen: set[bytes] = set()
        names = [*self.axes, "repetition"]
        random = self.declared["random"]
        values = [*self.axes.values(), tuple(range(random["repeat"]))]
        for combination in itertools.product(*values):
            labels = dict(zip(names, combination, strict=True))
            for key, (text, tree) in self.formulas.items():
                value = expressions.evaluate(f"axes.{key}", text, tree, labels)
                labels[key] = int(value) if key in self.whole and value.is_integer() else value
            labels["oracle"] = labels["oracle"] or instances.get(labels["instance"]).default_oracle
            cell = self._cell(labels, random)
            mark = hashlib.blake2b(canonical(cell.arguments).encode(), digest_size=16).digest()
            if mark not in seen:
                seen.add(mark)
                yield cell

    def _cell(self, labels: dict[str, Any], random: dict[str, Any]) -> Cell:
        """Drop what this instance and method do not read, and derive the seed."""
        reads = self._reads[labels["instance"], labels["method"]]
        reads = reads - set(methods.get(labels["method"]).unread({long_name(k): v for k, v in labels.items()}))
        drawn = {SEEDS.get(long_name(key), key): labels[key] for key in ["repetition", *random["by"]]}
        text = canonical([random["seed"], drawn])
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")
        arguments = {"instance": labels["instance"], "method": labels["method"], "seed": seed}
        arguments["allow_outside"] = self.declared["allow_outside"]
        kept = {"instance": labels["instance"], "method": labels["method"], "oracle": None}
        for key, value in labels.items():
            if key in ("instance", "method", "repetition") or value is None:
                continue
            if key in self.declared["let"]:
                kept[key] = value
            elif long_name(key) in reads:
                kept[key] = value
                arguments[long_name(key)] = value
        kept |= {"repetition": labels["repetition"], "seed": seed}
        return Cell(kept, arguments)


def records() -> tuple[str, ...]:
    """What a cell may keep: the averages, bounds, stability."""
    return (*averages.names(), "bounds", "stability")


def canonical(data: Any) -> str:
    """One text for one content: sorted keys, no blanks."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def read(path: str | Path) -> Plan:
    """Read a sweep file.

    Raises
    ------
    InputError
        For a file that cannot be read or is not TOML (with line and reason), for unknown keys, and for values that no
        cell could use.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InputError("file", path, f"cannot be read: {reason}", "give a sweep file") from None
    try:
        declared = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("file", path, f"is not TOML: {error}", "mend that line") from None
    return understand(declared)


def understand(declared: Mapping[str, Any]) -> Plan:
    """Check a sweep's content; see `read`."""
    data = dict(declared)
    for key in data:
        if key not in KEYS:
            raise unknown_name("key", key, KEYS)
    if "instance" not in data:
        raise InputError("instance", "missing", "a sweep names its instances", 'write instance = "sam-chain"')
    chosen = _names("instance", data["instance"], instances.names())
    classes = [instances.get(name) for name in chosen]
    usual = classes[0].default_method
    called = _names("method", data.get("method", usual), methods.names())
    runs = _Runs(classes, [methods.get(name) for name in called])
    asked = _names("oracle", data["oracle"], oracles.names()) if "oracle" in data else (OWN,)
    if "oracle" in data:
        runs.refuse_unread("oracle", data["oracle"], "oracle")
    data["allow_outside"] = data.get("allow_outside", False)
    if not isinstance(data["allow_outside"], bool):
        raise InputError("allow_outside", data["allow_outside"], "must be true or false", "write true or false")
    record = _names("record", data.get("record", ["average", "last"]), records())
    axes, formulas = _axes(_table("axes", data), runs)
    data["axes"] = dict(_table("axes", data))
    data["let"] = dict(_table("let", data))
    axes = _let(data["let"], {*axes, *formulas}) | axes
    data["random"] = _random(_table("random", data), {*axes, *formulas, "instance", "method", "oracle"})
    data["plot"] = dict(_table("plot", data))
    plan = Plan(data, {"instance": chosen, "method": called, "oracle": asked} | axes, _ordered(axes, formulas), record)
    count = math.prod(len(v) for v in plan.axes.values()) * data["random"]["repeat"]
    if count > LARGEST:
        raise InputError("axes", f"{count:,} cells", f"a sweep has at most {LARGEST:,}", "drop values, or split it")
    return plan


def _table(key: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise InputError(key, found, "is a table", f"write [{key}] and its keys below it")
    return found


def _names(key: str, given: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    if not values:
        raise InputError(key, "[]", "has no value", "give at least one")
    return tuple(word(key, value, known) for value in values)


def _random(table: Mapping[str, Any], axes: set[str]) -> dict[str, Any]:
    for key in table:
        if key not in RANDOM:
            raise unknown_name("random", key, RANDOM)
    data: dict[str, Any] = {"repeat": 1, "seed": 0, "by": []} | dict(table)
    for key, least, most in (("repeat", 1, LARGEST), ("seed", 0, vocabulary.MAX_SEED)):
        data[key] = numbers.whole(f"random.{key}", data[key], least, most)
    asked = [str(name) for name in (data["by"] if isinstance(data["by"], list) else [data["by"]])]
    data["by"] = []
    for name in asked:
        found = column(name, sorted(axes))
        if found is None:
            raise unknown_name("random.by", name, axes)
        data["by"].append(found)
    return data


@dataclass(frozen=True)
class _Runs:
    """The losses and methods of a sweep: they say which axes there are, and what their values are."""

    classes: list[type[Loss]]
    rules: list[Method]

    @classmethod
    def of(cls, losses: Iterable[str], called: Iterable[str]) -> _Runs:
        """By their names."""
        return cls([instances.get(name) for name in losses], [methods.get(name) for name in called])

    @functools.cached_property
    def own(self) -> dict[str, Any]:
        """Types of the losses' own fields."""
        return {name: hint for cls in self.classes for name, hint in own_fields(cls).items()}

    @functools.cached_property
    def known(self) -> set[str]:
        """Long names that an axis may mean."""
        parameters = {name for rule in self.rules for name in parameters_of(rule)}
        return ({*OPTIONS, *self.own} | parameters) - set(NO_AXES)

    def kind(self, key: str) -> Kind | None:
        """What the values of an axis are; None where only the loss knows."""
        name = long_name(key)
        if name in self.own:
            return kind_of(self.own[name])
        return OPTIONS[name].kind if name in OPTIONS else "real"

    def value(self, where: str, key: str, given: Any) -> Any:
        """Read a value of an axis that is neither real nor whole."""
        name = long_name(key)
        try:
            read = typed(name, given, self.own[name]) if name in self.own else vocabulary.value_of(OPTIONS[name], given)
        except InputError as error:
            error.rename(where)
            raise
        return given if self.kind(key) == "start" else read

    def refuse_unread(self, key: str, value: Any, where: str) -> None:
        """Refuse what no cell reads."""
        name = long_name(key)
        if any(name in readable(cls, rule) for cls in self.classes for rule in self.rules):
            return
        readers = [m for m in methods.names() if name in methods.get(m).reads]
        mend = "leave it out" + (f", or add method {' or '.join(readers)}" if readers else "")
        raise InputError(where, value, "no cell reads it", mend)


def _axes(table: Mapping[str, Any], runs: _Runs) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """Values of the axes, and trees of the formulas."""
    axes: dict[str, tuple[Any, ...]] = {}
    formulas: dict[str, tuple[str, ast.expr]] = {}
    first: dict[str, str] = {}
    for key, value in table.items():
        name, where = long_name(key), f"axes.{key}"
        if name not in runs.known:
            meant = {w: o for w, o in vocabulary.NEAR.items() if o in runs.known}
            meant |= {s: s for s in vocabulary.spellings(runs.known)}
            raise unknown_name("axes", key, runs.known, meant)
        if name in first:
            raise InputError("axes", repr(key), f"is the same as {first[name]}, which is there, too", "drop one")
        first[name] = key
        runs.refuse_unread(key, value, where)
        if isinstance(value, str) and runs.kind(key) in ("real", "whole") and not _is_number(value):
            formulas[key] = value, expressions.parse(where, value)
        else:
            axes[key] = _values(where, value, key, runs)
    for short, name in (("n", "n"), ("T", "steps"), ("eta", "step_size")):
        if name not in first:
            raise InputError("axes", f"no {short}", "n, T and eta have no default in a sweep", f"write {short} = ...")
    return axes, formulas


def _is_number(text: str) -> bool:
    """Whether a text is a number (or the word auto) rather than a formula."""
    try:
        numbers.fraction(text)
    except (ValueError, ArithmeticError):
        return is_auto(text)
    return True


def _let(table: Mapping[str, Any], taken: set[str]) -> dict[str, tuple[Any, ...]]:
    """Values of names that only formulas read."""
    for key in table:
        used = column(key, taken) is not None or key in expressions.FUNCTIONS or key in ("instance", "repetition")
        if used or not key.isidentifier():
            raise InputError("let", key, "is taken or not a name", "choose another name for it")
    return {key: _values(f"let.{key}", value) for key, value in table.items()}


def _values(where: str, value: Any, key: str = "", runs: _Runs | None = None) -> tuple[Any, ...]:
    """Values of an axis, or numbers that only formulas read."""
    kind = "real" if runs is None else runs.kind(key)
    found: list[Any]
    if isinstance(value, dict):
        kinds = [name for name in value if name in ("linspace", "logspace")]
        other = [name for name in value if name not in ("linspace", "logspace", "whole")]
        if other or len(kinds) != 1:
            name = (other or [*kinds, "nothing"])[-1]
            raise InputError(
                where, name, "is linspace or logspace = [from, to, count]", "for example logspace = [16, 1024, 7]"
            )
        found = _spread(where, kinds[0], value[kinds[0]])
        if value.get("whole", kind == "whole"):
            found = list(dict.fromkeys(round(x) for x in found))
    else:
        found = value if isinstance(value, list) else [value]
    if not found:
        raise InputError(where, "[]", "has no value", "give at least one")
    for x in found:
        if not isinstance(x, (int, float, str, bool)) or (isinstance(x, float) and not math.isfinite(x)):
            raise InputError(where, x, "is a finite number, a name or true/false", "change it")
        if is_auto(x) and kind in ("real", "whole") and long_name(key) != "perturbation_radius":
            raise InputError(where, x, "only the radius can be auto", "give a number")
    if kind == "whole":
        option = OPTIONS.get(long_name(key))
        low, high = (option.low, option.high) if option else (None, None)
        return tuple(numbers.whole(where, x, low, high) for x in found)
    if runs is None:
        return tuple(numbers.real(where, x) if isinstance(x, (str, bool)) else x for x in found)
    if kind == "real":
        return tuple("auto" if is_auto(x) else numbers.real(where, x) for x in found)
    return tuple(runs.value(where, key, x) for x in found)


def _spread(where: str, kind: str, given: Any) -> list[float]:
    ok = isinstance(given, list) and len(given) == 3 and all(type(x) in (int, float) for x in given)
    if not ok or given[2] != int(given[2]) or given[2] < 1 or (kind == "logspace" and min(given[:2]) <= 0):
        limit = "is [from, to, count] with count >= 1" + (" and positive ends" if kind == "logspace" else "")
        raise InputError(f"{where}.{kind}", given, limit, "for example [16, 1024, 7]")
    low, high, count = float(given[0]), float(given[1]), int(given[2])
    points = np.linspace(low, high, count) if kind == "linspace" else np.geomspace(low, high, count)
    return [float(x) for x in points]


def _ordered(axes: Mapping[str, Any], formulas: dict[str, tuple[str, ast.expr]]) -> dict[str, tuple[str, ast.expr]]:
    """Formulas in an order in which each finds its names; circles and unknown names are refused."""
    ready: dict[str, tuple[str, ast.expr]] = {}
    waiting: dict[str, tuple[str, ast.expr]] = {}
    for key, (text, tree) in formulas.items():
        meant = {name: column(name, [*axes, *formulas]) for name in sorted(expressions.names(tree))}
        for name, found in meant.items():
            if found is None:
                raise InputError(
                    f"axes.{key}", text, f"{name!r} is not an axis", f"known are {', '.join([*axes, *formulas])}"
                )
        waiting[key] = text, expressions.renamed(tree, {name: str(found) for name, found in meant.items()})
    while waiting:
        free = [k for k, (_, tree) in waiting.items() if not expressions.names(tree) & set(waiting)]
        if not free:
            circle = ", ".join(waiting)
            raise InputError("axes", circle, "are formulas of each other in a circle", "give one of them values")
        for key in free:
            ready[key] = waiting.pop(key)
    return ready
