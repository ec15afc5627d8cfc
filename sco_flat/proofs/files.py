"""Certificates as files: what is claimed, for which numbers, with both ends of every quantity; and their re-check."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

from sco_flat import __version__
from sco_flat._files import whole_file
from sco_flat.errors import InputError
from sco_flat.proofs.base import Provable, Rechecked, Stated
from sco_flat.proofs.intervals import Interval
from sco_flat.proofs.question import SPANS, Question
from sco_flat.results import Claim, Verdict, overall
from sco_flat.samples import EventKind, Sample, draw, streams

FORMAT = "sco_flat certificate 2"
OLD_FORMAT = "sco_flat certificate 1"
"""Its questions name a theorem of arXiv 2511.03548 by number; such files still verify."""
OLD_WORK = "flat-minima"
FIELDS = {"format", "written_by", "question", "statement", "sample", "verdict", "parts", "sha256"}
PART = {*SPANS, "verdict", "claims"}
CLAIM = {"name", "kind", "verdict", "relation", "enclosure", "bound_enclosure"}
RELATIONS: dict[str, tuple[Callable[[Interval, Interval], bool], Callable[[Interval, Interval], bool]]] = {
    "<=": (lambda a, b: a.high <= b.low, lambda a, b: a.low > b.high),
    "<": (lambda a, b: a.high < b.low, lambda a, b: a.low >= b.high),
    ">=": (lambda a, b: a.low >= b.high, lambda a, b: a.high < b.low),
    ">": (lambda a, b: a.low > b.high, lambda a, b: a.high <= b.low),
    "==": (lambda a, b: a.low == a.high == b.low == b.high, lambda a, b: not a.overlaps(b)),
}
"""For each relation: when it holds for certain, and when it is false for certain."""


class Refused(Exception):
    """Why a certificate is not accepted."""


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
        Why it was refused; empty if it was not.
    statement, verdict : str
        What it says; empty if it could not be read.
    claims, parts : int
        How many claims were confirmed, on how many parts of the box.
    """

    file: str
    valid: bool
    reason: str = ""
    statement: str = ""
    verdict: str = ""
    claims: int = 0
    parts: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-ready data."""
        return dict(vars(self))

    def text(self) -> str:
        """Say it in a line or two."""
        if not self.valid:
            return f"{self.file}: REFUSED: {self.reason}"
        return (
            f"{self.file}: valid; its verdict is: {self.verdict}\n{self.statement}\n"
            f"{self.claims} claims on {self.parts} part(s) confirmed by the closed forms, in rational intervals"
        )


def digest(data: dict[str, Any]) -> str:
    """SHA-256 of everything but the digest itself."""
    rest = {k: v for k, v in data.items() if k != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _sample_data(sample: Sample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    return {"columns": list(sample.event.columns), "codes_sha256": hashlib.sha256(sample.codes.tobytes()).hexdigest()}


def _claim_data(c: Claim) -> dict[str, Any]:
    return {
        "name": c.name,
        "kind": c.kind,
        "verdict": c.verdict,
        "relation": c.relation,
        "enclosure": None if c.enclosure is None else list(c.enclosure),
        "bound_enclosure": None if c.bound_enclosure is None else list(c.bound_enclosure),
    }


def content(found: Any) -> dict[str, Any]:
    """Return a `Proof` as the data of a certificate."""
    data = {
        "format": FORMAT,
        "written_by": f"sco_flat {__version__}",
        "question": found.question.as_dict(),
        "statement": found.statement,
        "sample": _sample_data(found.sample),
        "verdict": found.verdict,
        "parts": [
            {name: part.question.as_dict()[name] for name in SPANS}
            | {"verdict": part.verdict, "claims": [_claim_data(c) for c in part.claims]}
            for part in found.parts
        ],
    }
    return data | {"sha256": digest(data)}


def write(path: str, found: Any) -> None:
    """Write a `Proof` as a certificate, whole or not at all.

    Parameters
    ----------
    path : str
        JSON file to write.
    found : Proof
        What `sco_flat.check` returned for ``evidence="bracket"`` or ``"every sample"``.
    """
    target = Path(path)
    text = json.dumps(content(found), indent=1, ensure_ascii=False) + "\n"
    with whole_file("certificate", target) as part:
        part.write_text(text, encoding="utf-8")


def verify(path: str, find: Callable[[str], Stated | None]) -> Verification:
    """Check a certificate again, from its data alone, by other formulas and another arithmetic than the prover's.

    The sample of a ``bracket`` certificate is drawn again from its seed and compared with the stored hash.

    Parameters
    ----------
    path : str
        A file that `write` wrote.
    find : callable
        From the key of a statement to the statement, None where there is none.

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
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError("file", path, f"cannot be read ({error.strerror})", "give a certificate") from None
    try:
        data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        if not isinstance(data, dict):
            raise Refused("it is not a JSON object")
        claims = _confirm(data, find)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        return Verification(path, False, f"it is not JSON ({error})")
    except RecursionError:
        return Verification(path, False, "it is not JSON of this format (nested too deeply)")
    except Refused as error:
        return Verification(path, False, str(error))
    return Verification(path, True, "", data["statement"], data["verdict"], claims, len(data["parts"]))


