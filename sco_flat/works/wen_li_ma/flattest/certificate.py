"""Certificates of flattest networks as files, and their re-check by other formulas.

`verify` draws the training set again, evaluates every network by its Jacobian, and proves the lower ends over *all*
pure faces: of a dictionary by going through it in whole numbers, of all directions by `enumeration`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sco_flat import __version__
from sco_flat._files import whole_file
from sco_flat.errors import InputError
from sco_flat.proofs.files import Verification
from sco_flat.proofs.schema import Refused, digest
from sco_flat.works.wen_li_ma.data import Data, dot, xor
from sco_flat.works.wen_li_ma.flattest import enumeration
from sco_flat.works.wen_li_ma.flattest.found import Cover, Found
from sco_flat.works.wen_li_ma.nets import Neuron, Row, Shallow, misses, trace, wrong

FORMAT = "sco_flat flattest certificate 1"
FIELDS = {
    "format", "written_by", "d", "n", "seed", "bias", "directions", "training_sha256", "faces", "covers", "worst",
    "wrong", "lowest", "sha256",
}  # fmt: skip
NETWORK = {"faces", "weights"}
COVER = NETWORK | {"value", "multipliers"}
AGAIN = "write it again with flattest --certificate"
LARGEST_SEED = 2**128 - 1


@dataclass(frozen=True)
class Rechecked(Verification):
    """The outcome, with the number of faces that were enumerated."""

    faces: int = 0

    def text(self) -> str:
        """Say it in a line or two."""
        if not self.valid:
            return super().text()
        return (
            f"{self.file}: valid; its verdict is: {self.verdict}\n{self.key}: {self.statement}\n{self.numbers}\n"
            f"{self.guarantee}\n{self.claims} network(s) confirmed by their Jacobians, lower ends over {self.faces} "
            "pure faces, in fractions"
        )


def content(found: Found) -> dict[str, Any]:
    """Return what was found as the data of a certificate.

    Raises
    ------
    InputError
        If there is nothing in fractions, or the training set was not drawn by a seed.
    """
    known = found.directions in ("ternary", "all")
    if not known or found.seed is None or found.worst is None or found.verdict not in ("proved", "holds"):
        raise InputError(
            "certificate", found.directions, "nothing was found here that fractions can confirm",
            "choose --directions ternary or all, without --random",
        )  # fmt: skip
    data = found.data
    used = sorted({k for c in (*found.covers, found.worst) for k in c.places})
    place = {k: new for new, k in enumerate(used)}
    written: dict[str, Any] = {
        "format": FORMAT,
        "written_by": f"sco_flat {__version__}",
        "d": data.d,
        "n": data.n,
        "seed": found.seed,
        "bias": data.bias,
        "directions": found.directions,
        "training_sha256": _training(data),
        "faces": [{"direction": [str(v) for v in f.direction], "sign": f.sign} for f in (found.faces[k] for k in used)],
        "covers": [_cover(c, place) for c in found.covers],
        "worst": _chosen(found.worst, place),
        "wrong": found.errors,
        "lowest": [str(v) for v in found.lowest],
    }
    return written | {"sha256": digest(written)}


def _chosen(cover: Cover, place: Mapping[int, int]) -> dict[str, Any]:
    return {"faces": [place[k] for k in cover.places], "weights": [str(a) for a in cover.weights]}


def _cover(cover: Cover, place: Mapping[int, int]) -> dict[str, Any]:
    return _chosen(cover, place) | {"value": str(cover.value), "multipliers": [str(m) for m in cover.multipliers]}


def _training(data: Data) -> str:
    text = json.dumps([[[str(v) for v in x], str(y)] for x, y in zip(data.points, data.labels, strict=True)])
    return hashlib.sha256(text.encode()).hexdigest()


def write(path: str, found: Found) -> Verification:
    """Write a certificate, whole or not at all, and return its re-check.

    Raises
    ------
    InputError
        If it cannot be written, or its re-check does not confirm it.
    """
    written = content(found)
    try:
        outcome = recheck(path, written)
    except Refused as error:
        limit = f"the re-check does not confirm it ({error.key}: {error.limit})"
        raise InputError("certificate", path, limit, "choose a larger n, or --directions ternary") from None
    with whole_file("certificate", Path(path)) as part:
        part.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return outcome


def _refused(key: str, value: object, limit: str, *, refuted: bool = False) -> Refused:
    return Refused(key, value, limit, AGAIN, refuted=refuted)


def _whole(value: object, low: int, high: int, key: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _refused(key, value, f"is a whole number from {low} to {high:,}")
    return value


def _fraction(value: object, key: str) -> Fraction:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,400}(/[1-9]\d{0,399})?", value, re.ASCII):
        raise _refused(key, value, "is a fraction such as 1/24")
    found = Fraction(value)
    if str(found) != value:
        raise _refused(key, value, "is a fraction in lowest terms")
    return found


def _fractions(values: object, count: int, key: str) -> Row:
    if not isinstance(values, list) or len(values) != count:
        raise _refused(key, values, f"is a list of {count} fractions")
    return tuple(_fraction(v, key) for v in values)


def _table(value: object, fields: set[str], key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != fields:
        raise _refused(key, value, f"is a table of {', '.join(sorted(fields))}")
    return value


@dataclass(frozen=True)
class _Face:
    neuron: Neuron
    sign: int


def recheck(path: str, written: Any) -> Verification:
    """Check the data of a certificate.

    Parameters
    ----------
    path : str
        Where it stands, for the outcome.
    written : JSON data
        Of the whole file.

    Raises
    ------
    Refused
        For the first thing that is not so.
    """
    table = _table(written, FIELDS, "the certificate")
    if table["format"] != FORMAT:
        raise _refused("format", table["format"], f"is {FORMAT}")
    if table["sha256"] != digest(dict(table)):
        raise _refused("sha256", table["sha256"], "is not the digest of the content: it was corrupted or edited")
    if not isinstance(table["written_by"], str) or not re.fullmatch(
        r"sco_flat \d+(\.\w+)*", table["written_by"], re.ASCII
    ):
        raise _refused("written_by", table["written_by"], "names a version of sco_flat")
    data, directions = _question(table)
    faces = [_face(f, data) for f in _list(table["faces"], "faces")]
    covers = _covers(table["covers"], faces, data)
    net = _network(_table(table["worst"], NETWORK, "worst"), faces, data, "worst")
    if type(table["wrong"]) is not int or table["wrong"] != wrong(net, data):
        raise _refused("wrong", table["wrong"], f"is {wrong(net, data)}: so often it has the wrong sign", refuted=True)
    most = max((wrong(other, data) for other, _, _ in covers), default=0)
    if table["wrong"] < most:
        raise _refused("wrong", table["wrong"], f"is at least {most}: a cover is worse than the worst", refuted=True)
    used = {k for c in (*table["covers"], table["worst"]) for k in c["faces"]}
    if used != set(range(len(faces))):
        raise _refused("faces", len(faces), f"are {len(used)}: each belongs to a network")
    lowest = _fractions(table["lowest"], len(covers), "lowest")
    if lowest != tuple(value for _, value, _ in covers):
        raise _refused("lowest", table["lowest"], "are the values of the covers")
    expected = 1 if directions == "ternary" else 0 if data.bias else len(data.rest)
    if len(covers) != expected:
        raise _refused("covers", len(covers), f"are {expected}")
    count = _lower_ends(covers, data, directions)
    scope = "the dictionary" if directions == "ternary" else "all directions"
    said = f"flattest over {scope}: one is wrong at {table['wrong']} of {len(data.rest)} test points"
    if lowest:
        what = "least mean of y f" if directions == "ternary" else "least y f at a test point"
        said += f"; {what}: {'no bound' if any(not m for _, _, m in covers) else min(lowest)}"
    numbers = f"d = {data.d}, n = {data.n}, seed = {table['seed']}, {'with' if data.bias else 'without'} bias"
    return Rechecked(
        path, True, "", "the flattest interpolators of y = x_1 x_2", "proved", len(covers) + 1, 1, "flattest xor",
        numbers, said, faces=count,
    )  # fmt: skip


def _list(value: object, key: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > 10_000:
        raise _refused(key, value, "is a list")
    return value


def _question(table: Mapping[str, Any]) -> tuple[Data, str]:
    """The training set, drawn again."""
    d = _whole(table["d"], 2, 8 if table["directions"] == "ternary" else 10, "d")
    n = _whole(table["n"], 1, 2**d, "n")
    seed = _whole(table["seed"], 0, LARGEST_SEED, "seed")
    if type(table["bias"]) is not bool:
        raise _refused("bias", table["bias"], "is true or false")
    if table["directions"] not in ("ternary", "all"):
        raise _refused("directions", table["directions"], "is ternary or all")
    data = xor(d, n, seed, table["bias"])
    if table["training_sha256"] != _training(data):
        raise _refused(
            "training_sha256", table["training_sha256"], "is not that of the seed's training set", refuted=True
        )
    return data, table["directions"]


def _face(value: object, data: Data) -> _Face:
    table = _table(value, {"direction", "sign"}, "a face")
    if type(table["sign"]) is not int or table["sign"] not in (1, -1):
        raise _refused("a face's sign", table["sign"], "is 1 or -1")
    direction = _fractions(table["direction"], len(data.seen(data.points[0])), "a face's direction")
    return _Face(Neuron(direction, Fraction(table["sign"])), table["sign"])


def _network(table: Mapping[str, Any], faces: list[_Face], data: Data, key: str) -> Shallow:
    """A network of faces that interpolates at the floor."""
    places = [_whole(k, 0, len(faces) - 1, f"{key}: faces") for k in _list(table["faces"], f"{key}: faces")]
    if len(set(places)) < len(places):
        raise _refused(f"{key}: faces", places, "are different ones")
    weights = _fractions(table["weights"], len(places), f"{key}: weights")
    if any(a <= 0 for a in weights):
        raise _refused(f"{key}: weights", table["weights"], "are positive")
    chosen = [faces[k] for k in places]
    net = Shallow(
        tuple(Neuron(f.neuron.direction, f.sign * a, a) for f, a in zip(chosen, weights, strict=True)), data.length
    )
    if misses(net, data):
        raise _refused(key, "the network", "does not meet the labels", refuted=True)
    if trace(net, data) != 4:
        raise _refused(key, f"Tr/|x'| = {trace(net, data)}", "is 4 at a flattest network", refuted=True)
    return net


def _covers(value: object, faces: list[_Face], data: Data) -> list[tuple[Shallow, Fraction, Row]]:
    """Each cover as a network, what it minimises, and its multipliers."""
    found = []
    for k, cover in enumerate(_list(value, "covers"), 1):
        key = f"cover {k}"
        table = _table(cover, COVER, key)
        many = bool(_list(table["multipliers"], f"{key}: multipliers"))
        multipliers = _fractions(table["multipliers"], data.n if many else 0, f"{key}: multipliers")
        found.append((_network(table, faces, data, key), _fraction(table["value"], f"{key}: value"), multipliers))
    return found


def _lower_ends(covers: list[tuple[Shallow, Fraction, Row]], data: Data, directions: str) -> int:
    """Prove that no flattest network is below a cover; return how many pure faces were gone through."""
    tests = [(data.seen(x), y) for x, y in zip(data.rest, data.rest_labels, strict=True)]
    for place, (net, claimed, multipliers) in enumerate(covers):
        chosen = tests if directions == "ternary" else tests[place : place + 1]
        own = sum((net.value(x) * y for x, y in chosen), Fraction(0)) / max(len(chosen), 1)
        if own != claimed:
            raise _refused(f"cover {place + 1}: value", str(claimed), f"is {own} at its network", refuted=True)
        if not multipliers and directions == "all" and _free(net, data, *tests[place]):
            continue
        if not multipliers or sum(multipliers, Fraction(0)) != claimed:
            raise _refused(f"cover {place + 1}: multipliers", "their sum", f"is the value {claimed}", refuted=True)
    if not covers:
        return 0
    if directions == "ternary":
        return _through(data, covers[0][2], tests)
    try:
        regions = [(s, r) for s in (1, -1) for r in enumeration.faces(*_seen(data), s)]
    except enumeration.TooMany:
        limit = f"asks for more than {enumeration.LARGEST:,} choices, so the lower ends stay float"
        raise _refused("n", data.n, limit) from None
    for place, (_, _, multipliers) in enumerate(covers):
        x, y = tests[place]
        if not multipliers:
            continue
        for sign, region in regions:
            price = sum((multipliers[k] for k in region.inside), Fraction(0))
            if not enumeration.bounded(region, sign, x, y, price):
                raise _refused(
                    f"cover {place + 1}: multipliers", "a pure face", "is cheaper than they say", refuted=True
                )
    return len(regions)


def _free(net: Shallow, data: Data, x: Row, y: Fraction) -> bool:
    """Whether some neuron is idle on the training set and lowers ``y f`` at a test point: then nothing bounds it."""
    seen = [data.seen(z) for z in data.points]
    return any(
        j.weight * y < 0 and dot(j.direction, x) > 0 and all(dot(j.direction, z) <= 0 for z in seen)
        for j in net.neurons
    )


def _seen(data: Data) -> tuple[list[Row], tuple[Fraction, ...]]:
    return [data.seen(x) for x in data.points], data.labels


def _ternary(data: Data) -> Iterator[tuple[int, ...]]:
    """The dictionary, in whole numbers."""
    for u in itertools.product((-1, 0, 1), repeat=data.d):
        size = sum(map(abs, u))
        if size:
            yield from ((*u, b) for b in range(1 - size, size + 2)) if data.bias else (u,)


def _through(data: Data, multipliers: Row, tests: list[tuple[Row, Fraction]]) -> int:
    """Go through the dictionary: every pure constant face costs at least what the multipliers say."""
    points = [([int(v) for v in data.seen(x)], int(y)) for x, y in zip(data.points, data.labels, strict=True)]
    others = [([int(v) for v in x], int(y)) for x, y in tests]
    count = 0
    for u in _ternary(data):
        size = sign = 0
        price = Fraction(0)
        for (x, y), m in zip(points, multipliers, strict=True):
            h = sum(a * b for a, b in zip(u, x, strict=True))
            if h <= 0:
                continue
            if (size and h != size) or (sign and y != sign):
                break
            size, sign = h, y
            price += m
        else:
            if not size:
                continue
            count += 1
            own = sum(sign * y * max(sum(a * b for a, b in zip(u, x, strict=True)), 0) for x, y in others)
            if Fraction(own, size * max(len(others), 1)) < price:
                raise _refused("cover 1: multipliers", f"the direction {u}", "is cheaper than they say", refuted=True)
    return count
