"""Find the flattest interpolators of a training set, and the worst of them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from sco_flat import patience
from sco_flat.errors import InputError, unknown_name
from sco_flat.results import Claim
from sco_flat.works.wen_li_ma.common import exact, kink_note
from sco_flat.works.wen_li_ma.constructions import generaliser, memoriser
from sco_flat.works.wen_li_ma.data import Data
from sco_flat.works.wen_li_ma.flattest import dictionary, patterns, pricing
from sco_flat.works.wen_li_ma.flattest.found import SOURCE, Cover, Face, Found, Left, network
from sco_flat.works.wen_li_ma.nets import Shallow, kinks, misses, trace, wrong

DIRECTIONS = ("ternary", "patterns", "all")
SECONDS = 50.0
"""Time that all directions have by default."""
SHOWN = 8
"""Undecided test points that are listed for each reason."""
FLOAT = (
    f"float mixed integer programs, entries of u at most {pricing.BOX:g}; verify proves it in fractions by enumerating "
    "all pure faces (--certificate)"
)


def find(
    data: Data, directions: str = "ternary", seed: int | None = None, seconds: float = SECONDS, random: int = 0
) -> Found:
    """Find the flattest interpolators and the worst of them on the test points.

    Parameters
    ----------
    data : Data
        Training and test points, with labels of -1 and 1; all training points of one length.
    directions : {"ternary", "patterns", "all"}
        A dictionary with entries -1, 0 and 1; activation patterns (the infimum alone); or all directions, for which
        relu'(0) = 0 is taken.
    seed : int, optional
        Of the training set, for the certificate.
    seconds : float
        For the programs over all directions; they are stopped then, and the test points that are left are undecided.

    random : int
        Random directions that are added to the dictionary, drawn from the seed (0 where there is none).

    Returns
    -------
    Found
        A solver that does not end with "optimal" leaves a claim undecided.

    Raises
    ------
    InputError
        For another word, unequal lengths, and where nothing interpolates.

    Examples
    --------
    >>> from sco_flat.works.wen_li_ma.data import xor
    >>> found = find(xor(4, 12, 0, bias=False))
    >>> found.verdict, found.errors
    ('proved', 0)
    """
    if directions not in DIRECTIONS:
        raise unknown_name("directions", directions, DIRECTIONS)
    _usable(data, directions)
    if directions == "all":
        return _all(data, seed, seconds)
    return _patterns(data, seed) if directions == "patterns" else _ternary(data, seed, random)


def _usable(data: Data, directions: str) -> None:
    """Refuse data of which the search does not speak."""
    assert data.length  # refuses unequal lengths
    every = (*zip(data.points, data.labels, strict=True), *zip(data.rest, data.rest_labels, strict=True))
    for x, y in every:
        shown = f"({', '.join(map(str, x))})"
        if abs(y) != 1:
            raise InputError("labels", y, "must be -1 or 1: a pure face has one label", "scale them")
        if directions == "ternary" and any(v.denominator != 1 for v in x):
            raise InputError("points", shown, "must be whole numbers for a dictionary", "scale them, or use patterns")
        if directions == "all" and (any(abs(v) != 1 for v in x) or y != x[0] * x[1]):
            limit = (
                "must be points of the cube with y = x_1 x_2 for all directions: the search starts from the generaliser"
            )
            raise InputError("points", shown, limit, "use ternary or patterns")


def _reaches(data: Data, net: Shallow) -> list[Claim]:
    """The claims of a network in fractions: it interpolates, at the floor."""
    size = sum(map(abs, data.labels), Fraction(0)) / data.n
    note = kink_note(kinks(net, data), data.n)
    return [
        exact("worst flattest network: training points with f != y", misses(net, data), "==", 0, SOURCE),
        exact("its Tr / (4 |x'|): the floor, dual y/n", trace(net, data) / 4, "==", size, SOURCE, note),
    ]


def _ternary(data: Data, seed: int | None, random: int) -> Found:
    book = dictionary.build(data, random, seed or 0)
    over = f"ternary and {random} random" if random else "ternary"
    least = dictionary.flattest(book, data)
    if least.status != 0:
        note = f"undecided: the solver ended with: {least.message}"
        return Found(data, over, (_open("Tr / (4 |x'|) over the dictionary", None, note),), seed=seed)
    if least.fun > 1 + dictionary.NEAR:
        note = (
            "float linear program: the dictionary does not reach the floor, so the flattest networks are not among it"
        )
        value = Claim(
            "Tr / (4 |x'|) over the dictionary",
            "conclusion",
            "float",
            "holds",
            float(least.fun),
            1.0,
            ">",
            SOURCE,
            note,
        )
        return Found(data, over, (value,), notes=(note,), seed=seed)
    faces, points, means = dictionary.pure(book, data)
    best = dictionary.cover(means, points)
    if isinstance(best, str):
        return Found(data, over, (_open("mean of y f over the test points", None, best),), seed=seed)
    net = network([faces[k] for k in best.places], best.weights, data)
    name = "least mean of y f over the test points, faces of the dictionary"
    note = "both ends, by multipliers; neurons that are 0 on the whole training set cost nothing and are left out"
    if dictionary.bounds_all(best, means, points):
        mean = exact(name, best.value, "==", sum(best.multipliers, Fraction(0)), SOURCE, note)
    else:
        mean = _open(name, float(best.value), "the solver's multipliers do not prove it in fractions")
    used = tuple(faces[k] for k in best.places)
    kept = Cover(tuple(range(len(used))), best.weights, best.value, best.multipliers)
    return Found(data, over, (*_reaches(data, net), mean), used, (kept,), kept, seed=seed)


def _open(name: str, value: float | None, note: str) -> Claim:
    return Claim(name, "conclusion", "float", "undecided", value, None, "==", SOURCE, note)


def _patterns(data: Data, seed: int | None) -> Found:
    value, status = patterns.infimum(data)
    name = "infimum of Tr / (4 |x'|) where f is differentiable"
    if status != "optimal":
        return Found(data, "patterns", (_open(name, None, f"the solver ended with: {status}"),), seed=seed)
    note = "a float cone program over activation patterns"
    good = value >= 1 - dictionary.NEAR
    found = Claim(name, "conclusion", "float", "holds" if good else "fails", value, 1.0, ">=", SOURCE, note)
    return Found(data, "patterns", (found,), seed=seed)


def _all(data: Data, seed: int | None, seconds: float) -> Found:
    programs = pricing.Pricing(data, seconds)
    columns = pricing.Columns(data)
    starts = memoriser(data) if data.bias else generaliser(data)
    for j in starts.neurons:
        columns.keep(Face(j.direction, 1 if j.weight > 0 else -1))
    if data.bias:
        return _memorised(data, columns, seed)
    covers, gaps, left = [], [], []
    count = len(data.rest)
    with patience.unlimited(memory=False), patience.Watch("test points", count) as watch:
        for place in range(count):
            watch.at(place)
            found = _at(place, columns, programs, len(starts.neurons))
            if isinstance(found, Left):
                left.append(found)
                continue
            covers.append(found.cover)
            gaps.append(float(found.cover.value) - found.lower)
    worst = _worst(data, columns, covers)
    claims = (
        [] if worst is None else _reaches(data, network([columns.faces[k] for k in worst.places], worst.weights, data))
    )
    if gaps:
        name = f"least y f at {'every' if not left else len(gaps)} test point{'s' * bool(left)}: distance of the covers"
        claims.append(
            Claim(
                f"{name} from the lower ends", "conclusion", "float", "holds", max(gaps), pricing.room(data.n), "<=",
                SOURCE, FLOAT,
            )
        )  # fmt: skip
    if left:
        note = f"undecided: test point {left[0].place}: {left[0].why}"
        claims.append(
            Claim("test points left", "conclusion", "float", "undecided", len(left), 0, "==", SOURCE, note)
        )  # fmt: skip
    free = sum(not c.multipliers for c in covers)
    said = f"at {free} test points a neuron that is 0 on the training set makes y f as low as one likes; -1 is shown"
    notes = (*_said(left), *([said] if free else []))
    return Found(data, "all", tuple(claims), tuple(columns.faces), tuple(covers), worst, notes, seed, tuple(left))


def _at(place: int, columns: pricing.Columns, programs: pricing.Pricing, starts: int) -> pricing.Priced | Left:
    """The least ``y f`` at a test point, or what is left open there; the generaliser has 1 everywhere."""
    if programs.left <= 0:
        return Left(place, -np.inf, Fraction(1), pricing.LATE)
    idle = programs.idle(place)
    if idle is not None:
        cover = _with_idle(idle, columns, starts, place)
        return pricing.Priced(cover, float(cover.value))
    found = pricing.at(place, columns, programs)
    if isinstance(found, str):
        return Left(place, -np.inf, Fraction(1), found)
    if found.trouble or float(found.cover.value) - found.lower > pricing.room(columns.data.n):
        return Left(place, found.lower, found.cover.value, found.trouble or "the programs' ends are too far apart")
    return found


def _said(left: list[Left]) -> list[str]:
    """The test points that are left, by what stopped them."""
    found = []
    for why in dict.fromkeys(k.why for k in left):
        own = [k for k in left if k.why == why]
        more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
        found.append(f"undecided, {why}: least y f at test points {'; '.join(k.text() for k in own[:SHOWN])}{more}")
    return found


def _with_idle(idle: Face, columns: pricing.Columns, starts: int, place: int) -> Cover:
    """The generaliser with an idle neuron, which brings ``y f`` at its test point from 1 to -1."""
    if idle not in columns.faces:
        columns.keep(idle)
    weight = 2 / idle.on(columns.data.seen(columns.data.rest[place]))
    return Cover((*range(starts), columns.faces.index(idle)), (*(Fraction(1),) * starts, weight), Fraction(-1))


def _memorised(data: Data, columns: pricing.Columns, seed: int | None) -> Found:
    """With a bias the memoriser is flattest and wrong at every test point: nothing is left to search."""
    count = len(columns.faces)
    worst = Cover(tuple(range(count)), (Fraction(1),) * count, Fraction(0))
    net = network(columns.faces, worst.weights, data)
    claims = _reaches(data, net)
    claims.append(exact("its wrong test points: all", wrong(net, data), "==", len(data.rest), SOURCE))
    note = "the least y f has no bound here: a vertex is a face, and u beside it is free"
    return Found(data, "all", tuple(claims), tuple(columns.faces), (), worst, (note,), seed)


def _worst(data: Data, columns: pricing.Columns, covers: list[Cover]) -> Cover | None:
    """The cover with the most wrong test points: those that were found, and the least mean over the faces found.

    In whole numbers, since fractions took seconds at a thousand test points.
    """
    points = np.array(columns.points)
    places = [k for k, on in enumerate(columns.points) if on.any()]
    tests = np.array([[int(v) for v in data.seen(x)] for x in data.rest], dtype=object).reshape(len(data.rest), -1)
    labels = np.array([int(y) for y in data.rest_labels], dtype=object)
    scales, signed = [], []
    for face in columns.faces:
        scale = math.lcm(*(v.denominator for v in face.direction))
        u = np.array([int(v * scale) for v in face.direction], dtype=object)
        scales.append(scale)
        signed.append(face.sign * labels * np.maximum(tests @ u, 0) if len(tests) else labels)
    means = [Fraction(sum(h.tolist()), scale * max(len(tests), 1)) for h, scale in zip(signed, scales, strict=True)]
    mean = dictionary.cover([means[k] for k in places], points[places])
    known = list(covers)
    if not isinstance(mean, str):
        known.append(Cover(tuple(places[k] for k in mean.places), mean.weights, mean.value))

    def errors(cover: Cover) -> int:
        shares = [a / scales[k] for k, a in zip(cover.places, cover.weights, strict=True)]
        common = math.lcm(*(v.denominator for v in shares))
        total = sum(signed[k] * int(v * common) for k, v in zip(cover.places, shares, strict=True))
        return int(np.sum(total <= 0))

    return max({c.places: c for c in known}.values(), key=errors, default=None)
