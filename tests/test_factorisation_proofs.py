"""Eigenvalues in fractions, and certificates of the factorisation: proved, re-checked, and refused when edited."""

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest

import sco_flat
from sco_flat import cli, works
from sco_flat.errors import InputError
from sco_flat.instances import factors as exact
from sco_flat.proofs import files
from sco_flat.proofs.schema import digest
from sco_flat.terminal.texts import check_text, proof_text
from sco_flat.works import errata
from sco_flat.works.factorisation.edges import EDGES
from sco_flat.works.factorisation.proofs import eigenvalues, floor, hessian
from sco_flat.works.factorisation.rechecks import largest
from sco_flat.works.factorisation.rechecks import points as again
from sco_flat.works.factorisation.work import WORK

CASES = [(key, numbers) for key, numbers in WORK.proved if numbers.get("edge", "1.1") == "1.1"]
CASES += [("factorisation.balanced", {"factors": "depth-3"}), ("factorisation.flat", {"factors": "balanced"})]
POINTS = ["depth-3", *(f"random:{depth}:{size}:{seed}" for depth, size, seed in ((2, 3, 0), (3, 2, 1), (4, 3, 2)))]


def prove(key, **numbers):
    return sco_flat.check(key, evidence="every sample", **numbers)


def certificate(key, folder, **numbers):
    path = folder / "found.json"
    files.write(str(path), prove(key, **numbers))
    return json.loads(path.read_text())


def verify(data, folder):
    path = folder / "edited.json"
    path.write_text(json.dumps(data | {"sha256": digest(data)}))
    return works.base.verify(str(path))


def above(rows, scale, value):
    """How many eigenvalues of ``rows / scale`` are above a number: Sturm's chain of the characteristic polynomial."""
    chain = [[Fraction(x) for x in largest.characteristic([list(r) for r in rows])]]
    size = len(chain[0]) - 1
    chain.append([x * (size - k) for k, x in enumerate(chain[0][:-1])])
    while len(chain[-1]) > 1:
        rest = list(chain[-2])
        while len(rest) >= len(chain[-1]):
            factor = rest[0] / chain[-1][0]
            rest = [x - factor * y for x, y in zip(rest, [*chain[-1], *[0] * len(rest)], strict=False)][1:]
        while rest and rest[0] == 0:
            rest = rest[1:]
        if not rest:
            break
        chain.append([-x for x in rest])

    def changes(values):
        signs = [x > 0 for x in values if x]
        return sum(a != b for a, b in itertools.pairwise(signs))

    at = [sum(x * (value * scale) ** (len(p) - 1 - k) for k, x in enumerate(p)) for p in chain]
    return changes(at) - changes([p[0] for p in chain])


@pytest.mark.parametrize("name", POINTS)
def test_both_ends_by_sturm(name):
    found = exact.read("factors", name)
    k = hessian.twice_gram(found)
    low, high = hessian.lambda_max(found)
    assert 0 < (high - low) / low <= Fraction(2, 10**9)
    assert (above(k.rows, k.scale, high), above(k.rows, k.scale, low)) == (0, 1)
    point = again.Point(name)
    mine = point.sharpness()
    assert low <= mine.low <= mine.high <= high
    assert (above(k.rows, k.scale, mine.high), above(k.rows, k.scale, mine.low * (1 - Fraction(1, 10**20)))) == (0, 1)
    assert [Fraction(x, point.unit) for row in point.hessian() for x in row] == [
        Fraction(x, k.scale) for row in k.rows for x in row
    ]


def test_the_printed_digits():
    low, high = hessian.lambda_max(exact.read("factors", "depth-3"))
    assert (low, high) == (Fraction("93.082618217249"), Fraction("93.082618310332"))
    assert float(hessian.floor(exact.read("factors", "depth-3"))[0]) == pytest.approx(20.174616, abs=5e-7)
    ends = {}
    for c in EDGES:
        claims = prove("factorisation.escape", edge=c).claims
        notes = [x.note.split("[")[1].rstrip("]").split(", ") for x in claims if "eta lambda_max / 2 < 1" in x.name]
        ends[c] = [tuple(map(float, pair)) for pair in notes if pair]
        assert [x.verdict for x in claims] == ["proved"] * 11
    for c, (least, most) in zip(
        EDGES, ((91.24, 91.24), (84.23, 84.23), (76.10, 76.10), (61.33, 61.33), (36.32, 36.70)), strict=True
    ):
        found = sorted(x for pair in ends[c] for x in pair)
        assert found[0] == pytest.approx(least, abs=5e-3)
        assert found[-1] == pytest.approx(most, abs=5e-3)
        assert found[-1] < 93.0826182172 / c