def _no_constant(text: str) -> float:
    raise Refused(f"it contains {text}, which is not a number")


def _fields(data: Any, wanted: set[str], where: str) -> None:
    if not isinstance(data, dict) or set(data) != wanted:
        have = set(data) if isinstance(data, dict) else set()
        wrong = sorted(have ^ wanted)[:1] or [type(data).__name__]
        raise Refused(f"{where} has a missing or unknown field: {wrong[0]}")


def _confirm(data: dict[str, Any], find: Callable[[str], Stated | None]) -> int:
    """Go through a certificate; return the number of claims, or raise `Refused`."""
    _fields(data, FIELDS, "the certificate")
    if data["format"] not in (FORMAT, OLD_FORMAT):
        raise Refused(f"its format is {data['format']!r}, this version reads {FORMAT!r} and {OLD_FORMAT!r}")
    if data["sha256"] != digest(data):
        raise Refused("its content does not match its sha256: it was corrupted or edited")
    stated, rules, question = _question(data["question"], data["format"] == OLD_FORMAT, find)
    if data["statement"] != stated.text:
        raise Refused(f"the statement is not that of {stated.title}")
    if not re.fullmatch(r"sco_flat \d+(\.\w+)*", str(data["written_by"])):
        raise Refused("written_by does not name a version of sco_flat")
    sample = _sample(data["sample"], question, rules)
    if not isinstance(data["parts"], list) or not data["parts"]:
        raise Refused("it has no parts")
    parts, verdicts, count = [], [], 0
    for number, part in enumerate(data["parts"], 1):
        _fields(part, PART, f"part {number}")
        spans = {name: _span(part[name], f"part {number}, {name}") for name in SPANS}
        parts.append(question.within(spans))
        verdicts.append(_part(parts[-1], sample, part, f"part {number}", stated, rules))
        count += len(part["claims"])
    _cover(question, parts)
    joined = next((v for v in ("fails", "undecided") if v in verdicts), "proved")
    if data["verdict"] != joined:
        raise Refused(f"it says {data['verdict']!r}, its parts together say {joined!r}")
    return count


def _fraction(text: Any, where: str) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,4000}(/[1-9]\d{0,4000})?", text):
        raise Refused(f"{where}: {str(text)[:40]!r} is not a fraction")
    return Fraction(text)


def _span(text: Any, where: str) -> tuple[Fraction, Fraction] | None:
    if text == "auto" and where.endswith("perturbation_radius"):
        return None
    ends = text.split("..") if isinstance(text, str) else [text]
    if len(ends) > 2:
        raise Refused(f"{where}: {text!r} is not a range")
    low, high = _fraction(ends[0], where), _fraction(ends[-1], where)
    if low > high:
        raise Refused(f"{where}: the range {text!r} is empty")
    return low, high


