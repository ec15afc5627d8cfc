"""Sessions of new classes: frozen, fine-tuned, in a box, and in a box after training with noise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import numpy as np

from sco_flat.networks.base import times
from sco_flat.patience import track
from sco_flat.results import Claim, Relation, claim
from sco_flat.works.exact import Exact, Number, Word
from sco_flat.works.f2m.network import (
    Net,
    Search,
    cross_entropy,
    means,
    nearest,
    one_hot,
    prototype_loss,
    trained,
)
from sco_flat.works.f2m.tasks import TASKS, Array, Examples, Task
from sco_flat.works.once import shared

SOURCE = "Shi et al., in kind"
RELEASED = "Shi et al., released code"
NOT = "not reproduced: Shi et al. have F2M at least as good as frozen weights"
QUIET = 50
"""Draws of noise of which the sensitivity is the mean."""
GRAIN = 0.5
"""The released code rounds each update to a multiple of this share of b."""


@dataclass
class Row:
    """What became of one method.

    Attributes
    ----------
    accuracy : list of float
        On all classes seen, after the base and after each session.
    base : float
        On the base classes among themselves, at the end.
    moved : float
        Largest ``|W_2 - W_2 of the base|`` of any entry at any time.
    embedding : ndarray
        W_2 at the end.
    """

    accuracy: list[float] = field(default_factory=list)
    base: float = 0.0
    moved: float = 0.0
    embedding: Array = field(default_factory=lambda: np.zeros((0, 0)))


def sensitivity(net: Net, data: Examples, bound: float, rng: np.random.Generator) -> float:
    """``E (L(w + eps) - L(w))²``, eps uniform on [-b, b] at W_2."""
    h, hot = net.hidden(data[0]), one_hot(data[1], net.out.shape[1])

    def loss(second: Array) -> float:
        return cross_entropy(times(times(h, second), net.out) + net.shift, hot)

    here = loss(net.second)
    noisy = [loss(net.second + rng.uniform(-bound, bound, size=net.second.shape)) for _ in range(QUIET)]
    return float(np.mean((np.array(noisy) - here) ** 2))


def followed(net: Net, task: Task, *, box: float | None, epochs: int, step_size: float, released: bool = False) -> Row:
    """All sessions, the prototypes of old classes as they were when these were new.

    Parameters
    ----------
    net : Net
        After base training; it is not changed.
    task : Task
        Sessions and test.
    box : float or None
        Half-width of the clamp around the base weights; None for none.
    epochs : int
        Steps of a session on all of its shots; 0 keeps the weights.
    step_size : float
        Of them.
    released : bool
        Updates rounded to multiples of b/2, prototypes of length 1.
    """
    row, second, start = Row(), net.second.copy(), net.second
    hidden, labels = net.hidden(task.test[0]), task.test[1]
    known = times(means(task.base[1], np.arange(task.classes)), times(net.hidden(task.base[0]), second))

    def judged(classes: int, among: int) -> float:
        rows = labels < classes
        return float(np.mean(nearest(times(hidden[rows], second), known[:among], released) == labels[rows]))

    row.accuracy.append(judged(task.classes, task.classes))
    for x, new in task.sessions:
        h = net.hidden(x)
        for _ in range(epochs):
            update = step_size * prototype_loss(second, h, new, known)[1]
            if released and box:
                update = np.round(update / (GRAIN * box)) * (GRAIN * box)
            second = second - update
            if box is not None:
                second = np.clip(second, start - box, start + box)
            row.moved = max(row.moved, float(np.abs(second - start).max()))
        known = np.vstack([known, times(means(new, np.unique(new)), times(h, second))])
        row.accuracy.append(judged(len(known), len(known)))
    row.base, row.embedding = judged(task.classes, task.classes), second
    return row


@dataclass(frozen=True)
class Table:
    """All methods over all seeds.

    Attributes
    ----------
    rows : dict
        By method, one for each seed.
    sensitivity : dict
        Of plain training and of F2M, by lam, one for each seed.
    still : int
        Seeds for which a box of width 0 changes a bit of the embedding.
    """

    rows: dict[str, list[Row]]
    sensitivity: dict[str, list[float]]
    still: int

    def mean(self, method: str, session: int | None = None) -> float:
        """Over the seeds: accuracy after a session, or that of the base classes at the end."""
        return float(np.mean([r.base if session is None else r.accuracy[session] for r in self.rows[method]]))


def names(lam: float) -> dict[str, float]:
    """F2M's rows and their lam: without the prototype term, with it, with ten times of it."""
    return {f"F2M({weight:g})": weight for weight in (0.0, lam, 10.0 * lam)}


