"""Figures of a sweep: which rows, which columns, what is averaged; the files of `sco_flat.plots` draw."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from matplotlib.figure import Figure

from sco_flat import _registry, vocabulary
from sco_flat.bounds.expectation import quantile
from sco_flat.errors import InputError, unknown_name
from sco_flat.plots import style
from sco_flat.sweeps import cells, collect, expressions, filters, work
from sco_flat.sweeps.damage import refuse_damaged
from sco_flat.sweeps.rows import Counts
from sco_flat.sweeps.store import Store
from sco_flat.sweeps.studies import STUDY, Studies
from sco_flat.sweeps.work import PARTS, VERDICT

ENDINGS = (".pdf", ".svg", ".png")
NOTHING = "none"
"""As ``by`` or ``facet``: what the file says is not wanted."""
USUAL = ("population_risk", PARTS[0])
"""Ends of the columns of which the first is drawn where none is asked for."""
RISK, EITHER = "risk", "iterate.risk"
"""Columns that tell both risks of an iterate apart, and hold them."""
RISKS = {"iterate.empirical_risk": "F_S, empirical", "iterate.population_risk": "F, population"}
Row = dict[str, Any]
Folders = str | Path | Sequence[str | Path]


def draw(folder: Folders, out: str | Path | None, given: Mapping[str, Any]) -> Path:
    """Draw what is in the store, finished or not; write the numbers of the figure beside it, as CSV.

    Parameters
    ----------
    folder : path or sequence of path
        Of the sweep, or of several.
    out : path, optional
        File; of one sweep ``plot.pdf`` in its folder by default, of several it has to be said.
    given : mapping
        Options of `cells.PLOT`; they go before those of the sweep file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        For unknown options and columns, and where rows would be averaged that differ in more than their repetition;
        after the figure of the other rows was written, for rows that are damaged.
    """
    folders = _several(folder)
    path = Path(out) if out else Path(folders[0]) / "plot.pdf"
    if path.suffix not in ENDINGS:
        raise InputError("out", path, f"must end in {', '.join(ENDINGS)}", "choose such a name")
    if out and not os.path.isdir(path.parent):  # which takes a name that is too long, too
        raise InputError("out", path, "its folder is missing", "make it, or choose another")
    if path.stem in ("table", "failures"):  # those of collect
        raise InputError("out", path, f"its numbers would take the place of {path.stem}.csv", "choose another name")
    data = prepare(folders, given)
    if out is None and len(folders) > 1:  # the figure of the first alone would be lost
        raise InputError("out", "missing", "several studies have no folder in common", "write --out FILE.pdf")
    with style.style(data["style"]):
        try:
            _drawn(data).savefig(path, dpi=150, metadata=style.PLAIN[path.suffix])
            collect.write(path.with_suffix(".csv"), *_numbers(data))
        except OSError as error:
            raise InputError("out", path, f"cannot be written: {error.strerror}", "choose another place") from None
    for each in folders:
        with Store(each) as store:
            refuse_damaged(store, f"{path.name} shows the others")
    return path


def figure(folder: Folders, given: Mapping[str, Any]) -> Figure:
    """Draw what is in the store, as `draw` does, and write nothing."""
    data = prepare(folder, given)
    with style.style(data["style"]):
        return _drawn(data)


def _drawn(data: Row) -> Figure:
    made: Figure = _registry.entry("plots", data["kind"], "kind").draw(data)
    return made


def _several(folder: Folders) -> list[str | Path]:
    return [folder] if isinstance(folder, (str, Path)) else list(folder)


def _numbers(data: Row) -> tuple[list[str], list[list[Any]]]:
    """The points of a figure as a table: where they are, and what is drawn there."""
    places = [name for name in (*data["facets"], data["by"], data["x"], data["y"]) if name is not None]
    value = f"{data['value']} / ({data['unit']})" if data["unit"] else str(data["value"])
    drawn = {
        "mean": f"mean of {value}",
        "half": "half of the 95% interval",
        "count": "rows",
        "inside": "inside_theorem",
    }
    drawn |= {name: name for name in data["bounds"]}
    return [*places, *drawn.values()], [[row[name] for name in (*places, *drawn)] for row in data["rows"]]


@dataclass(frozen=True)
class _Found:
    """What stores hold for a figure: the first file with all axes, columns, those that name a point, rows, counts."""

    options: Row
    declared: Mapping[str, Any]
    names: list[str]
    axes: list[str]
    rows: list[Row]
    counts: Counts
    over_t: bool


def _read(folder: Folders, given: Mapping[str, Any]) -> _Found:
    """Read the rows that a figure is of; where it is over t, one for each iterate that was kept.

    Where nothing but iterates was kept and no value is asked for, each gives a row for either of its risks.
    """
    with Studies(_several(folder)) as studies:
        declared = studies.declared()
        options: Row = declared.get("plot", {}) | dict(given)
        named = {str(options[key]) for key in ("x", "y", "value", "by", "facet") if key in options}
        alone = "value" not in options and not any(name.endswith(USUAL) for name in studies.header)
        asked = sorted(named.intersection(work.ALONG))
        if asked and not studies.thinned:
            key = next(key for key, value in options.items() if value == asked[0])
            mend = f'add record = ["{work.TRAJECTORY}"] to the file, and sweep with --new'
            raise InputError(key, asked[0], "is of the iterates, and this sweep kept none", mend)
        over_t = studies.thinned and (alone or not named.isdisjoint(work.ALONG))
        names = studies.header + [*work.ALONG] * over_t
        wanted = filters.read("only" if "only" in given else "plot.only", options.get("only", ()), names)
        found = studies.along(wanted) if over_t else studies.table(wanted)
        rows = [dict(zip(names, row, strict=True)) for row in found]
        counts = studies.counts([condition for condition in wanted if condition.name in studies.axes])
        if wanted and not rows and studies.counts().done:
            raise filters.nothing("only", wanted, studies.values())
        axes = studies.axes + [work.ALONG[0]] * over_t
        free = next((key for key in ("by", "facet") if key not in options), None)
        if over_t and alone and free:
            rows = [row | {RISK: risk, EITHER: row[name]} for row in rows for name, risk in RISKS.items()]
            options |= {"value": EITHER, free: RISK}
            names = [*names, RISK, EITHER]
        return _Found(options, declared, names, axes, rows, counts, over_t)


def prepare(folder: Folders, given: Mapping[str, Any]) -> Row:
    """Select and average rows; the data of the figure."""
    found = _read(folder, given)
    declared, names, axes, rows, counts = found.declared, found.names, found.axes, found.rows, found.counts
    options = found.options
    for key in options:
        if key not in cells.PLOT:
            raise unknown_name("plot", key, cells.PLOT, {"where": "only"})
    kind = vocabulary.word("kind", options.get("kind", "line"), _registry.names("plots"))
    flat = _registry.entry("plots", kind).flat
    second = not flat or given.get("facet", NOTHING) != NOTHING  # beside a facet, by splits the panels once more
    for key, here, other in (("by", second, "--facet"), ("bounds", not flat, "--kind line"), ("y", flat, "--by")):
        if not here and given.get(key):
            raise InputError(key, given[key], f"a {kind} has no place for it", f"use {other}")
    look = str(options.get("style", "paper"))
    style.settings(look)  # refuses another name
    if not rows:
        named = ", ".join(map(str, _several(folder)))
        raise InputError("folder", named, "has no finished row to draw", "run sco-flat sweep, or change --only")
    value = _column("value", options.get("value") or (work.ALONG[-1] if found.over_t else _usual(names)), names)
    if VERDICT in names:  # checks that make no such claim have no point
        rows = [row for row in rows if row[value] is not None]
    if not rows:
        raise InputError("value", value, "has no value in any row", "choose another column")
    spread = [k for k in axes if k not in ("repetition", "seed") and len({repr(row[k]) for row in rows}) > 1]
    fixed = [k for k in axes if k not in spread and k not in ("repetition", "seed")]
    numeric, still = (
        [k for k in some if all(isinstance(row[k], (int, float)) for row in rows)] for some in (spread, fixed)
    )
    x = options.get("x") or (work.ALONG[0] if found.over_t else next(iter([*numeric, *still, *axes])))
    y = options.get("y") or next((k for k in numeric if k != x), None) if flat else None
    hidden = [k for k in spread if k not in (x, y)]
    if RISK in names and "facet" not in options and len(hidden) == 1:
        options["facet"] = hidden[0]
    split = {key: None if options.get(key) == NOTHING else options.get(key) for key in ("by", "facet")}
    asked = {"x": x, "y": y} | split
    columns = {key: None if name is None else _column(key, name, names) for key, name in asked.items()}
    x, y, by, facet = columns.values()
    if flat and y is None:
        raise InputError("y", "missing", f"a {kind} needs two axes that vary", "give --x and --y")
    # what the file says of another figure gives way to what is asked of this one
    taken = {x, y} - {None}
    by, facet = (None if name in taken and key not in given else name for key, name in (("by", by), ("facet", facet)))
    facets = [name for name in (facet, by if flat else None) if name is not None]
    places = [name for name in (x, y, None if flat else by, *facets) if name is not None]
    if len(set(places)) < len(places):
        twice = next(name for name in places if places.count(name) > 1)
        raise InputError("plot", twice, "has two places in the figure", "give each of x, y, by and facet its own")
    bounds = _speaking(value) if options.get("bounds") and not flat else ()
    _scale(rows, value, options.get("unit"), bounds)
    hidden = [k for k in spread if k not in places]
    scale = options.get("scale") and vocabulary.word("scale", options["scale"], cells.SCALES)
    means = _averaged(rows, places, hidden)
    _refuse_hidden(rows, [k for k in hidden if k not in _computed(declared)], facets if flat else [*facets, by])
    cell = [name for name in axes if name not in work.ALONG]
    odd = [row for row in rows if row["drawn"] is not None and not math.isfinite(row["drawn"])]
    endless = len({tuple(repr(row[name]) for name in cell) for row in odd})
    if not means:
        limit = "is no finite number in any row" if endless else "has no value in any row"
        raise InputError("value", value, limit, "choose another column")
    if scale == "log" and not any(row["mean"] > 0 for row in means):
        raise InputError("log", value, "has no value above 0", "use --linear")
    return {
        "x": x, "y": y, "value": value, "by": None if flat else by, "facets": facets,
        "kind": kind, "rows": means, "unit": options.get("unit"), "title": options.get("title"),
        "scale": scale, "bounds": bounds, "style": look, "made": "checks" if VERDICT in names else "float runs",
        "formulas": {k: text for k, text in _computed(declared).items() if k in hidden} | _apart(rows, hidden, places),
        "cells": counts.total, "missing": counts.total - counts.done + endless,
        "fixed": {k: rows[0][k] for k in fixed if rows[0][k] is not None},
    }  # fmt: skip


def _computed(declared: Mapping[str, Any]) -> dict[str, str]:
    """Axes that follow from others, with their formulas, and ``auto``."""
    axes: Mapping[str, Any] = declared.get("axes", {})
    formulas = {name: given for name, given in axes.items() if isinstance(given, str)}
    return {str(vocabulary.column(name, [*axes]) or name): given for name, given in formulas.items()}


def _apart(rows: list[Row], hidden: list[str], places: list[str]) -> dict[str, str]:
    """What the studies that are drawn apart differ in and no place shows, as ``0.25 in study, 0.125 in eighth``."""
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows if STUDY in places else ():
        for name in hidden:
            if row[name] is not None:
                value = style.brief(row[name]) if isinstance(row[name], float) else str(row[name])
                found.setdefault(name, {}).setdefault(row[STUDY], set()).add(value)
    return {
        name: ", ".join(f"{min(values)} in {study}" for study, values in each.items())
        for name, each in found.items()
        if all(len(values) == 1 for values in each.values())
    }


def _refuse_hidden(rows: list[Row], hidden: list[str], split: Sequence[str | None]) -> None:
    """Refuse an axis that differs from point to point and is not shown.

    Raises
    ------
    InputError
        If one of them varies within a panel, or along a line.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[k] for k in split if k is not None), []).append(row)
    for name in hidden:
        if any(len({repr(row[name]) for row in members}) > 1 for members in groups.values()):
            mend = f"fix it with --only {name}=..., or use it as --by or --facet"
            raise InputError(name, "varies", "it differs from point to point and is not shown", mend)


