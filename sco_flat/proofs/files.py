"""Certificates as files: what is claimed, for which numbers, with both ends of every quantity; and their re-check.

`sco_flat.proofs.schema` reads a file to the letter. The re-check evaluates every claim by other formulas in another
arithmetic, and asks three things of a claim: its enclosure contains the re-check's, its verdict is the one that the
stated ends of both sides give, and what the conclusion rests on is there and proved.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from sco_flat import __version__, numbers
from sco_flat._files import whole_file
from sco_flat.errors import InputError
from sco_flat.proofs.base import Provable, Rechecked, Stated, described, guaranteed, unsaid
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import LARGEST, LOWEST, SPANS, Question
from sco_flat.proofs.schema import BYTES, FORMAT, Certificate, End, Refused, Stands, digest, parse, read
from sco_flat.results import Claim, Kind, Relation, Verdict
from sco_flat.samples import Sample

PIECES = 512
"""Pieces into which the re-check cuts a part whose enclosures it does not meet at once."""


@dataclass(frozen=True)
class Verification:
    """Outcome of a re-check.

    Attributes
    ----------
    file : str
        The certificate.
    valid : bool
        Whether everything that it says was confirmed.
    reason : str
        Why it was refused, in one line: the place in the file, what stands there, the limit, the mend.
    key, statement, numbers, verdict, guarantee : str
        What it says of which numbers; empty if it could not be read.
    claims, parts : int
        How many claims were confirmed, on how many parts of the box.
    refuted : bool
        Whether the re-check says otherwise; if not, a refused file is no certificate at all.
    """

    file: str
    valid: bool
    reason: str = ""
    statement: str = ""
    verdict: str = ""
    claims: int = 0
    parts: int = 0
    key: str = ""
    numbers: str = ""
    guarantee: str = ""
    refuted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-ready data."""
        return dict(vars(self))

    def text(self) -> str:
        """Say it in a line or two."""
        if not self.valid:
            return f"{self.file}: REFUSED: {self.reason}"
        return (
            f"{self.file}: valid; its verdict is: {self.verdict}\n{self.key}: {self.statement}\n{self.numbers}\n"
            + (f"{self.guarantee}\n" if self.guarantee else "")
            + f"{self.claims} claims on {self.parts} part(s) confirmed by the closed forms, in rational intervals"
        )


def content(found: Any) -> dict[str, Any]:
    """Return a `Proof` as the data of a certificate.

    An enclosure is widened to contain the re-check's where that leaves its verdict as it is.
    """
    rules = found.stated.proof()
    data = {
        "format": f"sco_flat certificate {FORMAT}",
        "written_by": f"sco_flat {__version__}",
        "question": described(found.question, rules),
        "statement": found.statement,
        "sample": _sample_data(found.sample),
        "verdict": found.verdict,
        "parts": [
            {name: part.question.as_dict()[name] for name in SPANS}
            | {"verdict": part.verdict, "claims": _claims(part, found.sample, rules)}
            for part in found.parts
        ],
    }
    return data | {"sha256": digest(data)}


