"""The parser of all commands, and the one that runs them."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from sco_flat import __version__, vocabulary
from sco_flat._registry import entry, names, register
from sco_flat.cli.base import Command
from sco_flat.errors import InputError, nearest, unknown_name

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
    """Texts of several lines stay as they are; an option's value is shown once for all its names."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError("command", " ".join(sys.argv[1:]) or "(empty)", message, f"see {self.prog} --help")


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
        made.set_defaults(run_command=command.run, options=tuple(made._option_string_actions), called=made.prog)


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
    near = nearest(name.lstrip("-"), [option.lstrip("-") for option in args.options if option.startswith("--")])
    hint = f"did you mean {' or '.join(f'--{option}' for option in near)}?" if near else help_line
    return InputError("option", name, f"{args.called} has no such option", hint)


def _whose(args: argparse.Namespace, name: str) -> str | None:
    """The method or the loss that has a number of its own of this name: of those asked for, or any method."""
    from sco_flat.requests import own_fields

    methods = [entry("methods", m) for m in names("methods")]
    found = [m.name for m in methods if name in m.parameters]
    asked = str(getattr(args, "method", None)).lower()
    if found:
        return f"the method {next((m for m in found if m.lower() == asked), found[0])}"
    loss = str(getattr(args, "instance", None))
    known = loss in names("instances") and name in own_fields(entry("instances", loss))
    return f"the instance {loss}" if known else None


def _name_as_written(error: InputError, written: dict[str, str]) -> None:
    """Name the option of an error as it was written, or as it would be on the command line."""
    name = vocabulary.long_name(error.key)
    if name in written:
        error.rename(written[name])
    elif name in vocabulary.OPTIONS:
        error.rename(error.key.replace("_", "-"))


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    args = argparse.Namespace()
    try:
        given = _register(sys.argv[1:] if argv is None else argv)
        if given and not given[0].startswith("-") and given[0] not in names("cli"):
            raise unknown_name("command", given[0], names("cli"))
        args, rest = parser().parse_known_args(given)
        if rest:
            raise _unknown(args, rest)
        if args.command is None:
            parser().print_help()
            return 0
        code: int = args.run_command(args)
        return code
    except InputError as error:
        _name_as_written(error, getattr(args, "written", {}))
        print(f"sco-flat: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sco-flat: interrupted", file=sys.stderr)
        return 130
