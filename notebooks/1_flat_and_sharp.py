# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. Flat and sharp minima on one page
#
# *What you will see:* a convex loss and a sample of six examples, for which the empirical risk has a flat minimum that
# predicts badly and a sharp minimum that predicts perfectly. Nothing is trained here; we only look at two points.
#
# *Time:* about 15 seconds to run, 30 minutes to read. The construction is Theorem 1 of Schliserman, Vansover-Hager and
# Koren, *Flat Minima and Generalization: Insights from Stochastic Convex Optimization*.

# %%
from itertools import product
from math import erfc, sqrt

import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat.plots import style
from sco_flat.runs import execute, request_from
from sco_flat.samples import event_probability

# %matplotlib inline

# %% [markdown]
# ## Two risks
#
# An *example* $z$ is drawn from a law that we know here, so that we can compute everything. A *model* is a vector $w$
# of real numbers, and $f(w, z) \ge 0$ is its *loss* on $z$; $f$ is convex in $w$.
#
# A *sample* is a list $S = (z_1, \dots, z_n)$ of $n$ independent examples. The **empirical risk**
# $F_S(w) = \frac1n \sum_k f(w, z_k)$ is what a learner sees; the **population risk** $F(w) = \mathbb E\, f(w, z)$,
# the mean over a fresh example, is what we want to be small. A minimum of $F_S$ *generalises* if $F$ is small there
# as well.

# %% [markdown]
# ## What flat means
#
# A common belief: among the minima of $F_S$, flat ones generalise better. To measure flatness, let an adversary move
# $w$ by a vector $v$ of length at most $r$, the **perturbation radius**:
# $$F_S^r(w) = \max_{|v| \le r} F_S(w + v).$$
# This is the **sharpness-aware empirical risk** (SAER). At a flat minimum it stays small; at a sharp one it grows at
# once.
#
# The flattest possible case: a minimum has **flatness radius** $\rho$ if the value of $F_S$ does not change at all
# within distance $\rho$. Keep the two radii apart: $r$ belongs to the adversary, $\rho$ to the landscape.

# %% [markdown]
# ## A loss with many coordinates and few examples
#
# An example is a row of $m = 2^n$ fair bits, $z \in \{0,1\}^m$. A model is $w = (x_1, \dots, x_m, b)$: one coordinate
# for each bit and one more, $b$, so that it has $m + 1$ coordinates for $n$ examples. The loss is
# $$f(w, z) = \tfrac12 \Big[\sqrt{\textstyle\sum_i z_i x_i^2 + b^2} - \rho\Big]_+^2, \qquad [u]_+ = \max(u, 0).$$
# Read it as: switch off all $x_i$ whose bit is 0, take the length of what is left, and pay for what exceeds $\rho$.
# An example *feels* coordinate $i$ if its bit $z_i$ is 1. The point $w = 0$ has loss 0 on every $z$, and so has every
# point within distance $\rho$ of it.
#
# We take $n = 6$. Look for a column of the sample that is 0 in all six examples: no example feels its coordinate.
# Call it $I$. (We ask the package for a sample that has one; the right panel says how much of a favour that is.)

# %%
n, rho, r = 6, 1 / 5, 1 / 2


def build(rho, r):
    """Instance, sample and the instruments that measure risks at a point; the run itself stays at 0."""
    request = request_from("flat-erm", "gd", n=n, steps=1, flatness_radius=rho, perturbation_radius=r, engine="dense")
    return execute(request)[1]


simulation = build(rho, r)
instance, sample = simulation.instance, simulation.layout.sample
m, bad = instance.m, sample.event.columns[0]
rows = np.array([sample.codes >> k & 1 for k in range(n)])  # rows[k] is example z_k
unfelt = np.flatnonzero(~rows.any(axis=0))
assert bad in unfelt

sizes, rng = np.arange(1, 11), np.random.default_rng(1)
chance = np.array([event_probability(int(s), 2 ** int(s), "any") for s in sizes])
repeats = 2000
share = np.array([(rng.integers(0, 2**s, size=(repeats, 2**s)) == 0).any(axis=1).mean() for s in sizes])
limit = 1 - 1 / np.e
assert np.allclose(chance, 1 - (1 - 0.5**sizes) ** (2.0**sizes), atol=1e-12)
assert (chance >= limit).all()
assert (np.abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / repeats)).all()

