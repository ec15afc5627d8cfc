"""From a TOML file to cells: which runs there are, what they record, and the seed of each."""

from __future__ import annotations

import ast
import functools
import hashlib
import itertools
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sco_flat import averages, instances, methods, numbers, oracles
from sco_flat.errors import InputError, listed, unknown_name
from sco_flat.sweeps import expressions, overrides, statements, work
from sco_flat.sweeps.axes import LARGEST, Runs, axes_of, brief, let_of, names_of, refuse_foreign, within
from sco_flat.sweeps.cells import SAID, Cell, around, as_written, check_plot, cut, known, said, table, texts
from sco_flat.sweeps.statements import Checks
from sco_flat.vocabulary import MAX_SEED, column, long_name

SEEDS = {"steps": "T", "step_size": "eta", "perturbation_radius": "radius", "flatness_radius": "flatness"}
"""Names under which ``random.by`` enters the seeds, whatever a file calls the axis."""
KEYS = (*SAID, "instance", "method", "oracle", "record", "allow_outside", "let", "axes", "random", "plot")
RANDOM = ("repeat", "seed", "by")
DOTS = 50
"""Parts of a key, at most."""
Study: TypeAlias = "str | Path | Mapping[str, Any]"
"""A file, or what it would say."""
Drawn: TypeAlias = tuple[tuple[int, int], ...]
"""Repetitions with their seeds."""
OWN = ""
"""The oracle where a file names none: the loss's own default."""
NOWHERE = "\0"
"""Stands for a value in a text that has no such letter."""


