"""SWAD's window on traces, the averages of runs by it, and the command: against rules that are written out here."""

import json
from collections import Counter, deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sco_flat
from sco_flat import averages, cli
from sco_flat.averages import swad as swad_module
from sco_flat.averages.losses import read
from sco_flat.averages.swa import swa
from sco_flat.averages.swad import swad
from sco_flat.averages.window import MODES
from sco_flat.errors import InputError
from sco_flat.requests import request_from
from sco_flat.runs import execute

FIRST = [5, 4, 3, 2, 1, 1.1, 1.05, 1.1, 1.2, 1.1, 1.3, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.3]
SECOND = [1, 1.1, 1.2, 1.15, 1.1, 1.2, 1.25, 1.2, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1]
FALLING = [15.0 - k for k in range(15)]


@pytest.mark.parametrize(
    ("losses", "mode", "start", "end", "threshold", "weights"),
    [
        (FIRST, "algorithm", 4, 10, 1.365, None),
        (FIRST, "text", 4, 11, 1.3, None),
        (FIRST, "released", 4, 10, 1.365, dict.fromkeys(range(4, 11), 1)),
        (SECOND, "algorithm", 0, 7, 1.43, None),
        (SECOND, "text", 0, 8, 1.3, None),
        (SECOND, "released", 0, 7, 1.43, {0: 3, 1: 2, 2: 2, **dict.fromkeys(range(3, 8), 1)}),
        (FALLING, "algorithm", None, None, None, None),
        (FALLING, "text", None, None, None, None),
        (FALLING, "released", None, None, None, {14: 1}),
    ],
)
def test_traces_with_known_windows(losses, mode, start, end, threshold, weights):
    found = sco_flat.swad_window(losses, mode=mode)
    assert (found.start, found.end, found.weights) == (start, end, weights)
    assert found.threshold == (None if threshold is None else pytest.approx(threshold, rel=1e-15))
    assert found.ended == (start is not None)


def by_the_algorithm(losses, ns, ne, r):
    """Line by line: (start, end, threshold)."""
    start = level = None
    for i in range(len(losses)):
        if start is None:
            last = [losses[i - j] for j in range(ns)] if i >= ns - 1 else []
            if last and losses[i - ns + 1] == min(last):
                start, level = i - ns + 1, r * sum(last) / ns
        elif i >= ne - 1 and level < min(losses[i - j] for j in range(ne)):
            return start, i - ne, level
    return start, None if start is None else len(losses) - 1, level


def by_the_text(losses, ns, ne, r):
    """The start as above, another threshold, and the first loss of those that are above it."""
    start = by_the_algorithm(losses, ns, ne, r)[0]
    if start is None:
        return None, None, None
    level = r * losses[start]
    for t in range(start, len(losses) - ne + 1):
        if min(losses[t : t + ne]) > level:
            return start, t, level
    return start, len(losses) - 1, level


def by_the_code(losses, ns, ne, r):
    """With its two queues: (converged segment, segments as they enter, threshold)."""
    newest, smooth, entered = deque(maxlen=ns), deque(maxlen=ne), []
    converged = level = None
    for i, loss in enumerate(losses):
        newest.append((i, loss))
        smooth.append((i, loss))
        if converged is None:
            if len(newest) == ns and newest[0][1] == min(v for _, v in newest):
                converged, level = i - ns + 1, r * sum(v for _, v in newest) / ns
                if ne < ns:
                    entered += [k for k, _ in list(newest)[1 : 1 + ns - ne]]
                elif ne > ns:
                    early = list(smooth)[: ne - ns + 1]
                    good = 0
                    for place, (_, value) in enumerate(early):
                        good = place + 1 if value > level else good
                    entered += [k for k, _ in early[good + 1 :]]
            continue
        if smooth[0][0] < converged:
            continue
        if min(v for _, v in smooth) > level:
            return converged, entered or [converged], level
        entered.append(smooth[0][0])
    if converged is None:
        return None, [len(losses) - 1], None
    smooth.popleft()
    while smooth and min(v for _, v in smooth) <= level:
        entered.append(smooth.popleft()[0])
    return converged, entered or [converged], level


def random_traces(count):
    """Valleys with noise, in whole numbers, so that sums are exact and losses tie."""
    rng = np.random.default_rng(20)
    for _ in range(count):
        ns, ne, size = int(rng.integers(1, 6)), int(rng.integers(1, 9)), int(rng.integers(5, 40))
        bottom = rng.uniform(0, size)
        shape = 20 + rng.uniform(0, 3) * np.abs(np.arange(size) - bottom) + rng.normal(0, rng.uniform(0, 6), size)
        yield [Fraction(max(int(v), 1)) for v in shape], ns, ne, Fraction(int(rng.integers(13, 25)), 16)


