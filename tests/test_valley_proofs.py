"""The proofs of works/valley: what they prove, what they refuse, and that their lemmas hold along exact runs."""

import ast
import copy
import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from proof_cases import ALL, call, claim_of, enclosed

from sco_flat import instances, works
from sco_flat.errors import InputError
from sco_flat.proofs import files
from sco_flat.proofs.balls import fraction, precision
from sco_flat.proofs.prove import question_from
from sco_flat.works.base import prove, verify
from sco_flat.works.valley.proofs import dimension, first_step, sam
from sco_flat.works.valley.proofs.design import Design, Numbers
from sco_flat.works.valley.proofs.first_step import bad_share, event, family_size
from sco_flat.works.valley.rechecks.book import chance

FLAT = {"flatness_radius": "1/64"}
EVERYWHERE = [
    ("valley.sam", {"scope": "all"}),
    ("valley.sam", {"scope": "all", "codes": "signs"}),
    ("valley.sam-flat", {"scope": "all", **FLAT}),
    ("valley.sam-flat", {"scope": "all", "codes": "signs", **FLAT}),
]
GIVEN = [
    ("valley.sam", {"n": 20, "steps": 4000, "step_size": "1/50"}),
    ("valley.sam", {"n": 6, "steps": 134, "step_size": "3/25", "perturbation_radius": "0.349", "margin": "0.0436"}),
    ("valley.sam", {"n": 4, "steps": 400, "step_size": "1/25..3/25", "codes": "signs"}),
    ("valley.sam", {"n": 240, "steps": 400, "step_size": "1/20"}),  # p0 is below 2^-240
    ("valley.sam-flat", FLAT),
    (
        "valley.sam-flat",
        {"steps": 4096, "step_size": "1/16..1/8", "perturbation_radius": "1/20", "flatness_radius": "0.001"},
    ),
    ("valley.sam-noise", {}),
    ("valley.sam-noise", {"n": 4, "steps": 134, "step_size": "3/25"}),
    ("valley.sam-noise", {"n": 12, "steps": 4000, "gamma": "1/10", "step_size": "1/50..1/5"}),
    ("valley.sam-noise", {"n": 240, "steps": 400, "step_size": "1/20"}),
    ("valley.dimension", {}),
    ("valley.dimension", {"n": 5000}),
    ("valley.dimension", {"n": 10, "coherence": "1/2", "flatness_radius": "0..1/2"}),
    ("valley.dimension-sagd", {}),
    ("valley.dimension-sagd", {"n": 20, "steps": 1000, "step_size": "1/10..1", "flatness_radius": "1/100"}),
    ("valley.sagd", {}),
    ("valley.sagd", {"n": 4, "steps": 10}),
    ("valley.sagd", {"step_size": "1/100..1/4", "flatness_radius": "1/100"}),
]


def label(case):
    return "-".join([case[0], *map(str, case[1].values())])


@pytest.mark.parametrize("case", EVERYWHERE + GIVEN, ids=label)
def test_proved_and_confirmed(case, tmp_path):
    found = prove(case[0], ALL, **case[1])
    assert found.verdict == "proved"
    assert "guaranteed with probability at least 0." in found.guarantee
    path = str(tmp_path / "c.json")
    files.write(path, found)
    assert verify(path).valid


def test_the_command(capsys, tmp_path):
    path = str(tmp_path / "c.json")
    numbers = ("--n", "20", "--steps", "4000", "--step-size", "1/50")
    code, out, _ = call(capsys, "check", "valley.sam", "--evidence", "every-sample", *numbers, "--certificate", path)
    assert code == 0
    assert "verdict: proved" in out
    assert call(capsys, "verify", path)[0] == 0


def random_box(rng):
    """Admissible numbers of S1, some at the edge of what is admissible, steps and radii as ranges."""
    gamma = Fraction(int(rng.integers(1, 65)), 64)
    largest = Fraction(6, 25) / (1 + gamma)
    high = largest * Fraction(int(rng.integers(1, 33)), 32)
    low = high * Fraction(int(rng.integers(8, 17)), 16)
    steps = math.ceil(16 / low) + int(rng.integers(0, 3)) * int(rng.integers(0, 5000))
    edge = Fraction(math.isqrt(int(Fraction(49, 25) / (high * steps) * 10**12)), 10**6)
    radius = edge * Fraction(int(rng.integers(1, 5)), 4)
    return {
        "n": 2 * int(rng.integers(2, 40)), "steps": steps, "gamma": gamma,
        "step_size": f"{low}..{high}" if low < high else high, "perturbation_radius": f"{radius / 2}..{radius}",
        "codes": ("orthonormal", "signs")[int(rng.integers(2))],
    }  # fmt: skip


