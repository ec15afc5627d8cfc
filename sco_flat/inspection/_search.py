"""The search for points that break an inequality: scans, many scales and directions, and a climb from the best."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sco_flat.inspection._inequalities import TESTS
from sco_flat.inspection._reading import EPS, Evaluations, Points, Vector, direction, euclidean
from sco_flat.inspection._scan import Scan


class Search:
    """The search for one example."""

    def __init__(self, look: Evaluations, rng: np.random.Generator, effort: float) -> None:
        self.look, self.rng, self.effort = look, rng, effort
        self.d, self.radius = look.claimed.dimension, look.radius
        self.pool: list[Vector] = []
        self.pairs: list[Points] = []
        self.lines = Scan(look, rng)
        self.compared, self.top = 0, look.claimed.smoothness or 0.0

    def times(self, count: int) -> int:
        return max(2, round(count * self.effort))

    def scale(self) -> float:
        """From 1e-6 of the radius to the diameter."""
        return float(2 * self.radius * 10.0 ** self.rng.uniform(-6.3, 0.0))

    def score(self, test: str, points: Points) -> float:
        self.compared += len(points) > 1
        return TESTS[test](self.look, points).score

    def fill(self, lines: int) -> None:
        """Collect base points: 0, w*, all scales, scanned lines, paths of descent and ascent, both sides of kinks."""
        look, rng, d = self.look, self.rng, self.d
        self.pool.append(np.zeros(d))
        if look.claimed.flat_minimum is not None:
            self.pool.append(look.project(look.claimed.flat_minimum))
        for _ in range(self.times(20)):
            self.pool.append(direction(rng, d) * look.reach * rng.random() ** (1.0 / min(d, 3)))
            self.pool.append(
                look.project(self.pool[rng.integers(min(2, len(self.pool)))] + direction(rng, d) * self.scale())
            )
            self.pool.append(direction(rng, d) * look.reach)
        self.lines.run(lines)
        self.pool.extend(self.lines.points)
        for k in range(self.times(4)):
            start = self.pool[rng.integers(len(self.pool))]
            self.pool.extend(self.path(start, 1.0 if k % 2 else -1.0))
        for _ in range(self.times(8)):
            x, y = (self.pool[rng.integers(len(self.pool))] for _ in range(2))
            self.pool.extend(self.bisected((x, y), "change", 18))

    def path(self, w: Vector, sign: float) -> Iterator[Vector]:
        """Descend or ascend with steps that grow on success."""
        look, step = self.look, 0.1 * self.radius
        for _ in range(20):
            u = _unit(look.gradient(w))
            if u is None:
                return
            new = look.project(w + sign * step * u)
            if sign * (look.value(new) - look.value(w)) > 0.0:
                w, step = new, min(2 * step, self.radius)
                yield w
            else:
                step *= 0.3

    def bisected(self, pair: Points, test: str, rounds: int) -> Points:
        """Halve a segment towards its kink (or, for "monotone gradient", its most concave part)."""
        x, y = pair
        for _ in range(rounds):
            middle = (x + y) / 2
            gx, gm, gy = (self.look.gradient(w) for w in (x, middle, y))
            if test == "monotone gradient":
                first = float((gm - gx) @ (y - x)) < float((gy - gm) @ (y - x))
            else:
                first = euclidean(gm - gx) > euclidean(gy - gm)
            x, y = (x, middle) if first else (middle, y)
            if euclidean(x - y) < 1e-7 * self.radius:
                break
        return x, y

    def sweep(self) -> None:
        """Make pairs at all scales: random and sparse directions, gradients, other base points, and the diameter."""
        look, rng = self.look, self.rng
        for k in range(self.times(200)):
            x = self.pool[rng.integers(len(self.pool))]
            if k % 5 == 0:
                y = self.pool[rng.integers(len(self.pool))]
            elif k % 5 == 1:
                u = _unit(look.gradient(x))
                y = x if u is None else x + u * self.scale() * rng.choice([-1.0, 1.0])
            else:
                y = x + direction(rng, self.d) * self.scale()
            y = look.project(y)
            if euclidean(x - y) > 1e-9 * self.radius:
                self.pairs.append((x, y))
        count = len(self.pairs)
        for _ in range(self.times(6)):
            pair = self.pairs[rng.integers(count)]
            self.pairs.extend(self.bisected(pair, test, 12) for test in ("change of gradient", "monotone gradient"))

    def best(self, test: str, candidates: list[Points], count: int) -> list[Points]:
        return sorted(candidates, key=lambda p: self.score(test, p), reverse=True)[:count]

    def climb(self, test: str, points: Points, rounds: int) -> tuple[float, Points]:
        """Random hill climbing on margin less room, with the moves that suit the test."""
        look, rng = self.look, self.rng
        best, step = self.score(test, points), 0.3 * self.radius
        for k in range(rounds):
            trial = tuple(look.project(p) for p in self.moved(test, points, step, k))
            found = self.score(test, trial)
            if found > best:
                best, points, step = found, trial, min(1.6 * step, self.radius)
            else:
                step *= 0.85
                if step < 1e-7 * self.radius:
                    step = self.radius * 10.0 ** rng.uniform(-4, 0)
        return best, points

    def moved(self, test: str, points: Points, step: float, k: int) -> Points:
        look, rng = self.look, self.rng
        shift = direction(rng, self.d) * step * rng.random()
        if len(points) == 1:
            (x,) = points
            g = _unit(look.gradient(x))
            if k % 4 == 0 or g is None:
                return (x + shift,)
            if test == "sign":
                return (x - g * step,) if k % 2 else (x * math.exp(rng.standard_normal()),)
            # |g| grows along H g, and fastest towards the boundary
            probe = 1e-4 * self.radius
            curved = _unit(look.gradient(look.project(x + probe * g)) - look.gradient(x))
            if k % 4 == 1 or curved is None:
                return (g * look.reach,)
            return (x + curved * step,) if k % 4 == 2 else (curved * look.reach,)
        x, y = points
        gap = y - x
        distance, kind = euclidean(gap), k % 8
        if kind == 0:
            return x + shift, y
        if kind == 1:
            return x, y + shift
        if kind == 2:
            return x + shift, y + shift
        if kind == 3:
            half = gap / 2 * math.exp(rng.standard_normal())
            return (x + y) / 2 - half, (x + y) / 2 + half
        if kind == 4:
            return y, look.project(y + gap * 10.0 ** rng.uniform(-3, 0))
        if kind == 5:
            return self.bisected(points, test, 1)
        change = look.gradient(y) - look.gradient(x)
        if test in ("change of gradient", "second difference", "secant"):
            turned = _unit(change)  # a step of the power method on the Hessian
        else:
            if distance > 1e-3 * self.radius:  # closer pairs may straddle a kink
                self.top = max(self.top, euclidean(change) / distance)
            turned = _unit(self.top * gap - change)  # towards its lowest eigenvalue
        if turned is None:
            return x + shift, y
        reach = distance if kind == 6 else 1e-2 * self.radius
        if test == "secant" and kind == 7:
            g = _unit(look.gradient(x))
            return (x, x + shift) if g is None else (x, x + g * distance * 0.5)
        # start from the inner end, so that the ball does not cut the step
        base, sign = (x, 1.0) if euclidean(x) < euclidean(y) else (y, -1.0)
        end = base + sign * turned * reach
        if euclidean(end) > look.reach:
            end = base - sign * turned * reach
        return base, end

    def refute(self, test: str) -> Points | None:
        """Search pairs or points that break one inequality."""
        look = self.look
        single = test in ("norm of gradient", "sign")
        candidates: list[Points] = [(p,) for p in self.pool] if single else list(self.pairs)
        best_score, best_points = -math.inf, None
        # pairs of lines are short, and most moves keep a distance: long ones have to start, too
        scanned = [] if single else self.best(test, self.lines.pairs, 1)
        for start in self.best(test, candidates, 3 - len(scanned)) + scanned:
            score, points = self.climb(test, start, self.times(60))
            if score > best_score:
                best_score, best_points = score, points
        if best_points is None:
            return None
        _, points = self.climb(test, best_points, self.times(120))
        if not single:  # for the next test, at all lengths
            x, y = points
            self.pairs.append(points)
            for k in range(1, 7):
                half = (y - x) / 2 * 4.0**k
                self.pairs.append((look.project((x + y) / 2 - half), look.project((x + y) / 2 + half)))
        return points

    def flat(self) -> Points:
        """Ascend to the sphere of radius rho around w* from many sides, first from farther out."""
        look, rng = self.look, self.rng
        centre, rho = look.claimed.flat_minimum, look.claimed.flatness_radius
        assert centre is not None
        assert rho is not None
        on = rho - (self.d + 8) * EPS * (rho + 2 * euclidean(centre))  # |v| <= rho without rounding
        if on <= 0.0:
            return centre, centre
        starts = [s * e for e in np.eye(self.d)[rng.permutation(self.d)[: self.times(12)]] for s in (1.0, -1.0)]
        starts += [direction(rng, self.d) for _ in range(self.times(20))]
        # directions in which the loss is felt, from points on the sphere of the domain: few in high dimensions
        far = [rng.standard_normal(self.d) for _ in range(self.times(100 + self.d))]
        spread = self.pool[:: max(1, len(self.pool) // self.times(24))] + [look.project(1e9 * w) for w in far]
        felt = [u for w in spread if (u := _unit(look.gradient(w))) is not None][: self.times(60)]
        found: list[Points] = []
        for start in starts + felt + [-u for u in felt]:
            u = start
            for stretch in (4.0, 2.0, 1.2, 1.0, 1.0):
                out = centre + stretch * on * u
                if stretch > 1.0 and euclidean(out) > look.reach:
                    continue
                turned = _unit(look.gradient(look.project(out)))
                u = u if turned is None else turned
                found.append((centre, look.project(centre + on * u)))
        best = self.best("flat", found, 1)[0]
        score, step = self.score("flat", best), 0.5
        for _ in range(self.times(80)):
            turned = _unit((best[1] - centre) / on + step * direction(rng, self.d))
            if turned is None:
                continue
            trial = (centre, look.project(centre + on * turned))
            new = self.score("flat", trial)
            score, best, step = (
                (new, trial, min(2 * step, 1.0)) if new > score else (score, best, max(0.8 * step, 1e-3))
            )
        return best

    def segment_errors(self, candidates: list[Points]) -> Points:
        """Search a segment along which values do not change by the integral of the gradient; climb from the best."""
        look, rng = self.look, self.rng
        points = self.best("line integral", candidates, 1)[0]
        best, step = self.score("line integral", points), 0.3
        for _ in range(self.times(16)):
            x, y = points
            grown = 10.0 ** rng.uniform(-1, 1) if rng.random() < 0.3 else 1.0
            shift = direction(rng, self.d) * step * euclidean(y - x)
            trial = look.project(x + shift), look.project(x + shift + grown * (y - x))
            found = self.score("line integral", trial)
            if found > best:
                best, points = found, trial
            else:
                step = max(0.9 * step, 1e-3)
        return points

    def segments(self) -> list[Points]:
        """Segments of all lengths: those that stood out on lines, and random ones."""
        look, rng = self.look, self.rng
        found = list(self.lines.segments)
        for _ in range(self.times(16)):
            x = self.pool[rng.integers(len(self.pool))]
            u = _unit(look.gradient(x)) if rng.random() < 0.3 else None
            u = direction(rng, self.d) if u is None else u
            found.append((x, look.project(x + u * self.radius * 10.0 ** rng.uniform(-5, 0))))
        return found

    def beside(self, points: Points) -> list[Points]:
        """Segments of all lengths at points that refute something: the gradient may be at fault."""
        look = self.look
        directions = [points[-1] - points[0], *(look.gradient(p) for p in points), direction(self.rng, self.d)]
        directions += list(np.eye(self.d)) if self.d <= 8 else []
        middle = (points[0] + points[-1]) / 2
        found: list[Points] = [(points[0], middle), (middle, points[-1])]
        for p in points:
            for u in (v for v in map(_unit, directions) if v is not None):
                for k in range(1, 7):
                    half = u * self.radius * 10.0**-k
                    found += [(look.project(p - half), look.project(p + half)), (p, look.project(p + half))]
        return found

    def quotient_errors(self) -> Points:
        """Search a point and a direction along which the gradient disagrees with difference quotients."""
        look, rng, d = self.look, self.rng, self.d
        found: list[tuple[float, Points]] = []

        def try_at(x: Vector, u: Vector, h: float) -> float:
            points = (x, x - h * u, x + h * u, x - h / 10 * u, x + h / 10 * u)
            found.append((self.score("difference quotients", points), points))
            return found[-1][0]

        for _ in range(self.times(30)):
            x = self.pool[rng.integers(len(self.pool))] * 0.98
            h = self.radius * 10.0 ** rng.uniform(-5, -2)
            directions = [direction(rng, d) for _ in range(3)]
            if (u := _unit(look.gradient(x))) is not None:
                directions.append(u)
            if d <= 8:
                directions += list(np.eye(d))
            for u in directions:
                try_at(x, u, h)
        _, points = max(found, key=lambda pair: pair[0])
        x = points[0]
        u, h = (points[2] - points[1]), euclidean(points[2] - points[1]) / 2
        u = u / (2 * h)
        best, step = -math.inf, 0.3
        if d <= 60:  # the direction of the error itself
            numeric = np.array([(look.value(x + h / 10 * e) - look.value(x - h / 10 * e)) / (h / 5) for e in np.eye(d)])
            if (error := _unit(look.gradient(x) - numeric)) is not None:
                try_at(x, error, h)
        for _ in range(self.times(40)):
            new_x = look.project(x + step * self.radius * direction(rng, d)) * 0.98
            new_u = _unit(u + step * direction(rng, d))
            score = -math.inf if new_u is None else try_at(new_x, new_u, h)
            if new_u is not None and score > best:
                best, x, u = score, new_x, new_u
            else:
                step = max(0.85 * step, 1e-3)
        return max(found, key=lambda pair: pair[0])[1]


def _unit(v: Vector) -> Vector | None:
    norm = euclidean(v)
    return v / norm if norm > 1e-150 else None
