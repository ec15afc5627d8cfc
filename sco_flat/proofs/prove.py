"""Prove a statement for given numbers: ``sco-flat check KEY --evidence bracket`` and ``--evidence every-sample``."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar

from sco_flat import numbers as readers
from sco_flat import vocabulary
from sco_flat.digits import BALLS, digits_from
from sco_flat.errors import ANYWAY, InputError, NotApplicable, shown, unknown_name
from sco_flat.presentation import Shown
from sco_flat.proofs.balls import precision
from sco_flat.proofs.base import Provable, Stated, described, guaranteed, unsaid
from sco_flat.proofs.question import (
    LARGEST_N,
    LARGEST_PRECISION,
    LARGEST_T,
    SMALLEST_PRECISION,
    SPANS,
    Question,
)  # fmt: skip
from sco_flat.results import Claim, Verdict, json_number, judged, together
from sco_flat.samples import Sample
from sco_flat.vocabulary import MAX_SEED

KINDS = ("bracket", "every sample")
PARTS = 256
"""Parts into which a box is cut at most."""
FINEST = 2.0**-10
"""Relative width at which an open part is left as it is."""


@dataclass(frozen=True)
class Part:
    """A box of numbers with what was decided for all of them at once."""

    question: Question
    claims: tuple[Claim, ...]

    @property
    def verdict(self) -> Verdict:
        """Of the claims together."""
        return judged(self.claims)


@dataclass(frozen=True, repr=False)
class Proof(Shown):
    """What is proved, refuted or open about a statement for given numbers.

    Attributes
    ----------
    question : Question
        The numbers, exactly, and the kind of evidence.
    stated : Statement
        What is proved.
    parts : tuple of Part
        One, or the pieces into which a box of numbers was cut; a piece that is still undecided is listed too.
    sample : Sample or None
        The sample of ``bracket`` evidence.
    """

    presenter: ClassVar[str] = "proof"

    question: Question
    stated: Stated
    parts: tuple[Part, ...]
    sample: Any = field(default=None, compare=False)  # that of the seed, which the question has

    @property
    def key(self) -> str:
        """Of the statement."""
        return self.stated.key

    @property
    def title(self) -> str:
        """What its work calls it."""
        return self.stated.title

    @property
    def statement(self) -> str:
        """It in one line."""
        return self.stated.text

    @property
    def verdict(self) -> Verdict:
        """``proved`` if every claim is, for all of the numbers."""
        return together(part.verdict for part in self.parts)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all parts, joined by name: enclosures that hold everywhere, the worst verdict."""
        if len(self.parts) == 1:
            return self.parts[0].claims
        groups: dict[str, list[Claim]] = {}
        for part in self.parts:
            for c in part.claims:
                groups.setdefault(c.name, []).append(c)
        return tuple(_join(group) for group in groups.values())

    @property
    def guarantee(self) -> str:
        """What a proof for all samples says, in words; empty unless it is one."""
        if self.verdict != "proved" or self.question.evidence != "every sample":
            return ""
        lowest = {(c.name, c.kind): c.enclosure[0] if c.enclosure else "" for c in self.claims}
        return guaranteed(lowest, provable(self.stated), self.statement)

    def trajectory(self) -> dict[str, list[Any]]:
        """Enclosures of the run's entries, as balls of python-flint.

        Returns
        -------
        dict
            See ``trajectory`` in the statement's proof; empty where it has none, or what it rests on is not proved.
        """
        kinds = ("hypothesis", "dynamics")
        proved = all(c.verdict in ("proved", "not applicable") for c in self.claims if c.kind in kinds)
        walk = provable(self.stated).trajectory
        if walk is None or not proved or self.question.spread:
            return {}
        with precision(self.question.precision):
            return walk(self.question, self.sample)

    @property
    def bits_left(self) -> int | None:
        """Accurate bits of the least accurate entry at the end; None where nothing is walked for one sample."""
        entries = self.trajectory().get("final") if self.sample is not None else None
        return min(int(x.rel_accuracy_bits()) for x in entries) if entries else None

    @property
    def label(self) -> str:
        """The numbers in one line."""
        return self.question.label(unsaid(self.stated, provable(self.stated)))

    @property
    def sampled(self) -> bool:
        """Whether a sample enters at all."""
        return provable(self.stated).sample is not None

    @property
    def refuted(self) -> tuple[Part, ...]:
        """The parts of the box on which a claim is false."""
        return tuple(part for part in self.parts if part.verdict == "fails")

    @property
    def outside(self) -> tuple[Part, ...]:
        """The parts of the box of which the statement does not speak."""
        return tuple(part for part in self.parts if part.verdict == "not applicable")

    @property
    def undecided(self) -> tuple[Part, ...]:
        """The parts of the box about which nothing is settled."""
        return tuple(part for part in self.parts if part.verdict == "undecided")

    def as_dict(self) -> dict[str, Any]:
        """Return the proof as JSON-ready data; a certificate is this, part by part."""
        return {
            "key": self.key,
            "statement": self.statement,
            "evidence": self.question.evidence,
            "verdict": self.verdict,
            "guarantee": self.guarantee,
            "bits_left": self.bits_left,
            "question": described(self.question, provable(self.stated)),
            "claims": [c.as_dict() for c in self.claims],
            "parts": [json_number(part_text(part.question)) | {"verdict": part.verdict} for part in self.parts],
            "digits_from": digits_from(*BALLS),
        }