def test_random_admissible_boxes_are_proved():
    rng = np.random.default_rng(0)
    for _ in range(200):
        numbers = random_box(rng)
        assert prove("valley.sam", ALL, **numbers).verdict == "proved", numbers
        numbers["steps"] = max(numbers["steps"], math.ceil(Fraction(4) * 50 / numbers["gamma"]))
        if numbers.pop("codes") == "signs" and Fraction(str(numbers["step_size"]).partition("..")[0]) >= Fraction(
            1, 50
        ):
            numbers["perturbation_radius"] = "auto"
            assert prove("valley.sam-noise", ALL, **numbers).verdict == "proved", numbers


OUTSIDE = [
    ({"step_size": "0.2401", "gamma": "1/1000"}, "step-size"),
    ({"step_size": "0.1201"}, "step-size"),
    ({"steps": 133, "step_size": "3/25"}, "steps"),
    ({"perturbation_radius": "1.40001", "steps": 1_000_000, "step_size": "1/1000000"}, "steps"),
    ({"perturbation_radius": "0.320", "step_size": "3/25"}, "radius"),
    ({"n": 5}, "n"),
    ({"n": 2}, "n"),
    ({"flatness_radius": "1/100"}, "flatness-radius"),
    ({"margin": "1/10"}, "margin"),
    ({"step_size": "3/25..1/8"}, "step-size"),
]


@pytest.mark.parametrize(("numbers", "key"), OUTSIDE, ids=lambda x: str(x)[:60])
def test_outside_a_hypothesis(numbers, key):
    with pytest.raises(InputError, match=f"^{key} = "):
        prove("valley.sam", ALL, **numbers)
    assert prove("valley.sam", ALL, allow_outside=True, **numbers).verdict not in ("proved", "holds")
    assert prove("valley.sam", ALL, allow_outside=True, scope="all", **numbers).verdict not in ("proved", "holds")


@pytest.mark.parametrize("key", ["valley.sam", "valley.sam-flat", "valley.sam-noise", "valley.sagd"])
def test_just_outside_is_never_proved(key):
    rng = np.random.default_rng(1)
    for _ in range(30):
        far = 1 + Fraction(1, int(rng.integers(2, 10**6)))
        edge = {"valley.sam-flat": Fraction(2333, 10**4), "valley.sagd": Fraction(1, 4)}
        eta, rho = edge.get(key, Fraction(3, 25)), "1/1000" if key in edge else 0
        too_long = prove(key, ALL, step_size=eta * far, steps=1000, flatness_radius=rho, allow_outside=True)
        assert too_long.verdict == "not applicable"
        numbers = {"step_size": "1/10", "steps": 1000, "flatness_radius": rho, "allow_outside": True}
        reach = Fraction(14, 100) if key != "valley.sagd" else Fraction(1, 7)
        assert prove(key, ALL, perturbation_radius=reach * far, **numbers).verdict == "not applicable"
        if key == "valley.sam-flat":
            wide = prove(key, ALL, perturbation_radius=Fraction(1, 125) / far, **numbers)
            assert wide.verdict == "not applicable"


MUTATED = [
    ({"tau": Fraction(5)}, "|b_2| / tau"),
    ({"h": Fraction(0)}, "V is at rest at w_t"),
    ({"mu": Fraction(1)}, "smoothness <= 3"),
    ({"th": Fraction(10)}, "smoothness <= 3"),
    ({"lam": Fraction(3)}, "smoothness <= 3"),
    ({"dl": Fraction(5)}, "start term of S at w_2"),
    ({"sig": Fraction(1)}, "R from w_2 on"),
    ({"sig": Fraction(0)}, "projection on R_I"),
    ({"reach": Fraction(1, 10)}, "K_z of the sample is at rest"),
    ({"h": Fraction(1, 5)}, "V is at rest at w_t"),
    ({"h": Fraction(3, 5)}, "H_t / r"),
]


