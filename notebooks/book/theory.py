"""The theory pages: every statement of every work, from the registry and the docstrings, so that they cannot drift."""

from __future__ import annotations

import importlib
import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rst import bullets, docstring, heading, label, literal, plain, table, tree

from sco_flat import _registry
from sco_flat.requests import request_from
from sco_flat.traits import Need
from sco_flat.works import base as works
from sco_flat.works.exact import Exact
from sco_flat.works.row import HEAD

EVENTS = {
    "any": "the sample has at least one bad column",
    "one": "the sample has exactly one bad column",
    "free": "none: it speaks of every sample",
}
INTRODUCTION = """
Each *work*, a paper or a note of ours, says *statements*, and each statement has a page here: what it says, of which
loss and method, under which conditions, what is compared with what, the proof as far as a machine does it, and what
to type. The pages are made from the package, whenever the book is built.

How to read a verdict: a run in floating point *holds* or *fails*, and suggests; only balls, exact fractions or
verified multipliers *prove*. Where a statement does not speak of a run it is *not applicable*, which is neither right
nor wrong. The :doc:`glossary </glossary>` has the words and the symbols; :doc:`one table <table>` compares all works.
"""
EXACT = """
What is decided in fractions is a proof for these numbers, and its claims say ``proved``; a claim that is measured says
``float``, and suggests.
"""
MEASURED = """
No machine proves it: the check is a run in floating point, which suggests. The argument, as far as it is written down,
stands above and with the bounds.
"""
COMPARED = """
What each work calls flat, whether a flat minimum generalises there, and whether the method finds one. The answers are
computed: each names the statement that gives it, what came out, and how far that reaches. ``sco-flat works`` prints it.
"""
RAW = "https://arxiv.org/abs/"


def pages() -> dict[str, str]:
    """Return all pages by their paths: one of all works, one a work, one a statement, one with a work's notes."""
    found = {"theory/index.rst": _front()}
    for work in works.works():
        found |= _work(work)
    return found


def place(key: str) -> str:
    """Return the label of a statement's page."""
    return f"statement-{key.replace('.', '-')}"


def link(key: str, text: str = "") -> str:
    """Return a link to a statement's page."""
    return f":ref:`{text or key} <{place(key)}>`"


def evidence(statement: works.Statement) -> str:
    """Return how far a check of it reaches, in a few words."""
    if isinstance(statement, Exact):
        return "decided in fractions or measured, claim by claim"
    return "float run, or proof" if statement.proof is not None else "float run"


def _front() -> str:
    rows = [
        [f":doc:`{work.name} <{work.name}/index>`", plain(work.title), _cited(work), str(len(_keys(work)))]
        for work in works.works()
    ]
    head = ("Work", "Title", "Where", "Statements")
    contents = tree([*(f"{work.name}/index" for work in works.works()), "table"], hidden=True)
    return "\n".join([heading("Theory"), INTRODUCTION, table(head, rows), contents])


def compared() -> str:
    """Return the page with the table of all works; their statements are checked for it, which takes some seconds."""
    from sco_flat.reports.works import table as asked

    rows = []
    for line in asked():
        work, loss, *answers, proofs = line.cells
        linked = re.sub(r"[\w-]+\.[\w-]+(?=:)", lambda key: link(key.group()), plain(proofs))
        rows.append([f":ref:`{work} <work-{work}>`: {plain(loss)}", *map(plain, answers), linked])
    head = (f"{HEAD[0]} and {HEAD[1].lower()}", *HEAD[2:])
    return "\n".join([label("all-works"), heading("All works in one table"), COMPARED, table(head, rows)])


def _cited(work: works.Work) -> str:
    return re.sub(r"arXiv (\d{4}\.\d{4,5})", rf"`arXiv \1 <{RAW}\1>`__", plain(work.citation))


def _keys(work: works.Work) -> list[str]:
    return [key for key in works.names() if key.startswith(f"{work.name}.")]


def _work(work: works.Work) -> dict[str, str]:
    keys = sorted(_keys(work), key=_in_order)
    statements = [works.get(key) for key in keys]
    folder = f"theory/{work.name}"
    rows = [[link(s.key, s.title), plain(s.text), f"``{s.key}``", evidence(s)] for s in statements]
    notes = _notes(work)
    parts = [
        label(f"work-{work.name}"),
        heading(plain(work.heading or work.title)),
        f"{plain(work.title)}. {_cited(work)}.\n",
        f"{plain(work.introduction)}\n",
        table(("Statement", "says", "key", "evidence of a check"), rows),
        tree([s.key.partition(".")[2] for s in statements] + ["notes"] * bool(notes), hidden=True),
        *_errata(work),
        *_counterexamples(work),
        *_figures(work),
    ]
    found = {f"{folder}/index.rst": "\n".join(parts)}
    if notes:
        found[f"{folder}/notes.rst"] = notes
    for s in statements:
        found[f"{folder}/{s.key.partition('.')[2]}.rst"] = _statement(work, s)
    return found


