"""Edits of certificates that a referee made with a new digest, with the exit code and a part of the line."""

from fractions import Fraction

from proof_cases import ALL, ONE

from sco_flat.proofs.balls import decimal

THREE = (3, ALL, {"n": 6, "steps": 16})
PRINTED = (7, ALL, {"n": 12, "steps": 32, "step_size": "1/24", "parameters": "printed"})
SEVEN = (7, ALL, {"n": 8, "steps": 12, "step_size": "1/4"})
REFUSED = []


def refused(of, code, said):
    def keep(edit):
        edit.of = of
        REFUSED.append((edit, code, said))
        return edit

    return keep


def question(data):
    return data["question"]


@refused(THREE, 1, "the oracle takes r e_{I,t}")
def benign(data):
    question(data)["options"]["oracle"] = "benign"


@refused(THREE, 2, "question.options.oracle = zzz: is one of adversarial")
def no_oracle(data):
    question(data)["options"]["oracle"] = "zzz"


@refused(PRINTED, 2, "question.options.parameters = Printed: is one of corrected, printed")
def another_word(data):
    question(data)["options"]["parameters"] = "Printed"


@refused(PRINTED, 1, "does not contain the value")
def corrected(data):
    del question(data)["options"]["parameters"]


@refused(SEVEN, 2, "question.seed")
def long_seed(data):
    question(data)["seed"] = 10**40


@refused(SEVEN, 2, "question.precision = 0: is a whole number from 53")
def no_precision(data):
    question(data)["precision"] = 0


@refused(SEVEN, 2, "perturbation_radius = -1: is positive")
def negative_radius(data):
    question(data)["perturbation_radius"] = "-1"
    question(data)["largest_radius"] = None
    data["parts"][0]["perturbation_radius"] = "-1"


@refused(SEVEN, 2, "question.options = preset: is one of parameters")
def option_of_another_loss(data):
    question(data)["options"]["preset"] = "robust"


@refused(SEVEN, 2, "question.options.delta = 0: is in (0, 1]")
def delta_of_zero(data):
    question(data)["options"]["delta"] = "0"


@refused(SEVEN, 2, "question.options.delta = -1/8: is in (0, 1]")
def negative_delta(data):
    question(data)["options"]["delta"] = "-1/8"


@refused(SEVEN, 2, "question.options.delta = 2/16: is a fraction in lowest terms")
def delta_not_reduced(data):
    question(data)["options"]["delta"] = "2/16"


@refused(SEVEN, 2, "question.event = any: is one")
def another_event(data):
    question(data)["event"] = "any"


@refused(SEVEN, 2, "question.largest_radius = 1: is 1/(2 eta sqrt(T))")
def another_radius(data):
    question(data)["largest_radius"] = "1"


@refused((3, ONE, {"n": 6, "steps": 12}), 2, "sample.columns = True")
def truth_for_a_place(data):
    data["sample"]["columns"] = [True]


@refused((3, ONE, {"n": 6, "steps": 12}), 1, "sample = seed 3: draws another sample")
def another_sample(data):
    question(data)["seed"] = 3


def _claim(data, name):
    return next(c for c in data["parts"][0]["claims"] if c["name"].startswith(name))


@refused(SEVEN, 1, "does not contain the value")
def larger_risk(data):
    """Every suffix has F >= twice of it."""
    c = _claim(data, "F / (eta²")
    c["enclosure"][0] = decimal(2 * Fraction(c["enclosure"][0]), up=False)


@refused(SEVEN, 1, "is narrower than what is certain")
def narrower(data):
    """An interval that overlaps."""
    c = _claim(data, "first-update item 6")
    c["enclosure"][0] = decimal((Fraction(c["enclosure"][0]) + Fraction(c["enclosure"][1])) / 2, up=False)


@refused(SEVEN, 2, "is undecided by its own numbers")
def wider(data):
    """Of an enclosure that decides nothing no verdict follows."""
    _claim(data, "chain item 1")["enclosure"] = ["-1", "1"]


@refused(SEVEN, 1, "is proved by the re-check")
def nothing_said(data):
    """A file that leaves open what is not."""
    c = _claim(data, "chain item 1")
    c["enclosure"], c["verdict"] = ["-1", "1"], "undecided"
    data["verdict"] = data["parts"][0]["verdict"] = "undecided"
    question(data)["precision"] = 53


@refused(SEVEN, 2, "is not a claim of the statement")
def invented(data):
    data["parts"][0]["claims"].append(dict(_claim(data, "T >= 6"), name="F >= 1"))


@refused(SEVEN, 2, "rests on 'smoothness <= 6', which is not proved")
def without_smoothness(data):
    data["parts"][0]["claims"].remove(_claim(data, "smoothness"))
