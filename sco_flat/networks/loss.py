"""The loss that an architecture and a data set make: what data sets derive from."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat import networks
from sco_flat._jit import Kernel, Params, freeze
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss, number, whole
from sco_flat.networks import curvature
from sco_flat.networks.base import Array, Layers, Network
from sco_flat.networks.kernels import passes
from sco_flat.networks.table import Table
from sco_flat.results import Interval
from sco_flat.samples import Examples, streams

BIASES = ("none", "first", "all")
ACTIVATIONS = ("relu", "linear", "softplus")
OBJECTIVES = ("square", "logistic", "cross-entropy")


@dataclass(frozen=True)
class NetworkLoss(Loss):
    """A network on a data set: ``f(w, (x, y))`` is a loss of the network's output at x and the label y.

    Setting
        A sample of n points, all examples in n rows; w holds the layers one after the other, each as the matrix from
        its inputs to its outputs with its bias as a last row (`parts`, `split`).
    Guarantee
        None: not convex, not smooth. What is not smooth (relu) has the derivative relu'(0) = 0.

    Attributes
    ----------
    network : str
        The architecture: ``mlp``, ``layer-norm``, ``batch-norm``.
    inputs : int
        Dimension d of x.
    width, depth : int
        Neurons of a hidden layer, and layers.
    bias : {"none", "first", "all"}
        Which layers have a bias. The last one never has one with ``first``.
    activation : {"relu", "linear", "softplus"}
        Between the layers.
    objective : {"square", "logistic", "cross-entropy"}
        ``(f - y)²``; ``-(1-p) log s(y f) - p log s(-y f)`` with labels ±1; ``-log softmax(f)_y``.
    smoothing : float
        p.
    eps : float
        Of ``layer-norm``.
    init : {"gaussian", "uniform"}
        The start: entries of a layer with k inputs are ``N(0, 1/k)`` and biases 0, or all are uniform within
        ``1/sqrt(k)``.
    init_scale : float
        The first layer is multiplied by it.
    norm_cap : float
        Largest ``|W_1|``: it is scaled back after every step; 0 for none.
    test : int
        Fresh points, where the law is not enumerated.
    gamma : float
        Distance of ``F_gamma``.
    """

    network: str = "mlp"
    inputs: int = 10
    width: int = 100
    depth: int = 2
    bias: Literal["none", "first", "all"] = "none"
    activation: Literal["relu", "linear", "softplus"] = "relu"
    objective: Literal["square", "logistic", "cross-entropy"] = "square"
    smoothing: float = 0.0
    eps: float = 1e-3
    init: Literal["gaussian", "uniform"] = "gaussian"
    init_scale: float = 1.0
    norm_cap: float = 0.0
    test: int = 2000
    gamma: float = 1.0

    default_method = "sgd"
    defaults: ClassVar[dict[str, Any]] = {
        "n": 60, "steps": 6001, "step_size": 0.01, "perturbation_radius": 0.1, "order": "without-replacement",
        "start": "own",
    }  # fmt: skip
    convex = realizable = flat = False
    non_negative = True
    suffixes = False
    any_batch = True
    curved = True
    scratch = passes.SCRATCH
    classes: ClassVar[int] = 0  # 2: labels are -1 and 1; more: they are 0, 1, 2 ...; 0: they are no classes

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "network", self.architecture.name)
        whole("inputs", self.inputs, 2, 10**6, "choose d >= 2")
        whole("width", self.width, 1, 10**6, "choose a width of at least 1")
        whole("depth", self.depth, 1, 100, "choose 1 <= depth <= 100")
        whole("test", self.test, 1, 10**7, "choose at least 1 fresh point")
        number("smoothing", self.smoothing, 0.0, 0.5, "choose 0 <= p <= 1/2")
        number("eps", self.eps, 0.0, math.inf, "choose eps > 0", strict=True)
        number("init-scale", self.init_scale, 0.0, math.inf, "choose a scale of at least 0")
        number("norm-cap", self.norm_cap, 0.0, math.inf, "choose a largest norm, or 0 for none")
        number("gamma", self.gamma, 0.0, math.inf, "choose a distance of at least 0")
        if self.architecture.shallow and self.depth != 2:
            raise InputError("depth", self.depth, f"{self.network} has two layers", "leave it out")
        if self.smoothing and self.objective != "logistic":
            limit = f"the objective {self.objective} has no smoothed labels"
            raise InputError("smoothing", self.smoothing, limit, "use objective=logistic or leave it out")
        if not self.classes and self.objective != "square":
            raise InputError("objective", self.objective, f"{self.name} has no classes", "use objective=square")
        if self.classes > 2 and self.objective != "cross-entropy":
            limit = f"{self.name} has {self.classes} classes"
            raise InputError("objective", self.objective, limit, "use objective=cross-entropy")

    @property
    def architecture(self) -> Network:
        """The architecture, by its name."""
        return networks.get(self.network)

    @property
    def value(self) -> Kernel:  # type: ignore[override]
        """Of the architecture."""
        return self.architecture.value

    @property
    def gradient(self) -> Kernel:  # type: ignore[override]
        """Of the architecture."""
        return self.architecture.gradient

    @property
    def descend(self) -> Kernel:  # type: ignore[override]
        """Of the architecture."""
        return self.architecture.descend

    @property
    def profile(self) -> Kernel:  # type: ignore[override]
        """Of the architecture."""
        return self.architecture.profile

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return self.classes if self.objective == "cross-entropy" else 1

    def biased(self, layer: int) -> bool:
        """Whether a layer, counted from 1, has a bias."""
        return self.bias == "all" or (self.bias == "first" and layer == 1 and self.depth > 1)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, neurons of each hidden layer, outputs."""
        return (self.inputs, *[self.width] * (self.depth - 1), self.outputs)

    def parts(self) -> dict[str, slice]:
        """Where ``W1``, ``b1``, ``W2`` ... are in w, and ``g1``, the gains of ``batch-norm``."""
        found, at = {}, 0
        for layer, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            found[f"W{layer}"] = slice(at, at + fan_in * fan_out)
            at += fan_in * fan_out
            if self.biased(layer):
                found[f"b{layer}"] = slice(at, at + fan_out)
                at += fan_out
            if self.architecture.gains and layer == 1:
                found["g1"] = slice(at, at + fan_out)
                at += fan_out
        return found

    def split(self, w: Array) -> Layers:
        """The layers of a point: matrices from inputs to outputs, and biases."""
        parts, sizes = self.parts(), self.sizes
        return [
            (w[parts[f"W{k}"]].reshape(sizes[k - 1], sizes[k]), w[parts[f"b{k}"]] if f"b{k}" in parts else None)
            for k in range(1, self.depth + 1)
        ]

    @property
    def dimension(self) -> int:
        """Number of weights."""
        return int(max(part.stop for part in self.parts().values()))

    def cap(self) -> tuple[int, int, float]:
        """See ``Loss.cap``: of the first layer without its bias."""
        first = self.parts()["W1"]
        return first.start, first.stop, self.norm_cap

    def own_start(self, rng: np.random.Generator) -> Array:
        """See ``Loss.own_start``."""
        w = np.zeros(self.dimension)
        for key, part in self.parts().items():
            reach = 1.0 / math.sqrt(self.sizes[int(key[1:]) - 1])
            count = part.stop - part.start
            if key == "g1":
                w[part] = 1.0
            elif self.init == "uniform":
                w[part] = rng.uniform(-reach, reach, count)
            elif key.startswith("W"):
                w[part] = reach * rng.standard_normal(count)
            if key in ("W1", "b1"):
                w[part] *= self.init_scale
        return w

    @abc.abstractmethod
    def points(self, rng: np.random.Generator, count: int, distinct: bool) -> Array:
        """Draw inputs, shape (count, d)."""

    @abc.abstractmethod
    def labels(self, inputs: Array) -> Array:
        """Labels of inputs."""

    def law(self) -> Array | None:
        """All inputs that there are, each as likely as the others; None where they are not enumerated."""
        return None

    def _targets(self, inputs: Array) -> Array:
        """Labels as the objective takes them: classes from 0 for cross entropy; two classes are labelled -1 and 1."""
        found = self.labels(inputs)
        signs = self.objective == "cross-entropy" and self.classes == 2
        return (found > 0.0).astype(np.float64) if signs else found

    def draw(self, event: str, seed: int) -> Table:
        """Draw the sample and the fresh points, from streams of their own.

        Raises
        ------
        InputError
            For an event: there are no columns.
        """
        if event != "free":
            raise InputError("event", event, f"{self.name} has no columns", "leave it out")
        drawn = streams(seed, "sample", "test")
        inputs = self.points(drawn["sample"], self.n, True)
        return self.table(inputs, self._targets(inputs), drawn["test"])

    def table(self, inputs: Array, labels: Array, rng: np.random.Generator) -> Table:
        """Make a sample of given examples, with the points of the law or fresh ones from a stream.

        Raises
        ------
        InputError
            For other shapes, and for one input with two labels: no network meets both.
        """
        if inputs.shape != (self.n, self.inputs) or labels.shape != (self.n,):
            limit = f"must be of shapes ({self.n}, {self.inputs}) and ({self.n},)"
            raise InputError("sample", f"arrays of shapes {inputs.shape} and {labels.shape}", limit, "change n or d")
        known: dict[bytes, int] = {}
        for k, row in enumerate(inputs + 0.0):  # -0.0 becomes 0.0: bytes are compared
            first = known.setdefault(row.tobytes(), k)
            if labels[first] != labels[k]:
                limit = f"are one input with the labels {labels[first]:g} and {labels[k]:g}: no network meets both"
                raise InputError("sample", f"examples {first} and {k}", limit, "drop one")
        every = self.law()
        law = self.points(rng, self.test, False) if every is None else every
        fresh = np.array([row.tobytes() not in known for row in law + 0.0])
        return Table(inputs, labels, np.zeros(1), 0, law, self._targets(law), fresh)

    def sample_bytes(self) -> float:
        """Inputs, three times, and labels."""
        return 8.0 * 3 * (self.n + self.test) * (self.inputs + 1)

    def facts(self) -> dict[str, Any]:
        """Also whether the law is enumerated, and whether labels are classes."""
        return super().facts() | {"known_risk": self.law() is not None, "classes": bool(self.classes)}

    def gauss_newton_trace(self, look: Any) -> float:
        """See ``Loss.gauss_newton_trace``."""
        return curvature.trace(look)

    def invariants(self, look: Any) -> list[tuple[str, float, float, str]]:
        """See ``Loss.invariants``: the trace is above its floor, whatever the point."""
        floor = curvature.floor(look)
        if floor is None:
            return []
        return [(f"Tr_GN >= {self.architecture.floor_text}", curvature.trace(look), floor, "Cauchy and Schwarz, AM-GM")]

    def remarks_at(self, look: Any) -> list[str]:
        """See ``Loss.remarks_at``: kinks, and why the trace of the whole Hessian is not taken."""
        from sco_flat.curvature import LARGEST

        found, passes = curvature.kinks(look), self.dimension * self.n
        kinked = f"the last iterate is at a kink: {found} pre-activations are 0 on the sample; traces have relu'(0) = 0"
        dear = (
            f"full trace: unknown, as d n = {passes:,} is above {LARGEST:,}: two passes over the sample for each weight"
        )
        return [text for text, said in ((kinked, found), (dear, passes > LARGEST)) if said]

    def without(self, sample: Examples, i: int) -> tuple[Loss, Examples]:
        """See ``Loss.without``.

        Raises
        ------
        InputError
            For an architecture that looks at the whole sample.
        """
        if self.architecture.whole_sample:
            limit = "its statistics are those of all examples, so that none can be left out"
            raise InputError("network", self.network, limit, "use another architecture")
        inputs, labels = np.delete(sample.inputs, i, axis=0), np.delete(sample.labels, i)
        return replace(self, n=self.n - 1), replace(sample, inputs=inputs, labels=labels, idle=sample.idle + 1)

    def params(self, sample: Any, rows: NDArray[np.int64]) -> Params:
        """Pack network and examples for the kernels."""
        inputs, labels = np.vstack([sample.inputs, sample.law_inputs]), np.append(sample.labels, sample.law_labels)
        codes = [
            self.depth, self.inputs, self.width, self.outputs, BIASES.index(self.bias),
            ACTIVATIONS.index(self.activation), OBJECTIVES.index(self.objective), len(labels),
        ]  # fmt: skip
        data = freeze(np.append(inputs.ravel(), labels), np.float64)
        constants = freeze([self.smoothing, self.eps], np.float64)
        return Params(
            self.n, 1, self.length, 0, freeze(codes, np.int64), freeze(rows, np.int64), data, constants
        )  # fmt: skip

    def profile_size(self, blocks: int) -> int:
        """The mean loss over the points of the law."""
        return 1

    def population_risk(self, profile: Array) -> Interval:
        """The mean over all points of the law where they are enumerated; over fresh ones it is an estimate."""
        return float(profile[0]), float(profile[0])

    def trials(self, rng: np.random.Generator, count: int) -> list[Any]:
        """Drawn examples, each with a sample of its own."""
        inputs = self.points(rng, count, False)
        return [(x, y, inputs) for x, y in zip(inputs, self._targets(inputs).tolist(), strict=True)]

    def fresh(self, sample: Any, rng: np.random.Generator, count: int) -> list[Any]:
        """See ``Loss.fresh``; an architecture that looks at the whole sample has that of the run."""
        inputs = self.points(rng, count, False)
        return [(x, y, sample.inputs) for x, y in zip(inputs, self._targets(inputs).tolist(), strict=True)]

    def repeated(self, z: Any) -> Table:
        """The example, n times."""
        return self.table(np.tile(z[0], (self.n, 1)), np.full(self.n, z[1]), np.random.default_rng(0))

    def example(self, sample: Examples, k: int) -> tuple[Array, float, Array]:
        """Example k, with the inputs of the whole sample: some architectures look at them."""
        return sample.inputs[k], float(sample.labels[k]), sample.inputs

    def predict(self, w: Array, inputs: Array, sample: Array) -> Array:
        """Outputs of the network, shape (N, outputs); ``sample`` are the inputs of the sample."""
        return self.architecture.outputs(self, w, inputs, sample)

    def heights(self, found: Array, labels: Array) -> Array:
        """The loss of each output."""
        if self.objective == "square":
            return np.asarray((found[:, 0] - labels) ** 2)
        if self.objective == "logistic":
            margin, p = labels * found[:, 0], self.smoothing
            return np.asarray((1.0 - p) * np.logaddexp(0.0, -margin) + p * np.logaddexp(0.0, margin))
        top = found.max(axis=1)
        sums = top + np.log(np.exp(found - top[:, None]).sum(axis=1))
        return np.asarray(sums - found[np.arange(len(found)), labels.astype(int)])

    def loss(self, w: Array, z: Any) -> float:
        """See ``Loss.loss``; z is an input, its label and the inputs of the sample."""
        return float(self.heights(self.predict(w, z[0][None, :], z[2]), np.array([z[1]]))[0])