def _in_order(key: str) -> tuple[bool, int, str]:
    """Numbered theorems first, each before its corollary."""
    name = key.partition(".")[2]
    number = re.match(r"\d+", name)
    return number is None, int(number.group()) if number else 0, name


# --- the page of a statement ------------------------------------------------------------------------------
def _statement(work: works.Work, s: works.Statement) -> str:
    module = importlib.import_module(_registry.module_of("works", s.key))
    parts = [
        label(place(s.key)),
        heading(plain(f"{s.title} ({s.key})")),
        f"    {plain(s.text)}\n",
        docstring(module),
        heading("Setting", "-"),
        *(_numbers(s) if isinstance(s, Exact) else _setting(s)),
        heading("What is checked", "-"),
        docstring(s.decide if isinstance(s, Exact) else s.claims),
        *_bounds(module),
        heading("Proof", "-"),
        *_proof(s),
        heading("How to check it", "-"),
        *_commands(s),
        *_errata(work, s),
        f"It stands in ``{module.__name__}``, a file of :ref:`{work.name} <work-{work.name}>`.\n",
        *_parts(work, module),
    ]
    return "\n".join(parts)


def _numbers(s: Exact) -> list[str]:
    if not s.numbers:
        return ["It is about no run and reads no numbers.\n"]
    rows = []
    for name, number in s.numbers.items():
        choices = getattr(number, "choices", None)
        wide = ", ".join(choices) if choices else f"{number.low} to {number.high}"  # type: ignore[union-attr]
        rows.append([f"``{name}``", f"{number.default}", wide])
    return ["It is about no run. It reads these numbers, set by ``--set NAME=VALUE``:\n",
            table(("name", "by default", "range"), rows)]  # fmt: skip


def _setting(s: works.Statement) -> list[str]:
    built = request_from(s.instance, s.method, **s.defaults).build()
    given = ", ".join(f"``{name} = {_short(value)}``" for name, value in s.defaults.items())
    rows = [
        ["Loss", f":ref:`{s.instance} <loss-{s.instance}>`: {plain(built.title)}"],
        ["Method", "any: it is about the loss" if s.any_method else f":ref:`{s.method} <method-{s.method}>`"],
        ["Event", EVENTS[s.event]],
        ["Numbers of the check", given],
    ]
    parts = [table(("What", "Which"), rows)]
    if told := _told(type(built)):
        parts += ["The loss:\n", told]
    conditions = [f"{plain(c.name)} ({plain(c.source)}): {plain(c.legal)}" for c in s.hypotheses(built)]
    if conditions:
        parts += ["Conditions on the numbers, with the mend at those of the check:\n", bullets(conditions)]
    if s.needs:
        parts += ["Of the run it asks this, or it is not applicable:\n", bullets(map(_asked, s.needs))]
    return parts


def _told(loss: type) -> str:
    """What a loss says of setting, event and guarantee, before its numbers are listed."""
    text = (inspect.getdoc(loss) or "").partition("\nAttributes\n---")[0].partition("\n\n")[2]
    return plain(text).strip() + "\n" if "Setting\n" in text else ""


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _asked(need: Need) -> str:
    """The reason of a need without what the run at hand had instead."""
    return plain(re.split(r", not |; ", need.reason)[0])


def _bounds(module: types.ModuleType) -> list[str]:
    found = sorted(bounds_of(module))
    if not found:
        return []
    listed = [f".. autofunction:: {name}\n   :no-index:\n" for name in found]
    return [".. rubric:: Bounds that it is held against\n", *listed]


def bounds_of(module: types.ModuleType) -> Iterator[str]:
    """Yield the names of the bounds that the functions of a statement's file call."""
    names: set[str] = set()
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            names |= _named(inspect.unwrap(function).__code__)
    for name in names & set(vars(module)):
        thing = vars(module)[name]
        inside = inspect.ismodule(thing) and thing.__name__.startswith("sco_flat")
        for other in [thing, *(getattr(thing, n, None) for n in names if inside)]:
            returned = str(getattr(other, "__annotations__", {}).get("return"))
            if inspect.isfunction(other) and other.__module__ != module.__name__ and returned.endswith("Bound"):
                yield f"{other.__module__}.{other.__qualname__}"