def part_text(question: Question) -> dict[str, Any]:
    """The three numbers that may be ranges, as text."""
    return {name: question.as_dict()[name] for name in SPANS}


def _join(group: list[Claim]) -> Claim:
    """Join the claims of one name: the hull of the enclosures and the worst verdict."""
    order = ("fails", "undecided", "proved", "not applicable")
    worst = min(group, key=lambda c: order.index(c.verdict))

    def hull(pairs: Iterable[tuple[str, str] | None]) -> tuple[str, str] | None:
        known = [p for p in pairs if p is not None]
        if not known:
            return None
        return min((p[0] for p in known), key=Decimal), max((p[1] for p in known), key=Decimal)

    value, bound = hull(c.enclosure for c in group), hull(c.bound_enclosure for c in group)
    low = worst.relation in (">=", ">")
    return replace(
        worst,
        value=worst.value if value is None else float(value[0] if low else value[1]),
        bound=worst.bound if bound is None else float(bound[1] if low else bound[0]),
        enclosure=value,
        bound_enclosure=bound,
    )


def provable(stated: Stated) -> Provable:
    """What a statement hands to the prover.

    Raises
    ------
    InputError
        If it has no proof.
    """
    if stated.proof is None:
        raise InputError(
            "evidence",
            stated.key,
            "has no other evidence than that of its check",
            "leave --evidence out: the check says whether it decides exactly or suggests",
        )
    return stated.proof()


def question_from(stated: Stated, evidence: str, /, **numbers: Any) -> Question:
    """Read keyword arguments as `sco_flat.check` takes them into exact numbers.

    Raises
    ------
    InputError
        For a statement without a proof, a name that it does not know, or a number out of range.
    """
    if evidence not in KINDS:
        raise unknown_name("evidence", evidence, ("float", *KINDS))
    rules = provable(stated)
    _refuse_unread(stated, rules, evidence, vocabulary.long_names(numbers))
    given = stated.defaults | vocabulary.read(numbers, exact=True)
    for key, own in (("instance", stated.instance), ("method", stated.method)):
        asked = shown(given.pop(key, own)).lower()
        if asked != own:
            raise InputError(key, asked, f"{stated.title} is about {own}", f"leave {key} out")
    n = readers.whole("n", given.pop("n", 6), 1, LARGEST_N)
    steps = readers.whole("steps", given.pop("steps"), 1, LARGEST_T)
    width = given.pop("width", None)
    radius = given.pop("perturbation_radius", "auto")
    options: dict[str, Any] = {k: shown(given.pop(k)).lower() for k in rules.words if k in given}
    options |= {k: readers.exact(k, given.pop(k)) for k in rules.constants if k in given}
    texts = {k: given.pop(k) for k in rules.texts if k in given}
    # a text as it is: `shown` shortens long ones
    options |= {k: rules.texts[k](k, v if isinstance(v, str) else shown(v), True) for k, v in texts.items()}
    if evidence == "bracket" and "event" in given:
        event = given.pop("event")
        options |= {} if event == rules.event else {"event": event}
    question = Question(
        key=stated.key,
        evidence=evidence,  # type: ignore[arg-type]
        n=n,
        steps=steps,
        width=_columns(rules, n, evidence)
        if width is None
        else readers.whole("width", width, 1, vocabulary.LARGEST_WIDTH),
        step_size=readers.span("step-size", given.pop("step_size")),
        perturbation_radius=None if vocabulary.is_auto(radius) else readers.span("radius", radius),
        flatness_radius=readers.span("flatness-radius", given.pop("flatness_radius", 0)),
        options=options,
        seed=readers.whole("seed", given.pop("seed", 0), 0, MAX_SEED),
        precision=readers.whole("precision", given.pop("precision", 200), SMALLEST_PRECISION, LARGEST_PRECISION),
    )
    for key in given:
        if key in vocabulary.OPTIONS:
            raise InputError(
                key, given[key], f"{evidence} proofs are about the method as analysed",
                f"leave {key} out",
            )  # fmt: skip
        raise unknown_name(
            "parameter", key, (*SPANS, "n", "steps", "width", "precision", *rules.words, *rules.constants, *rules.texts)
        )
    _ranges(question, rules)
    return question


def _columns(rules: Provable, n: int, evidence: str) -> int:
    return 2**n if rules.columns is None or evidence != "bracket" else rules.columns(n)


def readable(stated: Stated, evidence: str) -> set[str]:
    """Return the names of everything that a proof reads.

    Raises
    ------
    InputError
        If there is none.
    """
    rules = provable(stated)
    shared = {*SPANS, "n", "steps", "width", "seed", "event", "precision"}
    return {*shared, *rules.words, *rules.constants, *rules.texts} - {*_unread(stated, rules, evidence)}


