"""Edits of certificates that mean something, for the fuzz test: each changes what is said, not only how."""

import copy
from contextlib import suppress
from fractions import Fraction

from sco_flat.results import Claim, overall

WORDS = (
    "paper",
    "robust",
    "printed",
    "Printed",
    "corrected",
    "adversarial",
    "benign",
    "coordinate",
    "zzz",
    "any",
    "one",
    "signs",
    "all",
    "given",
)
VALLEY = ["valley.sam", "valley.sam-flat", "valley.sam-noise", "valley.sagd", "valley.dimension"]
NUMBERS = ("0", "-1/8", "1/8", "1/24", "1/1000000", "1", "2", "3/4", "4", "1/3")
NAMES = (
    "preset",
    "oracle",
    "parameters",
    "delta",
    "delta_1",
    "gamma",
    "lam",
    "bias",
    "decay",
    "start",
    "event",
    "z",
    "codes",
    "scope",
    "margin",
    "coherence",
    "letters",
)


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def claim_of(rng, data):
    return pick(rng, pick(rng, data["parts"])["claims"])


def whole_number(rng, data):
    key = pick(rng, ("n", "steps", "seed", "precision"))
    data["question"][key] = pick(rng, (data["question"][key] + 1, 0, -1, 1, 7, 12, 64, 200, 10**40, 1.0, True, "6"))


def width(rng, data):
    data["question"]["width"] = pick(rng, ("1", "3", "0", "64", "65", "128", "2/1", "9" * 20))


def span(rng, data):
    """A step size or a radius, in the question and in its parts alike."""
    key = pick(rng, ("step_size", "perturbation_radius", "flatness_radius"))
    new = pick(rng, (*NUMBERS, "auto", "1/24..1/4", "1/4..1/24", "1/1000..1/2"))
    for place in (data["question"], *data["parts"]):
        place[key] = new
    if key == "perturbation_radius" and "largest_radius" in data["question"] and rng.random() < 0.8:
        data["question"]["largest_radius"] = None


def part_span(rng, data):
    pick(rng, data["parts"])[pick(rng, ("step_size", "flatness_radius"))] = pick(rng, (*NUMBERS, "1/24..1/8"))


def option(rng, data):
    data["question"]["options"][pick(rng, NAMES)] = pick(rng, WORDS if rng.random() < 0.5 else NUMBERS)


def no_options(rng, data):
    data["question"]["options"] = {}


def event(rng, data):
    data["question"]["event"] = pick(rng, ("any", "one", "free", "two"))


def evidence(rng, data):
    data["question"]["evidence"] = pick(rng, ("every sample", "bracket", "float"))
    if rng.random() < 0.5:
        data["sample"] = None


def verdict(rng, data):
    claim_of(rng, data)["verdict"] = pick(rng, ("proved", "fails", "undecided", "not applicable", "holds"))


def all_proved(rng, data):
    for part in data["parts"]:
        for c in part["claims"]:
            c["verdict"] = "proved"


def ends(rng, data):
    """Another interval: shifted, shrunk, stretched, swapped, opened, or any that overlaps."""
    c = claim_of(rng, data)
    key = pick(rng, ("enclosure", "enclosure", "bound_enclosure"))
    if c[key] is None:
        c[key] = ["0", "1"]
        return
    low, high = (None if "inf" in end else Fraction(end) for end in c[key])
    size = max(abs(x) for x in (low, high) if x is not None) or Fraction(1)
    step = size * Fraction(1, 10 ** int(rng.integers(0, 45)))
    moves = pick(rng, ((-step, step), (step, -step), (step, step), (-step, 0), (0, step), (step, 0), (0, -step)))
    new = [None if x is None else x + move for x, move in zip((low, high), moves, strict=True)]
    c[key] = [written(x, side) for x, side in zip(new, ("-inf", "inf"), strict=True)]
    kind = rng.random()
    if kind < 0.1:
        c[key] = c[key][::-1]
    elif kind < 0.2:
        c[key] = pick(rng, (["-inf", c[key][1]], [c[key][0], "inf"], ["-inf", "inf"], None, [c[key][0]] * 2))


def written(x, unknown):
    from sco_flat.proofs.balls import decimal

    return unknown if x is None else decimal(x, up=False)


def drop(rng, data):
    claims = pick(rng, data["parts"])["claims"]
    del claims[int(rng.integers(len(claims)))]


def double(rng, data):
    claims = pick(rng, data["parts"])["claims"]
    claims.append(copy.deepcopy(pick(rng, claims)))


def rename(rng, data):
    c = claim_of(rng, data)
    c["name"] = pick(rng, ("F >= 1", claim_of(rng, data)["name"], c["name"] + " "))


def word(rng, data):
    key = pick(rng, ("kind", "relation"))
    claim_of(rng, data)[key] = pick(rng, ("hypothesis", "dynamics", "conclusion", "<=", "<", ">=", ">", "=="))


def part(rng, data):
    if rng.random() < 0.5:
        data["parts"].append(copy.deepcopy(pick(rng, data["parts"])))
    else:
        del data["parts"][int(rng.integers(len(data["parts"])))]


def sample(rng, data):
    if data["sample"] is None:
        data["sample"] = {"columns": [0], "codes_sha256": "0" * 64}
    else:
        data["sample"]["columns"] = pick(rng, ([], [0], [True], [data["sample"]["columns"][0] + 1]))


def older(rng, data):
    """The same in an older format, which has fewer claims and no open ends."""
    data["format"] = f"sco_flat certificate {pick(rng, (0, 1, 2, 2, 4))}"
    data["question"].pop("event", None)
    data["question"].pop("largest_radius", None)
    for p in data["parts"]:
        for c in p["claims"]:
            if c["enclosure"] is not None and "inf" in "".join(c["enclosure"]):
                known = next(end for end in c["enclosure"] if "inf" not in end)
                c["enclosure"] = [known, known]
        if rng.random() < 0.5:
            p["claims"] = [c for c in p["claims"] if not c["name"].startswith(("smooth", "Lip", "f ", "|w", "the or"))]


def key(rng, data):
    data["question"]["key"] = pick(rng, [f"flat-minima.{k}" for k in (1, 2, 3, 6, 7, 9)] + VALLEY)


def field(rng, data):
    place = pick(rng, (data, data["question"], data["parts"][0], claim_of(rng, data)))
    if rng.random() < 0.5:
        place["more"] = 1
    else:
        del place[pick(rng, sorted(place))]


EDITS = (
    whole_number, width, span, span, part_span, option, option, no_options, event, evidence, verdict, verdict,
    all_proved, ends, ends, ends, ends, drop, double, rename, word, part, sample, older, older, key, field,
)  # fmt: skip


def edited(rng, data):
    """One or two edits, and the verdicts joined again, so that the file does not give itself away."""
    new = copy.deepcopy(data)
    done = []
    for _ in range(1 + (rng.random() < 0.4)):
        edit = pick(rng, EDITS)
        done.append(edit.__name__)
        with suppress(KeyError, IndexError, TypeError, StopIteration, ValueError):  # nothing of that kind is left
            edit(rng, new)
    if rng.random() < 0.9:
        join(new)
    return new, done


def join(data):
    with suppress(KeyError, TypeError):
        for p in data["parts"]:
            p["verdict"] = overall([_claim(c) for c in p["claims"]])
        data["verdict"] = overall([_claim(c) for p in data["parts"] for c in p["claims"]])


def _claim(c):
    return Claim(c["name"], "conclusion", "bracket", c["verdict"], None, None, ">=", "")
