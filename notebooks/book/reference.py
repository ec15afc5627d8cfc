"""The reference: everything that is found by name, the options with their symbols, the commands, the modules."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from rst import bullets, docstring, heading, label, literal, plain, table, tree
from theory import link

import sco_flat
from sco_flat import _registry, vocabulary
from sco_flat.cli.main import main
from sco_flat.instances.base import Loss, types_of
from sco_flat.works import base as works

UNSEEN = {"cli", "kernels", "works"}
"""Packages whose modules have no page of their own: commands and statements have theirs, kernels are numbers only."""

INTRODUCTION = """
Whatever is one file of its kind, a loss, a method, a measure, a film, is found by the file's name, and is listed here
with what it says of itself. Then the options of a run with their symbols, the commands, and Python.
"""
OPTIONS = """
An option has one long name and, where a paper has one, a symbol. Both mean the same in Python, on the command line
(with dashes), in the files of sweeps and in the columns of their tables. Numbers may be written ``1/24``, ``2^10`` or
``1e4``.
"""
MODULES = """
The modules that a program of your own may import. What begins with an underscore is the package's own affair.
"""


def pages() -> dict[str, str]:
    """Return all pages by their paths."""
    axes = {
        "losses": ("Losses", "instances", _loss),
        "methods": ("Methods", "methods", _method),
        "oracles": ("Oracles", "oracles", _oracle),
        "engines": ("Engines", "engines", _told),
        "averages": ("Averages", "averages", _told),
        "measures": ("Measures", "measures", _told),
        "networks": ("Networks", "networks", _told),
        "plots": ("Plots", "plots", _told),
        "animations": ("Films", "animations", _told),
    }
    found = {f"reference/{page}.rst": _axis(*axis) for page, axis in axes.items()}
    found |= {"reference/options.rst": _options(), "reference/commands.rst": _commands()}
    found |= _modules()
    listed = [*axes, "options", "commands", "python", "modules/index"]
    found["reference/index.rst"] = "\n".join([heading("Reference"), INTRODUCTION, tree(listed)])
    found["reference/python.rst"] = _public()
    return found


# --- what is found by its name ----------------------------------------------------------------------------
Described = Callable[[str, Any], list[str]]


def _axis(title: str, axis: str, described: Described) -> str:
    entries = {name: _registry.entry(axis, name) for name in _registry.names(axis)}
    kind = _registry.AXES[axis].lower().replace("instance", "loss")
    rows = [[f":ref:`{name} <{kind}-{name}>`", _title(axis, name, entry)] for name, entry in entries.items()]
    parts = [heading(title), table(("Name", "What it is"), rows)]
    for name, entry in entries.items():
        parts += [label(f"{kind}-{name}"), heading(name, "-"), *described(axis, entry)]
    return "\n".join(parts)


def _title(axis: str, name: str, entry: Any) -> str:
    """Its own title, or the first line of its file."""
    told = getattr(entry, "title", None) or (importlib.import_module(_registry.module_of(axis, name)).__doc__ or "")
    return plain(str(told).split("\n")[0].rstrip("."))


def _loss(axis: str, cls: type[Loss]) -> list[str]:
    hints = types_of(cls)
    own = [f for f in fields(cls) if f.name not in {g.name for g in fields(Loss)}]
    numbers = [[f"``{f.name}``", f"``{_spelled(hints[f.name])}``", f"``{_usual(cls, f)}``"] for f in own]
    said = {True: "yes", False: "no", None: "it does not say"}
    traits = {name: said[getattr(cls, name)] for name in ("convex", "non_negative", "realizable", "flat")}
    about = [f"{link(s.key)}: {plain(s.text)}" for s in works.about(cls.name)]
    facts = [f"{name.replace('_', ' ')}: {answer}" for name, answer in traits.items()]
    parts = [
        f".. autoclass:: {cls.__module__}.{cls.__qualname__}\n   :no-index:\n",
        f"Usual method: :ref:`{cls.default_method} <method-{cls.default_method}>`. {'; '.join(facts)}.\n",
    ]
    if numbers:
        parts += ["Numbers and words of its own:\n", table(("name", "type", "by default"), numbers)]
    if about:
        parts += ["Statements about it:\n", bullets(about)]
    return [*parts, _where(cls.__module__)]


def _spelled(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")


def _usual(cls: type[Loss], field: Any) -> str:
    return str(cls.defaults.get(field.name, field.default))


def _method(axis: str, method: Any) -> list[str]:
    read = ", ".join(f"``{name}``" for name in method.reads) or "none of its own"
    parts = [*_told(axis, method), f"Options that it reads beside those of every run: {read}.\n"]
    families = ", ".join(sorted(method.families)) or "none, so that nothing is claimed about it"
    parts.append(f"Theorems speak of it as one of: {families}.\n")
    own = [[f"``{name}``", f"{p.default:g}", f"[{p.low:g}, {p.high:g}]", plain(p.meaning)]
           for name, p in method.parameters.items()]  # fmt: skip
    if own:
        parts += ["Numbers of its own, set by ``--set NAME=VALUE``:\n",
                  table(("name", "by default", "range", "meaning"), own)]  # fmt: skip
    return parts


def _oracle(axis: str, oracle: Any) -> list[str]:
    kind = (
        "by proof, where the loss says that its maximisers are known"
        if oracle.exact
        else "the best that a search found"
    )
    return [*_told(axis, oracle), f"What it returns is a maximiser {kind}. Ties: {plain(oracle.tie_rule)}.\n"]


def _told(axis: str, entry: Any) -> list[str]:
    """What the file says of itself."""
    name = next(n for n in _registry.names(axis) if _registry.entry(axis, n) is entry)
    module = _registry.module_of(axis, name)
    return [docstring(importlib.import_module(module)), _where(module)]


def _where(module: str) -> str:
    return f"File: ``{module}``.\n"


# --- options and commands ---------------------------------------------------------------------------------
def _options() -> str:
    """The one vocabulary: long names, symbols, meaning."""
    readers = {"request": "every request", "run": "every method", "method": "methods that list it", "blocks": "blocks",
               "loss": "losses that have it"}  # fmt: skip
    rows = []
    for option in vocabulary.OPTIONS.values():
        symbols = ", ".join(f"``{name}``" for name in option.aliases)
        rows.append([f"``{option.name}``", symbols, plain(option.described()), readers[option.reader]])
    head = ("Long name", "Symbols", "Meaning", "Who reads it")
    return "\n".join([heading("Options and symbols"), OPTIONS, table(head, rows)])


def _commands() -> str:
    parts = [heading("Commands"), "What ``sco-flat COMMAND --help`` prints.\n", literal(_help())]
    for name in _registry.names("cli"):
        parts += [label(f"command-{name}"), heading(name, "-"), literal(_help(name))]
    return "\n".join(parts)


def _help(*words: str) -> str:
    """What ``--help`` prints on a terminal of 100 columns."""
    out = io.StringIO()
    wide, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), "100"
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    if wide is None:
        del os.environ["COLUMNS"]
    else:
        os.environ["COLUMNS"] = wide
    return out.getvalue().rstrip()


# --- Python -----------------------------------------------------------------------------------------------
def _public() -> str:
    """The names of ``import sco_flat``."""
    parts = [heading("Python"), docstring(sco_flat)]
    modules = []
    for name in sorted(sco_flat.__all__, key=str.lower):
        thing = getattr(sco_flat, name)
        if inspect.ismodule(thing):
            modules.append([f"``sco_flat.{name}``", plain((thing.__doc__ or "").strip().split("\n")[0])])
        elif not isinstance(thing, str):
            directive = "autoclass" if inspect.isclass(thing) else "autofunction"
            options = "   :members:\n" if inspect.isclass(thing) else ""
            parts.append(f".. {directive}:: sco_flat.{name}\n{options}   :no-index:\n")
    parts += [heading("Modules", "-"), table(("Module", "What is in it"), modules)]
    return "\n".join(parts)


def _modules() -> dict[str, str]:
    """A page for each public module of the package, with those inside it."""
    groups: dict[str, list[str]] = {}
    for name in sorted(_public_modules("sco_flat")):
        groups.setdefault(".".join(name.split(".")[:2]), []).append(name)
    found = {f"reference/modules/{first}.rst": "\n".join(map(_module, names)) for first, names in groups.items()}
    found["reference/modules/index.rst"] = "\n".join([heading("Modules"), MODULES, tree(groups)])
    return found


def _module(name: str) -> str:
    """Its classes and functions, in their order."""
    line = "=" if name.count(".") == 1 else "-"
    parts = [heading(name, line), f".. automodule:: {name}\n"]
    for own, thing in vars(importlib.import_module(name)).items():
        public = not own.startswith("_") and getattr(thing, "__module__", None) == name and thing.__doc__
        if public and inspect.isclass(thing):
            derived = "" if thing.__bases__ == (object,) else "   :show-inheritance:\n"
            parts.append(f".. autoclass:: {name}.{own}\n   :members:\n{derived}")
        elif public and inspect.isfunction(inspect.unwrap(thing)):
            parts.append(f".. autofunction:: {name}.{own}\n")
    return "\n".join(parts)


def _public_modules(package: str) -> Iterator[str]:
    declared = {_registry.module_of(axis, name) for axis in _registry.AXES for name in _registry.names(axis)}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        last = module.name.rpartition(".")[2]
        if last.startswith("_") or last in UNSEEN or module.name in declared:
            continue
        yield module.name
        if module.ispkg:
            yield from _public_modules(module.name)