@shared
def table(
    data: str, variant: str, *, bound: float, draws: int, lam: float, shots: int, epochs: int, step_size: float,
    seeds: int, seed: int,
) -> Table:  # fmt: skip
    """Train, run the sessions, and test, seed by seed."""
    released = variant == "released"
    found, still = {k: list[Row]() for k in ("frozen", "fine-tune", "clamp", *names(lam))}, 0
    sense = {k: list[float]() for k in ("plain", *names(lam))}
    for own in track(range(seed, seed + seeds), seeds, "seeds"):
        task = TASKS[data](own, shots)
        base = partial(trained, task.base, hidden=task.hidden, steps=task.steps, step_size=task.step_size)
        run = partial(followed, task=task, epochs=epochs, step_size=step_size)
        plain = base(Search(bound, 0, 0.0), np.random.default_rng([own, 2]))
        found["frozen"].append(run(plain, box=None, epochs=0))
        found["fine-tune"].append(run(plain, box=None))
        found["clamp"].append(run(plain, box=bound))
        still += not np.array_equal(run(plain, box=0.0).embedding, plain.second)
        sense["plain"].append(sensitivity(plain, task.base, bound, np.random.default_rng([own, 3])))
        for name, weight in names(lam).items():
            net = base(Search(bound, draws, weight, released), np.random.default_rng([own, 2]))
            found[name].append(run(net, box=bound, released=released))
            sense[name].append(sensitivity(net, task.base, bound, np.random.default_rng([own, 3])))
    return Table(found, sense, still)


def _moves(found: Table, bound: float) -> list[Claim]:
    """What holds whatever is trained: the box, and that one of width 0 is the frozen network; accuracies as notes."""
    name = "b = 0: seeds whose embedding differs from the frozen one in a bit"
    claims = [claim(name, "dynamics", float(found.still), "==", 0.0, SOURCE)]
    for way, rows in found.rows.items():
        told = ", ".join(f"{found.mean(way, k):.3f}" for k in range(len(rows[0].accuracy)))
        note = f"{way}: accuracy {told}; base classes at the end {found.mean(way):.3f}"
        name, moved = f"{way}: max |W - W_0|", max(row.moved for row in rows)
        if way == "fine-tune":
            claims.append(Claim(name, "dynamics", "float", "not applicable", moved, None, "<=", SOURCE, note))
        else:
            most = 0.0 if way == "frozen" else bound
            # |W - W_0| is rounded, and the ends W_0 +- b are, both in the last place of weights below 4
            slack = 2.0**-50 / bound if bound else 0.0
            claims.append(claim(name, "dynamics", moved, "<=", most, SOURCE, slack=slack, note=note))
    return claims


def _as_released(found: Table, bound: float) -> list[Claim]:
    """Quirks of the released code: the noise leans, and the prototype term changes nothing."""
    drawn = Search(1.0, 1, 0.0, released=True).noise(np.random.default_rng(0), (10**5,))
    first, *others = [rows for name, rows in found.rows.items() if name.startswith("F2M")]
    same = max(
        float(np.abs(row.embedding - other.embedding).max())
        for rows in others for row, other in zip(first, rows, strict=True)
    )  # fmt: skip
    return [
        claim("noise: mean / b, of 10^5 draws", "conclusion", float(drawn.mean()), ">=", 0.2, RELEASED),
        claim("noise: draws of -b/2", "conclusion", float((drawn == -0.5).sum()), "==", 0.0, RELEASED),
        claim("embeddings with any lam, largest difference", "conclusion", same, "==", 0.0, RELEASED),
    ]