def _named(code: types.CodeType) -> set[str]:
    inner = [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return set(code.co_names).union(*map(_named, inner))


def _proof(s: works.Statement) -> list[str]:
    if isinstance(s, Exact):
        return [EXACT]
    if s.proof is None:
        return [MEASURED]
    rules = s.proof()
    files = [name for name in s.proof.__code__.co_names if name.startswith("sco_flat.")]
    modules = dict.fromkeys([*files, rules.claims.__module__])
    told = ", ".join(f"``{name}``" for name in modules)
    parts = [f"In balls and exact fractions, by {told}.\n"]
    if rules.says:
        parts.append(f"Guaranteed is: {plain(rules.says)}.\n")
    elif rules.unit:
        parts.append(f"Guaranteed is a lower bound on F of every suffix average, in units of {plain(rules.unit)}.\n")
    parts += [docstring(importlib.import_module(name)) for name in modules]
    again = rules.recheck.__module__
    if again not in modules:
        parts += [f"The re-check, ``{again}``, uses other formulas and another arithmetic:\n",
                  docstring(importlib.import_module(again))]  # fmt: skip
    return parts


def _commands(s: works.Statement) -> list[str]:
    short = s.key.removeprefix(f"{works.PLAIN}.")
    lines = [f"sco-flat check {short}"]
    if s.proof is not None:
        lines += [
            f"sco-flat check {short} --evidence every-sample --certificate proof.json",
            "sco-flat verify proof.json",
        ]
    called = short if short.isdigit() else f'"{short}"'
    python = f"import sco_flat\n\nfound = sco_flat.check({called})\nprint(found)"
    return [literal("\n".join(lines), "bash"), literal(python, "python")]


def _parts(work: works.Work, module: types.ModuleType) -> list[str]:
    """Files of the same work that it calls, each with its first line."""
    own = f"{works.__package__}.{work.name.replace('-', '_')}."
    homes = {getattr(thing, "__module__", None) or getattr(thing, "__name__", "") for thing in vars(module).values()}
    called = sorted(name for name in homes if str(name).startswith(own) and name != module.__name__)
    lines = [f"``{name}``: {_first(importlib.import_module(name))}" for name in called]
    return ["It is built from:\n", bullets(lines)] if lines else []


def _first(module: types.ModuleType) -> str:
    return plain(" ".join((module.__doc__ or "").partition("\n\n")[0].split()))


# --- what a work has beside its statements ----------------------------------------------------------------
def _titles(where: str) -> list[str]:
    """The theorems that a place names: ``Theorems 3 and 7, proofs`` names two."""
    found = []
    for kind, numbers in re.findall(
        r"(Theorem|Proposition|Lemma|Corollary)s? ([\w.']+(?:(?:, | and )\d[\w.]*)*)", where
    ):
        found += [f"{kind} {number}" for number in re.split(r", | and ", numbers)]
    return found


def _concerned(statement: works.Statement, where: str) -> bool:
    return bool(set(_titles(statement.title)) & set(_titles(where)))


def _errata(work: works.Work, only: works.Statement | None = None) -> list[str]:
    found = [e for e in work.errata() if only is None or _concerned(only, e.where)]
    if not found:
        return []
    rows = [[e.key, plain(e.where), e.kind, plain(e.printed), plain(e.holds), f"``{_command(e)}``"] for e in found]
    head = ("No.", "Where", "Kind", "Printed", "What holds", "What shows it")
    said = "Each is evaluated, the printed one and the one that holds, by the command in the last column.\n"
    return [heading("Errata", "-"), said, table(head, rows)]


def _command(erratum: Any) -> str:
    return erratum.command or f"sco-flat errata {erratum.key}"


def _counterexamples(work: works.Work) -> list[str]:
    rows = []
    for c in work.counterexamples():
        numbers = ", ".join(f"{name} = {_short(value)}" for name, value in c.numbers.items())
        rows.append([c.name, link(c.statement) if c.statement else "", f":ref:`{c.instance} <loss-{c.instance}>`",
                     f":ref:`{c.method} <method-{c.method}>`", f"``{numbers}``"])  # fmt: skip
    if not rows:
        return []
    said = "Runs that end badly. ``sco-flat falsify`` disturbs each of them and says what is left.\n"
    return [heading("Counterexamples", "-"), said, table(("Name", "Statement", "Loss", "Method", "Numbers"), rows)]


def _figures(work: works.Work) -> list[str]:
    rows = [[f"``{figure.name}``", plain(figure.alt)] for figure in work.figures()]
    if not rows:
        return []
    said = "``sco-flat reproduce --out report`` simulates and draws them.\n"
    return [heading("Figures", "-"), said, table(("File", "What it shows"), rows)]


def _notes(work: works.Work) -> str:
    """Arguments that stand in files which are no statement: docstrings of more than one paragraph."""
    folder = Path(inspect.getfile(works)).parent / work.name.replace("-", "_")
    stated = {_registry.module_of("works", key) for key in _keys(work)}
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(("sco_flat", "works", *path.relative_to(folder.parent).with_suffix("").parts))
        if path.stem.startswith("__") or name in stated:
            continue
        module = importlib.import_module(name)
        if "\n\n" in (module.__doc__ or ""):
            found += [heading(_first(module).rstrip("."), "-"), f"``{name}``\n", docstring(module, summary=False)]
    if not found:
        return ""
    said = "Arguments that several statements share, as they stand in the files that use them.\n"
    return "\n".join([heading(f"Notes on {work.name}"), said, *found])
