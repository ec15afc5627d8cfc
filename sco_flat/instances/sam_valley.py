"""A valley with a flat floor that widens: SAM's radius makes it step along the floor, in one direction, for ever."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from sco_flat._jit import Params, freeze
from sco_flat.errors import InputError
from sco_flat.instances import families
from sco_flat.instances.base import Loss, number, whole
from sco_flat.instances.kernels import sam_valley as kernels
from sco_flat.instances.valleys import Condition, Peak, Peaked, root_above, walk_conditions
from sco_flat.results import Event, Interval
from sco_flat.samples import MAX_N, Sample, streams
from sco_flat.vocabulary import MAX_SEED

SIGMA, MU, LAM = 1.5, 0.25, 0.5


@dataclass(frozen=True)
class SamValley(Peaked, Loss):
    """SAM in a valley that the sample does not see to be wrong.

    Setting
        z uniform on N = n² points, frozen halves A_1, ..., A_M of them, unit codes u_i. On ``w = (y, b, x, a)``
        ``f = ½ [dist(x, K_z) - rho]_+² + ((1+c²)/2) dist((b, x), V)² + (gam/2) [|b| - tau]_+²
        + (mu nn/2) dist((a, y, b), R)² + (lam/2) [a + y_z + dl]_+²`` with ``K_z = {<u_i, x> <= k_x, z in A_i}``,
        ``V = {|<u_i, b>| - c <u_i, x> <= h}``, ``R = {<u_i, b> + sig a - th <1_{A_i}, y> <= tau_R}``.
        With rho > 0 there is one more coordinate q behind x, and the third term is
        ``(gam/2) (1 + th'²) dist((b, q), {|b| + th' q <= tau})²``. With rho above r/8, or ``walls = snug``, the
        valley begins as wide as the flat ball: ``h = rho sqrt(1 + c²)``, ``th'² = 2 c²``, ``mu = (1 - rho/r)/64``.
    Event
        n distinct examples, and exactly one A_i that holds none of them.
    Guarantee
        Convex, realizable, smooth; ``-e_a/2`` (with q: ``-(e_a + e_q)/2``) is a common minimum, flat of radius rho.

    Attributes
    ----------
    width : int
        Number M of sets; by default the least one at which a set is missed once in the mean.
    codes : str
        ``orthonormal`` in dimension M, or ``signs``: random ones, of a length that is linear in n.
    gamma : float
        gam of the slab, in (0, 1]; 1 by default, eta/8 where rho > 0, ``eta (1 - rho/r)/128`` with snug walls.
    family : int
        Seed of the family and its codes; the sample has its own.
    code_length : int
        Length of codes of signs, 200 n by default.
    coherence : float
        What products of different codes of signs may reach.
    margin : float
        What stands for rho in the first term where rho = 0: no flat ball comes of it, since the slab is thinner.
    walls : str
        ``snug``: as wide as the flat ball; ``usual``: r/4, and as wide as the flat ball where rho > r/8.
    design : int
        The n that the constants are made for, if it is not the sample size.
    """

    width: int | None = None
    codes: Literal["orthonormal", "signs"] = "orthonormal"
    gamma: float | None = None
    family: int = 0
    code_length: int | None = None
    coherence: float = 0.125
    margin: float = 0.0
    walls: Literal["usual", "snug"] = "usual"
    design: int | None = None

    name = "sam-valley"
    title = "SAM's valley"
    event = "one"
    default_method = "sam"
    defaults: ClassVar[dict[str, Any]] = {"n": 6, "steps": 160, "step_size": 0.12, "flatness_radius": 0.0}
    enters: ClassVar[bool] = True  # a, in the last hinge
    others: ClassVar[bool] = False  # R takes the points outside A_i
    has_blocks = True
    from_squares = False
    convex = non_negative = flat = True
    realizable: ClassVar[bool | None] = True
    value = kernels.value
    gradient = kernels.gradient
    descend = kernels.descend
    upper = kernels.upper
    profile = kernels.profile
    length = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        made_for = self.n if self.design is None else self.design
        if made_for % 2 or made_for < 4:
            limit = "the sets are halves of n² points, for an even n of at least 4"
            raise InputError("n", made_for, limit, f"choose n = {max(4, made_for + made_for % 2)}")
        whole("n", self.n, 1, min(made_for, MAX_N), f"choose 1 <= n <= {min(made_for, MAX_N)}")
        number("radius", self.perturbation_radius, 0.0, math.inf, "the loss is built from r > 0", strict=True)
        if self.gamma is not None:
            number("gamma", self.gamma, 0.0, 1.0, "choose 0 < gamma <= 1", strict=True)
        whole("family", self.family, 0, MAX_SEED, "it is a seed")
        if self.width is not None:
            whole("width", self.width, 1, 2**40, "leave it out for the theorem's number of sets")
        if self.code_length is not None:
            if self.codes == "orthonormal":
                raise InputError("code_length", self.code_length, "is read with codes = signs only", "leave it out")
            whole("code_length", self.code_length, 1, 2**20, "leave it out for 200 n")
        number("coherence", self.coherence, 0.0, 1.0, "choose it between 0 and 1", strict=True)
        number("margin", self.margin, 0.0, math.inf, "choose a margin >= 0")
        if self.lifted and self.margin:
            raise InputError("margin", self.margin, "is the flatness radius where there is one", "leave it out")
        if self.flatness_radius >= self.perturbation_radius:
            limit = f"below the radius {self.perturbation_radius:g}: SAM must step out of the flat ball"
            raise InputError("flatness-radius", self.flatness_radius, limit, "choose a smaller one or a larger radius")

    @property
    def made_for(self) -> int:
        """The n of the constants."""
        return self.n if self.design is None else self.design

    @property
    def points(self) -> int:
        """N, the size of the sample space."""
        return self.made_for**2

    @property
    def columns(self) -> int:
        """M, the number of sets."""
        return math.ceil(1 / families.miss_chance(self.points, self.made_for)) if self.width is None else self.width

    @property
    def signs(self) -> int:
        """Length of codes of signs, 0 for orthonormal ones."""
        if self.codes == "orthonormal":
            return 0
        return 200 * self.made_for if self.code_length is None else self.code_length

    @property
    def lifted(self) -> bool:
        """Whether there is a coordinate q."""
        return self.flatness_radius > 0.0

    @property
    def wide(self) -> bool:
        """Whether the valley begins as wide as the flat ball."""
        above = self.flatness_radius > 0.125 * self.perturbation_radius * (1.0 + 1e-12)  # r/8 as a person divides
        return above or (self.lifted and self.walls == "snug")

    @property
    def excess(self) -> float:
        """``1 - rho/r`` where the valley begins as wide as the flat ball, else 1."""
        return 1.0 - self.flatness_radius / self.perturbation_radius if self.wide else 1.0

    @property
    def dimension(self) -> int:
        """``1 + N + 2 d'``, and one more for q."""
        return 1 + self.points + 2 * (self.signs or self.columns) + self.lifted

    @property
    def m(self) -> int:
        """One block for each coordinate but a."""
        return self.dimension - 1

    @property
    def scratch(self) -> int:
        """A point, a gradient, and tables of 4 N numbers; with signs 4 M more."""
        if not self.signs:
            return 6
        return 2 + -(-4 * (self.points + self.columns) // self.dimension)

    @functools.cached_property
    def sets(self) -> families.Family:
        """The family, drawn once."""
        return families.family(self.points, self.columns, self.family, self.signs, self.coherence)

    def valley(self) -> dict[str, float]:
        """Resolve the constants."""
        n, eta, r, steps = self.made_for, self.step_size, self.perturbation_radius, self.steps
        th, om = 1.0 / n, math.sqrt(1.0 + 1.0 / n)
        usual = min(eta * self.excess / (128.0 if self.wide else 8.0), 1.0) if self.lifted else 1.0
        gamma = usual if self.gamma is None else self.gamma
        c, mu = 1.0 / math.sqrt(eta * steps), self.excess / 64.0 if self.wide else MU
        return {
            "sigma": SIGMA,
            "theta": th,
            "mu": mu,
            "nn": 1.0 + SIGMA**2 + th * th * self.points / 2.0,
            "tau_R": (SIGMA - th / (2.0 * n)) * r / om,
            "lam": LAM,
            "dl": eta * LAM * r / 2.0,
            "c": c,
            "h": self.flatness_radius * math.hypot(1.0, c) if self.wide else r / 4.0,
            "gamma": gamma,
            "tau": eta * mu * (th * r / (2.0 * n * om)) / 2.0,
            "lift": c * math.sqrt(2.0 if self.wide else 0.125) if self.lifted else 0.0,
            "margin": self.flatness_radius if self.lifted else self.margin,
            "k_x": self.coherence * 0.63 * r * math.sqrt(eta * steps) if self.signs else 0.0,
        }

    def conditions(self) -> tuple[Condition, ...]:
        """What the walk along the floor asks of the numbers, each with the largest or least legal one."""
        if self.wide:
            shared = walk_conditions(self, self.valley()["gamma"], 64.0 / self.excess**2, longest=1.0)
            size = self.step_size * (1.0 + self.step_size / 64.0)
            least = size / (1.0 + size)
            return (*shared, Condition(
                "eta (1 + eta/64) (1 - rho/r) < rho/r", "flatness_radius", self.flatness_radius, ">=",
                least * self.perturbation_radius * (1.0 + 1e-12),
                f"the least legal rho is {least * self.perturbation_radius:.6g}",
            ))  # fmt: skip
        usual = self.lifted and self.gamma is None  # gamma is eta/8
        largest = 4.0 * (math.sqrt(1.12) - 1.0) if usual else None
        return walk_conditions(self, self.valley()["gamma"], 32.0 if self.lifted else 16.0, largest)

    def facts(self) -> dict[str, Any]:
        """Add the codes; what is stored in full has no blocks."""
        return super().facts() | {"blocks": not self.signs, "codes": self.codes}

    @classmethod
    def auto_radius(cls, steps: int, step_size: float, flatness_radius: float) -> float:
        """``1/sqrt(eta T)``."""
        return 1.0 / math.sqrt(step_size * steps)

    def flat_minimum(self) -> dict[str, float] | None:
        """See `zero`."""
        return self.zero()

    def zero(self) -> dict[str, float]:
        """``a = -½``, and ``q = -½`` where there is one; farther out where eta r or rho asks for it."""
        v, rho = self.valley(), self.flatness_radius
        found = {"b": -max(0.5, v["dl"] + math.sqrt(2.0) * rho)}
        if self.lifted:
            found["q"] = -max(0.5, (rho * math.hypot(1.0, v["lift"]) - v["tau"]) / v["lift"])
        return found

    def minimum(self) -> NDArray[np.float64]:
        """The common flat minimum as a point."""
        point, found = np.zeros(self.dimension), self.zero()
        point[-1] = found["b"]
        if self.lifted:
            point[-2] = found["q"]
        return point

    def flat_radius(self) -> float:
        """Radius of the largest ball around the minimum on which every ``f(., z)`` is 0."""
        v, found = self.valley(), self.zero()
        slab = v["tau"]
        if self.lifted:
            slab = (v["tau"] - v["lift"] * found["q"]) / math.hypot(1.0, v["lift"])
        return min(
            v["k_x"] + v["margin"],
            v["h"] / math.hypot(1.0, v["c"]),
            slab,
            (v["tau_R"] - v["sigma"] * found["b"]) / math.sqrt(v["nn"]),
            (-found["b"] - v["dl"]) / math.sqrt(2.0),
        )

    def distance(self, start_norm_squared: float, start_b: float) -> float:
        """From a start that has no part along q; see `distance_from` for others."""
        found = self.zero()
        return math.hypot(super().distance(start_norm_squared, start_b), found.get("q", 0.0))

    def distance_from(self, start: NDArray[np.float64] | None, sample: Sample) -> float:
        """See ``Loss.distance_from``."""
        if start is None:
            return self.distance(0.0, 0.0)
        found = float(np.linalg.norm(start - self.minimum()))
        return found if math.isfinite(found) else math.nan

    def draw(self, event: str, seed: int) -> Sample:
        """Draw the examples; the family is that of the loss."""
        return self.sets.draw(self.n, event, streams(seed, "sample")["sample"])

    def example(self, sample: Sample, k: int) -> int:
        """A point of the sample space."""
        return int(sample.codes[k])

    def support(self) -> range:
        """All points of the sample space."""
        return range(self.points)

    def trials(self, rng: np.random.Generator, count: int) -> list[int]:
        """Points of the sample space."""
        return [0, self.points - 1, *rng.integers(0, self.points, size=count).tolist()]

    def repeated(self, z: int) -> Sample:
        """One example n times."""
        return self._sample(np.full(self.n, z), 0)

    def without(self, sample: Sample, i: int) -> tuple[Loss, Sample]:
        """See ``Loss.without``."""
        left = replace(self, n=self.n - 1, design=self.made_for)
        return left, self._sample(np.delete(sample.codes, i), sample.idle + 1)

    def _sample(self, examples: NDArray[np.int64], idle: int) -> Sample:
        missed = tuple(self.sets.missed(examples).tolist())
        return Sample(examples, examples.size, Event("free", missed, 1.0), idle)

    def awake(self, sample: Sample) -> NDArray[np.int64]:
        """y, q, and the coordinates of the sets that the sample misses."""
        if self.signs:
            return np.arange(self.m, dtype=np.int64)
        bad = self.points + self.sets.missed(sample.codes)
        last = np.arange(self.m - self.lifted, self.m)
        return np.concatenate([np.arange(self.points), bad, bad + self.columns, last]).astype(np.int64)

    def params(self, sample: Sample, rows: NDArray[np.int64]) -> Params:
        """Pack the loss for the kernels."""
        v = self.valley()
        constants = (
            self.points, self.columns, self.signs or self.columns, float(self.signs > 0), v["sigma"], v["theta"],
            v["mu"], v["nn"], v["tau_R"], v["lam"], v["dl"], v["c"], v["h"], v["gamma"], v["tau"], v["lift"],
            v["margin"], v["k_x"], self.smoothness, float(self.enters), float(self.others),
        )  # fmt: skip
        return Params(
            self.n, self.m, 1, 0, self.sets.words, freeze(rows, np.int64), freeze(sample.codes, np.float64),
            freeze(constants, np.float64),
        )  # fmt: skip

    def loss(self, w: NDArray[np.float64], z: int) -> float:
        """See ``Loss.loss``; distances by non-negative least squares on the multipliers."""
        v, (felt, sides, far) = self.valley(), self._normals(z)
        y, b, x = np.split(w[: self.points + 2 * felt.shape[1]], [self.points, self.points + felt.shape[1]])
        a = w[-1:]
        seen = math.sqrt(distance_squared(felt, v["k_x"], x)) - v["margin"]
        thick = max(float(np.linalg.norm(b)) - v["tau"], 0.0) ** 2
        if self.lifted:  # in the plane of |b| and q, where |b| >= 0 is a half-space, too
            slab, place = np.array([[1.0, v["lift"]], [-1.0, 0.0]]), np.array([np.linalg.norm(b), w[-2]])
            thick = (1.0 + v["lift"] ** 2) * distance_squared(slab, np.array([v["tau"], 0.0]), place)
        return 0.5 * float(
            max(seen, 0.0) ** 2
            + (1.0 + v["c"] ** 2) * distance_squared(sides, v["h"], np.append(b, x))
            + v["gamma"] * thick
            + v["mu"] * v["nn"] * distance_squared(far, v["tau_R"], np.concatenate([a, y, b]))
            + v["lam"] * max(self.enters * float(a[0]) + y[z] + v["dl"], 0.0) ** 2
        )

    def _normals(self, z: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Normals of the half-spaces of K_z on x, of V on (b, x), and of R on (a, y, b)."""
        v, codes = self.valley(), self.sets.signs()
        held = self.sets.sets().astype(float)
        sides = np.concatenate([np.hstack([s * codes, -v["c"] * codes]) for s in (1.0, -1.0)])
        marks = 1.0 - held if self.others else held
        far = np.hstack([np.full((len(codes), 1), v["sigma"]), -v["theta"] * marks, codes])
        return codes[held[:, z] == 1.0], sides, far

    def root_cvxpy(self, w: Any, z: int) -> Any:
        """See ``Loss.root_cvxpy``: the norm of five distances and hinges."""
        import cvxpy

        from sco_flat.instances.distances import cones, polyhedron

        v, (felt, sides, far) = self.valley(), self._normals(z)
        size = felt.shape[1]
        y, b, x = w[: self.points], w[self.points : self.points + size], w[self.points + size : self.points + 2 * size]
        thick = cvxpy.pos(cvxpy.norm(b) - v["tau"])
        if self.lifted:  # the nearest point has b in the same direction
            across, along = cvxpy.reshape(cvxpy.norm(b), (1,), order="C"), v["tau"] / v["lift"] - w[-2:-1]
            thick = cones(across, along, v["lift"])
        walls = math.hypot(1.0, v["c"]) * polyhedron(sides, v["h"], cvxpy.hstack([b, x]))
        if not self.signs:  # V falls apart, and a solver likes its parts better
            walls = cones(cvxpy.abs(b), x + v["h"] / v["c"], v["c"])
        seen = cvxpy.norm(polyhedron(felt, v["k_x"], x)) - v["margin"] if len(felt) else cvxpy.Constant(0.0)
        parts = [
            cvxpy.pos(seen),
            walls,
            math.sqrt(v["gamma"]) * thick,
            math.sqrt(v["mu"] * v["nn"]) * polyhedron(far, v["tau_R"], cvxpy.hstack([w[-1], y, b])),
            math.sqrt(v["lam"]) * cvxpy.pos(self.enters * w[-1] + y[z] + v["dl"]),
        ]
        return cvxpy.norm(cvxpy.hstack(parts))

    def peak(self) -> Peak:
        """Largest sum of the curvatures that meet on (a, y), on b, on x or on q; at most 3 under the conditions.

        With snug walls and orthonormal codes, ``g`` being what b has beside V: on ``x_i`` behind the apex V has ``1 +
        c²`` in all directions, but K_z nothing, since ``x_i < 0``; elsewhere V has the one direction ``(±1, -c)``, and
        with 1 on ``x_i`` the largest eigenvalue is that of ``((1 + g, c), (c, 1 + c²))``.
        """
        v = {key: Fraction(value) for key, value in self.valley().items()}
        far, wide = v["mu"] * v["nn"], 1 + v["c"] ** 2
        beside = v["gamma"] * (1 + v["lift"] ** 2) + far
        met = 1 + wide
        if self.wide and not self.signs:
            met = (met + beside) / 2 + root_above(((wide - 1 - beside) / 2) ** 2 + v["c"] ** 2)
        # the wedge alone is reached behind its apex; at 0 only the last term acts
        return Peak(max(far + 2 * v["lam"], wide + beside, met), wide, 2 * (v["lam"] * v["dl"]) ** 2)

    def flatness_at(self, look: Any) -> float | None:
        """Distance to the nearest edge: F_S is 0 where every term is, and each is a distance to a convex set."""
        if look.empirical_risk > 0.0:
            return None
        v, point, marked = self.valley(), np.zeros(self.dimension), np.zeros(self.columns)
        point[look.layout.rows], point[-1] = look.w[:-1], look.w[-1]
        size = self.signs or self.columns
        y, b, x = np.split(point[: self.points + 2 * size], [self.points, self.points + size])
        up, along = (self.sets.signs() @ b, self.sets.signs() @ x) if self.signs else (b, x)
        for z in np.flatnonzero(y).tolist():
            inside = self.sets.holding(z)
            marked += y[z] * (1 - inside if self.others else inside)
        slab = (v["tau"] - v["lift"] * point[-2] * self.lifted - float(np.linalg.norm(b))) / math.hypot(1.0, v["lift"])
        far = v["tau_R"] - v["sigma"] * point[-1] + v["theta"] * marked - up
        rooms = [
            slab,
            float((v["h"] + v["c"] * along - np.abs(up)).min()) / math.hypot(1.0, v["c"]),
            float(far.min()) / math.sqrt(v["nn"]),
        ]
        for z in set(look.layout.sample.codes.tolist()):
            rooms.append(-(self.enters * point[-1] + y[z] + v["dl"]) / math.hypot(1.0, float(self.enters)))
            excess = along[self.sets.holding(z) == 1] - v["k_x"]
            if excess.size:
                rooms.append(v["margin"] - self._beyond(excess, x, z))
        return float(min(rooms))

    def _beyond(self, excess: NDArray[np.float64], x: NDArray[np.float64], z: int) -> float:
        """Distance to K_z, or inside of it that to its edge with a minus."""
        if float(excess.max()) <= 0.0:
            return float(excess.max())
        if not self.signs:
            return float(np.linalg.norm(np.maximum(excess, 0.0)))
        return math.sqrt(distance_squared(self._normals(z)[0], self.valley()["k_x"], x))

    def profile_size(self, blocks: int) -> int:
        """The risk itself."""
        return 1

    def population_risk(self, profile: NDArray[np.float64]) -> Interval:
        """The mean over all points of the sample space; not known where too many half-spaces meet."""
        risk = float(profile[0]) if profile[0] >= 0.0 else math.nan
        return risk, risk

    def resolved(self) -> dict[str, Any]:
        """Add the resolved constants."""
        made = {"width": self.columns, "dimension": self.dimension, "flat_radius": self.flat_radius()}
        return super().resolved() | made | self.valley()


def distance_squared(normals: NDArray[np.float64], levels: Any, point: NDArray[np.float64]) -> float:
    """Squared distance of a point to ``{p : normals p <= levels}``, whose normals are independent of each other."""
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import nnls

    excess = normals @ point - levels
    if not np.any(excess > 0.0):
        return 0.0
    low = cholesky(normals @ normals.T, lower=True)
    # the least of ½ |L^T x - L^-1 e|² over x >= 0; what it takes off has the squared length |L^T x|² = <e, x>
    multipliers, _ = nnls(low.T, solve_triangular(low, excess, lower=True))
    return float(excess @ multipliers)


INSTANCE = SamValley