@pytest.mark.parametrize(("changed", "broken"), MUTATED, ids=str)
@pytest.mark.parametrize("flat", [False, True])
def test_another_constant_breaks_a_claim(changed, broken, flat):
    key = "valley.sam-flat" if flat else "valley.sam"
    numbers = {"n": 4, "codes": "signs", "step_size": "0.2332" if flat else "3/25", "steps": 138 if flat else 400}
    question = question_from(works.get(key), ALL, **numbers, flatness_radius="1/1000" if flat else 0)
    with precision(200):
        usual = sam.claims(question, flat)
        found = sam.claims(question, flat, replace(Design(), **changed))
    assert {c.verdict for c in usual} == {"proved"}
    assert next(c for c in found if c.name.startswith(broken)).verdict != "proved"
    assert found[-1].verdict == found[-2].verdict == "undecided"


def exact_run(rng):
    """The recurrence in fractions at random admissible numbers; lengths in units of r."""
    gamma, eta = Fraction(int(rng.integers(1, 9)), 8), Fraction(int(rng.integers(80, 97)), 800)
    steps = math.ceil(16 / eta) + int(rng.integers(0, 40))
    tau = Fraction(int(rng.integers(1, 35)), 10_000) * eta
    h, vth = Fraction(1, 4), eta * (1 + gamma)
    b, c_x, states = 2 * tau, Fraction(0), []
    for _ in range(2, steps + 1):
        gap = 1 - h - c_x
        states.append((b, gap, gamma * (1 - tau) + gap, c_x))
        b, c_x = eta * states[-1][2] - (1 - vth) * b, c_x + (gap + b) / steps
    return eta, gamma, vth, steps, tau, states


def test_the_lemmas_hold_along_exact_runs():
    rng = np.random.default_rng(2)
    for _ in range(6):
        eta, gamma, vth, steps, tau, states = exact_run(rng)
        for (b, gap, k, c_x), later in zip(states, [*states[1:], None], strict=True):
            assert tau < b <= vth <= Fraction(1, 4)
            assert eta * k <= vth
            assert gap >= Fraction(3, 25)
            assert b <= 2 * gap
            assert b >= min(2 * tau, Fraction(2, 5) * eta * k)
            assert c_x <= Fraction(63, 100)
            if later is not None:
                assert gap - later[1] <= Fraction(3, 16) * eta * gap
                assert later[3] > c_x
        for (b, _, k, _), (later, *_) in zip(states, states[2:], strict=False):
            assert later >= (1 - vth) ** 2 * b + Fraction(4, 5) * eta * vth * k
        average = sum(state[3] for state in states) / steps
        assert average >= Fraction(13, 50)
        found = prove("valley.sam", ALL, step_size=eta, steps=steps, gamma=gamma)
        assert Fraction(claim_of(found, "c X of every suffix").enclosure[0]) <= average
        assert Fraction(claim_of(found, "H_t / r").enclosure[0]) <= states[-1][1]