def test_four_thousand_random_traces_in_three_modes():
    met = Counter()
    for losses, ns, ne, r in random_traces(4000):
        size = [float(v) for v in losses]
        for mode, rule in (("algorithm", by_the_algorithm), ("text", by_the_text), ("released", by_the_code)):
            start, end, level = rule(losses, ns, ne, r)
            found = sco_flat.swad_window(size, ns, ne, float(r), mode)
            assert found.start == start
            assert found.threshold == (None if level is None else pytest.approx(float(level), rel=1e-14))
            if mode == "released":
                assert found.weights == dict(Counter(end))
                met[mode, ns < ne, ns > ne, max(found.weights.values()) > 1, start is None, found.ended] += 1
            elif start is None or r >= 1 or end >= start:
                assert found.end == end
                met[mode, start is None, found.ended] += 1
    assert len(met) > 15
    assert min(met.values()) >= 5


@given(
    st.lists(st.integers(1, 40), min_size=5, max_size=40), st.integers(1, 5), st.integers(1, 8),
    st.sampled_from(MODES), st.integers(-30, 30), st.lists(st.integers(1, 40), max_size=10),
)  # fmt: skip
def test_scaling_and_longer_traces_change_nothing(losses, ns, ne, mode, power, more):
    found = sco_flat.swad_window(losses, ns, ne, 1.25, mode)
    scaled = sco_flat.swad_window([2.0**power * v for v in losses], ns, ne, 1.25, mode)
    assert (scaled.start, scaled.end, scaled.weights) == (found.start, found.end, found.weights)
    if found.ended:
        assert sco_flat.swad_window(losses + more, ns, ne, 1.25, mode) == found
    if found.start is not None and mode != "released":
        assert 0 <= found.start <= found.end < len(losses)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"n_start": 0}, "n_start = 0"),
        ({"n_end": 0}, "n_end = 0"),
        ({"n_end": 1.5}, "n_end = 1.5"),
        ({"tolerance": 0}, "tolerance = 0: must be above 0"),
        ({"tolerance": -1}, "tolerance = -1"),
        ({"tolerance": float("nan")}, "tolerance = nan"),
        ({"mode": "paper"}, "mode = 'paper'"),
        ({"losses": [1.0, float("nan"), 2.0]}, "losses = nan at checkpoint 1"),
        ({"losses": [1.0, 2.0]}, "losses = 2 losses: are fewer than n_start = 3"),
        ({"losses": []}, "0 losses"),
        ({"losses": [[1.0, 2.0]]}, "shape (1, 2)"),
        ({"losses": ["a", 1, 2]}, "are numbers"),
        ({"losses": 3}, "are numbers"),
    ],
)
def test_what_cannot_be_used(given_, says):
    with pytest.raises(InputError) as refused:
        sco_flat.swad_window(**{"losses": FIRST} | given_)
    assert says in str(refused.value)


SHORT = {"steps": 64, "step_size": 0.25, "flatness_radius": 0.2, "seed": 0}


def finished(name="sagd-blocks", method="sagd", **numbers):
    return execute(request_from(name, method, **(SHORT | {"n": 4} if name == "sagd-blocks" else {}) | numbers))


NETWORK = {"inputs": 4, "n": 8, "width": 6, "steps": 40, "step_size": 0.05}