@dataclass(frozen=True, eq=False)
class _Group:
    """What cells share that differ in the value of one axis, in repetition and seed.

    Attributes
    ----------
    labels, arguments : dict
        Of one of them, without repetition and seed.
    named, asked : callable
        The texts around these two in its labels, and around the seed in its arguments, from that of the value.
    mark : bytes
        Of the texts of the arguments, without value and seed.
    """

    labels: dict[str, Any]
    arguments: dict[str, Any]
    named: Callable[[str], tuple[str, ...]]
    asked: Callable[[str], tuple[str, ...]]
    mark: bytes


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
        return frozenset(key for key in self.declared["axes"] if self._runs.kind(key) == "whole")

    @functools.cached_property
    def _runs(self) -> Runs:
        return Runs.of(self.axes["instance"], self.axes["method"], self.record)

    def as_written(self, message: str) -> str:
        """The message of a refusal, with its key as the file writes it."""
        return as_written(message, self.declared["axes"])

    @functools.cached_property
    def _reads(self) -> dict[tuple[str, str], set[str]]:
        """What the runs of a loss by a method read."""
        pairs = itertools.product(self.axes["instance"], self.axes["method"])
        return {(i, m): self._runs.read(instances.get(i), methods.get(m)) for i, m in pairs}

    @functools.cached_property
    def _unread(self) -> dict[str, Callable[[Mapping[str, Any]], Mapping[str, str]]]:
        """What says of the settings of a method which of them go unread."""
        return {name: methods.get(name).unread for name in self.axes["method"]}

    @functools.cached_property
    def _oracles(self) -> dict[str, str | None]:
        """The oracle of a loss where the file names none."""
        return {name: instances.get(name).default_oracle for name in self.axes["instance"]}

    @functools.cached_property
    def _long(self) -> dict[str, str]:
        """Long names of what combines to a cell."""
        return {name: long_name(name) for name in (*self.axes, *self.formulas)}

    @functools.cached_property
    def _inner(self) -> str:
        """The axis along which cells follow each other, if nothing but they themselves depends on it; else no name."""
        last = next((key for key, values in reversed(self.axes.items()) if len(values) > 1), "")
        read = {name for _, tree in self.formulas.values() for name in expressions.names(tree)}
        return "" if last in read.union(self.declared["random"]["by"], ("instance", "method", "oracle")) else last

    def cells(self) -> Iterator[Cell]:
        """All cells in the order of the file, each once; repetitions vary fastest."""
        inner = self._inner
        values = self.axes.get(inner, (None,))
        for group, k, drawn in self._groups():
            labels, arguments = (
                {**data, name: values[k]} if name in data else data
                for data, name in ((group.labels, inner), (group.arguments, self._long.get(inner, "")))
            )
            for repetition, seed in drawn:
                yield Cell(labels | {"repetition": repetition, "seed": seed}, arguments | {"seed": seed})

    def texts(self) -> Iterator[tuple[str, str]]:
        """Labels and arguments of `cells` as a store writes them: put together from what they have in common."""
        shown = texts(self.axes.get(self._inner, (None,)))
        for group, k, drawn in self._groups():
            first, second, third = group.named(shown[k])
            before, after = group.asked(shown[k])
            for repetition, seed in drawn:
                yield f"{first}{repetition}{second}{seed}{third}", f"{before}{seed}{after}"

    def _groups(self) -> Iterator[tuple[_Group, int, Drawn]]:
        """Cells that differ in repetition and seed: what they share, which value of the inner axis, the pairs."""
        met: dict[bytes, list[Drawn | set[int] | None]] = {}
        random, inner = self.declared["random"], self._inner
        by = [(SEEDS.get(long_name(key), key), key) for key in random["by"]]
        pairs = _seeds(random["seed"], cut({}, "repetition"), random["repeat"])
        for combination in itertools.product(*(v[:1] if key == inner else v for key, v in self.axes.items())):
            labels = dict(zip(self.axes, combination, strict=True))
            for key, (text, tree) in self.formulas.items():
                labels[key] = self._computed(key, text, tree, labels)
            labels["oracle"] = labels["oracle"] or self._oracles[labels["instance"]]
            if by:
                drawn = cut({name: labels[key] for name, key in by}, "repetition")
                pairs = _seeds(random["seed"], drawn, random["repeat"])
            yield from self._along(labels, pairs, met)

    def _along(
        self, labels: dict[str, Any], pairs: Drawn, met: dict[bytes, list[Drawn | set[int] | None]]
    ) -> Iterator[tuple[_Group, int, Drawn]]:
        """Groups along the inner axis, with the pairs of each that were not met before."""
        inner, values = self._inner, self.axes.get(self._inner, (None,))
        long, unread = self._long.get(inner, ""), self._unread[labels["method"]]
        settings = {self._long[key]: value for key, value in labels.items()}
        left_out: tuple[str, ...] | None = None
        for k, value in enumerate(values):
            if inner:
                settings[long] = labels[inner] = value
            now = tuple(unread(settings))
            if now != left_out:  # nearly never, so that the group is that of the value before
                left_out, group = now, self._group(labels, now)
                many = len(values) if long in group.arguments else 1
                taken = met.setdefault(group.mark, [None] * many)
            at = k if len(taken) > 1 else 0
            found, fresh = taken[at], pairs
            if found is None:
                taken[at] = pairs
            else:
                if not isinstance(found, set):  # rarely, so that the others share their pairs
                    found = taken[at] = {seed for _, seed in found}
                fresh = tuple((repetition, seed) for repetition, seed in pairs if seed not in found)
                found.update(seed for _, seed in fresh)
            yield group, k, fresh

    @brief()
    def _computed(self, key: str, text: str, tree: ast.expr, labels: dict[str, Any]) -> float:
        """Value of a formula, which every run could use."""
        where = f"axes.{key}"
        value = expressions.evaluate(where, text, tree, labels)
        if key in self.whole:
            if not value.is_integer():
                shown = ", ".join(f"{name} = {labels[name]}" for name in sorted(expressions.names(tree)))
                raise InputError(where, text, f"is {value:.12g}, not whole, at {shown}", "write round(...)")
            value = int(value)
        found: float = within(where, value, f"{text} = {value:.12g}", self._runs.limits(key))
        return found

    def _group(self, labels: dict[str, Any], unread: tuple[str, ...]) -> _Group:
        """Names and arguments of cells, without what this instance and method do not read; the seed comes after."""
        long, inner = self._long, self._inner
        reads = self._reads[labels["instance"], labels["method"]] - set(unread)
        arguments = {"instance": labels["instance"], "method": labels["method"]}
        arguments["allow_outside"] = self.declared["allow_outside"]
        kept = {"instance": labels["instance"], "method": labels["method"], "oracle": None}
        for key, value in labels.items():
            if key in ("instance", "method") or value is None:
                continue
            if key in self.declared["let"]:
                kept[key] = value
            elif long[key] in reads:
                kept[key] = value
                arguments[long[key]] = value
        asked = around(arguments, long.get(inner, ""), "seed")
        mark = hashlib.blake2b("".join(asked(NOWHERE)).encode(), digest_size=16).digest()
        return _Group(kept, arguments, around(kept, inner, "repetition", "seed"), asked, mark)


