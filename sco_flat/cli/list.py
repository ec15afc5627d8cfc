"""``sco-flat list``: everything that is registered."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import TYPE_CHECKING, Any

from sco_flat.cli import _options
from sco_flat.cli.base import Command
from sco_flat.numbers import rounded

if TYPE_CHECKING:
    from sco_flat.averages.base import Average
    from sco_flat.methods.base import Method


def _method(method: Method) -> str:
    """Its title, and the numbers of its own with their usual values and ranges."""
    own = [
        f"--set {name}={p.default:g} in [{rounded(p.low, 6)}, {rounded(p.high, 6)}]: {p.meaning}"
        for name, p in method.parameters.items()
    ]
    return "; ".join([method.title, *own])


def _average(average: Average) -> str:
    """Its title, and what it reads."""
    flags = ", ".join(f"--{option.name.replace('_', '-')}" for option in average.numbers)
    return f"{average.title}; run --average {average.name} reads {flags}" if flags else average.title


def _tables() -> dict[str, dict[str, str]]:
    """Names and titles, axis by axis; axes without entries are left out."""
    from sco_flat import _registry

    def titles(axis: str, attribute: str = "title") -> dict[str, str]:
        return {name: str(getattr(_registry.entry(axis, name), attribute)) for name in _registry.names(axis)}

    oracles: dict[str, Any] = {name: _registry.entry("oracles", name) for name in _registry.names("oracles")}
    from sco_flat.works.base import works

    data = {
        "instances": titles("instances"),
        "networks": titles("networks"),
        "methods": {name: _method(_registry.entry("methods", name)) for name in _registry.names("methods")},
        "oracles": {name: f"{o.title}; ties: {o.tie_rule}" for name, o in oracles.items()},
        "engines": titles("engines"),
        "averages": {name: _average(_registry.entry("averages", name)) for name in _registry.names("averages")},
        "measures": titles("measures"),
        "works": {w.name: f"{w.title} ({w.citation})" for w in works()},
        "statements": titles("works", "text"),
        "plots": titles("plots"),
        "commands": titles("cli", "help"),
    }
    return {axis: found for axis, found in data.items() if found}


def _run(args: argparse.Namespace) -> int:
    data = _tables()
    if args.json:
        print(json.dumps(data, indent=1))
        return 0
    from sco_flat.terminal.tables import room

    most = room()
    for group, entries in data.items():
        width = max(map(len, entries))
        print(group)
        for name, title in entries.items():
            line = f"  {name:<{width}}  {title}"
            print(line if most is None else textwrap.fill(line, most, subsequent_indent=" " * (width + 4)))
    return 0


COMMAND = Command(
    name="list",
    help="instances, networks, methods, oracles, engines, averages, measures, works, statements, plots, commands",
    options=_options.json,
    run=_run,
)