def _sample_data(sample: Sample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    return {"columns": list(sample.event.columns), "codes_sha256": hashlib.sha256(sample.codes.tobytes()).hexdigest()}


def _claims(part: Any, sample: Sample | None, rules: Provable) -> list[dict[str, Any]]:
    try:
        own = _statements(part.question, sample, rules, (c.name for c in part.claims))
    except ArithmeticError:
        own = {}
    return [_claim_data(c, own.get(c.name)) for c in part.claims]


def _claim_data(c: Claim, own: Rechecked | None) -> dict[str, Any]:
    from sco_flat.proofs.balls import decimal  # loads python-flint, which wrote the claim

    ends: Mapping[str, tuple[str, str] | None] = {"enclosure": c.enclosure, "bound_enclosure": c.bound_enclosure}
    if own is not None and c.enclosure is not None and c.bound_enclosure is not None:
        wider: dict[str, tuple[str, str]] = {}
        for key, other in (("enclosure", own.value), ("bound_enclosure", own.bound)):
            low, high = ends[key]  # type: ignore[misc]
            wider[key] = (
                min(low, decimal(other.low, up=False), key=Decimal) if low != LOWEST else low,
                max(high, decimal(other.high, up=True), key=Decimal) if high != LARGEST else high,
            )
        says = decided(_known(wider["enclosure"]), _known(wider["bound_enclosure"]), c.relation)
        if c.verdict in (says, "not applicable"):
            ends = wider
    return {
        "name": c.name,
        "kind": c.kind,
        "verdict": c.verdict,
        "relation": c.relation,
        **{key: None if pair is None else list(pair) for key, pair in ends.items()},
    }


def _known(pair: tuple[str, str]) -> tuple[End, End]:
    """The ends of an enclosure as numbers."""
    low, high = pair
    return -math.inf if low == LOWEST else Fraction(low), math.inf if high == LARGEST else Fraction(high)


def decided(value: tuple[End, End], bound: tuple[End, End], relation: Relation) -> Verdict:
    """Return what the ends of both sides say of a relation."""
    if relation in (">=", ">"):
        value, bound, relation = bound, value, "<=" if relation == ">=" else "<"
    (low, high), (least, most) = value, bound
    if relation == "==":
        true, false = low == high == least == most, high < least or most < low
    elif relation == "<=":
        true, false = high <= least, low > most
    else:
        true, false = high < least, low >= most
    return "proved" if true else "fails" if false else "undecided"


def write(path: str, found: Any) -> None:
    """Write a `Proof` as a certificate, whole or not at all.

    Parameters
    ----------
    path : str
        JSON file to write.
    found : Proof
        What `sco_flat.check` returned for ``evidence="bracket"`` or ``"every sample"``.

    Raises
    ------
    InputError
        If it cannot be written, or its re-check does not confirm it.
    """
    target, data = Path(path), content(found)
    try:
        _confirm(read(data, lambda key: found.stated if key == found.key else None))
    except Refused as error:
        raise InputError(
            "certificate", path, f"the re-check does not confirm the proof ({error.key}: {error.limit})",
            "choose narrower ranges or more --precision",
        ) from None  # fmt: skip
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    with whole_file("certificate", target) as part:
        part.write_text(text, encoding="utf-8")


def verify(
    path: str, find: Callable[[str], Stated | None], own: Mapping[str, Callable[[str, Any], Verification]] | None = None
) -> Verification:
    """Check a certificate again, from its data alone, by other formulas and another arithmetic than the prover's.

    The sample of a ``bracket`` certificate is drawn again from its seed and compared with the stored hash.

    Parameters
    ----------
    path : str
        A file that `write` wrote.
    find : callable
        From the key of a statement to the statement, None where there is none.
    own : mapping, optional
        Other formats by name, with their re-checks; see ``certificates`` of `sco_flat.works.base.Work`.

    Returns
    -------
    Verification
        ``valid``, or not and the reason.

    Raises
    ------
    InputError
        If there is no file to read.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(BYTES + 1)
    except (OSError, ValueError) as error:  # a name that is too long, or with a NUL
        reason = getattr(error, "strerror", None) or error
        raise InputError("file", path, f"cannot be read ({reason})", "give a certificate") from None
    try:
        data = parse(raw)
        named = data.get("format") if isinstance(data, dict) else None
        if own and isinstance(named, str) and named in own:
            return own[named](path, data)
        certificate = read(data, find)
        _confirm(certificate)
    except Refused as error:
        return Verification(path, False, str(error), refuted=error.refuted)
    stated, question = certificate.stated, certificate.question
    claims, said = (
        sum(len(claims) for _, _, claims in certificate.parts),
        question.label(unsaid(stated, certificate.rules)),
    )
    return Verification(
        path, True, "", stated.text, certificate.verdict, claims, len(certificate.parts), stated.key, said,
        _guarantee(certificate),
    )  # fmt: skip


def _guarantee(certificate: Certificate) -> str:
    """What a confirmed certificate guarantees for every sample, with its own ends."""
    if certificate.verdict != "proved" or certificate.question.evidence != "every sample":
        return ""
    lowest: dict[tuple[str, Kind], str] = {}
    for _, _, claims in certificate.parts:
        for c in claims:
            ends = [lowest.get((c.name, c.kind)), c.texts[0][1:].partition(",")[0] if c.enclosure else None]
            lowest[c.name, c.kind] = min((end for end in ends if end), key=Decimal, default="")
    return guaranteed(lowest, certificate.rules, certificate.stated.text)


def _confirm(certificate: Certificate) -> None:
    """Go through a certificate; raise `Refused` where the re-check does not agree."""
    question, rules = certificate.question, certificate.rules
    _refuse_unread(certificate.stated, question, rules)
    sample = None if certificate.sample is None else _drawn(question, rules)
    if certificate.sample != _sample_data(sample):
        raise Refused("sample", f"seed {question.seed}", "draws another sample than the certificate's", refuted=True)
    for number, (part, verdict, claims) in enumerate(certificate.parts, 1):
        Recheck(part, sample, f"part {number}", rules, certificate.format, claims).confirm(verdict)


def _refuse_unread(stated: Stated, question: Question, rules: Provable) -> None:
    """Refuse a number that the statement does not read and that is not its own; a witness brings a step size."""
    for key in ("n", "steps", *SPANS):
        if key not in stated.unread or (key == "step_size" and rules.witness is not None):
            continue
        own = numbers.exact(key, stated.defaults.get(key, 0))
        if getattr(question, key) != ((own, own) if key in SPANS else own):
            raise Refused(f"question.{key}", question.as_dict()[key], f"is {own}: {stated.title} does not read it")


def _drawn(question: Question, rules: Provable) -> Sample:
    assert rules.sample is not None
    try:
        return rules.sample(question, question.options.get("event", rules.event))
    except InputError as error:
        if error.key == "memory":  # that is no fault of the certificate
            raise
        raise Refused(f"question.{error.key}", str(error.value), error.limit) from None


def _statements(
    question: Question, sample: Sample | None, rules: Provable, names: Iterable[str]
) -> dict[str, Rechecked]:
    """What the re-check says, by name."""
    found = rules.recheck(question, sample)
    if sample is not None and rules.replay is not None and any(rules.replayed in name for name in names):
        found = [*found, *rules.replay(question, sample)]
    return {s.name: s for s in found}


@dataclass(frozen=True)
class Recheck:
    """A part of a certificate and what is needed to check it again."""

    question: Question
    sample: Sample | None
    where: str
    rules: Provable
    format: int
    claims: tuple[Stands, ...]

    def confirm(self, verdict: Verdict) -> None:
        """Check it on the whole part, or on pieces of it where the re-check is too wide for the whole."""
        open_, count = [self.question], 0
        while open_:
            piece = open_.pop()
            count += 1
            try:
                own = _statements(piece, self.sample, self.rules, (c.name for c in self.claims))
            except ArithmeticError:
                raise Refused(self.where, "a quantity", "is undefined, or its re-check runs out of bits") from None
            if count == 1:
                self._forms(own, verdict)
            try:
                for c in self.claims:
                    self._contains(c, own.get(c.name))
                self._unasked(own, verdict)
            except Refused:
                if not piece.spread or count >= PIECES:
                    raise
                # the corners first: there the re-check is as good as exact, and nothing has to be cut
                corners = [piece.within({k: (span[end],) * 2 for k, span in piece.spread.items()}) for end in (0, 1)]
                open_ += [*piece.halves(), *(corners if count == 1 else ())]

    def _forms(self, own: dict[str, Rechecked], verdict: Verdict) -> None:
        """Every claim is one of the statement, says what its own ends say, and all that is needed is proved."""
        broken = any(
            c.verdict != "proved" and c.kind != "conclusion" and (s is None or s.needed)
            for c, s in ((c, own.get(c.name)) for c in self.claims)
        )
        for c in self.claims:
            s, at = own.get(c.name), f"{self.where}, {c.name}"
            if s is None:
                if c.verdict not in ("undecided", "not applicable") or self.rules.open_.get(c.name) != c.kind:
                    raise Refused(at, c.verdict, "is not a claim of the statement with these numbers")
                continue
            kind = s.kind_in(self.format)
            if (c.kind, c.relation) != (kind, s.relation):
                raise Refused(at, f"{c.kind}, {c.relation}", f"is {kind}, {s.relation}")
            if c.verdict == "not applicable" and not s.skips:
                raise Refused(at, c.verdict, "is a claim that applies")
            self._says(c, s, at, broken)
        proved = {c.name for c in self.claims if c.verdict == "proved"}
        missing = [s.name for s in own.values() if s.needed and s.since <= self.format and s.name not in proved]
        missing = [name for name in missing if not own[name].skips]
        if verdict == "proved" and missing:
            raise Refused(self.where, verdict, f"rests on {missing[0]!r}, which is not proved")

    def _says(self, c: Stands, s: Rechecked, at: str, broken: bool) -> None:
        """The verdict follows from the ends; what is left open is open for the re-check, too."""
        if c.enclosure is not None and c.bound_enclosure is not None:
            says = decided(self._sided(c.enclosure, s), c.bound_enclosure, s.relation)
            if c.verdict != says and not (c.verdict == "not applicable" and says != "proved"):
                raise Refused(at, c.verdict, f"is {says} by its own numbers")
        elif c.verdict in ("proved", "fails"):
            raise Refused(at, c.verdict, "needs both enclosures")
        elif broken:
            return
        if c.verdict not in ("proved", "fails") and not self.question.spread:
            said = decided(self._sided((s.value.low, s.value.high), s), (s.bound.low, s.bound.high), s.relation)
            if said == "proved" or (said == "fails" and c.verdict == "undecided"):
                raise Refused(at, c.verdict, f"is {said} by the re-check", refuted=True)

    @staticmethod
    def _sided(ends: tuple[End, End], s: Rechecked) -> tuple[End, End]:
        low, high = ends
        return -math.inf if s.side == "high" else low, math.inf if s.side == "low" else high

    def _contains(self, c: Stands, s: Rechecked | None) -> None:
        """The enclosures contain the re-check's."""
        if s is None:
            return
        for key, stated, own, text in (
            ("enclosure", c.enclosure, s.value, c.texts[0]),
            ("bound_enclosure", c.bound_enclosure, s.bound, c.texts[1]),
        ):
            if stated is None:
                continue
            at = f"{self.where}, {c.name}: {key}"
            (low, high), (least, most) = stated, (own.low, own.high)
            if key == "enclosure" and self.format >= 3:
                least, most = self._sided((least, most), s)  # type: ignore[assignment]
                if (low == -math.inf, high == math.inf) != (least == -math.inf, most == math.inf):
                    raise Refused(at, text, "is open at another end")
            if not low <= least <= most <= high:
                what = "does not contain the value" if not _meets(stated, own) else "is narrower than what is certain"
                raise Refused(at, text, what, refuted=True)

    def _unasked(self, own: dict[str, Rechecked], verdict: Verdict) -> None:
        """What older formats do not write, but the conclusion rests on."""
        for s in own.values():
            if verdict != "proved" or s.since <= self.format:
                continue
            said = decided(self._sided((s.value.low, s.value.high), s), (s.bound.low, s.bound.high), s.relation)
            if said != "proved":
                raise Refused(self.where, verdict, f"rests on {s.name!r}: {said} by the re-check", refuted=True)


def _meets(stated: tuple[End, End], own: Interval) -> bool:
    return stated[0] <= own.high and own.low <= stated[1]