def _unread(stated: Stated, rules: Provable, evidence: str) -> dict[str, str]:
    """What has no consequence for a proof, and why."""
    unread = dict(stated.unread)
    if rules.columns is not None:
        unread["width"] = "its number of columns is the statement's own"
    if rules.sample is None:
        unread |= dict.fromkeys(("seed", "width", "event"), "no sample enters it")
    elif evidence == "every sample":
        unread |= dict.fromkeys(("seed", "event"), "a proof for every sample of the event reads none")
    return unread


def _refuse_unread(stated: Stated, rules: Provable, evidence: str, given: Mapping[str, Any]) -> None:
    """Refuse what has no consequence for a proof."""
    unread = _unread(stated, rules, evidence)
    for key, value in given.items():
        if key in unread:
            raise InputError(key, value, f"{stated.title}: {unread[key]}", "leave it out")


def _ranges(question: Question, rules: Provable) -> None:
    """Refuse numbers for which there is no loss or no method."""
    if question.step_size[0] <= 0:
        raise InputError("step-size", question.as_dict()["step_size"], "must be positive", "choose eta > 0")
    if question.flatness_radius[0] < 0:
        raise InputError(
            "flatness-radius", question.as_dict()["flatness_radius"], "must be at least 0", "choose rho >= 0"
        )
    radius = question.perturbation_radius
    if radius is not None and (radius[0] < 0 or (rules.positive_radius and radius[0] == 0)):
        raise InputError("radius", question.as_dict()["perturbation_radius"], "must be positive", "choose r > 0")
    for key, constant in rules.constants.items():
        value = question.options.get(key)
        if value is not None and not constant.allows(value):
            raise InputError(key, value, f"must be in {constant.text}", "choose a value in that range")
    for key, known in rules.words.items():
        if question.options.get(key, known[0]) not in known:
            raise unknown_name(key, question.options[key], known)


def draw_sample(question: Question, rules: Provable) -> Sample | None:
    """Draw the sample that a ``bracket`` proof is about, the same as that of a float run."""
    if question.evidence != "bracket" or rules.sample is None:
        return None
    return rules.sample(question, question.options.get("event", rules.event))


def prove(stated: Stated, evidence: str, /, *, allow_outside: Any = False, **numbers: Any) -> Proof:
    """Prove or refute a statement for given numbers in ball arithmetic and exact fractions.

    Parameters
    ----------
    stated : Statement
        Of a work.
    evidence : {"bracket", "every sample"}
        For the sample of the seed, or for all samples of the statement's event at once.
    allow_outside : bool
        Go on although a hypothesis on the numbers fails; the verdict is then ``fails``.
    **numbers
        As for `sco_flat.check`, and ``precision`` in bits. Numbers are exact (``"1/24"``), and step size, radius and
        flatness radius may be ranges (``"1/24..1/4"``): then the claim is about every value in the box.

    Returns
    -------
    Proof
        Verdict ``proved``, ``fails`` or ``undecided``, with rigorous ends of every quantity.

    Raises
    ------
    InputError
        For numbers, names or combinations that cannot be used.
    """
    allow_outside = vocabulary.flag("allow_outside", allow_outside)
    question, rules = question_from(stated, evidence, **numbers), provable(stated)
    with precision(question.precision):
        if not allow_outside:
            for c, key in rules.hypotheses(question):
                if c.verdict != "proved":
                    said = question.as_dict()
                    said |= said["options"]
                    value = said.get({"radius": "perturbation_radius"}.get(key, key.replace("-", "_")))
                    raise NotApplicable(
                        key, value, f"{c.source} needs {c.name}",
                        f"choose other numbers ({ANYWAY} goes on and says so)",
                    )  # fmt: skip
        question = question if rules.witness is None else rules.witness(question)
        sample = draw_sample(question, rules)
        parts = _cut(question, lambda q: tuple(rules.claims(q, sample)))
    return Proof(question, stated, tuple(parts), sample)


def _cut(question: Question, decide: Any) -> list[Part]:
    """Decide a box; cut what is undecided in halves until it is decided or there are `PARTS` parts."""
    done: list[Part] = []
    open_: list[tuple[float, int, Part]] = []
    fresh, count = [question], 0
    while fresh or open_:
        for q in fresh:
            part = Part(q, decide(q))
            count += 1
            size = max(((b - a) / (b + a) for a, b in q.spread.values()), default=0)
            if part.verdict == "undecided" and size > FINEST and _narrows(part):
                heapq.heappush(open_, (-float(size), count, part))
            else:
                done.append(part)
        if not open_ or len(done) + len(open_) >= PARTS:
            break
        fresh = list(heapq.heappop(open_)[2].question.halves())
    done += [part for _, _, part in open_]
    return sorted(done, key=lambda part: [getattr(part.question, name) or () for name in SPANS])


def _narrows(part: Part) -> bool:
    """Whether cutting can help: some open claim has numbers of its own."""
    return any(c.verdict == "undecided" and c.enclosure is not None for c in part.claims)
