"""How a certificate is written, to the letter: every field, closed sets of words, ranges of numbers, one spelling each.

Reading it computes nothing about its statement. What is not as `sco_flat.proofs.files.content` writes it is refused in
one line: the place in the file, what stands there, what may stand there, and what to do.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, get_args

from sco_flat.errors import InputError
from sco_flat.numbers import wide
from sco_flat.proofs.base import Provable, Stated
from sco_flat.proofs.question import (
    LARGEST,
    LARGEST_N,
    LARGEST_PRECISION,
    LARGEST_T,
    LOWEST,
    SMALLEST_PRECISION,
    SPANS,
    Question,
    Span,
)  # fmt: skip
from sco_flat.results import Claim, Kind, Relation, Verdict, judged, together
from sco_flat.samples import MAX_N, EventKind
from sco_flat.vocabulary import LARGEST_WIDTH, MAX_SEED

FORMAT = 4
"""The format that is written; those from 1 on are read. In format 1 a question names a theorem of `OLD_WORK`."""
NAMES = {f"sco_flat certificate {k}": k for k in range(1, FORMAT + 1)}
OLD_WORK = "flat-minima"
AGAIN = "write the certificate again with check --certificate"
FIELDS = {"format", "written_by", "question", "statement", "sample", "verdict", "parts", "sha256"}
NUMBERS = {"evidence", "n", "steps", "width", *SPANS, "options", "seed", "precision"}
QUESTION = {1: {"theorem"} | NUMBERS, 2: {"key"} | NUMBERS}
QUESTION |= dict.fromkeys(range(3, FORMAT + 1), {"key", "event", "largest_radius"} | NUMBERS)
PART = {*SPANS, "verdict", "claims"}
CLAIM = {"name", "kind", "verdict", "relation", "enclosure", "bound_enclosure"}
VERDICTS = ("proved", "fails", "undecided", "not applicable")
PARTS = 1024
"""Largest number of parts that is read; a proof has a quarter of that at most."""
CLAIMS = 256
"""Largest number of claims of a part that is read."""
BYTES = 2**23
"""Largest file that is read; a proof of a quarter of the parts takes about a third of that."""
DIGITS = 100
"""Digits of a number that is not written as a text: seeds have up to 39."""
WIDEST = 2**40
"""Largest width of a sample that is drawn again."""
LONGEST = 120
"""Characters of a piece of a file that a refusal shows."""
End = Fraction | float


class Refused(InputError):
    """Why a certificate is not accepted: the place, what stands there, the limit, the mend.

    Parameters
    ----------
    refuted : bool
        Whether a re-check says so, and not the file itself.
    """

    def __init__(self, key: str, value: object, limit: str, mend: str = AGAIN, *, refuted: bool = False) -> None:
        super().__init__(_shown(key), _shown(value if isinstance(value, str) else repr(value)), limit, mend)
        self.refuted = refuted


def _shown(text: str) -> str:
    """A piece of a file on one line, shortened."""
    line = text if text.isprintable() else ascii(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


@dataclass(frozen=True)
class Stands:
    """A claim as it stands in a certificate; an end that is not known is infinite."""

    name: str
    kind: Kind
    verdict: Verdict
    relation: Relation
    enclosure: tuple[End, End] | None
    bound_enclosure: tuple[End, End] | None
    texts: tuple[str, str] = ("", "")
    """Both enclosures as they are written."""


@dataclass(frozen=True)
class Certificate:
    """A certificate that was read: every word and number is one that may stand there."""

    format: int
    stated: Stated
    rules: Provable
    question: Question
    sample: dict[str, Any] | None
    verdict: Verdict
    parts: tuple[tuple[Question, Verdict, tuple[Stands, ...]], ...]


def digest(data: dict[str, Any]) -> str:
    """SHA-256 of everything but the digest itself."""
    rest = {k: v for k, v in data.items() if k != "sha256"}
    return hashlib.sha256(
        json.dumps(rest, sort_keys=True, ensure_ascii=False).encode(errors="surrogatepass")
    ).hexdigest()


def parse(raw: bytes) -> Any:
    """Read bytes as JSON in which no field stands twice and every number is one."""

    def constant(text: str) -> float:
        raise Refused("a number", text, "is not finite")

    def short(text: str) -> int:
        if len(text) > DIGITS:
            raise Refused("a number", text, f"has {len(text):,} digits, and {DIGITS} are the most")
        return int(text)

    if len(raw) > BYTES:
        raise Refused("certificate", "the file", f"is longer than {BYTES:,} bytes")

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(name for name, _ in pairs)
            raise Refused("a field", next(name for name, count in times.items() if count > 1), "stands twice")
        return found

    try:
        return json.loads(raw.decode("utf-8"), parse_constant=constant, object_pairs_hook=table, parse_int=short)
    except RecursionError:
        raise Refused("certificate", "the file", "is not JSON of this format (nested too deeply)") from None
    except Refused:
        raise
    except ValueError as error:  # of the text, of JSON, or a number with too many digits
        raise Refused("certificate", "the file", f"is not JSON ({error})") from None


def read(data: Any, find: Callable[[str], Stated | None]) -> Certificate:
    """Read the data of a certificate.

    Raises
    ------
    Refused
        For the first thing that may not stand where it does.
    """
    _fields(data, FIELDS, "the certificate")
    form = NAMES[_word(data["format"], tuple(NAMES), "format")]
    if _text(data["sha256"], r"[0-9a-f]{64}", "sha256", "64 hexadecimal digits") != digest(data):
        raise Refused("sha256", data["sha256"], "is not the digest of the content: it was corrupted or edited")
    _text(data["written_by"], r"sco_flat \d+(\.\w+)*", "written_by", "names a version of sco_flat")
    _fields(data["question"], QUESTION[form], "the question")
    stated = _stated(data["question"], form, find)
    assert stated.proof is not None
    rules = stated.proof()
    question = _question(data["question"], form, stated, rules)
    _word(data["statement"], (stated.text,), "statement")
    drawn = question.evidence == "bracket" and rules.sample is not None
    if not drawn and data["sample"] is not None:
        raise Refused("sample", data["sample"], "is null: nothing is drawn for this statement")
    sample = _sample(data["sample"], question) if drawn else None
    verdict = _word(data["verdict"], VERDICTS, "verdict")
    parts = _parts(data["parts"], question, form)
    joined = together(verdict for _, verdict, _ in parts)
    if verdict != joined:
        raise Refused("verdict", verdict, f"its parts together say {joined}")
    return Certificate(form, stated, rules, question, sample, joined, parts)


def _claim(c: Stands) -> Claim:
    return Claim(c.name, c.kind, "bracket", c.verdict, None, None, c.relation, "")


def _fields(data: Any, wanted: Collection[str], where: str) -> None:
    if not isinstance(data, dict):
        raise Refused(where, type(data).__name__, "is a table of fields")
    for name in sorted(set(data) ^ set(wanted)):
        limit = "is a field that it does not have" if name in data else "is a field that is missing"
        raise Refused(where, name, limit)


def _word(value: Any, known: tuple[str, ...], key: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise Refused(key, value, f"is {'one of ' if len(known) > 1 else ''}{', '.join(known)}")
    return value


def _text(value: Any, pattern: str, key: str, limit: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise Refused(key, value, f"is {limit}" if limit[0].isdigit() else limit)
    return value


def _whole(value: Any, low: int, high: int, key: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Refused(key, value, f"is a whole number from {low} to {high:,}")
    return value


def _fraction(value: Any, key: str) -> Fraction:
    text = _text(value, r"-?\d{1,4000}(/[1-9]\d{0,3999})?", key, "is a fraction such as 1/24")
    found = Fraction(text)
    if str(found) != text:
        raise Refused(key, text, "is a fraction in lowest terms")
    return found


def _span(value: Any, key: str) -> Span:
    low, dots, high = value.partition("..") if isinstance(value, str) else (value, "", "")
    first = _fraction(low, key)
    last = _fraction(high, key) if dots else first
    if dots and first >= last:
        raise Refused(key, value, "is a number, or a range from its smaller to its larger end")
    return first, last


def _stated(data: dict[str, Any], form: int, find: Callable[[str], Stated | None]) -> Stated:
    key = f"{OLD_WORK}.{_whole(data['theorem'], 1, 99, 'theorem')}" if form == 1 else data["key"]
    stated = find(key) if isinstance(key, str) else None
    if stated is None or stated.proof is None:
        raise Refused("question.key", key, "is no statement with a proof", "see sco-flat list statements")
    return stated


def _spans(data: dict[str, Any], where: str) -> dict[str, Span | None]:
    """Step size and radii."""
    free = {"perturbation_radius"} if data["perturbation_radius"] == "auto" else set()
    return {name: None if name in free else _span(data[name], f"{where}.{name}") for name in SPANS}


def _legal_spans(data: dict[str, Any], rules: Provable, where: str) -> dict[str, Span | None]:
    """Step size and radii of which there is a loss and a method."""
    found = _spans(data, where)
    for name, least, strict in (
        ("step_size", 0, True), ("flatness_radius", 0, False), ("perturbation_radius", 0, rules.positive_radius),
    ):  # fmt: skip
        span = found[name]
        if span is not None and (span[0] < least or (strict and span[0] == least)):
            raise Refused(f"{where}.{name}", data[name], "is positive" if strict else "is at least 0")
    return found


def _question(data: dict[str, Any], form: int, stated: Stated, rules: Provable) -> Question:
    """Every number of the question."""
    evidence = _word(data["evidence"], ("bracket", "every sample"), "question.evidence")
    drawn = evidence == "bracket" and rules.sample is not None
    n = _whole(data["n"], 1, MAX_N if drawn else LARGEST_N, "question.n")
    known = wide(data["width"]) if isinstance(data["width"], str) else None
    width = Fraction(known) if known else _fraction(data["width"], "question.width")
    widest = WIDEST if drawn else LARGEST_WIDTH
    if width.denominator != 1 or not 1 <= width <= widest:
        raise Refused("question.width", data["width"], f"is a whole number from 1 to 2^{widest.bit_length() - 1:,}")
    spans = _legal_spans(data, rules, "question")
    if form >= 3:
        radius = rules.largest_radius if spans["perturbation_radius"] is None else ""
        if data["largest_radius"] != (radius or None):
            raise Refused("question.largest_radius", data["largest_radius"], f"is {radius or 'null'}")
    return Question(
        key=stated.key,
        evidence=evidence,  # type: ignore[arg-type]
        n=n,
        steps=_whole(data["steps"], 1, LARGEST_T, "question.steps"),
        width=int(width),
        options=_options(data, form, rules),
        seed=_whole(data["seed"], 0, MAX_SEED, "question.seed"),
        precision=_whole(data["precision"], SMALLEST_PRECISION, LARGEST_PRECISION, "question.precision"),
        **spans,  # type: ignore[arg-type]
    )


def _options(data: dict[str, Any], form: int, rules: Provable) -> dict[str, Any]:
    """Words and exact constants, and the event; the latter is an option of formats 1 and 2."""
    given, found = data["options"], dict[str, Any]()
    if not isinstance(given, dict):
        raise Refused("question.options", type(given).__name__, "is a table")
    events = get_args(EventKind) if data["evidence"] == "bracket" else (rules.event,)
    words = dict(rules.words)
    if form >= 3:
        found["event"] = _word(data["event"], events, "question.event")
    elif data["evidence"] == "bracket":
        words["event"] = events
    for name, value in given.items():
        at = f"question.options.{name}"
        if name in words:
            found[name] = _word(value, words[name], at)
        elif name in rules.constants:
            found[name] = _fraction(value, at)
            if not rules.constants[name].allows(found[name]):
                raise Refused(at, value, f"is in {rules.constants[name].text}")
        elif name in rules.texts:
            found[name] = _spelled(value, rules.texts[name], at)
        else:
            known = [*words, *rules.constants, *rules.texts]
            raise Refused("question.options", name, f"is one of {', '.join(known) or 'none'}")
    if found.get("event") == rules.event:
        del found["event"]  # the statement's own
    return found


def _spelled(value: Any, reader: Callable[[str, str, bool], str], at: str) -> str:
    """A text in its only spelling."""
    text = _text(value, r"[ -~]+", at, "is a text on one line")
    try:
        spelled = reader(at, text, False)
    except Refused:
        raise
    except InputError as error:
        raise Refused(at, text, error.limit) from None
    if spelled != text:
        raise Refused(at, text, f"is spelled {spelled}")
    return text


def _sample(data: Any, question: Question) -> dict[str, Any]:
    _fields(data, ("columns", "codes_sha256"), "sample")
    if not isinstance(data["columns"], list):
        raise Refused("sample.columns", type(data["columns"]).__name__, "is a list of places")
    for place in data["columns"]:
        _whole(place, 0, question.width - 1, "sample.columns")
    _text(data["codes_sha256"], r"[0-9a-f]{64}", "sample.codes_sha256", "64 hexadecimal digits")
    return dict(data)


def _parts(data: Any, question: Question, form: int) -> tuple[tuple[Question, Verdict, tuple[Stands, ...]], ...]:
    if not isinstance(data, list) or not 1 <= len(data) <= PARTS:
        raise Refused("parts", len(data) if isinstance(data, list) else type(data).__name__, f"are 1 to {PARTS}")
    found = []
    known: dict[str, int] = {}
    for number, part in enumerate(data, 1):
        where = f"part {number}"
        _fields(part, PART, where)
        spans = _spans(part, where)
        if not isinstance(part["claims"], list) or len(part["claims"]) > CLAIMS:
            raise Refused(f"{where}.claims", type(part["claims"]).__name__, f"is a list of at most {CLAIMS}")
        claims = tuple(_stands(c, where, form) for c in part["claims"])
        names = [c.name for c in claims]
        for name in names:
            if names.count(name) > 1:
                raise Refused(f"{where}.claims", name, "stands twice")
        joined = judged(list(map(_claim, claims)))
        if part["verdict"] != joined:
            raise Refused(f"{where}.verdict", part["verdict"], f"its claims together say {joined}")
        key = json.dumps([part[name] for name in SPANS])
        if key in known:
            raise Refused("parts", f"parts {known[key]} and {number}", "overlap")
        known[key] = number
        found.append((question.within(spans), joined, claims))
    _cover(question, [q for q, _, _ in found])
    return tuple(found)


def _stands(data: Any, where: str, form: int) -> Stands:
    _fields(data, CLAIM, f"a claim of {where}")
    if not isinstance(data["name"], str):
        raise Refused(f"a claim of {where}", data["name"], "has a name")
    at = f"{where}, {data['name']}"
    return Stands(
        data["name"],
        _word(data["kind"], get_args(Kind), f"{at}: kind"),  # type: ignore[arg-type]
        _word(data["verdict"], VERDICTS, f"{at}: verdict"),  # type: ignore[arg-type]
        _word(data["relation"], get_args(Relation), f"{at}: relation"),  # type: ignore[arg-type]
        _ends(data["enclosure"], f"{at}: enclosure", form >= 3),
        _ends(data["bound_enclosure"], f"{at}: bound_enclosure", False),
        (_pair(data["enclosure"]), _pair(data["bound_enclosure"])),
    )


def _pair(data: Any) -> str:
    return "null" if data is None else f"[{', '.join(data)}]"


def _ends(data: Any, at: str, open_: bool) -> tuple[End, End] | None:
    if data is None:
        return None
    if not isinstance(data, list) or len(data) != 2:
        raise Refused(at, data, "is a pair of decimals, or null")
    low = -math.inf if open_ and data[0] == LOWEST else _decimal(data[0], at)
    high = math.inf if open_ and data[1] == LARGEST else _decimal(data[1], at)
    if low > high or (low == -math.inf and high == math.inf):
        raise Refused(at, data, "goes from its lower to its upper end")
    return low, high


def _decimal(text: Any, at: str) -> Fraction:
    return Fraction(_text(text, r"0|-?[1-9](\.\d{0,59}[1-9])?(e[+-][1-9]\d{0,4})?", at, "is a decimal such as 1.25e-3"))


def _cover(whole: Question, parts: list[Question]) -> None:
    """Refuse parts that leave the box, overlap, or leave a piece of it out."""

    def spans(q: Question) -> list[Span]:
        return [getattr(q, name) or (Fraction(0), Fraction(0)) for name in SPANS]

    def size(box: list[Span]) -> Fraction:
        return math.prod((box[k][1] - box[k][0] for k in free), start=Fraction(1))

    total = spans(whole)
    free = [k for k, (low, high) in enumerate(total) if low < high]
    boxes = [spans(q) for q in parts]
    for number, (q, box) in enumerate(zip(parts, boxes, strict=True), 1):
        inside = all(a <= low <= high <= b for (a, b), (low, high) in zip(total, box, strict=True))
        if not inside or (q.perturbation_radius is None) != (whole.perturbation_radius is None):
            raise Refused("parts", f"part {number}", "lies outside the box of the question")
    for i, one in enumerate(boxes):
        for j, other in enumerate(boxes[:i]):
            if all(one[k][0] < other[k][1] and other[k][0] < one[k][1] for k in free):
                raise Refused("parts", f"parts {j + 1} and {i + 1}", "overlap")
    if sum(map(size, boxes)) != size(total):
        raise Refused("parts", f"{len(boxes)} of them", "do not make up the box of the question: a piece is missing")