def _question(data: Any, old: bool, find: Callable[[str], Stated | None]) -> tuple[Stated, Provable, Question]:
    """Read the question; everything that is not exactly as written by this package is refused."""
    name = "theorem" if old else "key"
    _fields(data, {name, "evidence", "n", "steps", "width", *SPANS, "options", "seed", "precision"}, "the question")
    for key in ("n", "steps", "seed", "precision"):
        if type(data[key]) is not int or data[key] < 0:
            raise Refused(f"the question's {key} is {str(data[key])[:40]!r}, not a whole number")
    key = f"{OLD_WORK}.{data[name]}" if old and type(data[name]) is int else data[name]
    stated = find(key) if isinstance(key, str) else None
    if stated is None or stated.proof is None:
        raise Refused("there is no proof of this kind for this statement")
    rules = stated.proof()
    if data["evidence"] not in ("bracket", "every sample"):
        raise Refused("there is no proof of this kind for this statement")
    if not isinstance(data["options"], dict):
        raise Refused("the question's options are not a table")
    words = dict(rules.words) | ({"event": get_args(EventKind)} if data["evidence"] == "bracket" else {})
    options: dict[str, Any] = {}
    for k, v in data["options"].items():
        if k in words:
            if v not in words[k]:
                raise Refused(f"option {k} is {str(v)[:40]!r}, not one of {', '.join(words[k])}")
            options[k] = v
        elif k in rules.constants:
            options[k] = _fraction(v, f"option {k}")
            if not rules.constants[k].allows(options[k]):
                raise Refused(f"option {k} is not in {rules.constants[k].text}")
        else:
            raise Refused(f"unknown option {k}")
    width = _fraction(data["width"], "width")
    if width.denominator != 1 or width < 1 or not 1 <= data["n"] <= 100_000 or not 1 <= data["steps"] <= 1_000_000:
        raise Refused("n, steps or width is out of range")
    spans = {name: _span(data[name], name) for name in SPANS}
    question = Question(
        stated.key, data["evidence"], data["n"], data["steps"], int(width), options=options, seed=data["seed"],
        precision=data["precision"], **spans,  # type: ignore[arg-type]
    )  # fmt: skip
    if question.step_size[0] <= 0 or question.flatness_radius[0] < 0:
        raise Refused("step size or flatness radius is out of range")
    radius = question.perturbation_radius
    if radius is not None and (radius[0] < 0 or (rules.positive_radius and radius[0] == 0)):
        raise Refused("perturbation radius is out of range")
    return stated, rules, question


def _sample(data: Any, question: Question, rules: Provable) -> Sample | None:
    """Draw the sample again and compare."""
    if question.evidence == "every sample" or rules.bad_code is None:
        if data is not None:
            raise Refused("a proof for every sample has no sample of its own")
        return None
    bad, event = rules.bad_code(question.n), question.options.get("event", rules.event)
    try:
        sample = draw(question.n, question.width, bad, event, streams(question.seed, "sample")["sample"])
    except InputError as error:
        raise Refused(f"its sample cannot be drawn: {error}") from None
    if data != _sample_data(sample):
        raise Refused(f"the sample of seed {question.seed} is another one than the certificate's")
    return sample


