"""Scripts for shells, made from the parser: which words may stand where, written down once.

Nothing is started while somebody types. So what is registered later is not known to a script that was printed before.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sco_flat._registry import names
from sco_flat.averages.options import ALL
from sco_flat.vocabulary import OPTIONS

FILES, FOLDERS = "files", "folders"
"""Values that the shell knows by itself."""
Value = tuple[str, ...] | str
AXES = {"INSTANCE": "instances", "NAME": "animations", "KIND": "plots", "A": "averages"}
"""What the names of positions and options stand for, where a folder of the package has them."""
DECLARED = OPTIONS | {option.name: option for option in ALL}
"""Options of a run, and of its averages."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "evidence": ("float", "bracket", "every-sample"),
    "style": ("paper", "slide", "poster"),
    "page": ("counterexamples", "window"),
    "directions": ("ternary", "patterns", "all"),
    "backend": ("joblib", "dask"),
    "data": ("xor",),
    "shell": ("bash", "zsh", "fish"),
}
"""Words of options that are no part of a run; their help texts have them, too."""


@dataclass(frozen=True)
class Place:
    """What may follow a command, or nothing yet.

    Attributes
    ----------
    path : str
        ``/bounds/pep``; empty at the beginning.
    kinds : dict
        Commands that may follow, with their help texts.
    position : tuple of str or str
        What its first word may be: words, `FILES`, `FOLDERS`, or nothing.
    options : dict
        Each option with its help text and what its value may be; None where it takes none.
    """

    path: str
    kinds: dict[str, str]
    position: Value
    options: dict[str, tuple[str, Value | None]]


def places(parser: argparse.ArgumentParser) -> list[Place]:
    """Return all places of a command line, commands before their kinds."""
    return list(_places(parser, "", {}))


def _places(parser: argparse.ArgumentParser, path: str, shared: dict[str, Any]) -> Iterable[Place]:
    kinds: dict[str, str] = {}
    below: dict[str, argparse.ArgumentParser] = {}
    position: Value = ()
    options: dict[str, tuple[str, Value | None]] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below = dict(action.choices)
            kinds = {choice.dest: choice.help or "" for choice in action._choices_actions}
        elif action.help != argparse.SUPPRESS and action.option_strings:
            value = None if action.nargs == 0 else _value(action, path)
            options |= {o: (action.help or "", value) for o in action.option_strings if o.startswith("--")}
        elif not action.option_strings:
            position = position or _value(action, path)
    shared = shared or {o: options[o] for o in ("--plugin", "--debug", "--yes") if o in options}
    yield Place(path, kinds, position, options | shared)
    for kind, made in below.items():
        yield from _places(made, f"{path}/{kind}", shared)


def _value(action: argparse.Action, path: str) -> Value:
    """What a value may be."""
    shape = str(action.metavar)
    option = DECLARED.get(action.dest)
    if option is not None:
        return option.words() if option.words else ()
    if action.dest in WORDS:
        return WORDS[action.dest]
    if (path, action.dest) == ("/check", "key"):
        return names("works")
    if shape in AXES and action.dest in ("instance", "name", "kind", "average"):
        return names(AXES[shape])
    return FOLDERS if shape == "DIR" else FILES if shape.startswith("FILE") or "." in shape else ()


_BASH = """_sco_flat() {
    local word wanted="" place="" kind i
    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="$place/${COMP_WORDS[i]}"
        case "$word" in
            @PATHS@) place="$word" ;;
        esac
    done
    case "$place $prev" in
@VALUES@
        *) case "$cur" in
            -*) case "$place" in
@OPTIONS@
            esac ;;
            *) case "$place" in
@POSITIONS@
            esac ;;
        esac ;;
    esac
    case "$wanted" in
        files) kind=-f ;;
        folders) kind=-d ;;
        *) COMPREPLY=( $(compgen -W "$wanted" -- "$cur") ); return ;;
    esac
    local IFS=$'\\n'
    compopt -o filenames 2> /dev/null
    COMPREPLY=( $(compgen $kind -- "$cur") )
}
complete -F _sco_flat sco-flat
"""


def _wanted(value: Value) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _cases(found: Mapping[str, list[str]], indent: int) -> str:
    """Lines of a ``case``: all patterns that want the same in one."""
    lines = [f"{'|'.join(patterns)}) wanted={shlex.quote(wanted)} ;;" for wanted, patterns in found.items()]
    return "\n".join(" " * indent + line for line in lines)


def bash(found: list[Place]) -> str:
    """Write the script for bash."""
    values: dict[str, list[str]] = {}
    options: dict[str, list[str]] = {}
    positions: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for place in found for name in place.options):
        known = {place.path: place.options[name][1] for place in found if name in place.options}
        if len({*known.values()}) == 1:
            known = {"*": next(iter(known.values()))}
        for path, value in known.items():
            if value is not None:
                values.setdefault(_wanted(value), []).append(f'{path}" {name}"')
    for place in found:
        options.setdefault(" ".join(place.options), []).append(f'"{place.path}"')
        positions.setdefault(_wanted(tuple(place.kinds) or place.position), []).append(f'"{place.path}"')
    script = _BASH.replace("@PATHS@", "|".join(place.path for place in found if place.path))
    for name, cases, indent in (("VALUES", values, 8), ("OPTIONS", options, 16), ("POSITIONS", positions, 16)):
        script = script.replace(f"@{name}@", _cases(cases, indent))
    return script


def zsh(found: list[Place]) -> str:
    """Write the script for zsh, which runs that of bash."""
    return f"autoload -Uz compinit bashcompinit\nwhence compdef > /dev/null || compinit\nbashcompinit\n{bash(found)}"


_FISH = """function __sco_flat_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        contains -- "$path/$word" @PATHS@; and set path "$path/$word"
    end
    test "$path" = "$argv[1]"
end
complete -c sco-flat -f
"""


def fish(found: list[Place]) -> str:
    """Write the script for fish."""
    lines = [_FISH.replace("@PATHS@", " ".join(place.path for place in found if place.path))]
    for place in found:
        begin = f"complete -c sco-flat -n {_quoted(f'__sco_flat_at {_quoted(place.path)}')}"
        lines += [f"{begin} -a {kind} -d {_quoted(text)}\n" for kind, text in place.kinds.items()]
        if place.position:
            lines.append(f"{begin} {_fished(place.position).removeprefix('-x ').removeprefix('-r ')}\n")
        for name, (text, value) in place.options.items():
            takes = "" if value is None else f" {_fished(value)}"
            lines.append(f"{begin} -l {name.removeprefix('--')}{takes} -d {_quoted(text)}\n")
    return "".join(lines)


def _fished(value: Value) -> str:
    if value == FILES:
        return "-r -F"
    return f"-x -a {_quoted('(__fish_complete_directories)' if value == FOLDERS else _wanted(value))}"


def _quoted(text: str) -> str:
    """A text in single quotes as fish reads them."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SCRIPTS: dict[str, Callable[[list[Place]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""The shells, and what writes their scripts."""