def test_the_first_step_from_the_loss():
    """Residuals of R, its projection and w_2 from their coordinates, for random sets; lengths in units of r/om."""
    rng, n = np.random.default_rng(3), 4
    size, sig, th, mu = n * n, Fraction(3, 2), Fraction(1, n), Fraction(1, 4)
    level, normal = sig - th / (2 * n), 1 + sig**2 + th**2 * size / 2
    seen = set()
    for _ in range(200):
        held = set(rng.choice(size, size // 2, replace=False).tolist())
        sample = set(rng.choice(size, n, replace=False).tolist())
        hits = len(held & sample)
        residual = sig - th * sum((Fraction(1, n) for _ in range(hits)), Fraction(0)) - level
        unit = th / (2 * n)
        seen.add(hits)
        assert residual == unit if hits == 0 else residual <= -unit
        other = set(rng.choice(size, size // 2, replace=False).tolist())
        if hits == 0 and other & sample:  # the projection on half-space I is in the others, too
            moved = unit * (sig**2 + th**2 * len(held & other)) / normal
            assert sig - th * Fraction(len(other & sample), n) - level - moved < -unit
            left = unit - unit * (sig**2 + th**2 * len(held) + 1) / normal
            assert left == 0
    assert 0 in seen
    assert len(seen) > 2
    tau = Fraction(1, 2) * mu * unit  # over eta
    assert mu * normal * (unit / normal) == 2 * tau


def test_the_event_is_that_of_the_family():
    """Against a count of all samples, at n = 2 with sets of 2 of 4 points."""
    n, size = 2, 4
    count = sum({a, b} & {0, 1} == set() for a in range(size) for b in range(size) if a != b)
    assert bad_share(n) == Fraction(count, size * (size - 1))
    assert family_size(4) == 26
    found = prove("valley.sam", ALL, n=4, steps=400, step_size="3/25")
    share, distinct = Fraction(1, 26), Fraction(math.perm(16, 4), 16**4)
    assert enclosed(claim_of(found, "P(n distinct"), distinct * (1 - share) ** 25)


def test_sagd_any_maximiser_at_an_apex_and_any_sign_later():
    """The walk of Theorem L with h = 0 and rho = 0: the first step along any direction of the arc."""
    rng = np.random.default_rng(4)
    for _ in range(300):
        n, steps, eta = int(rng.integers(4, 20)), int(rng.integers(10, 200)), float(rng.uniform(0.01, 0.25))
        c = math.sqrt((1 - eta) / (4 * n * eta * steps))
        length, b, x, walk = math.hypot(1, c), 0.0, 0.0, [0.0]
        for t in range(1, steps):
            if c * x > length / (4 * n):
                walk.append(x)  # other blocks may move; x does not fall
                continue
            if t == 1:
                angle = rng.uniform(-1, 1) * math.atan(1 / c)
                b, x = -eta * length**2 * math.sin(angle), eta * length**2 * math.cos(angle)
            else:
                sign = math.copysign(1.0, b) if b else rng.choice([-1.0, 1.0])
                reach = abs(b) - c * x + length
                b, x = b - eta * sign * reach, x + eta * c * reach
            walk.append(x)
        step = eta * c * length * (1 - 1 / (4 * n))
        assert all(x >= t * step * (1 - 1e-12) for t, x in enumerate(walk))
        assert np.mean(walk) ** 2 / 8 >= eta * steps / (240 * n)


def test_sagd_the_maximum_is_in_the_bad_block():
    """F_S(w + v) against its bound at random v and random admissible points of block I."""
    rng = np.random.default_rng(5)
    loss = instances.get("sagd-valley")(
        n=4, steps=20, step_size=0.2, perturbation_radius=0.5, flatness_radius=0.1, width=6
    )
    sample = loss.draw("one", 0)
    column, (c, _, rho) = sample.event.columns[0], loss.constants()
    length, h, beyond = math.hypot(1, c), loss.floor_height, 0.4
    for _ in range(400):
        w, v = np.zeros(13), rng.standard_normal(13)
        w[2 * column] = rng.uniform(-0.1, 0.1)
        w[2 * column + 1] = rng.uniform(0, (beyond * length / 16 - h) / c)
        v[rng.random(13) < 0.5] = 0.0
        v[[2 * column, 2 * column + 1]] *= rng.choice([0.0, 1.0, 3.0])
        v *= 0.5 / max(np.linalg.norm(v), 1e-9)
        part = max(math.hypot(v[2 * column], v[2 * column + 1]) - rho, 0.0)
        start = abs(w[2 * column]) - c * w[2 * column + 1] - h
        bound = 0.5 * max(start + part * length, 0.0) ** 2 + 0.5 * (1 - 1 / 8) * length**2 * (beyond**2 - part**2)
        mean = np.mean([loss.loss(w + v, loss.example(sample, k)) for k in range(4)])
        assert mean <= bound + 1e-15
        assert bound <= 0.5 * (start + beyond * length) ** 2 + 1e-15


def test_bits_with_noise_and_epsilon_stay_above_their_dead_zones():
    """The recurrence of Theorem A in floats, with any phi within its range and any noise at w_1."""
    rng = np.random.default_rng(6)
    for _ in range(40):
        n, gamma = int(rng.integers(4, 9)), float(rng.uniform(0.05, 1))
        eta = float(rng.uniform(0.02, 0.24)) / (1 + gamma)
        steps = math.ceil(max(16 / eta, 4 / (eta * gamma))) + int(rng.integers(0, 50))
        kap, root, h, vth = 0.5 / n, 2 ** (n / 2), 0.25, eta * (1 + gamma)
        th = min(1 / math.sqrt(32 * gamma * steps), 0.02 * eta * root)
        length, tau1 = math.hypot(1, th), th * kap / (2 * math.sqrt(2) * root)
        tau2 = eta * gamma * tau1 / 2
        b, c_x, zone = float(rng.uniform(1.5, 4.5)) * tau2, 0.0, tau1
        walk = [0.0, 0.0]
        for t in range(2, steps):
            even = t % 2 == 0
            felt, dead = (1.0, tau2) if even else (length, zone)
            assert dead < b <= vth
            phi = 1 - float(rng.random()) * eta * gamma * tau2 / 100 / (gamma * (b - dead))
            gap = phi / felt - h - c_x
            if not even:
                zone += eta * gamma * th**2 * (b - dead + phi * length)
            b, c_x = eta * (gamma * (phi * felt - dead) + gap) - (1 - vth) * b, c_x + (gap + b) / steps
            walk.append(c_x)
        assert np.mean(walk) >= 0.26
        assert zone <= 0.0223 * eta


@pytest.mark.parametrize("case", [GIVEN[k] for k in (2, 3, 5, 8, 11, -1)] + EVERYWHERE[:1], ids=label)
def test_a_certificate_needs_every_claim(case, tmp_path):
    data = files.content(prove(case[0], ALL, **case[1]))
    path = tmp_path / "c.json"
    for place, claim in enumerate(data["parts"][0]["claims"]):
        less = copy.deepcopy(data)
        for part in less["parts"]:
            del part["claims"][place]
        less["sha256"] = files.digest(less)
        path.write_text(json.dumps(less))
        outcome = verify(str(path))
        assert not outcome.valid
        assert claim["name"] in outcome.reason or "claims" in outcome.reason


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("valley.dimension", {"n": 10, "coherence": "9/32", "code_length": 250}),
        ("valley.dimension", {"n": 10, "coherence": "1/2", "code_length": 20}),
        ("valley.dimension-sagd", {"n": 8, "places": 24}),
        ("valley.dimension-sagd", {"n": 8, "letters": 2}),
    ],
)
def test_codes_that_need_not_exist_are_not_proved_to(key, numbers):
    found = prove(key, ALL, **numbers)
    assert found.verdict == "undecided"
    assert claim_of(found, "mean number of pairs").verdict == "undecided"


def test_sums_of_the_codes_walk():
    """Against the definition, and the mean number of close pairs against a count over all words of two letters."""
    for steps in (2, 3, 8, 65):
        for t in (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(7, 8)):
            own = sum(max(Fraction(steps - j, steps) - t, Fraction(0)) ** 2 for j in range(1, steps + 1)) / steps
            assert dimension.felt(steps, t) == own
    places, t = 6, Fraction(2, 3)  # letters 0 and 1, a share of equal ones above t
    close = sum(bin(word).count("0") - 1 + places - word.bit_length() > t * places for word in range(1, 2**places))
    close += 1  # equal words
    pairs = Fraction(close, 2**places) * Fraction(16 * 15, 2)
    question = question_from(
        works.get("valley.dimension-sagd"), ALL, n=4, width=16, places=places, letters=2, coherence="2/3"
    )
    with precision(200):
        assert float(dimension.word_pairs(question)) >= pairs


def test_a_certificate_of_one_loss_is_none_of_the_other(tmp_path):
    data = files.content(prove("valley.sam", ALL, codes="signs"))
    data["question"]["options"] = {"codes": "orthonormal"}
    data["sha256"] = files.digest(data)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data))
    assert not verify(str(path)).valid


