"""Options that commands share, made from the vocabulary, and what was given of them."""

from __future__ import annotations

import argparse
from collections.abc import Container, Iterable
from typing import Any

from sco_flat import vocabulary
from sco_flat._registry import names
from sco_flat.averages.options import ALL
from sco_flat.errors import InputError
from sco_flat.vocabulary import OPTIONS, Option

STYLES = "size of the figure's print: paper (default), slide or poster"


WORDS = """words of the output:
hypothesis: a condition of the statement; where one fails, the others are not judged
dynamics: what the proof says of the run on the way; conclusion: what the statement promises
evidence: float, a run, which suggests; bracket, enclosed for this sample; every sample, for all; symbolic, in fractions
event: what is asked of the sample: any, at least one bad column; one, exactly one; free, nothing
bad column: looks the same in all n examples, though half of the fresh ones differ there; e_I: its unit vector
F_S, F, E F: risk on the sample, on fresh examples, and F in the mean over samples
SAER: F_S^r(w), the largest F_S within r of w; D: distance from w_1 to a common minimum; theta: eta beta
engine: how a run is computed, dense, blocks or frontier: to the same bits"""
"""What `run` and `check` print and nobody said before."""


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


class _Appended(argparse.Action):
    """Keep all values, and the option as it was written last."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        namespace.written = getattr(namespace, "written", {}) | {self.dest: str(option_string).lstrip("-")}
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])


def only(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--only``, which may stand several times."""
    shown = f'{what}: "n=6,8", "T<=64", "method!=gd", "radius=none"; repeatable, all have to hold'
    parser.add_argument("--only", "--where", metavar="CONDITION", action=_Appended, default=[], help=shown)


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


def of_a_run(
    parser: argparse.ArgumentParser, *, readers: Container[str] | None = None, without: Container[str] = ()
) -> None:
    """Add everything that fixes a run, or only what some readers of it read, and ``--json``."""
    for option in OPTIONS.values():
        if option.name == "allow_outside":
            parser.add_argument(
                "--set", metavar="KEY=VALUE", action="append", default=[],
                help="any other constant of the instance or the method",
            )  # fmt: skip
        if option.on_line and option.name not in without and (readers is None or option.reader in readers):
            _add(parser, option, {})
    json(parser)


def declared(parser: argparse.ArgumentParser, chosen: Iterable[Option]) -> None:
    """Add options that are declared elsewhere, such as the numbers of an average."""
    for option in chosen:
        _add(parser, option, {})


def of(args: argparse.Namespace, chosen: Iterable[Option]) -> dict[str, Any]:
    """Return those of them that were given, as they are written."""
    return {option.name: getattr(args, option.name) for option in chosen if getattr(args, option.name) is not None}


def given(args: argparse.Namespace, *, exact: bool = False) -> dict[str, Any]:
    """Return the options of a run that were given, as keyword arguments of `sco_flat.run`; for proofs exact ones."""
    found = {name: getattr(args, name) for name in OPTIONS if getattr(args, name, None) is not None}
    flags = {name: f"--{written}" for name, written in getattr(args, "written", {}).items()}
    for item in getattr(args, "set", []):
        key, equal, value = item.partition("=")
        if not equal or not key:
            raise InputError("set", item, "is KEY=VALUE", "for example delta=0.01")
        name = vocabulary.long_name(key)
        _settable(args, name, key, value)
        if name in found:
            other = flags.get(name, f"--{name}")
            limit = "is given twice" if other == key else f"is the same as {other}, which is given, too"
            raise _named(InputError(key, value, limit, "give one of them"))
        found[name], flags[name] = value, key
        args.written = getattr(args, "written", {}) | {name: key}
    return vocabulary.read(found, exact=exact)


def _settable(args: argparse.Namespace, name: str, key: str, value: str) -> None:
    """Refuse what ``--set`` does not set: what the command has a word or an option of its own for."""
    option = OPTIONS.get(name)
    if option is not None and not option.on_line:
        raise _named(InputError(key, value, "is not for the command line", "leave it out"))
    own = name in {number.name for number in ALL} and getattr(args, name, None) is None  # a loss may have it, too
    if option is not None or own or not hasattr(args, name):
        return
    flag = f"--{name.replace('_', '-')}"
    mend = f"write {flag}" if flag in args.options else "leave it out"
    raise _named(InputError(key, value, f"is no constant of a loss or a method, but of {args.called} itself", mend))


def _named(error: InputError) -> InputError:
    """The error, which names its key as it was written."""
    error.named = True
    return error