def test_exact_values_and_mutated_ones():
    for name, value in {
        "unequal-products": 6,
        "equal-norms": 100,
        "not-balanced": 4,
        "balanced": 96,
        "scalar": 4,
    }.items():
        k = hessian.twice_gram(exact.read("factors", name))
        assert hessian.lambda_max(exact.read("factors", name)) == (value, value)
        for off in (Fraction(1, 10**30), Fraction(-1, 10**30)):
            assert not eigenvalues.is_largest(k, value + off)
            assert not largest.is_largest([list(r) for r in k.rows], k.scale, value + off)
        assert largest.is_largest([list(r) for r in k.rows], k.scale, Fraction(value))
        assert not eigenvalues.definite(k, Fraction(value))
        assert eigenvalues.definite(k, value * (1 + Fraction(1, 10**9)))
        assert not eigenvalues.definite(k, value * (1 - Fraction(1, 10**9)))
    diagonal = hessian.twice_gram(exact.read("factors", "unequal-products"))
    wanted = [Fraction(3), Fraction(1849, 625), Fraction(67, 50), Fraction(2421, 2500)]
    assert [Fraction(diagonal.rows[j][j], 2 * diagonal.scale) for j in range(4)] == wanted
    ratio = next(c for c in prove("factorisation.flat").claims if c.name.startswith("but |A_i||B_i| differ"))
    assert Fraction(ratio.enclosure[0]) == Fraction(36, 25)


def test_nullity_against_numpy():
    rng = np.random.default_rng(0)
    for size in (2, 3, 5):
        for rank in range(size + 1):
            x = rng.integers(-3, 4, size=(size, rank))
            gram = eigenvalues.Symmetric(tuple(map(tuple, (-(x @ x.T)).tolist())), 1)
            assert eigenvalues.nullity(gram, Fraction(0)) == size - np.linalg.matrix_rank(x @ x.T)
            flipped = eigenvalues.Symmetric(tuple(map(tuple, (x @ x.T).tolist())), 1)
            assert (eigenvalues.nullity(flipped, Fraction(0)) is None) == bool((x @ x.T).any())


def test_the_induction_of_the_floor():
    assert floor.induction() == floor.first() == 0
    wrong = floor.plus(floor.times(floor.L, floor.Y), floor.MINUS)
    assert sum(map(abs, floor.plus(wrong, floor.times(floor.MINUS, floor.L)).values())) == 3  # coefficients are seen
    for depth in range(1, 20):
        assert floor.unpaired(depth) == 0
        for y in (Fraction(k, 7) for k in range(30)):
            p, before = (y ** (n + 1) - (n + 1) * y + n for n in (depth, depth - 1))
            assert p == y * before + depth * (y - 1) ** 2 >= 0
    off, quadratic, means = floor.chain(exact.read("factors", "random:4:3:5"))
    assert (off, quadratic) == (0, 0)
    assert means > 1


@pytest.mark.parametrize(("key", "numbers"), CASES, ids=[" ".join([k, *n.values()]) for k, n in CASES])
def test_certificates_are_confirmed_and_edits_refused(key, numbers, tmp_path):
    """Every field of every claim, and the exact points of the question."""
    data = certificate(key, tmp_path, **numbers)
    assert data["verdict"] == "proved"
    assert verify(data, tmp_path).valid
    edits = list(_edits(data))
    assert len(edits) > 4 * len(data["parts"][0]["claims"])
    for name, edit in edits:
        copy = json.loads(json.dumps(data))
        edit(copy)
        assert copy != data, name
        assert not verify(copy, tmp_path).valid, name


