"""The three scenarios of arXiv 2307.11007 as runs: what each architecture and method ends with on xor.

Each is a request; what is asked of its result is said by the work about that paper, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sco_flat.engines.simulation import simulate
from sco_flat.errors import unknown_name
from sco_flat.networks import curvature
from sco_flat.requests import Request, request_from


def epochs(n: int, *parts: tuple[int, float, float]) -> str:
    """Stages of single examples: epochs, step size, radius."""
    return ",".join(f"{n * count}:{eta}:{r}" for count, eta, r in parts)


SMALL = {"inputs": 20, "n": 60, "width": 60}
PAPER = {"inputs": 30, "n": 100, "width": 100}
LITTLE = {"inputs": 10, "n": 40, "width": 40}
ANNEALED = ((3000, 0.01, 0.1), (500, 0.01, 0.02), (100, 0.01, 0.0))
RISING = ((500, 0.01, 0.1), (500, 0.01, 0.5), (2000, 0.01, 1.0))
ONE = {"method": "sam", "batch_size": 1}

SCENARIOS: dict[str, dict[str, Any]] = {
    "bias": ONE | SMALL | {"bias": "first", "stages": epochs(60, *ANNEALED)},
    "no-bias": ONE | SMALL | {"bias": "none", "stages": epochs(60, *ANNEALED)},
    "bias-30": ONE | PAPER | {"bias": "first", "stages": epochs(100, (10_000, 0.01, 0.1))},
    "no-bias-30": ONE | PAPER | {"bias": "none", "stages": epochs(100, (10_000, 0.01, 0.1))},
    "decay-30": PAPER | {"bias": "first", "method": "weight-decay", "weight_decay": 0.02, "step_size": 0.05,
                         "steps": 20_001},
    "layer-norm-30": ONE | PAPER | {"network": "layer-norm", "bias": "first", "norm_cap": 10.0,
                                    "stages": epochs(100, *RISING)},
    "layer-norm-sgd-30": PAPER | {"network": "layer-norm", "bias": "first", "method": "sgd", "norm_cap": 10.0,
                                  "step_size": 0.01, "steps": 300_001},
    "batch-norm-10": ONE | LITTLE | {"network": "batch-norm", "bias": "first",
                                     "stages": epochs(40, (2500, 0.005, 0.1), (2500, 0.005, 0.2))},
}  # fmt: skip
"""By name: what `request_from` takes for xor."""


@dataclass(frozen=True)
class Ended:
    """Where a scenario ended with one seed.

    Attributes
    ----------
    name, seed : str, int
        Which.
    risk : float
        The empirical risk of the last iterate.
    accuracy : float
        Of points that are not in the sample.
    trace, floor : float
        Gauss-Newton trace, and its proved lower bound at this point, None where none is known.
    kinks : int
        Pre-activations that are 0.
    """

    name: str
    seed: int
    risk: float
    accuracy: float | None
    trace: float
    floor: float | None
    kinks: int


def request(name: str, seed: int = 0, **changed: Any) -> Request:
    """Return a scenario's request, with numbers changed.

    Raises
    ------
    InputError
        For a name that is none of them.
    """
    if name not in SCENARIOS:
        raise unknown_name("scenario", name, SCENARIOS)
    return request_from("xor", **SCENARIOS[name] | {"seed": seed} | changed)


def run(name: str, seed: int = 0, **changed: Any) -> Ended:
    """Run a scenario and read off its last iterate.

    Examples
    --------
    >>> ended = run("bias", stages="600:.01:.1")
    >>> ended.trace >= ended.floor
    True
    """
    asked = request(name, seed, **changed)
    loss = asked.build()
    simulation = simulate(loss, asked.sample(loss), asked.settings, seed)
    look = simulation.look(simulation.last)
    return Ended(
        name, seed, look.empirical_risk, curvature.accuracy(look), curvature.trace(look), curvature.floor(look),
        curvature.kinks(look),
    )  # fmt: skip
