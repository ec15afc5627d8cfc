"""Options that commands share, made from the vocabulary, and what was given of them."""

from __future__ import annotations

import argparse
from typing import Any

from sco_flat import vocabulary
from sco_flat._registry import names
from sco_flat.errors import InputError
from sco_flat.vocabulary import OPTIONS, Option

STYLES = "size of the figure's print: paper (default), slide or poster"


class _Spelled(argparse.Action):
    """Keep a value under the option's long name, and the option as it was written: two spellings are refused."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        key = str(option_string).lstrip("-")
        written = getattr(namespace, "written", {})
        if written.get(self.dest, key) != key:
            limit = f"is the same as {written[self.dest]}, which is given, too"
            raise InputError(key, values, limit, "give one of them")
        namespace.written = written | {self.dest: key}
        setattr(namespace, self.dest, values)


def instance(parser: argparse.ArgumentParser, **more: Any) -> None:
    """Add the name of a loss."""
    known = ", ".join(names("instances"))
    parser.add_argument("instance", **({"metavar": "INSTANCE", "help": known} | more))


def json(parser: argparse.ArgumentParser, more: str = "") -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help=f"print one JSON object{more}")


def add(parser: argparse.ArgumentParser, *chosen: str, **changed: Any) -> None:
    """Add some options of the vocabulary, under all their names."""
    for name in chosen:
        _add(parser, OPTIONS[name], changed)


def _add(parser: argparse.ArgumentParser, option: Option, changed: dict[str, Any]) -> None:
    if option.kind == "flag":
        switch, value = f"--{(option.switch or option.name).replace('_', '-')}", not option.switch
        parser.add_argument(switch, dest=option.name, action="store_const", const=value, help=option.described())
        return
    flags = [f"--{spelling.replace('_', '-')}" for spelling in option.spellings]
    look = {"metavar": option.metavar, "help": option.described()} | changed
    parser.add_argument(*flags, dest=option.name, action=_Spelled, **look)


def of_a_run(parser: argparse.ArgumentParser) -> None:
    """Add everything that fixes a run, and ``--json``."""
    for option in OPTIONS.values():
        if option.name == "allow_outside":
            parser.add_argument(
                "--set", metavar="KEY=VALUE", action="append", default=[],
                help="any other constant of the instance or the method",
            )  # fmt: skip
        if option.on_line:
            _add(parser, option, {})
    json(parser)


def given(args: argparse.Namespace, *, exact: bool = False) -> dict[str, Any]:
    """Return the options of a run that were given, as keyword arguments of `sco_flat.run`; for proofs exact ones."""
    found = {name: getattr(args, name) for name in OPTIONS if getattr(args, name, None) is not None}
    for item in getattr(args, "set", []):
        key, equal, value = item.partition("=")
        if not equal or not key:
            raise InputError("set", item, "is KEY=VALUE", "for example delta=0.01")
        name = vocabulary.long_name(key)
        if name in found:
            other = args.written.get(name, name)
            limit = "is given twice" if other == key else f"is the same as {other}, which is given, too"
            raise InputError(key, value, limit, "give one of them")
        found[name] = value
        args.written = getattr(args, "written", {}) | {name: key}
    return vocabulary.read(found, exact=exact)