def test_the_recheck_shares_nothing_with_the_prover():
    folder = Path(sam.__file__).parents[1]
    for path in sorted((folder / "rechecks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert "valley.proofs" not in (node.module or ""), path.name
                assert node.module != "sco_flat.proofs.balls"
                assert node.module != "flint"


def test_the_event_of_many_examples_is_within_its_bounds(monkeypatch):
    """Where p0 is no longer written out, 2^-n stands for it."""
    question = question_from(works.get("valley.sam"), ALL, n=202)
    numbers = Numbers(question, Design(), False)
    with precision(600):
        bounded = event(numbers)
        monkeypatch.setattr(first_step, "MANY", 1000)
        exact = event(numbers)
        again = chance(202)
        assert again.low <= fraction(exact.lower()) <= fraction(exact.upper()) <= again.high
    assert bounded.contains(exact)
    assert not exact.contains(bounded)


def test_flat_of_radius_r_8_asks_it_of_every_term():
    """Also of the terms that have far more room at legal numbers."""
    names = [c.name for c in prove("valley.sam-flat", ALL, **FLAT).claims if "common flat minimum" in c.name]
    assert len(names) == 5
    assert all("less r/8" in name or "less rho" in name for name in names)


def test_widths_beyond_the_digits_of_python_are_shown():
    found = prove("1", ALL, n=20_000)
    assert found.verdict == "proved"
    assert found.as_dict()["question"]["width"] == "2^20000"
    assert "n = 20000" in found.label