with style.style("slide"):
    figure = style.new_figure(8.6, 3.3)
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    left.pcolormesh(np.arange(m + 1), np.arange(n + 1) + 0.5, rows, cmap="Greys", vmin=0, vmax=1.6, edgecolor="white")
    left.set(xlabel="column i (0 to 63)", ylabel="example k", title="the sample: dark is 1")
    left.set_xticks(unfelt + 0.5, ["I"] * unfelt.size, weight="bold")
    left.invert_yaxis()
    left.grid(False)
    right.plot(sizes, chance, label="exact", **style.series(0))
    right.plot(sizes, share, label=f"{repeats} drawn samples", **style.series(1, hollow=True) | {"linestyle": "none"})
    right.axhline(limit, color=style.GREY, linestyle=":", label="1 − 1/e")
    right.set(xlabel="sample size n", ylabel="probability\n", ylim=(0.5, 1), title="some column is unfelt")
    right.legend()
figure

# %% [markdown]
# **Question.** A given column is all 0 with probability $2^{-n}$, which becomes tiny. Why does the probability that
# *some* column is all 0 not become tiny as well? What would happen with ten times fewer columns?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
large = 20
few = event_probability(large, 2**large // 10, "any")
many = event_probability(large, 2**large, "any")
assert few < 0.1 < limit <= many
Markdown(f"""<details><summary>Answer</summary>

There are $m = 2^n$ columns, so the expected number of all-zero columns is $2^n \\cdot 2^{{-n}} = 1$ for every $n$.
The probability of at least one is $1 - (1 - 2^{{-n}})^{{2^n}}$, which decreases to $1 - 1/e = {limit:.3f}$; at n =
{large} it is {many:.3f}. With ten times fewer columns it would be {few:.3f}. That is what "over-parametrised" means
here: so many coordinates that by chance alone the sample misses one.

</details>""")

# %% [markdown]
# ## Two minima of the empirical risk
#
# **The flat one** is $e_I$: 1 on the unfelt coordinate, 0 elsewhere. No example of the sample can tell it from 0, so
# $F_S(e_I) = 0$. It even inherits the whole flat ball of 0: whatever $v$ with $|v| \le \rho$ we add, the sample feels a
# length of at most $\rho$ and pays nothing.
#
# **The sharp one** is $\rho\, e_b$: $b = \rho$, all else 0. Every example feels a length of exactly $\rho$, so
# $F_S = 0$, but we stand on the edge: increase $b$ by $r$ and every example pays $r^2/2$.
#
# A fresh example, however, feels coordinate $I$ with probability 1/2. Hence
# $F(e_I) = \frac12 \cdot \frac12 (1-\rho)^2$.

# %%
flat, sharp = np.zeros(m + 1), np.zeros(m + 1)
flat[bad] = 1.0
sharp[-1] = rho
points = {"e_I": simulation.look(flat), r"\rho e_b": simulation.look(sharp)}
lines = ["| point | $F_S$ | flatness radius | SAER $F_S^r$ | population risk $F$ |", "|---|---|---|---|---|"]
for name, p in points.items():
    assert p.saer[1] - p.saer[0] < 1e-12  # lower and upper end of the SAER meet
    radius = abs(round(p.flatness_radius, 12))
    lines.append(f"| ${name}$ | {p.empirical_risk:.3f} | {radius:.2f} | {p.saer[0]:.3f} | {p.population_risk[0]:.4f} |")
good, bad_risk = points[r"\rho e_b"], points["e_I"].population_risk
assert points["e_I"].empirical_risk == good.empirical_risk == 0.0
assert np.isclose(points["e_I"].saer[0], (r - rho) ** 2 / 2)
assert np.isclose(good.saer[0], r**2 / 2)
assert np.allclose(bad_risk, (1 - rho) ** 2 / 4)
assert good.population_risk[1] < 1e-30
assert abs(points["e_I"].flatness_radius - rho) < 1e-12
assert abs(good.flatness_radius) < 1e-12
found = sco_flat.check(1, n=n, flatness_radius=rho, perturbation_radius=r)
proof = sco_flat.check(1, evidence="every sample", n=n, flatness_radius="1/5", perturbation_radius="1/2")
assert (found.verdict, proof.verdict) == ("holds", "proved")
Markdown(
    "\n".join(lines)
    + f"""

Measured at n = {n}, ρ = {rho}, r = {r}: the flat minimum is the bad one. The package's own check of Theorem 1 on such
a sample says *{found.verdict}* (a float check suggests, it does not prove), and for every sample with an unfelt
column, in exact arithmetic, *{proof.verdict}*. On the command line:
`sco-flat check 1 --n {n} --flatness-radius {rho} --radius {r}`, and `--evidence every-sample` for the proof.

Both minima lie in the plane of $e_I$ and $e_b$. There we now draw what the learner sees (left) and what counts
(right)."""
)

# %%
x, y = np.linspace(-0.5, 1.5, 61), np.linspace(-0.75, 0.75, 61)
seen, true = np.zeros((y.size, x.size)), np.zeros((y.size, x.size))
for row, along_b in enumerate(y):
    for column, along_i in enumerate(x):
        look = simulation.look(along_i * flat + along_b * sharp / rho)
        seen[row, column] = look.empirical_risk
        true[row, column] = instance.population_risk(look.profile())[0]
assert np.allclose(seen, seen[:, :1])  # F_S does not depend on x at all
assert (true[:, x > 0.9].min(axis=0) > 0).all()  # F > 0 around e_I

with style.style("slide"):
    figure = style.new_figure(8.6, 3.6)
    floor = 1e-4
    levels = np.array([0, floor, *true.max() * (np.arange(1, 9) / 8) ** 2])
    shades = [str(grey) for grey in (1, *np.linspace(0.9, 0.35, levels.size - 2))]
    plate = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for axes, risk, title in zip(figure.subplots(1, 2, sharey=True), (seen, true), ("$F_S$", "$F$"), strict=True):
        # losses are squares of distances: contours of the root are smooth
        shade = axes.contourf(x, y, np.sqrt(risk), levels=np.sqrt(levels), colors=shades)
        axes.contour(x, y, np.sqrt(risk), levels=np.sqrt(levels[1:-1]), colors=style.BLACK, linewidths=0.6)
        axes.plot([1], [0], color=style.BLUE, marker="o", linestyle="none")
        axes.plot([0], [rho], color=style.VERMILLION, marker="s", linestyle="none")
        axes.annotate("$e_I$", (1, 0), xytext=(8, 6), textcoords="offset points", bbox=plate)
        axes.annotate("ρ $e_b$", (0, rho), xytext=(8, 6), textcoords="offset points", bbox=plate)
        axes.set(xlabel="x, along $e_I$", title=f"{'empirical' if risk is seen else 'population'} risk {title}")
        axes.set_aspect("equal")
        axes.set_xticks([-0.5, 0, 0.5, 1, 1.5])
        axes.grid(False)
        if risk is seen:
            axes.set_ylabel("y, along $e_b$")
    bar = figure.colorbar(shade, ax=figure.axes, spacing="uniform", shrink=0.8, label="units of the loss")
    bar.set_ticks(np.sqrt(levels[1::2]), labels=[f"{level:.4f}" for level in levels[1::2]])
figure

# %% [markdown]
# **Question.** White is risk 0 (or below the first line of the bar). Why is the white region a stripe on the left and
# a bounded patch on the right? Which of the two points would you choose if you saw the left picture only?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
stripe = float(np.abs(y[(seen[:, 0] <= 1e-9)]).max())
patch = float(x[(true[y.size // 2] <= 1e-9)].max())
assert stripe <= rho + 1e-9
assert patch <= rho + 1e-9
Markdown(f"""<details><summary>Answer</summary>

In this plane the sample feels $b$ only, so the left picture does not change along $e_I$: its white stripe is
$|y| \\le \\rho$ (the outermost white grid line is at {stripe:.2f}, ρ = {rho}). A fresh example feels $x$ with
probability 1/2 and then pays for $\\sqrt{{x^2 + y^2}} > \\rho$, so the white patch on the right is the disc of radius
ρ around 0 (on the axis it ends at {patch:.2f} on this grid).

From the left picture one would choose $e_I$: it is in the middle of the stripe, the other point is on its edge. On the
right, $e_I$ has risk {bad_risk[0]:.4f} and $\\rho e_b$ has {good.population_risk[0]:.0f}.

</details>""")

# %% [markdown]
# ## No radius helps, no flatness helps
#
# Perhaps another radius $r$ would tell the two apart in the right way? No: adding $\pm r$ to $b$ raises the felt
# length of any $w$ to at least $r$, hence $F_S^r(w) \ge \frac12 [r-\rho]_+^2$ for *every* $w$, and $e_I$ attains
# this. So $e_I$ minimises the SAER for all $r$ at once. And a larger flatness radius $\rho$? The right panel goes up
# to $\rho = 1/2$.

# %%
radii, rhos = np.linspace(0, 1, 11), np.linspace(0, 0.5, 6)
saer = []
for radius in radii:
    instruments = build(rho, radius)
    saer.append([instruments.look(w).saer for w in (flat, sharp)])
saer = np.array(saer)  # (radius, point, end)
risk = []
for value in rhos:
    instruments, edge = build(value, r), value * sharp / rho
    risk.append([instruments.look(w).population_risk[0] for w in (flat, edge)])
risk = np.array(risk)
assert np.allclose(saer[:, 0], (np.maximum(radii - rho, 0) ** 2 / 2)[:, None], atol=1e-12)
assert np.allclose(saer[:, 1], (radii**2 / 2)[:, None], atol=1e-12)
assert np.allclose(risk[:, 0], (1 - rhos) ** 2 / 4)
assert (risk[:, 0] >= 1 / 16 - 1e-12).all()
assert (risk[:, 1] < 1e-30).all()

with style.style("slide"):
    figure = style.new_figure(8.6, 3.6)
    left, right = figure.subplots(1, 2)
    for place, name in enumerate(("flat: $e_I$", "sharp: ρ $e_b$")):
        left.plot(radii, saer[:, place, 0], label=name, **style.series(place, hollow=place == 1))
        right.plot(rhos, risk[:, place], label=name, **style.series(place, hollow=place == 1))
    left.set(xlabel="perturbation radius r", ylabel="SAER (units of the loss)", title=f"seen: SAER at ρ = {rho}")
    right.set(xlabel="flatness radius ρ of the loss", ylabel="F (units of the loss)", title="true: population risk")
    right.axhline(1 / 16, color=style.GREY, linestyle=":", label="1/16")
    left.legend()
    right.legend()
figure

# %% [markdown]
# **Question.** At $\rho = 0$ the left panel would have one curve only. What does that say about the words "flat" and
# "sharp" at $\rho = 0$? And why does the risk of $e_I$ fall as $\rho$ grows?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
same = build(0.0, r)
both = [same.look(w).saer[0] for w in (flat, 0 * sharp)]
assert abs(both[0] - both[1]) < 1e-12
Markdown(f"""<details><summary>Answer</summary>

At ρ = 0 the second point is 0 itself, and both have SAER $r^2/2$ (measured at r = {r}: {both[0]:.4f} and
{both[1]:.4f}). Then they are equally sharp: a flatness-seeking method cannot prefer the good one, but it is not
pushed to the bad one either. For ρ > 0 it is: $e_I$ has the smaller SAER.

The loss forgives a length of ρ, and $e_I$ has length 1, so a fresh example that feels it pays $(1-\\rho)^2/2$. The loss
becomes more forgiving for everybody; at ρ = 1/2 the risk of $e_I$ is still {risk[-1, 0]:.4f} = 1/16.

</details>""")

# %% [markdown]
# ## Do not trust, draw
#
# The population risks above come from formulas in the package. The definition is simpler: draw $z$, evaluate
# `instance.loss(w, z)` (a few lines of NumPy), take the mean; its error is the standard error. We do it at both
# minima and at a random point with eight non-zero coordinates.
#
# Drawing can miss small mistakes. Where few of the $x_i$ are non-zero we can do better: go through *all* patterns of
# their bits, which are equally likely, and take the mean of `instance.loss` over them.

# %%
rng = np.random.default_rng(7)
mixed = np.zeros(m + 1)
mixed[rng.choice(m, size=7, replace=False)] = 0.4 * rng.standard_normal(7)
mixed[-1] = 0.2
draws = rng.integers(0, 2, size=(10_000, m))


def all_patterns(w):
    """The population risk from its definition: every pattern of the bits that matter."""
    live = np.flatnonzero(w[:-1])
    z = np.zeros((2**live.size, m), dtype=np.int64)
    z[:, live] = list(product((0, 1), repeat=live.size))
    return np.mean([instance.loss(w, row) for row in z])


lines = ["| point | drawn mean ± standard error | distance in standard errors | all patterns | package |"]
lines.append("|---|---|---|---|---|")
for name, w in (("$e_I$", flat), ("$\\rho e_b$", sharp), ("a random point", mixed)):
    losses = np.array([instance.loss(w, z) for z in draws])
    error, exact = losses.std(ddof=1) / np.sqrt(losses.size), all_patterns(w)
    low, high = simulation.look(w).population_risk
    assert low - 1e-12 <= exact <= high + 1e-12
    assert high - low < 1e-10
    off = (losses.mean() - exact) / error if error > 0 else 0.0
    assert abs(off) <= 4
    lines.append(f"| {name} | {losses.mean():.5f} ± {error:.5f} | {off:+.1f} | {exact:.5f} | {low:.5f} |")
Markdown(
    "\n".join(lines)
    + f"""

{len(draws):,} fresh examples, one fixed seed. The mean of the random point lies {abs(off):.1f} standard errors off; a
fair draw lies at least that far off with a probability of {erfc(abs(off) / sqrt(2)):.1%}. Whoever gets such a number
should ask whether the formula is wrong. Here the mean over all patterns settles it: it agrees with the package to
twelve digits after the point. (The package returns an interval; its lower end is shown.)"""
)

# %% [markdown]
# ## What to take home
#
# - Flatness is a property of what the *sample* feels. A coordinate that no example feels is flat for free.
# - With $2^n$ columns such a coordinate exists with probability at least $1 - 1/e$, and $e_I$ then minimises the SAER
#   for every radius, with population risk $(1-\rho)^2/4 \ge 1/16$; the sharp one, $\rho\, e_b$, has population risk 0.
# - So far the bad minimum only *exists*. Would a method go there by itself, starting from 0, which is perfect?
#
# Next: [2_sagd_walks](2_sagd_walks.py), in which gradient descent on the SAER walks there.
