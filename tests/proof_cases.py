"""What the tests of proofs share."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from sco_flat import cli, works
from sco_flat.proofs.balls import ball, precision
from sco_flat.proofs.prove import draw_sample, question_from
from sco_flat.works.flat_minima.proofs import chain, constants, first_step, theorem7

rationals = st.fractions(min_value=-100, max_value=100, max_denominator=10**6)


ALL, ONE = "every sample", "bracket"


def enclosed(claim, value):
    low, high = (Fraction(Decimal(end)) for end in claim.enclosure)
    return low <= value <= high


def claim_of(proof, start):
    return next(c for c in proof.claims if c.name.startswith(start))


def chain_of(precision_bits=200, **numbers):
    question = question_from(works.get(7), ONE, precision=precision_bits, **numbers)
    with precision(precision_bits):
        sample = draw_sample(question, theorem7.PROVABLE)
        c = constants.constants(question)
        sight = first_step.one_sample(question, c, sample)
        first = c.delta_2 * (ball(c.kappa) * sight.inverse - c.lam)
        return question, sample, c, sight, first, chain.chain(question, c, first)


WRONG = [
    (7, {"step_size": "1/4", "perturbation_radius": "1/3"}),  # eta r is 1/12 > 1/16
    (7, {"parameters": "printed", "n": 12, "step_size": "1/24", "steps": 16}),
    (7, {"parameters": "printed", "n": 20, "step_size": "1/4"}),
    (7, {"delta_3": "1/100"}),
    (7, {"delta": "1"}),
    (7, {"delta_1": "1/10"}),
    (7, {"gamma": "1/1000"}),
    (7, {"lam": "1/100"}),
    (7, {"flatness_radius": "1/100"}),
    (7, {"steps": 1}),
    (7, {"steps": 5}),
    (7, {"n": 5}),
    (7, {"step_size": "10000", "n": 6, "steps": 6}),
    (7, {"width": 3}),
    (3, {"steps": 1}),
    (3, {"flatness_radius": "1/3"}),
    (3, {"flatness_radius": "1/10", "perturbation_radius": "1/10"}),
    (3, {"perturbation_radius": "2"}),
    (3, {"oracle": "benign"}),
    (3, {"oracle": "uniform"}),
    (3, {"preset": "robust", "bias": "1"}),
    (3, {"preset": "robust", "decay": "0"}),
    (3, {"preset": "robust", "decay": "1/2"}),
    (3, {"width": 1}),
    (1, {"flatness_radius": "3/4"}),
    (1, {"width": 1}),
    (6, {"perturbation_radius": "3/4"}),
    (6, {"start": "1", "step_size": "1/10", "perturbation_radius": "1/10"}),
    (6, {"start": "1/10", "step_size": "3/2"}),
]


def paths(data, prefix=()):
    """Every place in the data that holds a value."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*prefix, key)
            yield from paths(value, (*prefix, key))
    elif isinstance(data, list):
        for key, value in enumerate(data):
            yield (*prefix, key)
            yield from paths(value, (*prefix, key))


def changed(value):
    if isinstance(value, bool) or value is None:
        return "x"
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return {"x": "1"} if value == {} else type(value)()


def put(data, path, value):
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


def get(data, path):
    for key in path:
        data = data[key]
    return data


def wider(data):
    data["question"]["step_size"] = "1/24..1/3"


def longer(data):
    data["question"]["steps"] += 1


def larger(data):
    c = data["parts"][0]["claims"][-1]
    c["enclosure"] = [str(Decimal(end) * 2) for end in c["enclosure"]]


def bound(data):
    data["parts"][0]["claims"][-1]["bound_enclosure"] = ["1e-3", "1e-3"]


def dropped(data):
    data["parts"][0]["claims"] = [c for c in data["parts"][0]["claims"] if "item 2:" not in c["name"]]


def doubled(data):
    data["parts"][0]["claims"].append(data["parts"][0]["claims"][-1])


def turned(data):
    data["parts"][0]["claims"][-1]["relation"] = "<="


def other_sample(data):
    data["question"]["seed"] += 1


def less_noise(data):
    data["statement"] = "SAM: every suffix average has F of order 1"


def other_theorem(data):
    data["question"]["key"] = "flat-minima.3"


def narrow(data):
    data["parts"][0]["step_size"] = "1/24..1/8"


def nothing(data):
    data["parts"] = []


def invented(data):
    claim = dict(data["parts"][0]["claims"][-1], name="F >= 1")
    data["parts"][0]["claims"].append(claim)


def old(data):
    data["format"] = "sco_flat certificate 0"


def digits(data):
    data["question"]["width"] = "9" * 5000


def call(capsys, *arguments):
    code = cli.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err