@pytest.mark.parametrize(
    ("name", "method", "numbers"),
    [("sagd-blocks", "sagd", {}), ("xor", "sam", NETWORK), ("least-squares", "gd", {"steps": 40})],
)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("every", [1, 7])
def test_an_average_of_a_run_is_the_mean_of_its_iterates(name, method, numbers, mode, every):
    _, ran = finished(name, method, **numbers)
    iterates = np.array([w.copy() for _, w in ran.iterates()])
    losses = iter([5, 3, 1, 1.1, 1.05, 1.2, *range(2, 80)])
    w, window = swad(ran, every, lambda look: next(losses), n_end=3, mode=mode)
    assert window.start == 2
    if mode == "released":
        cuts = [(0 if k == 0 else 1 + (k - 1) * every, 1 + k * every) for k in range(len(iterates) // every + 1)]
        means = {k: iterates[slice(*cuts[k])].mean(axis=0) for k in window.weights}
        wanted = sum(c * means[k] for k, c in window.weights.items()) / sum(window.weights.values())
    else:
        wanted = iterates[window.start * every : window.end * every + 1].mean(axis=0)
    assert np.abs(w - wanted).max() <= 1e-14 * np.abs(iterates).max()
    assert np.abs(w - iterates[-1]).max() > 1e-6
    sparse = swa(ran, every, 9)
    assert np.abs(sparse - iterates[8::every].mean(axis=0)).max() <= 1e-14 * np.abs(iterates).max()


def test_they_are_picked_where_they_are_asked_for():
    run, ran = finished()
    assert set(run.points) == {"last", "average", "lowest_suffix"}
    from sco_flat.runs import measured

    points = measured(ran, ("last", "swa", "swad"))
    assert points["swad"].start == 1
    assert points["swad"].population_risk == (0.0, 0.0) < points["swa"].population_risk < points["last"].population_risk
    assert points["swad"].empirical_risk == 0.0
    falls = swad_module.swad(ran, validation=lambda look: -float(np.abs(look.w).sum()))
    assert falls[1].start is None
    assert falls[0] is ran.last


def test_the_plateau():
    """Noise in a flat ball: the last iterate sits at its edge, the average well inside."""
    norms = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        w, sums, whole, losses = np.zeros(50), np.zeros(50), [], []
        for t in range(4000):
            sums += w
            if t % 20 == 0:
                whole.append(sums / (20 if t else 1))
                sums = np.zeros(50)
                losses.append(0.5 * max(np.linalg.norm(w) - 0.5, 0.0) ** 2)
            size = np.linalg.norm(w)
            w = w - 0.1 * (max(1.0 - 0.5 / size, 0.0) * w if size else 0.0) + 0.1 * 0.1 * rng.standard_normal(50)
        weights = sco_flat.swad_window(losses, mode="released").weights
        mean = sum(c * whole[k] for k, c in weights.items()) / sum(weights.values())
        norms.append(np.linalg.norm(mean))
        assert np.linalg.norm(w) > 0.45
    assert max(norms) < 0.3


def write(tmp_path, text):
    path = tmp_path / "losses.csv"
    path.write_text(text)
    return str(path)


def test_the_command(tmp_path, capsys):
    path = write(tmp_path, "step,loss\n" + "".join(f"{k},{v}\n" for k, v in enumerate(FIRST)) + "\n")
    assert cli.main(["swad", path]) == 0
    shown = capsys.readouterr().out
    assert "start      4" in shown
    assert "end        10" in shown
    assert "1.365" in shown
    arguments = ["--mode", "text", "--n-start", "3", "--n-end", "6", "--tolerance", "1.3", "--json"]
    assert cli.main(["swad", path, *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["start"], found["end"], found["threshold"], found["checkpoints"]) == (4, 11, 1.3, 20)
    assert cli.main(["swad", write(tmp_path, "\n".join(map(str, SECOND))), "--mode", "released"]) == 0
    assert "0 (3 times), 1 (2 times), 2 (2 times)" in capsys.readouterr().out
    assert cli.main(["swad", write(tmp_path, "\n".join(map(str, FALLING)))]) == 0
    assert "none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nan\n1\n", "line 1, column 1: 'nan' is no finite number"),
        ("loss\n1\n\n2\n", "line 3, column 1: a loss is missing"),
        ("step,loss\n1,1\n2,\n", "line 3, column 2: a loss is missing"),
        ("step,loss\n1,1\n2\n", "line 3, column 2: a loss is missing"),
        ("1\nabc\n", "line 2, column 1: 'abc' is no finite number"),
        ("1\nnan\n", "line 2, column 1: 'nan' is no finite number"),
        ("a,b\n1,2\n", "column = 'loss'"),
        ("", "has no losses"),
        ("loss\n1\n2\n", "are fewer than n_start = 3"),
        ('loss\n"1\n', "no CSV"),
        ("loss,loss\n1,2\n", "stands 2 times in the first line"),
        ("step;loss\n0;1\n1;2,5\n", "line 3, column 2: '2,5' is no finite number"),
        ("\n\nloss\n1\n\n2\n", "line 5, column 1: a loss is missing"),
        ('note,loss\n"two\nlines",1\nx,inf\n', "line 4, column 2: 'inf' is no finite number"),
        ("\n \n", "has no losses"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, capsys, text, says):
    assert cli.main(["swad", write(tmp_path, text)]) == 2
    shown = capsys.readouterr().err
    assert says in shown.replace("n-start", "n_start")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffstep,loss\n0,3\n1,2\n", "step;loss\r\n0;3\r\n1;2\r\n", "\n\nstep\tloss\n0\t3\n1\t2\n\n",
        '"step","loss"\n"0","3"\n"1","2"', "loss\r3\r2\r", "3\n2",
    ],
)  # fmt: skip
def test_files_as_programs_write_them(tmp_path, text):
    path = tmp_path / "losses.csv"
    path.write_bytes(text.encode())
    assert read(path) == [3.0, 2.0]


def test_columns(tmp_path):
    path = write(tmp_path, "step,val\n0,3\n1,2\n")
    assert read(path, "val") == [3.0, 2.0]
    assert cli.main(["swad", str(tmp_path / "none.csv")]) == 2
    assert averages.get("swad").asked