def _part(
    question: Question, sample: Sample | None, data: dict[str, Any], where: str, stated: Stated, rules: Provable
) -> Verdict:
    """Confirm the claims of one part and return its verdict."""
    if not isinstance(data["claims"], list):
        raise Refused(f"{where}: the claims are not a list")
    try:
        statements = {s.name: s for s in rules.recheck(question, sample)}
        if sample is not None and rules.replay is not None and any(rules.replayed in str(c) for c in data["claims"]):
            statements |= {s.name: s for s in rules.replay(question, sample)}
    except (ZeroDivisionError, OverflowError, FloatingPointError):
        raise Refused(f"{where}: a quantity is undefined, or its re-check runs out of bits") from None
    seen: Counter[str] = Counter()
    claims = []
    for c in data["claims"]:
        _fields(c, CLAIM, f"{where}, a claim")
        at = f"{where}, {c['name']!r}"
        seen[str(c["name"])] += 1
        statement = statements.get(str(c["name"]))
        if c["verdict"] not in ("proved", "fails", "undecided", "not applicable"):
            raise Refused(f"{at}: unknown verdict {c['verdict']!r}")
        if statement is None:
            if c["verdict"] in ("proved", "fails"):
                raise Refused(f"{at}: this is not a claim of {stated.title}")
        elif (c["kind"], c["relation"]) != (statement.kind, statement.relation):
            raise Refused(f"{at}: kind or relation is not that of the statement")
        else:
            _compare(c, statement, at)
        claims.append(
            Claim(str(c["name"]), "conclusion", question.evidence, c["verdict"], None, None, ">=", "")
        )  # fmt: skip
    if seen and max(seen.values()) > 1:
        raise Refused(f"{where}: {seen.most_common(1)[0][0]!r} stands there twice")
    verdict = overall(claims)
    if data["verdict"] != verdict:
        raise Refused(f"{where} says {data['verdict']!r}, its claims together say {verdict!r}")
    if verdict == "proved":
        proved = {c.name for c in claims if c.verdict == "proved"}
        missing = [s.name for s in statements.values() if s.needed and s.name not in proved]
        if missing:
            raise Refused(f"{where}: {missing[0]!r} is not proved")
    return verdict


def _compare(c: dict[str, Any], statement: Rechecked, at: str) -> None:
    """Hold one claim against its own evaluation."""
    for key, own in (("enclosure", statement.value), ("bound_enclosure", statement.bound)):
        if c[key] is None:
            if c["verdict"] in ("proved", "fails"):
                raise Refused(f"{at}: the {key} is missing")
            continue
        if not isinstance(c[key], list) or len(c[key]) != 2:
            raise Refused(f"{at}: the {key} is not a pair")
        low, high = (_decimal(end, at) for end in c[key])
        if low > high or not Interval(low, high).overlaps(own):
            raise Refused(f"{at}: the {key} does not contain the value")
    certain, false = RELATIONS[statement.relation]
    if c["verdict"] == "proved" and not certain(statement.value, statement.bound):
        raise Refused(f"{at}: it is not confirmed")
    if c["verdict"] == "fails" and not false(statement.value, statement.bound):
        raise Refused(f"{at}: its failure is not confirmed")


def _decimal(text: Any, at: str) -> Fraction:
    if not isinstance(text, str) or not re.fullmatch(r"-?\d(\.\d{1,60})?(e[+-]\d{1,6})?", text):
        raise Refused(f"{at}: {str(text)[:40]!r} is not a decimal")
    return Fraction(text)


def _cover(whole: Question, parts: list[Question]) -> None:
    """Refuse parts that leave the box, overlap, or leave a piece of it out."""

    def spans(q: Question) -> list[tuple[Fraction, Fraction]]:
        return [getattr(q, name) or (Fraction(0), Fraction(0)) for name in SPANS]

    total = spans(whole)
    free = [k for k, (low, high) in enumerate(total) if low < high]
    volume = Fraction(0)
    boxes = [spans(q) for q in parts]
    for q, box in zip(parts, boxes, strict=True):
        inside = all(a <= low <= high <= b for (a, b), (low, high) in zip(total, box, strict=True))
        if not inside or (q.perturbation_radius is None) != (whole.perturbation_radius is None):
            raise Refused("a part lies outside the box of the question")
        size = Fraction(1)
        for k in free:
            size *= box[k][1] - box[k][0]
        volume += size
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            if free and all(one[k][0] < other[k][1] and other[k][0] < one[k][1] for k in free):
                raise Refused("two parts overlap")
    wanted = Fraction(1)
    for k in free:
        wanted *= total[k][1] - total[k][0]
    if volume != wanted:
        raise Refused("the parts do not make up the box of the question")