def _usual(names: list[str]) -> str:
    """The column that is drawn where none is asked for."""
    return next((name for end in USUAL for name in names if name.endswith(end)), "r")


def _column(key: str, name: str, names: list[str]) -> str:
    """The column that an option asks for, by any name of its quantity."""
    return cells.known(key, str(name), names)


def _speaking(value: str) -> tuple[str, ...]:
    """The bounds that are drawn beside a column: those that speak of it."""
    from sco_flat.sweeps.work import speaking

    found = speaking(value)
    if not found:
        limit = f"no bound speaks of {value}: they are on the population risk of suffix averages"
        raise InputError("bounds", "true", limit, "leave it out, or draw average.population_risk")
    return found


def _scale(rows: list[Row], value: str, unit: str | None, bounds: tuple[str, ...]) -> None:
    """Divide the value, and the bounds that are drawn, by the unit."""
    drawn = [value, *bounds]
    for name in drawn:
        if name not in rows[0]:
            raise InputError("bounds", name, "is not recorded", 'add "bounds" to record')
    tree = expressions.parse("unit", unit) if unit else None
    if tree is not None:
        meant = {name: vocabulary.column(name, rows[0]) or name for name in expressions.names(tree)}
        tree = expressions.renamed(tree, meant)
    for row in rows:
        factor = expressions.evaluate("unit", str(unit), tree, row) if tree is not None else 1.0
        for name in drawn:
            if row[name] is not None:
                if not isinstance(row[name], (int, float)):
                    raise InputError("value", name, f"is not a number ({row[name]!r})", "choose another column")
                row[f"drawn.{name}"] = row[name] / factor if factor else math.nan
        row["drawn"] = row.get(f"drawn.{value}")


