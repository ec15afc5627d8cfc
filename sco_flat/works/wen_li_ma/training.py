"""The three scenarios of arXiv 2307.11007 as runs: what each architecture and method ends with.

Each is a request; what is asked of its result is said by the statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sco_flat.engines.layout import Look
from sco_flat.engines.simulation import follow
from sco_flat.errors import unknown_name
from sco_flat.networks import curvature
from sco_flat.requests import Request, request_from
from sco_flat.works.once import shared


def epochs(n: int, *parts: tuple[int, float, float]) -> str:
    """Stages of single examples: epochs, step size, radius."""
    return ",".join(f"{n * count}:{eta}:{r}" for count, eta, r in parts)


SMALL = {"inputs": 20, "n": 60, "width": 60}
PAPER = {"inputs": 30, "n": 100, "width": 100}
LITTLE = {"inputs": 10, "n": 40, "width": 40}
ANNEALED = ((3000, 0.01, 0.1), (500, 0.01, 0.02), (100, 0.01, 0.0))
LONG = ((10_000, 0.01, 0.1), (1000, 0.01, 0.02), (500, 0.01, 0.0))
RISING = ((500, 0.01, 0.1), (500, 0.01, 0.5), (2000, 0.01, 1.0))
ONE = {"method": "sam", "batch_size": 1}
BIAS, NO_BIAS = {"bias": "first"}, {"bias": "none"}
DECAY = BIAS | {"method": "weight-decay", "weight_decay": 0.02, "step_size": 0.05}
LAYER_NORM = BIAS | {"network": "layer-norm", "norm_cap": 10.0}
BATCH_NORM = ONE | LITTLE | BIAS | {"network": "batch-norm"}
BALL = ONE | {"instance": "ball", "inputs": 10, "n": 100, "width": 100}

SCENARIOS: dict[str, dict[str, Any]] = {
    "no-bias": ONE | SMALL | NO_BIAS | {"stages": epochs(60, *ANNEALED)},
    "bias": ONE | SMALL | BIAS | {"stages": epochs(60, *ANNEALED)},
    "decay": SMALL | DECAY | {"steps": 8001},
    "layer-norm": ONE | LITTLE | LAYER_NORM | {"stages": epochs(40, *RISING)},
    "layer-norm-sgd": LITTLE | LAYER_NORM | {"method": "sgd", "step_size": 0.01, "steps": 120_001},
    "layer-norm-20": ONE | SMALL | LAYER_NORM | {"stages": epochs(60, *RISING)},
    "batch-norm": BATCH_NORM | {"stages": epochs(40, (600, 0.005, 0.1), (600, 0.005, 0.2))},
    "batch-norm-large-r": BATCH_NORM | {"stages": epochs(40, (300, 0.005, 0.1), (100, 0.005, 1.0))},
    "bias-10": ONE | LITTLE | BIAS | {"stages": epochs(40, (2000, 0.01, 0.1))},
    "no-bias-30": ONE | PAPER | NO_BIAS | {"stages": epochs(100, (10_000, 0.01, 0.1))},
    "bias-30": ONE | PAPER | BIAS | {"stages": epochs(100, (10_000, 0.01, 0.1)), "init": "uniform"},
    "bias-annealed-30": ONE | PAPER | BIAS | {"stages": epochs(100, *LONG)},
    "decay-30": PAPER | DECAY | {"steps": 20_001},
    "layer-norm-30": ONE | PAPER | LAYER_NORM | {"stages": epochs(100, *RISING)},
    "layer-norm-sgd-30": PAPER | LAYER_NORM | {"method": "sgd", "step_size": 0.01, "steps": 300_001},
    "batch-norm-10": BATCH_NORM | {"stages": epochs(40, (2500, 0.005, 0.1), (2500, 0.005, 0.2))},
    "ball-no-bias": BALL | NO_BIAS | {"stages": epochs(100, (6000, 0.01, 0.2), (500, 0.01, 0.02))},
    "ball-bias": BALL | BIAS | {"stages": epochs(100, (6000, 0.01, 0.2), (500, 0.01, 0.02))},
}
"""By name: what `request_from` takes; on xor where no instance is named."""


@dataclass(frozen=True)
class Moment:
    """A point of a run.

    Attributes
    ----------
    step : int
        t.
    risk : float
        The empirical risk.
    accuracy : float or None
        Of points that are not in the sample; None where labels are no classes.
    fresh : float
        The mean loss of such points.
    trace, floor : float
        Gauss-Newton trace, and its proved lower bound at this point, None where none is known.
    """

    step: int
    risk: float
    accuracy: float | None
    fresh: float | None
    trace: float
    floor: float | None


def moment(step: int, look: Look) -> Moment:
    """Read a point off."""
    classes = look.instance.facts()["classes"]
    return Moment(
        step, look.empirical_risk, curvature.accuracy(look) if classes else None, curvature.fresh_risk(look),
        curvature.trace(look), curvature.floor(look),
    )  # fmt: skip


def request(name: str, seed: int = 0, **changed: Any) -> Request:
    """Return a scenario's request, with numbers changed.

    Raises
    ------
    InputError
        For a name that is none of them.
    """
    if name not in SCENARIOS:
        raise unknown_name("scenario", name, SCENARIOS)
    return request_from(**{"instance": "xor"} | SCENARIOS[name] | {"seed": seed} | changed)


def path(asked: Request, count: int = 25) -> Iterator[Moment]:
    """Run a request once and yield so many of its points, the last one at the end; the early ones are closer.

    Examples
    --------
    >>> found = list(path(request("bias", stages="600:.01:.1"), 5))
    >>> [m.step for m in found], all(m.trace >= m.floor for m in found)
    ([1, 38, 151, 338, 601], True)
    """
    loss = asked.build()
    # a quarter of the steps lie before the middle one: much happens early
    times = np.unique(np.rint(1 + (loss.steps - 1) * np.linspace(0.0, 1.0, count) ** 2).astype(int))
    for t, look in follow(loss, asked.sample(loss), asked.settings, asked.seed, times.tolist() or [loss.steps]):
        yield moment(t, look)


@shared
def points(asked: Request, count: int = 25) -> list[Moment]:
    """All points of a `path`."""
    return list(path(asked, count))


def run(name: str, seed: int = 0, **changed: Any) -> Moment:
    """Run a scenario and return its last point.

    Examples
    --------
    >>> ended = run("bias", stages="600:.01:.1")
    >>> ended.trace >= ended.floor
    True
    """
    return points(request(name, seed, **changed), 2)[-1]