OWN: dict[str, Number] = {
    "clamp": Number(Fraction(3, 20), 0, 10),
    "draws": Number(2, 1, 100),
    "lam": Number(Fraction(1, 100), 0, 100),
    "shots": Number(5, 1, 1000),
    "epochs": Number(20, 1, 10**4),
    "step_size": Number(Fraction(1, 20), 0, 100),
    "seeds": Number(6, 1, 100),
}
"""Numbers of the training. What it is accepted by is said of these, and of the mean of so many seeds."""


def decide(
    data: str, variant: str, clamp: Fraction, draws: int, lam: Fraction, shots: int, epochs: int, step_size: Fraction,
    seeds: int, seed: int,
) -> list[Claim]:  # fmt: skip
    """The table, method by method, and what it is accepted by."""
    bound, weight = float(clamp), float(lam)
    found = table(
        data, variant, bound=bound, draws=draws, lam=weight, shots=shots, epochs=epochs, step_size=float(step_size),
        seeds=seeds, seed=seed,
    )  # fmt: skip
    claims = _moves(found, bound)
    if variant == "released":
        return claims + _as_released(found, bound)
    given: dict[str, int | Fraction] = dict(zip(OWN, (clamp, draws, lam, shots, epochs, step_size, seeds), strict=True))
    says, noisy, chosen = partial(_in_kind, given), names(weight), f"F2M({weight:g})"
    place = None if data == "toy" else -1  # the base classes at the end, or all after the last session
    what = "base classes" if data == "toy" else "last session"
    ends = {method: found.mean(method, place) for method in found.rows}
    best = max(ends[method] for method in noisy)
    if data == "toy":
        plain, most = (float(x) for x in (np.mean(found.sensitivity["plain"]), _largest(found, noisy)))
        name = "sensitivity to noise, plain training against 20 times F2M's, largest of lam"
        claims.append(says(name, plain, ">=", 20.0 * most))
    gains = (0.03, 0.05) if data == "toy" else (0.0, 0.0)
    relation: Relation = ">=" if data == "toy" else ">"
    note = f"{ends['frozen']:.3f} and {best:.3f}; {NOT}"
    return [
        *claims,
        says(f"{what}: {chosen} - clamp", ends[chosen] - ends["clamp"], relation, gains[0]),
        says(f"{what}: clamp - fine-tune", ends["clamp"] - ends["fine-tune"], relation, gains[1]),
        says(f"{what}: frozen - best F2M", ends["frozen"] - best, ">", 0.0, note=note),
    ]


def _in_kind(
    given: dict[str, int | Fraction], name: str, value: float, relation: Relation, bound: float, note: str = ""
) -> Claim:
    """A claim that is held against its limit at the numbers of the statement, and is measured alone at others."""
    changed = [f"{key} = {value} for {OWN[key].default}" for key, value in given.items() if value != OWN[key].default]
    if not changed:
        return claim(name, "conclusion", value, relation, bound, SOURCE, note=note)
    why = f"its limit is said of the statement's own numbers; here {', '.join(changed)}"
    return Claim(
        name, "conclusion", "float", "not applicable", value, bound, relation, SOURCE, f"{why}{note and '; '}{note}"
    )


def _largest(found: Table, methods: Iterable[str]) -> float:
    """The largest mean sensitivity."""
    return max(float(np.mean(found.sensitivity[method])) for method in methods)


STATEMENT = Exact(
    key="f2m.sessions",
    title="sessions",
    text="new classes with few shots: fine-tuning forgets, a box forgets less, noise before it less still; in kind",
    numbers={
        "data": Word("toy", tuple(TASKS)),
        "variant": Word("paper", ("paper", "released")),
        **OWN,
        "seed": Number(0, 0, 10**6),
    },
    decide=decide,
)
