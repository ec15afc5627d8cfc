"""The parser of all commands, and the one that runs them."""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import sys
import textwrap
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NoReturn

from sco_flat import __version__, patience, vocabulary
from sco_flat._registry import entry, names
from sco_flat.cli import _output
from sco_flat.cli.base import Command
from sco_flat.colours import coloured
from sco_flat.errors import ANYWAY, LONGEST, InputError, nearest, one_line, unknown_name

EXAMPLES = """examples:
  sco-flat run sam-chain --method sam --n 6 --steps 64 --step-size 1/6
  sco-flat check 7 --parameters printed --n 12 --step-size 1/24 --steps 16
  sco-flat check 7 --evidence every-sample --n 20 --steps 1000 --step-size 1/24..1/4 --certificate seven.json
  sco-flat verify seven.json
  sco-flat reproduce --out report
  sco-flat explore --out page.html

options have long names and symbols: --steps or --T, --step-size or --eta, --perturbation-radius, --radius or --r, ...

exit codes: 0 fine, 1 a claim fails, 2 input that cannot be used, or work that could not be done"""


class _Help(argparse.HelpFormatter):
    """Texts of several lines keep their lines; an option's value is shown once for all its names.

    What is set in is an example: a command that is too long for its line goes on below, as a shell reads it.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + part for line in text.splitlines() for part in self._lines(line, width))

    def _lines(self, line: str, width: int) -> list[str]:
        if not line or (line[0] == " " and not line.lstrip().startswith("sco-flat ")):
            return [line]
        below = " " * (len(line) - len(line.lstrip()) + 4)
        parts = textwrap.wrap(
            line, width - 2, subsequent_indent=below if line[0] == " " else "", break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        return [f"{part} \\" for part in parts[:-1]] + parts[-1:] if line[0] == " " else parts

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class _Parser(argparse.ArgumentParser):
    words: Sequence[str] = ()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given, allow_abbrev=False)  # --rh would be --rho, and --d would be --dimension

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Remember the words for errors."""
        self.words = args or ()
        return super().parse_known_args(args, namespace)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print a help text, and fail where it cannot be printed: argparse would drop it without a word."""
        if file is not None:
            file.write(message)

    def error(self, message: str) -> NoReturn:
        written = " ".join([*self.prog.split()[1:], *self.words])
        raise InputError("command", written or "(empty)", message, f"see {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """Build the parser."""
    top = _Parser(
        prog="sco-flat",
        description="Flat minima and generalisation in stochastic convex optimisation (arXiv 2511.03548).",
        epilog=EXAMPLES,
        formatter_class=_Help,
    )
    top.add_argument("--version", action="version", version=f"sco-flat {__version__}")
    top.add_argument(
        "--plugin", metavar="FILE.py", action="append",
        help="load a file with losses, methods, commands ... of your own; before or after the command, repeatable",
    )  # fmt: skip
    top.add_argument("--debug", action="store_true", help="show where an error comes from; before or after the command")
    top.add_argument(
        "--yes", action="store_true",
        help="do what takes more than ten minutes or the free memory, too; before or after the command",
    )  # fmt: skip
    top.set_defaults(options=tuple(top._option_string_actions), called=top.prog)
    added = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name in names("cli"):
        _add(added, entry("cli", name))
    return top


def _add(added: Any, command: Command) -> None:
    made = added.add_parser(
        command.name, help=command.help, description=command.description or None, epilog=command.epilog or None,
        formatter_class=_Help,
    )  # fmt: skip
    command.options(made)
    if command.kinds:
        below = made.add_subparsers(dest="kind", metavar="KIND", parser_class=_Parser, required=True)
        for kind in command.kinds:
            _add(below, kind)
    else:
        shown = tuple(o for o, action in made._option_string_actions.items() if action.help != argparse.SUPPRESS)
        made.set_defaults(run_command=command.run, options=shown, called=made.prog)


def _register(words: list[str]) -> list[str]:
    """Load the files of ``--plugin``, wherever it stands; return the other words."""
    rest, ahead = [], iter(words)
    for word in ahead:
        option, equal, file = word.partition("=")
        if option != "--plugin":
            rest.append(word)
            continue
        path = file if equal else next(ahead, "")
        if not path:
            raise InputError("plugin", "(missing)", "needs a file", "write --plugin FILE.py")
        from sco_flat._admission import register  # loads all axes

        register(path)
    return rest


def _unknown(args: argparse.Namespace, rest: list[str]) -> InputError:
    """The error for words that the command does not take."""
    word = rest[0]
    name, help_line = word.partition("=")[0], f"{args.called} --help shows what there is"
    if not name.startswith("-"):
        return InputError("command", repr(word), f"{args.called} takes no such word", help_line)
    own = name.lstrip("-").replace("-", "_")
    whose = _whose(args, own) if "--set" in args.options else None
    if whose is not None:
        value = word.partition("=")[2] or next(iter(rest[1:2]), "") or "VALUE"
        return InputError("option", name, f"{own} is a number of {whose}", f"write --set {own}={value}")
    known = [option.lstrip("-") for option in args.options if option.startswith("--")]
    meant = vocabulary.NEAR.get(own, "").replace("_", "-")
    near = [meant] if meant in known else nearest(name.lstrip("-"), known)
    hint = f"did you mean {' or '.join(f'--{option}' for option in near)}?" if near else help_line
    return InputError("option", name, f"{args.called} has no such option", hint)


def _whose(args: argparse.Namespace, name: str) -> str | None:
    """The method, statement or loss that has a number of its own of this name: of those asked for, or any method."""
    from sco_flat.requests import own_fields
    from sco_flat.works.base import full_key

    methods = [entry("methods", m) for m in names("methods")]
    found = [m.name for m in methods if name in m.parameters]
    asked = str(getattr(args, "method", None)).lower()
    if found:
        return f"the method {next((m for m in found if m.lower() == asked), found[0])}"
    loss, key = str(getattr(args, "instance", None)), full_key(getattr(args, "key", None) or "")
    if key in names("works"):
        statement = entry("works", key)
        if name in getattr(statement, "numbers", ()):
            return f"the statement {key}"
        loss = statement.instance
    known = loss in names("instances") and name in own_fields(entry("instances", loss))
    return f"the instance {loss}" if known else None


def _name_as_written(error: InputError, written: dict[str, str]) -> None:
    """Name the option of an error as it was written, or as it would be on the command line."""
    name = vocabulary.long_name(error.key)
    if error.named:
        return
    if name in written:
        error.rename(written[name])
    elif name in vocabulary.OPTIONS:
        error.rename(error.key.replace("_", "-"))


def _text(error: BaseException) -> str:
    """An error in one line: long values are shortened first, so that limit and mend can be read."""
    if isinstance(error, InputError):
        value = str(error.value)
        room = LONGEST - len(one_line(str(error).replace(value, "", 1), 10 * LONGEST))
        if room >= SHORTEST and len(one_line(value, 10 * LONGEST)) > room:
            return str(InputError(error.key, one_line(value, room), error.limit, error.mend))
        return str(error).replace(ANYWAY, "--allow-outside")
    if isinstance(error, SystemExit):
        return f"stopped with {error.code!r}; --debug shows where"
    if isinstance(error, OSError) and error.errno in FULL:
        place = error.filename or "(stdout, or a file)"
        return f"output = {place}: finds no room: {error.strerror}; free space, or write elsewhere; --debug shows where"
    message = " ".join(str(error).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"this could not be done ({one_line(what, LONGEST - 60)}); --debug shows where"


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SHORTEST = 24
"""Characters that are left of a long value."""


def _run(words: list[str], args: argparse.Namespace) -> int:
    """Read the command line into ``args`` and run the command."""
    bad = next((word for word in words if "\0" in word), None)
    if bad is not None:
        raise InputError("command", repr(bad), "has a NUL character", "leave it out")
    given = _register(words)
    if given and not given[0].startswith("-") and given[0] not in names("cli"):
        raise unknown_name("command", given[0], names("cli"))
    _, rest = parser().parse_known_args(given, args)
    listed = getattr(args, "changes", None)
    while rest and listed is not None and not rest[0].startswith("-"):
        listed.append(rest.pop(0))  # argparse ends a list of words at the first option
    if rest:
        raise _unknown(args, rest)
    if args.command is None:
        parser().print_help()
        return 0
    code: int = args.run_command(args)
    return code


def _failed(error: BaseException, args: argparse.Namespace, debug: bool) -> int:
    """Say what went wrong in one line; return the exit code."""
    if isinstance(error, BrokenPipeError) and _output.unread():
        _output.let_go()
        return 0
    if debug:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        _output.complain("interrupted")
        return 130
    if isinstance(error, InputError):
        _name_as_written(error, getattr(args, "written", {}))
    if _output.lost() is not None:
        _output.let_go()
    _output.complain(_text(error))
    return 2


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Whatever goes wrong is one line on stderr and exit code 2, with ``--debug`` after its traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None:  # the process ends with the command: what is left is not searched for garbage, a fifth of a second
        atexit.register(gc.freeze)
    args = argparse.Namespace()
    debug, patient = "--debug" in words, "--yes" in words
    with coloured(), _output.fitting(), _output.no_window(), nullcontext() if debug else _output.short_warnings():
        try:
            command = next((word for word in words if word in names("cli")), "sco-flat")
            with patience.alive(command), patience.unlimited() if patient else nullcontext():
                code = _run([word for word in words if word not in ("--debug", "--yes")], args)
            if sys.stdout is not None:
                sys.stdout.flush()
        except BaseException as error:  # a solver's panic is no Exception
            if isinstance(error, SystemExit) and not error.code:  # --help, --version
                lost = _output.lost()
                if lost is None:
                    raise
                error = lost
            return _failed(error, args, debug)
        return code