@functools.lru_cache(maxsize=64)
def _seeds(seed: int, around: tuple[str, ...], repeat: int) -> Drawn:
    """Each repetition with the seed of its run; ``around`` it stands what else enters the seeds."""
    before, after = around
    found: dict[int, int] = {}
    for repetition in range(repeat):
        digest = hashlib.blake2b(f"[{seed},{before}{repetition}{after}]".encode(), digest_size=6).digest()
        found.setdefault(int.from_bytes(digest, "big"), repetition)  # of equal seeds one cell
    return tuple((repetition, drawn) for drawn, repetition in found.items())


def records() -> tuple[str, ...]:
    """What a cell may keep: averages, bounds, stability, risks over t; and curvature and accuracy of the averages."""
    return (*averages.names(), "bounds", "stability", work.TRAJECTORY, work.CURVATURE)


@brief()
def read(study: Study, changes: Sequence[str] = ()) -> Plan | Checks:
    """Read a sweep file.

    Parameters
    ----------
    study : path or mapping
        The file, or what it would say.
    changes : sequence of str
        What is changed of it, as in `overrides.changed`.

    Raises
    ------
    InputError
        For a file that cannot be read or is not TOML (with line and reason), for unknown keys, and for values that no
        cell could use.
    """
    declared = study if isinstance(study, Mapping) else _toml(study)
    if changes:
        checks = not {"statement", "work"}.isdisjoint(declared)
        keys, drawn = (statements.KEYS, ()) if checks else (KEYS, RANDOM)
        declared = overrides.changed(declared, changes, keys, drawn)
    return understand(declared)


