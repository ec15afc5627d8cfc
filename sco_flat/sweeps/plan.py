"""From a TOML file to cells: which runs there are, what they record, and the seed of each."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import itertools
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sco_flat import averages, instances, methods, oracles
from sco_flat.errors import InputError, unknown_name
from sco_flat.settings import Settings
from sco_flat.sweeps import expressions

NUMBERS = {
    "n": "n", "T": "steps", "eta": "step_size", "radius": "perturbation_radius", "flatness": "flatness_radius",
    "width": "width",
}  # fmt: skip
"""Axes with a short name, and what `runs.request_from` calls them."""
WHOLE = ("n", "T", "width", "batch_size")
KEYS = ("instance", "method", "oracle", "record", "allow_outside", "let", "axes", "random", "plot")
RANDOM = ("repeat", "seed", "by")
LARGEST = 10_000_000
"""Cells of one sweep, at most."""


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
                labels[key] = int(value) if key in WHOLE and value.is_integer() else value
            cell = self._cell(labels, random)
            mark = hashlib.blake2b(canonical(cell.arguments).encode(), digest_size=16).digest()
            if mark not in seen:
                seen.add(mark)
                yield cell

    def _cell(self, labels: dict[str, Any], random: dict[str, Any]) -> Cell:
        """Drop what this instance and method do not read, and derive the seed."""
        method = methods.get(labels["method"])
        own = fields_of(instances.get(labels["instance"]))
        reads = set(method.reads) | {"engine", "schedule", "start", "project", "event"} | set(own)
        drawn = {key: labels[key] for key in ["repetition", *random["by"]]}
        text = canonical([random["seed"], drawn])
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")
        arguments = {"instance": labels["instance"], "method": labels["method"], "seed": seed}
        arguments["allow_outside"] = self.declared["allow_outside"]
        kept = {"instance": labels["instance"], "method": labels["method"], "oracle": None}
        for key, value in labels.items():
            name = NUMBERS.get(key, key)
            if key in ("instance", "method", "repetition") or value is None:
                continue
            if key in self.declared["let"]:
                kept[key] = value
            elif name in NUMBERS.values() or name in reads:
                kept[key] = value
                arguments[name] = value
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
    asked = _names("oracle", data.get("oracle", "adversarial"), oracles.names())
    data["allow_outside"] = data.get("allow_outside", False)
    if not isinstance(data["allow_outside"], bool):
        raise InputError("allow_outside", data["allow_outside"], "must be true or false", "write true or false")
    record = _names("record", data.get("record", ["average", "last"]), records())
    axes, formulas = _axes(_table("axes", data), classes)
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
    for value in values:
        if value not in known:
            raise unknown_name(key, str(value), known)
    return tuple(values)


def _random(table: Mapping[str, Any], axes: set[str]) -> dict[str, Any]:
    for key in table:
        if key not in RANDOM:
            raise unknown_name("random", key, RANDOM)
    data: dict[str, Any] = {"repeat": 1, "seed": 0, "by": []} | dict(table)
    for key, least in (("repeat", 1), ("seed", 0)):
        if type(data[key]) is not int or data[key] < least:
            raise InputError(f"random.{key}", data[key], f"must be a whole number, at least {least}", "change it")
    for name in data["by"] if isinstance(data["by"], list) else [data["by"]]:
        if name not in axes:
            raise unknown_name("random.by", str(name), axes)
    return data


def _axes(table: Mapping[str, Any], classes: list[Any]) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """Values of the axes, and trees of the formulas."""
    given = set(NUMBERS.values()) | {"method", "oracle", "left_out"}
    known = {*NUMBERS, *fields_of(Settings), "event"} | {f for c in classes for f in fields_of(c)}
    known = (known - given) | set(NUMBERS)
    axes: dict[str, tuple[Any, ...]] = {}
    formulas: dict[str, tuple[str, ast.expr]] = {}
    for key, value in table.items():
        if key not in known:
            same = {name: short for short, name in NUMBERS.items()}
            if same.get(key.replace("-", "_")):
                short = same[key.replace("-", "_")]
                raise InputError("axes", repr(key), f"is called {short!r} in a sweep file", f"write {short}")
            raise unknown_name("axes", key, known)
        if isinstance(value, str) and (key in NUMBERS or _is_number(key, classes)) and value != "auto":
            formulas[key] = value, expressions.parse(f"axes.{key}", value)
        else:
            axes[key] = _values(key, value)
    for key in ("n", "T", "eta"):
        if key not in table:
            raise InputError("axes", f"no {key}", "n, T and eta have no default in a sweep", f"write {key} = ...")
    return axes, formulas


def _let(table: Mapping[str, Any], taken: set[str]) -> dict[str, tuple[Any, ...]]:
    """Values of names that only formulas read."""
    for key in table:
        if not key.isidentifier() or key in taken or key in expressions.FUNCTIONS or key in ("instance", "repetition"):
            raise InputError("let", key, "is taken or not a name", "choose another name for it")
    return {key: _values(key, value, "let") for key, value in table.items()}


def fields_of(cls: Any) -> dict[str, Any]:
    """Fields of a dataclass by name; constants of the class are none."""
    return {f.name: f for f in dataclasses.fields(cls)}


def _is_number(key: str, classes: list[Any]) -> bool:
    fields = fields_of(Settings) | {k: f for c in classes for k, f in fields_of(c).items()}
    return "float" in str(fields[key].type) if key in fields else False


def _values(key: str, value: Any, table: str = "axes") -> tuple[Any, ...]:
    where = f"{table}.{key}"
    found: list[Any]
    if isinstance(value, dict):
        kinds = [kind for kind in value if kind in ("linspace", "logspace")]
        other = [kind for kind in value if kind not in ("linspace", "logspace", "whole")]
        if other or len(kinds) != 1:
            name = (other or [*kinds, "nothing"])[-1]
            raise InputError(
                where, name, "is linspace or logspace = [from, to, count]", "for example logspace = [16, 1024, 7]"
            )
        found = _spread(where, kinds[0], value[kinds[0]])
        if value.get("whole", key in WHOLE):
            found = list(dict.fromkeys(round(x) for x in found))
    else:
        found = value if isinstance(value, list) else [value]
    if not found:
        raise InputError(where, "[]", "has no value", "give at least one")
    for x in found:
        if not isinstance(x, (int, float, str, bool)) or (isinstance(x, float) and not math.isfinite(x)):
            raise InputError(where, x, "is a finite number, a name or true/false", "change it")
        if key in WHOLE and (isinstance(x, (str, bool)) or x != int(x)):
            raise InputError(where, x, "is a whole number", "change it, or write a formula as a string of its own")
        if key in NUMBERS and key not in WHOLE and x != "auto" and (isinstance(x, (bool, str))):
            raise InputError(where, x, "is a number (or auto, for the radius)", "change it")
        if key != "radius" and x == "auto" and key != "engine":
            raise InputError(where, x, "only the radius can be auto", "give a number")
    return tuple(int(x) if key in WHOLE else x for x in found)


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
    waiting = dict(formulas)
    for key, (text, tree) in formulas.items():
        for name in sorted(expressions.names(tree)):
            if name not in axes and name not in formulas:
                raise InputError(
                    f"axes.{key}", text, f"{name!r} is not an axis", f"known are {', '.join([*axes, *formulas])}"
                )
    while waiting:
        free = [k for k, (_, tree) in waiting.items() if not expressions.names(tree) & set(waiting)]
        if not free:
            circle = ", ".join(waiting)
            raise InputError("axes", circle, "are formulas of each other in a circle", "give one of them values")
        for key in free:
            ready[key] = waiting.pop(key)
    return ready