def _bound(name: str, members: list[Row]) -> float | None:
    """The weakest bound of the averaged rows; none where one of them has none."""
    values = [row.get(f"drawn.{name}") for row in members]
    known: list[float] = [v for v in values if v is not None]
    if not known or len(known) < len(values):
        return None
    return min(known) if name == "lower_bound" else max(known)


def _averaged(rows: list[Row], group: list[str], other: list[str]) -> list[Row]:
    """Mean and 95% interval of rows that differ in their repetition only; no point where one of them is not finite."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[k] for k in group), []).append(row)
    means = []
    for key, members in found.items():
        for name in other:
            if len({repr(row[name]) for row in members}) > 1:
                mend = f"fix it with --only {name}=..., or use it as --by or --facet"
                raise InputError(name, "varies", "it would be averaged in one point", mend)
        values = [row["drawn"] for row in members if row["drawn"] is not None]
        if not values or not all(map(math.isfinite, values)):  # a mean without those that diverged would be too kind
            continue
        half = quantile(len(values), 0.025) * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        means.append(
            dict(zip(group, key, strict=True))
            | {
                "mean": fmean(values),
                "half": half,
                "count": len(values),
                "inside": all(row["inside_theorem"] for row in members),
            }
            | {k: _bound(k, members) for k in ("lower_bound", "upper_bound", "paper_bound")}
        )
    return means