def _toml(path: str | Path) -> dict[str, Any]:
    """Content of a file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InputError("file", path, f"cannot be read: {reason}", "give a sweep file") from None
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):  # the reader of TOML needs the square of it in memory
        if any(part.count(".") > DOTS for part in re.split(r"[][{}=,]", line.partition("#")[0])):
            raise InputError("file", path, f"line {number} has more than {DOTS} dots in a key", "mend that line")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("file", path, f"is not TOML: {error}", "mend that line") from None
    except (ValueError, RecursionError) as error:
        what = "a nest that is too deep" if isinstance(error, RecursionError) else "a number that is too long"
        sizes = [max(map(len, re.findall(r"\d+", x)), default=0) + x.count("[") + x.count("{") for x in lines]
        raise InputError("file", path, f"line {sizes.index(max(sizes)) + 1} has {what}", "mend that line") from None


@brief()
def understand(declared: Mapping[str, Any]) -> Plan | Checks:
    """Check a sweep's content; see `read`."""
    data = dict(declared)
    refuse_foreign(data)
    if not {"statement", "work"}.isdisjoint(data):
        return statements.understand(data)
    for key in data:
        if key not in KEYS:
            raise unknown_name("key", key, KEYS)
    said(data)
    if "instance" not in data:
        raise InputError("instance", "missing", "a sweep names its instances", 'write instance = "sam-chain"')
    chosen = names_of("instance", data["instance"], instances.names())
    usual = instances.get(chosen[0]).default_method
    called = names_of("method", data.get("method", usual), methods.names())
    record = names_of("record", data.get("record", ["average", "last"]), records())
    runs = Runs.of(chosen, called, record)
    asked = names_of("oracle", data["oracle"], oracles.names()) if "oracle" in data else (OWN,)
    if "oracle" in data:
        runs.refuse_unread("oracle", data["oracle"], "oracle")
    data["allow_outside"] = data.get("allow_outside", False)
    if not isinstance(data["allow_outside"], bool):
        raise InputError("allow_outside", data["allow_outside"], "must be true or false", "write true or false")
    axes, formulas = axes_of(table("axes", data), runs)
    data["axes"] = dict(table("axes", data))
    data["let"] = dict(table("let", data))
    axes = let_of(data["let"], {*axes, *formulas}) | axes
    data["random"] = _random(table("random", data), {*axes, *formulas, "instance", "method", "oracle"})
    data["plot"] = dict(table("plot", data))
    plan = Plan(data, {"instance": chosen, "method": called, "oracle": asked} | axes, _ordered(axes, formulas), record)
    count = math.prod(len(v) for v in plan.axes.values()) * data["random"]["repeat"]
    if count > LARGEST:
        raise InputError("axes", f"{count:,} cells", f"a sweep has at most {LARGEST:,}", "drop values, or split it")
    along = work.ALONG if work.TRAJECTORY in record else ()
    check_plot(data["plot"], [*header(plan.columns, record), *along])
    return plan


def header(axes: list[str], record: tuple[str, ...]) -> list[str]:
    """Columns of a table: those that name a cell, and its results."""
    return [*axes, *(f"run.{name}" if name in axes else name for name in work.columns(record))]


def _random(table: Mapping[str, Any], axes: set[str]) -> dict[str, Any]:
    for key in table:
        if key not in RANDOM:
            raise unknown_name("random", key, RANDOM)
    data: dict[str, Any] = {"repeat": 1, "seed": 0, "by": []} | dict(table)
    if isinstance(data["seed"], list):
        mend = f"write repeat = {max(len(data['seed']), 2)}: each repetition draws its own, and seed only the first"
        raise InputError("random.seed", data["seed"], "is one whole number", mend)
    for key, least, most in (("repeat", 1, 2**63 - 1), ("seed", 0, MAX_SEED)):
        data[key] = numbers.whole(f"random.{key}", data[key], least, most)
    asked = data["by"] if isinstance(data["by"], list) else [data["by"]]
    for name in asked:
        if not isinstance(name, str):
            raise InputError("random.by", name, "is a list of axes", 'for example by = ["n"]')
    data["by"] = [known("random.by", name, sorted(axes)) for name in asked]
    return data


def _ordered(axes: Mapping[str, Any], formulas: dict[str, tuple[str, ast.expr]]) -> dict[str, tuple[str, ast.expr]]:
    """Formulas in an order in which each finds its names; circles and unknown names are refused."""
    ready: dict[str, tuple[str, ast.expr]] = {}
    waiting: dict[str, tuple[str, ast.expr]] = {}
    for key, (text, tree) in formulas.items():
        meant = {name: column(name, [*axes, *formulas]) for name in sorted(expressions.names(tree))}
        for name, found in meant.items():
            if found is None:
                others = [other for other in (*axes, *formulas) if other != key]
                raise InputError(
                    f"axes.{key}", text, f"is no number, and {name!r} of no axis",
                    f"write a number like 64 or 2^6, or a formula of {listed(others)}",
                )  # fmt: skip
        waiting[key] = text, expressions.renamed(tree, {name: str(found) for name, found in meant.items()})
    while waiting:
        free = [k for k, (_, tree) in waiting.items() if not expressions.names(tree) & set(waiting)]
        if not free:
            circle = ", ".join(waiting)
            raise InputError("axes", circle, "are formulas of each other in a circle", "give one of them values")
        for key in free:
            ready[key] = waiting.pop(key)
    return ready
