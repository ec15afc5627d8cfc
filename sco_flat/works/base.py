"""What a work says: statements with their hypotheses, needs, claims and proofs.

A statement is known by its key, ``work.name``; a number alone means a theorem of `PLAIN`. It speaks about the runs of
one loss by one family of methods, and `Statement.objection` says why it does not speak about a given one.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sco_flat import _registry
from sco_flat._registry import PLAIN
from sco_flat.errors import ANYWAY, InputError, NotApplicable, nearest, shown
from sco_flat.instances.base import Loss
from sco_flat.numbers import ROUNDING
from sco_flat.requests import Request
from sco_flat.results import Claim
from sco_flat.settings import Settings
from sco_flat.traits import Facts, Need, objection
from sco_flat.vocabulary import OPTIONS

if TYPE_CHECKING:
    from sco_flat.bounds import Bound
    from sco_flat.engines.simulation import Simulation
    from sco_flat.works.counterexample import Counterexample
    from sco_flat.works.row import Row


@dataclass(frozen=True)
class Hypothesis:
    """A condition of a statement on the numbers of a run.

    Attributes
    ----------
    name : str
        The condition, in symbols.
    key : str
        The setting that mends it.
    value, relation, limit : float, str, float
        What is compared.
    legal : str
        The mend: the largest or smallest value that is allowed, in words.
    source : str
        Whose condition it is.
    """

    name: str
    key: str
    value: float
    relation: str
    limit: float
    legal: str
    source: str

    @property
    def holds(self) -> bool:
        """Whether the condition is met, up to the rounding of an equality."""
        room = ROUNDING * max(abs(self.value), abs(self.limit))
        if self.relation == "<=":
            return bool(self.value <= self.limit + room)
        if self.relation == ">=":
            return bool(self.value >= self.limit - room)
        if self.relation == "==":
            return bool(abs(self.value - self.limit) <= room)
        if self.relation == "<":
            return bool(self.value < self.limit)
        return bool(self.value > self.limit)

    @property
    def shown(self) -> str:
        """The value in twelve digits; in all, where twelve would show the limit itself."""
        text = f"{self.value:.12g}"
        near = text == f"{self.limit:.12g}" and self.value != self.limit
        return repr(float(self.value)) if near else text

    def stated(self, loss: Loss | None) -> tuple[str, str]:
        """Value of the setting and the condition; with what is compared, where that is another number."""
        given = getattr(loss, self.key, None)
        if isinstance(given, str):
            return given, self.name
        if given is None or float(given) == self.value:
            return self.shown, self.name
        return f"{given:.12g}", f"{self.name} (it is {self.shown})"

    @property
    def broken(self) -> str:
        """Why a run that does not meet it is outside, in words."""
        return f"{self.source} needs {self.name}; {self.legal}"


def reads_only(*read: str, reason: str) -> dict[str, str]:
    """Return ``unread`` of a statement that reads some options beside those of the loss, and why it reads no others."""
    kept = {*read, "method", "allow_outside"}
    return {name: reason for name, option in OPTIONS.items() if option.reader != "loss" and name not in kept}


def require(conditions: tuple[Hypothesis, ...], loss: Loss | None = None) -> None:
    """Refuse numbers, those of a loss if one is given, that break a condition.

    Raises
    ------
    NotApplicable
        For the first that does not hold.
    """
    for c in conditions:
        if not c.holds:
            value, name = c.stated(loss)
            raise NotApplicable(c.key, value, f"{c.source} needs {name}", c.legal)


@dataclass(frozen=True)
class Statement:
    """A theorem, lemma or remark of a work.

    Attributes
    ----------
    key : str
        ``work.name``, for example ``flat-minima.7``.
    title : str
        What the work calls it, for example ``Theorem 7``.
    text : str
        One line.
    instance, method : str
        The loss that it is about, and the family of methods; also what `check` runs.
    defaults : dict
        Numbers of `check` where none are given.
    claims : callable
        `Request` to the list of claims, by a float run.
    hypotheses : callable
        From the loss to the conditions on its numbers.
    needs : tuple of Need
        What it asks of the run beside them.
    exception : callable
        From the facts of a run to why it does not speak about it although the needs are met one by one, or None.
    event : str
        The event that it asks of the sample.
    concerns : callable
        From a loss to whether it is about it at all, where a loss has several cases and each has its statement.
    home : bool
        Whether the loss was built for it: then its hypotheses decide what a run may leave.
    any_method : bool
        Whether it is about the loss, whatever runs on it.
    lower : callable, optional
        From the loss and the facts of a run to its lower bound on the population risk of every suffix average.
    proof : callable, optional
        Returns the `sco_flat.proofs.base.Provable` that decides it rigorously.
    unread : mapping
        Options that it does not read, each with the reason: they are refused; see `reads_only`.
    """

    key: str
    title: str
    text: str
    instance: str
    method: str
    defaults: dict[str, Any]
    claims: Callable[[Request], list[Claim]]
    hypotheses: Callable[[Loss], tuple[Hypothesis, ...]] = lambda instance: ()
    needs: tuple[Need, ...] = ()
    exception: Callable[[Facts], str | None] = lambda facts: None
    event: str = "free"
    concerns: Callable[[Loss], bool] = lambda instance: True
    home: bool = False
    any_method: bool = False
    lower: Callable[[Loss, Facts], Bound] | None = None
    proof: Callable[[], Any] | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """Its title, with its work where that is not `PLAIN`: two works may have a Theorem 1."""
        work = self.key.partition(".")[0]
        return self.title if work == PLAIN else f"{work}: {self.title}"

    def __reduce__(self) -> tuple[Any, ...]:
        return get, (self.key,)  # pickled by its key: what it calls has no name of its own

    def speaks_of(self, settings: Settings) -> bool:
        """Whether it is about this method at all."""
        return self.any_method or self.method in settings.rule.families

    def objection(self, instance: Loss, facts: Facts) -> str | None:
        """Return why it does not speak about a run with these facts, or None."""
        if not self.any_method and self.method not in facts.get("families", ()):
            return f"{self.title} is about {self.method}, not about {facts.get('method', 'this method')}"
        reason = objection(self.needs, facts)
        if reason is not None:
            return f"{self.title}: {reason}"
        reason = self.exception(facts)
        if reason is not None:
            return reason
        count = facts.get("bad_columns")
        if count is not None and not {"any": count >= 1, "one": count == 1, "free": True}[self.event]:
            return f"{self.title}: the sample has {count} bad column(s); use --event {self.event}"
        flaw = facts.get("event_flaw")
        if flaw and self.event != "free":
            return f"{self.title}: the sample is not in its event: {flaw}; use --event {self.event}"
        return next((c.broken for c in self.hypotheses(instance) if not c.holds), None)

    def silence(self, instance: Loss, facts: Facts) -> str | None:
        """Return why it says nothing of the iterates of a run with these facts, or None."""
        if self.any_method:
            return f"{self.title} is about {self.instance} and its minima, not about a run"
        return self.objection(instance, facts)

    def bound(self, instance: Loss, facts: Facts) -> Bound | str:
        """Return its lower bound for a run, or why there is none."""
        reason = self.objection(instance, facts)
        if reason is not None or self.lower is None:
            return reason or f"{self.title} has no lower bound on the population risk"
        try:
            return self.lower(instance, facts)
        except NotApplicable as refusal:
            return str(refusal)


@dataclass(frozen=True)
class Work:
    """A paper, or a note of ours.

    Attributes
    ----------
    name, title : str
        The first part of its statements' keys, and one line for tables.
    citation : str
        Where it is published.
    reference : str
        How sources name it; its name by default.
    heading, introduction : str
        What the report calls its part, and the question and the answer in a sentence.
    every_sample : tuple of (function, quantity)
        Its upper bounds on a risk of the full average that hold for every sample, and what they bound.
    stability, transfer, risk : tuple of functions
        Its upper bounds on the leave-one-out stability, on the population risk by empirical risk and stability, and on
        the population risk a priori.
    grid : callable
        ``quick`` to the cases of ``sco-flat reproduce``.
    figures : callable
        Its figures, in the order of the report; see `sco_flat.works.figures.WorkFigure`.
    sharpens : mapping
        What it has in place of the sharper bounds of `sco_flat.bounds`: from `Bound.key` to the place in the work, for
        example ``Theorem 5``.
    proved : tuple of (key, numbers)
        What the report proves for every sample.
    worst_cases : tuple of `sco_flat.works.worst_cases.Printed`
        What it says of worst cases over all losses.
    errata, gaps : callable
        Its slips, and how far its upper and lower bounds are apart.
    counterexamples : callable
        Runs of it that end badly, which ``sco-flat falsify`` disturbs.
    rows : callable
        Its rows in the table of all works; see `sco_flat.works.row.Row`.
    certificates : callable
        Forms of certificates of its own: from the format's name to the re-check, which takes a path and JSON data and
        raises `sco_flat.proofs.schema.Refused`.
    """

    name: str
    title: str
    citation: str
    reference: str = ""
    heading: str = ""
    introduction: str = ""
    every_sample: tuple[tuple[Callable[..., Bound], str], ...] = ()
    stability: tuple[Callable[..., Bound], ...] = ()
    transfer: tuple[Callable[..., Bound], ...] = ()
    risk: tuple[Callable[..., Bound], ...] = ()
    sharpens: Mapping[str, str] = field(default_factory=dict)
    grid: Callable[[bool], list[Case]] = lambda quick: []
    figures: Callable[[], tuple[Any, ...]] = lambda: ()
    proved: tuple[tuple[str, dict[str, Any]], ...] = ()
    worst_cases: tuple[Any, ...] = ()
    errata: Callable[[], list[Any]] = list
    gaps: Callable[[], list[Any]] = list
    counterexamples: Callable[[], tuple[Counterexample, ...]] = tuple
    rows: Callable[[], tuple[Row, ...]] = tuple
    certificates: Callable[[], Mapping[str, Callable[[str, Any], Any]]] = dict

    def cases(self, quick: bool) -> list[Case]:
        """Return the grid, statement by statement, in the order in which the work first names them."""
        found = self.grid(quick)
        order = list(dict.fromkeys(case.statement for case in found))
        return sorted(found, key=lambda case: order.index(case.statement))


def works() -> tuple[Work, ...]:
    """Return all works: those of the package, then those of files outside it."""
    return (*_package_works(), *_registry.added_works())


@functools.cache
def _package_works() -> tuple[Work, ...]:
    """Each folder of ``works`` declares one in ``work.py``; `PLAIN` is the first."""
    names = sorted(_registry.package_works(), key=lambda name: (name != PLAIN, name))
    folders = (name.replace("-", "_") for name in names)
    return tuple(importlib.import_module(f"sco_flat.works.{folder}.work").WORK for folder in folders)


def sharpened(key: str) -> tuple[Work, str] | None:
    """Return the work in which something weaker stands in place of a sharper bound, and where; see `Work.sharpens`."""
    return next(((work, work.sharpens[key]) for work in works() if key in work.sharpens), None)


def cited(function: Callable[..., Bound]) -> Callable[..., Bound]:
    """Return the same bound; its source begins with what a work has in its place."""

    @functools.wraps(function)
    def with_place(**numbers: Any) -> Bound:
        found = function(**numbers)
        known = sharpened(found.key)
        if known is None:
            return found
        work, place = known
        return replace(found, source=f"sharper than {work.reference or work.name}, {place}: {found.source}")

    return with_place


@dataclass(frozen=True)
class Case:
    """One check of ``sco-flat reproduce``.

    Attributes
    ----------
    statement : str
        Key of the statement.
    label : str
        Line of the table to which it belongs.
    numbers : dict
        Keyword arguments of `sco_flat.check`.
    expected : str
        ``holds``, or ``fails`` where the printed statement is known to fail on this grid as a whole.
    shown : str
        The claim that shows such a failure, beside the conclusions.
    """

    statement: str
    label: str
    numbers: dict[str, Any] = field(default_factory=dict)
    expected: str = "holds"
    shown: str = ""


def names() -> tuple[str, ...]:
    """Return the keys of all statements."""
    return _registry.names("works")


def full_key(key: str | int) -> str:
    """Return the key of a statement: a number alone is a theorem of `PLAIN`."""
    text = shown(key)
    return text if "." in text else f"{PLAIN}.{text}"


def get(key: str | int) -> Statement:
    """Return a statement by its key, or by its number where it is one of `PLAIN`.

    Raises
    ------
    InputError
        If there is none; the message lists the keys.
    """
    known, asked = names(), full_key(key).lower()
    wanted = next((name for name in known if name.lower() == asked), "")
    if not wanted:
        work = asked.partition(".")[0]
        plain = [name for name in known if work != PLAIN and name.startswith(f"{work}.")]
        plain = plain or [name for name in known if name.removeprefix(f"{PLAIN}.").isdigit()]
        limit = f"known are {', '.join(plain)} and {len(known) - len(plain)} more, which sco-flat list shows"
        near = [name for name in known if name.partition(".")[2] == shown(key).lower()] or nearest(asked, known)
        mend = f"did you mean {' or '.join(near)}?" if near else f"choose one of them; {PLAIN}.7 may be written 7"
        raise InputError("statement", repr(shown(key)), limit, mend)
    found: Statement = _registry.entry("works", wanted, "statement")
    return found


def about(instance: str) -> Iterator[Statement]:
    """Yield the statements about a loss; each writes its name out, and files that do not have it are not imported."""
    every: Iterator[Statement] = (_registry.entry("works", key) for key in _registry.names_with("works", instance))
    return (s for s in every if s.instance == instance)


def homes(instance: str, settings: Settings) -> list[Statement]:
    """Return the statements for which a loss was built, as far as they speak of the method."""
    return [s for s in about(instance) if s.home and s.speaks_of(settings)]


def _nearness(statement: Statement) -> tuple[bool, bool, bool, str]:
    """How near a statement is to its loss, the nearest first; one that bounds the risk comes before others."""
    return not statement.home, not statement.key.startswith(f"{PLAIN}."), statement.lower is None, statement.key


def home(instance: str) -> Statement:
    """Return the statement for which a loss was built, or the nearest about it; of several, that of `PLAIN`.

    Raises
    ------
    InputError
        If no statement is about it.
    """
    found = sorted(about(instance), key=_nearness)
    if not found:
        raise InputError("instance", instance, "no statement is about it", "choose another one")
    return found[0]


def listed(titles: Sequence[str]) -> str:
    """Titles in a sentence: ``Theorems 3 and 7`` where they begin alike."""
    kinds = {title.rpartition(" ")[0] for title in titles}
    if len(titles) > 1 and len(kinds) == 1:
        titles = [f"{kinds.pop()}s {titles[0].rpartition(' ')[2]}", *(title.rpartition(" ")[2] for title in titles[1:])]
    return " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))


def build(request: Request, *statements: Statement) -> Loss:
    """Make the loss of a request, inside some statements; by default inside those for which it was built.

    Raises
    ------
    InputError
        If a number is out of range, a hypothesis fails without ``allow_outside``, or a run does not fit into memory.
    """
    from sco_flat.engines import memory

    built = request.build()
    if not request.allow_outside:
        for statement in statements or homes(request.instance, request.settings):
            refuse_outside(statement.hypotheses(built), built)
    memory.ask(built, request.settings)
    return built


def refuse_outside(conditions: tuple[Hypothesis, ...], loss: Loss, mend: str = f" ({ANYWAY} runs anyway)") -> None:
    """Raise the error for the first hypothesis on a loss that fails."""
    for c in conditions:
        if not c.holds:
            value, name = c.stated(loss)
            key = c.key.replace("_", "-").replace("perturbation-", "")
            raise NotApplicable(key, value, f"{c.source} needs {name}", f"{c.legal}{mend}")


def hypothesis_claims(conditions: tuple[Hypothesis, ...]) -> list[Claim]:
    """Turn conditions on the numbers into claims."""
    return [
        Claim(c.name, "hypothesis", "float", "holds" if c.holds else "fails", c.value, c.limit, c.relation, c.source)  # type: ignore[arg-type]
        for c in conditions
    ]


def mark_outside(claims: list[Claim]) -> tuple[Claim, ...]:
    """Say on every claim of a run outside its statement that it is one."""
    broken = [c.name for c in claims if c.kind == "hypothesis" and c.verdict == "fails"]
    if not broken:
        return tuple(claims)
    mark = "outside the theorem: " + "; ".join(broken)
    return tuple(replace(c, note=f"{mark}. {c.note}".removesuffix(". ")) for c in claims)


def lower_bounds(instance: Loss, settings: Settings, facts: Facts) -> list[tuple[Statement, Bound | str]]:
    """Return what the statements about a loss say of the risk of every suffix, each a bound or why there is none."""
    stated = (s for s in about(instance.name) if s.lower is not None and s.concerns(instance))
    return [(s, s.bound(instance, facts)) for s in stated]


def facts_of(simulation: Simulation) -> Facts:
    """Return all that is known of a run."""
    return simulation.instance.facts() | simulation.settings.facts() | simulation.layout.sample.facts()


def numbers_of(simulation: Simulation) -> dict[str, Any]:
    """Return the numbers of a run that upper bounds ask for."""
    instance, settings = simulation.instance, simulation.settings
    start = None if settings.zero_start else simulation.started()
    return given(instance, settings) | {"distance": instance.distance_from(start, simulation.layout.sample)}


def given(instance: Loss, settings: Settings) -> dict[str, Any]:
    """Return those numbers of a run that are the same for every sample."""
    radius = instance.perturbation_radius if "perturbation_radius" in settings.rule.reads else 0.0
    shared = {key: getattr(instance, key) for key in ("step_size", "steps", "smoothness", "flatness_radius")}
    return shared | {"perturbation_radius": radius}


def prove(key: str | int, evidence: str, /, **numbers: Any) -> Any:
    """Prove or refute a statement for given numbers; see `sco_flat.proofs.prove.prove`."""
    from sco_flat.proofs.prove import prove as decide  # loads python-flint

    return decide(get(key), evidence, **numbers)


def verify(path: str) -> Any:
    """Check a certificate again; see `sco_flat.proofs.files.verify`."""
    from sco_flat.proofs import files

    own = {form: recheck for work in works() for form, recheck in work.certificates().items()}
    return files.verify(path, lambda key: get(key) if key in names() else None, own)