def _edits(data):
    for name, text in data["question"]["options"].items():
        first, _, rest = str(text).partition(" ")
        other = "7/5" if name == "edge" else "scalar" if text in exact.NAMED else f"{Fraction(first) + 1} {rest}"
        other = "3" if name == "measurements" else other
        yield f"option {name}", lambda d, name=name, other=other: d["question"]["options"].update({name: other})
        yield f"no {name}", lambda d, name=name: d["question"]["options"].update({name: f"{name} 1"})
    for j, c in enumerate(data["parts"][0]["claims"]):
        for field, value in (
            ("name", c["name"] + "."), ("verdict", "fails"),
            ("kind", "conclusion" if c["kind"] == "dynamics" else "dynamics"),
            ("relation", {"==": "<=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}[c["relation"]]),
            ("enclosure", _moved(c["enclosure"])), ("bound_enclosure", _moved(c["bound_enclosure"])),
        ):  # fmt: skip
            yield f"{c['name']}: {field}", lambda d, j=j, f=field, v=value: d["parts"][0]["claims"][j].update({f: v})
        yield f"without {c['name']}", lambda d, j=j: d["parts"][0]["claims"].pop(j)


def _moved(pair):
    """Both ends above what they are, by a little where there is room."""
    low, high = map(Fraction, pair)
    step = (high - low) * 2 or abs(high) / 10**6 or Fraction(1, 10**6)
    from sco_flat.proofs.balls import decimal

    return [decimal(low + step, False), decimal(high + step, True)]


def test_an_end_that_is_not_flatter_fails_and_one_of_another_loss_is_bad_input(tmp_path, capsys):
    start = exact.read("factors", "depth-3").text
    same = prove("factorisation.escape", end_plus=start, allow_outside=True)
    assert same.verdict == "fails"
    deeper = f"{start} | 1 0 0; 0 1 0; 0 0 1"  # the same M, but another loss
    for key, text in (("end_plus", "balanced"), ("end_plus", "1 | 1"), ("end_minus", deeper)):
        given = ["check", "factorisation.escape", "--evidence", "every-sample", "--set", f"{key}={text}"]
        assert cli.main(given) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"sco-flat: {key} = ")
        assert "the product M" in err
        assert err.count("\n") == 1
    data = certificate("factorisation.escape", tmp_path)
    plus, minus = (data["question"]["options"][k] for k in ("end_plus", "end_minus"))
    data["question"]["options"] |= {"end_plus": minus, "end_minus": plus}
    assert not verify(data, tmp_path).valid
    data["question"]["options"] |= {"end_plus": f"{plus} | 1 0 0; 0 1 0; 0 0 1", "end_minus": minus}
    refused = verify(data, tmp_path)
    assert not refused.valid
    assert refused.refuted
    assert "|M of the end - M|²" in refused.reason


def test_what_cannot_be_proved_is_refused():
    for key, numbers, words in (
        ("factorisation.escape", {"factors": "scalar"}, "edge = 11/10"),
        ("factorisation.escape", {"edge": "0.9"}, "eta lambda_max / 2 > 1"),
        ("factorisation.sensing", {"measurements": "3/2"}, "measurements mod 1"),
        ("factorisation.lambda", {"factors": "1 0; 0 1"}, "L is at least 2"),
        ("factorisation.lambda", {"step_size": "0.1"}, "runs nothing"),
    ):
        with pytest.raises(InputError, match=words):
            prove(key, **numbers)


def test_an_escape_that_settles_nowhere_is_a_state_with_its_reason(tmp_path):
    """Too few steps leave it undecided; where no minimum is stable nothing is said; neither may pass for a proof."""
    for numbers, verdict, reason in (
        ({"steps": 90}, "undecided", "the float run has not settled: take more steps"),
        ({"factors": "scalar", "allow_outside": True}, "not applicable", "no minimum is stable"),
    ):
        found = prove("factorisation.escape", **numbers)
        ends = [c for c in found.claims if c.kind == "conclusion"]
        assert found.verdict == verdict
        assert [c.verdict for c in ends] == [verdict] * 4
        assert all(reason in c.note and "\n" not in c.note for c in ends)
        data = certificate("factorisation.escape", tmp_path, **numbers)
        assert verify(data, tmp_path).verdict == verdict
    data = certificate("factorisation.escape", tmp_path)
    assert verify(data, tmp_path).valid
    del data["question"]["options"]["end_minus"]
    for part in data["parts"]:
        part["claims"] = [c for c in part["claims"] if "-v_1" not in c["name"]]
    assert "|M of the end - M|²" in verify(data, tmp_path).reason


def test_what_a_statement_does_not_read_is_neither_printed_nor_edited(tmp_path):
    """No n, T or eta where nothing runs, no sample where none enters; and a certificate cannot claim others."""
    found = prove("factorisation.floor")
    assert found.label == "factors = depth-3"
    assert found.guarantee.startswith("guaranteed: ")
    assert "factors = depth-3; no sample enters" in proof_text(found)
    assert "T = " not in prove("factorisation.escape").label
    assert check_text(sco_flat.check("factorisation.floor")).splitlines()[1] == "factors = depth-3"
    assert prove("flat-minima.7", n=6, steps=8).label.startswith("n = 6, T = 8, eta = ")
    assert "every sample of the event" in proof_text(prove("flat-minima.7", n=6, steps=8))
    data = certificate("factorisation.floor", tmp_path)
    for key, value in (("n", 7), ("steps", 9), ("step_size", "1/3"), ("flatness_radius", "1/2")):
        parts = [part | ({key: value} if key in part else {}) for part in data["parts"]]
        outcome = verify(data | {"question": data["question"] | {key: value}, "parts": parts}, tmp_path)
        assert not outcome.valid
        assert outcome.reason.startswith(f"question.{key} = {value}: is ")


def test_the_erratum_is_shown_by_fractions():
    """Constant products 5 and s = 1 give 100 against 4; constant s^(2/3) = 4 at L = 3 gives the floor 96."""
    shown = errata.evaluate("F1")[0]
    assert shown.as_expected
    assert (shown.false.verdict, shown.false.value, shown.false.bound) == ("fails", 100.0, 4.0)
    assert (shown.true.verdict, shown.true.value, shown.true.bound) == ("proved", 96.0, 96.0)
    for name, constant in (("equal-norms", 5), ("balanced", 4)):
        found = exact.read("factors", name)
        after, before = exact.sides(found.factors)
        sizes = [hessian.norm_squared(a)[0] * hessian.norm_squared(b)[1] for a, b in zip(after, before, strict=True)]
        assert sizes == [constant**2] * len(sizes)


def test_a_floor_that_is_no_fraction_leaves_equality_open():
    """M = diag(2, 1) at L = 3 and a flat minimum of it: the floor is 6 2^(4/3)."""
    found = prove("factorisation.flat", factors="2 0; 0 1 | 1 0; 0 1 | 1 0; 0 1")
    assert found.verdict == "proved"
    assert found.claims[-1].name.startswith("not flat")
    low, high = hessian.floor(exact.read("factors", "2 0; 0 1 | 1 0; 0 1 | 1 0; 0 1"))
    assert low < high
    assert low**3 <= 6**3 * 2**4 <= high**3
    assert (high - low) / low < Fraction(1, 10**8)


@pytest.mark.parametrize(
    ("key", "numbers", "less"),
    [
        ("factorisation.floor", {}, "at this minimum"),
        ("factorisation.lambda", {}, "at this minimum"),
        ("factorisation.escape", {}, "that a run reaches them is not proved"),
        ("factorisation.flat", {"factors": "equal-norms"}, "not flat: lambda_max - 2 L s^(2-2/L) > 0"),
    ],
)
def test_a_guarantee_says_what_was_shown_and_not_the_whole_statement(key, numbers, less, tmp_path):
    found = prove(key, **numbers)
    assert less in found.guarantee
    assert found.statement not in found.guarantee
    path = tmp_path / "found.json"
    files.write(str(path), found)
    assert works.base.verify(str(path)).guarantee == found.guarantee


def test_a_minimum_with_a_loss_is_not_spoken_of():
    # rank 1 is all that d_1 = 1 allows: a minimum by Eckart and Young, whose residual adds to the Hessian
    w = [np.array([[1.0, 0.0]]), np.array([[1.0], [0.0]]), np.array([[1.0, 0.0], [0.0, 2.0]])]
    target, sizes = np.diag([1.0, 0.9]), [2, 2, 4]

    def loss(x):
        a, b, c = (v.reshape(s.shape) for v, s in zip(np.split(x, np.cumsum(sizes)[:-1]), w, strict=True))
        return float(np.sum((target - c @ b @ a) ** 2))

    start, h = np.concatenate([v.ravel() for v in w]), 1e-4
    unit = np.eye(start.size) * h
    hessian = np.array(
        [[sum(p * q * loss(start + p * a + q * b) for p in (1, -1) for q in (1, -1)) for a in unit] for b in unit]
    ) / (4 * h * h)
    values = np.linalg.eigvalsh(hessian)
    assert values[0] > -1e-6
    after = [w[2] @ w[1], w[2], np.eye(2)]
    before = [np.eye(2), w[0], w[1] @ w[0]]
    closed = sum(np.kron(b.T @ b, a @ a.T) for a, b in zip(after, before, strict=True))
    assert values[-1] > 1.01 * 2 * np.linalg.eigvalsh(closed)[-1]
    for key in ("lambda", "floor"):
        assert works.base.get(f"factorisation.{key}").text.startswith("where W_L ... W_1 = M")


def test_equal_products_of_another_constant_may_be_flat():
    # diagonal: every |A_i||B_i| is 23/20 and s = 1, but what is large in A_i never meets what is large in B_i
    rows = ((1, 0, 0, "1/2"), (1, 0, "23/10", "23/10"), (1, "23/20", "1/2", 0))
    text = " | ".join(
        "; ".join(" ".join(str(x) if i == j else "0" for j in range(4)) for i, x in enumerate(r)) for r in rows
    )
    found = exact.read("factors", text)
    after, before = exact.sides(found.factors)
    products = {hessian.norm_squared(a)[0] * hessian.norm_squared(b)[0] for a, b in zip(after, before, strict=True)}
    assert products == {Fraction(23, 20) ** 2}
    assert hessian.lambda_max(found) == hessian.floor(found) == (6, 6)
    assert "may be flat" in next(e for e in WORK.errata() if e.key == "F1").holds


def test_factors_in_a_long_text_are_read_whole():
    row = [[8 if i == j else 1 for j in range(5)] for i in range(5)]
    text = " | ".join("; ".join(" ".join(f"{x}/3" for x in r) for r in row) for _ in range(3))
    assert len(text) > 280  # beyond which errors shorten what they show
    assert prove("factorisation.lambda", factors=text).verdict == "proved"
