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
# # 7. Is flat decided by balance?
#
# *What you will see:* a loss whose minima all have the loss 0 and very different curvature; the largest eigenvalue of
# its Hessian in closed form, with the least value that it can have; flat minima that are not balanced; and how gradient
# descent leaves a minimum that is too sharp for its step size, however near it starts.
#
# *Time:* a few seconds to run, 25 minutes to read; notebook 1 is enough. The loss is that of Kamber and Parhi (2025);
# the package's README has the link. It is not convex, and in place of the radius of a flat ball *flat* now means: no
# minimum has a smaller largest eigenvalue of the Hessian.

# %%
from fractions import Fraction

import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat.instances.factors import read
from sco_flat.plots import style
from sco_flat.runs import execute, request_from
from sco_flat.works.factorisation import common, departure
from sco_flat.works.factorisation.proofs import hessian

# %matplotlib inline

# %% [markdown]
# ## Many minima, one product
#
# The parameters are $L$ matrices and the loss asks for their product: $f(W_1, \dots, W_L) = |M - W_L \cdots W_1|^2$.
# Whoever multiplies $W_1$ by a number and divides $W_2$ by it stays at the loss 0. The curvature does not stay. With
# $A_i = W_L \cdots W_{i+1}$ and $B_i = W_{i-1} \cdots W_1$, at a minimum
# $$\lambda_{\max}(\nabla^2 f) = 2\, \lambda_{\max}(K), \qquad K = \sum_i (B_i^\top B_i) \otimes (A_i A_i^\top) .$$
# The smallest example has $L = 2$ and numbers in place of matrices: $f(a, b) = (1 - b a)^2$. We go along its minima
# $b = 1/a$ and compare the formula with differences of the loss.


# %%
def minimum(factors, **more):
    """The loss around exact factors."""
    return request_from("factorisation", factors=factors, **more).build()


def sharpness(loss):
    """The closed form at the minimum."""
    return loss.lambda_max(np.zeros(loss.dimension))


def by_differences(loss, h=1e-4):
    """Largest eigenvalue of the Hessian from values of the loss alone."""
    steps = h * np.eye(loss.dimension)

    def value(w):
        return loss.loss(w, None)

    hessian = [
        [(value(p + q) - value(p - q) - value(q - p) + value(-p - q)) / (4 * h * h) for q in steps] for p in steps
    ]
    return np.linalg.eigvalsh(np.array(hessian))[-1]


scales = [Fraction(k, 8) for k in range(4, 21)]
scalar = [minimum(f"{a} | {1 / a}") for a in scales]
formula = np.array([sharpness(loss) for loss in scalar])
measured = np.array([by_differences(loss) for loss in scalar])
assert np.allclose(formula, measured, rtol=1e-5)
assert np.allclose(formula, [2 * float(a**2 + 1 / a**2) for a in scales], rtol=1e-12)
assert formula.min() == 4.0
assert np.isclose(scalar[0].floor(), 4.0, rtol=1e-14)
deep = minimum("depth-3")
assert np.isclose(sharpness(deep), by_differences(deep), rtol=1e-5)

with style.style("slide"):
    figure = style.new_figure(7.2, 3.6)
    axes = figure.subplots()
    at = np.array(scales, dtype=float)
    axes.plot(at, formula, label="closed form", **style.series(0) | {"marker": ""})
    axes.plot(at, measured, "o", color=style.VERMILLION, label="differences of the loss")
    axes.axhline(4.0, color=style.BLACK, linestyle=":", label="floor")
    axes.set(xlabel="a, with b = 1/a", ylabel="largest eigenvalue", title="minima of (1 - b a)²", ylim=(0, 15))
    axes.legend(loc="upper center")
figure

# %% [markdown]
# **Question.** At which minimum is the loss flattest, and what singles it out? What would you conjecture for matrices?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
flattest = scales[int(np.argmin(formula))]
assert flattest == 1
Markdown(f"""<details><summary>Answer</summary>

At a = {flattest}, where both factors have the same size: they are *balanced*. For a product $M$ of any matrices no
minimum is flatter than
$$2 L\\, s^{{2 - 2/L}}, \\qquad s = |M|,$$
which is {scalar[0].floor():g} here. The conjecture is that balance decides what is flat:
$W_i W_i^\\top = W_{{i+1}}^\\top W_{{i+1}}$ for every $i$.

</details>""")

# %% [markdown]
# ## Is it so?
#
# Why the floor: take the top singular pair $u, v$ of $M$ and let $a_i = A_i^\top u$, $b_i = B_i v$. Then
# $a_i \cdot b_{i+1} = u^\top M v = s$, so by Cauchy $\prod_i |a_i||b_i| \ge s^{L-1}$, and as means go
# $\lambda_{\max}(K) \ge \sum_i |a_i|^2 |b_i|^2 \ge L\, s^{2-2/L}$. Balanced factors reach it. We take the balanced
# minimum of $M = \mathrm{diag}(1, 1/8)$ at depth three, change it at random without changing the product, and compare
# with the diagonal minima $\mathrm{diag}(1, a), \mathrm{diag}(1, 1/2), \mathrm{diag}(1, 1/(4a))$. Those are fractions,
# and their eigenvalues are decided in fractions.

# %%
rng = np.random.default_rng(0)


def changed(spread):
    """Random factors with the product of the balanced ones: G W and W G^-1, with G a product of shears."""
    factors = [np.diag([1.0, 0.5]) for _ in range(3)]
    for i in range(2):
        g = np.eye(2) + spread * rng.standard_normal((2, 2))
        factors[i], factors[i + 1] = g @ factors[i], factors[i + 1] @ np.linalg.inv(g)
    return factors


balanced = minimum("1 0; 0 1/2 | 1 0; 0 1/2 | 1 0; 0 1/2")
cloud = []
for spread in np.repeat([0.01, 0.03, 0.1, 0.3], 40):
    factors = changed(spread)
    w = balanced.point(factors)
    assert balanced.loss(w, None) < 1e-24
    cloud.append((common.imbalance(factors), balanced.lambda_max(w)))
cloud = np.array(cloud)
texts = [f"1 0; 0 {a} | 1 0; 0 1/2 | 1 0; 0 {1 / (4 * a)}" for a in (Fraction(k, 20) for k in range(11, 26))]
diagonal = np.array([(common.imbalance(loss.base), sharpness(loss)) for loss in map(minimum, texts)])
floor = balanced.floor()
assert floor == sharpness(balanced) == 6.0
assert cloud[:, 1].min() >= floor * (1 - 1e-12)
assert all(hessian.lambda_max(read("factors", text)) == (6, 6) for text in texts)  # exactly, in fractions
assert diagonal[:, 0].min() > 1e-3

with style.style("slide"):
    figure = style.new_figure(7.8, 4.0)
    axes = figure.subplots()
    axes.loglog(cloud[:, 0], cloud[:, 1], "o", color=style.BLUE, markersize=4, label="random minima")
    axes.loglog(diagonal[:, 0], diagonal[:, 1], "s", color=style.VERMILLION, label="diagonal minima")
    axes.axhline(floor, color=style.BLACK, linestyle=":", label="floor")
    axes.set(xlabel="imbalance, squared", ylabel="largest eigenvalue", title="minima of one matrix")
    axes.legend(loc="upper left")
figure

# %% [markdown]
# **Question.** Which half of the conjecture is true? And could another kind of balance decide it: that all
# $|A_i||B_i|$ are equal?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
unequal, equal = read("factors", "unequal-products"), read("factors", "equal-norms")
products = common.products(minimum("unequal-products"))
assert hessian.lambda_max(unequal) == hessian.floor(unequal)
assert products.max() / products.min() > 1.1
constant = common.products(minimum("equal-norms"))
assert constant.max() == constant.min()
sharp, least = hessian.lambda_max(equal)[0], hessian.floor(equal)[0]
assert sharp == 25 * least
proof = sco_flat.check("factorisation.flat", evidence="every sample")
assert proof.verdict == "proved"
shown = ", ".join(f"{x:g}" for x in products)
less = np.mean(cloud[:, 0] < diagonal[:, 0].max())
assert less > 0.5
Markdown(f"""<details><summary>Answer</summary>

Balanced minima are flat; but the squares on the floor are flat exactly, and the last is farther from balance than
{less:.0%} of the cloud. Nor do equal products decide it: at one flat minimum they are {shown} (*{proof.verdict}*
by `sco-flat check factorisation.flat --evidence every-sample`), and at the minimum `equal-norms` both are
{constant[0]:g}, while the largest eigenvalue is {sharp} and the floor {least}. They are enough only if their value is
$s^{{1-1/L}}$. What is necessary concerns the *top singular pairs* alone: all $|a_i||b_i|$ equal, and $a_i$ parallel to
$b_{{i+1}}$. What belongs to smaller singular values may be unbalanced, as long as it stays below.

</details>""")

# %% [markdown]
# ## Too sharp to stay
#
# Beside a minimum $w_*$ gradient descent multiplies the distance along the top eigenvector by
# $1 - \eta \lambda_{\max}$. With $\eta = c \cdot 2/\lambda_{\max}$ that is $1 - 2c$: below $c = 1$ it comes back, above
# it leaves. We start it at a distance of $10^{-9}$ from an exact minimum of depth three, and let it run.

# %%
edges = (0.9, 1.05, 1.1, 1.4)
runs = {c: departure.run(request_from("factorisation", steps=400, edge=c), 1.0) for c in edges}
paths = {c: np.array([np.linalg.norm(w) for _, w in run.iterates()]) for c, run in runs.items()}
origin_sharpness = sharpness(deep)
ends = {c: deep.lambda_max(run.last) for c, run in runs.items()}
for c, path in paths.items():
    assert np.isclose(path[20] / path[10], abs(2 * c - 1) ** 10, rtol=1e-3)
    stable = origin_sharpness / c
    assert ends[c] < stable
assert paths[0.9][-1] < 1e-14
assert ends[1.05] > ends[1.1] > ends[1.4] > deep.floor()

sam = execute(request_from("factorisation", "sam", steps=3000, step_size=0.005, perturbation_radius=0.1))[1]
rest = execute(request_from("factorisation", "gd", steps=3000, step_size=0.005))[1]
walk = [deep.lambda_max(w) for t, w in sam.iterates() if t % 50 == 0]
stay = [deep.lambda_max(w) for t, w in rest.iterates() if t % 50 == 0]
assert walk[-1] < 1.05 * deep.floor()
assert np.isclose(stay[-1], origin_sharpness, rtol=1e-2)

with style.style("slide"):
    figure = style.new_figure(8.6, 3.9)
    left, right = figure.subplots(1, 2)
    for place, (c, path) in enumerate(paths.items()):
        look = style.series(place) | {"markevery": 40}
        left.semilogy(np.maximum(path[:200], 1e-16), label=f"c = {c:g}", **look)
    left.set(xlabel="steps", ylabel="distance from the minimum", title="gradient descent", ylim=(1e-17, 1e2))
    left.legend(loc="lower right", ncols=2)
    right.plot(np.arange(len(walk)) * 50, walk, label="SAM", **style.series(1) | {"markevery": 8})
    right.plot(np.arange(len(stay)) * 50, stay, label="GD", **style.series(0) | {"markevery": 8})
    right.axhline(deep.floor(), color=style.BLACK, linestyle=":", label="floor")
    right.set(xlabel="steps", ylabel="largest eigenvalue", title="a small step size", ylim=(0, 120))
    right.legend(loc="center right")
figure

# %% [markdown]
# **Question.** Where does gradient descent end for $c > 1$, and what if it starts at the *flattest* minimum with such a
# step size? On the right the step size is far below the edge: what moves SAM?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
found = sco_flat.check("factorisation.escape", evidence="every sample", edge="7/5")
assert found.verdict == "proved"
stuck = departure.leave(request_from("factorisation", factors="scalar", edge=1.1, steps=4000), 1.0)
assert stuck.end is None
assert stuck.loss > 0.01
listed = ", ".join(f"{ends[c]:.1f} at c = {c:g}" for c in edges[1:])
Markdown(f"""<details><summary>Answer</summary>

At a flatter minimum: from {origin_sharpness:.1f} the largest eigenvalue goes to {listed}, each below $2/\\eta$. For
$c$ = 7/5 that is *{found.verdict}* of the exact fractions beside both ends (`sco-flat check factorisation.escape --set
edge=7/5 --evidence every-sample`). At the flattest minimum nothing is flatter, and no minimum is stable: gradient
descent jumps for ever (its loss is {stuck.loss:.2f} after four thousand steps) and ends at no minimum.

SAM takes its gradient a whole radius away from the minima, where the loss is the larger the sharper they are: it slides
along them to within {walk[-1] / deep.floor() - 1:.1%} of the floor, while gradient descent rests where it arrived. In
the valley of notebook 6 such a drift was harmful; here it finds what it is said to find.

</details>""")

# %% [markdown]
# ## What to take home
#
# - Minima of the same loss and of the same product differ in sharpness without bound; the floor $2 L s^{2-2/L}$ holds
#   at every depth by the argument above. A machine proves the step of the means for every depth, the chain at the
#   minimum at hand (`sco-flat check factorisation.floor --evidence every-sample`).
# - Balanced implies flat, flat does not imply balanced; and equal products $|A_i||B_i|$ are neither necessary nor
#   enough. Necessary is balance of the top singular pairs.
# - A step size beyond $2/\lambda_{\max}$ makes a minimum repel, at the rate $|1 - 2c|$. Where gradient descent settles,
#   it settles at a flatter one; where none is flat enough it does not settle.
# - None of this says that flat is good: the loss here is all there is, with no fresh example. For that see notebook 1.
#
# The film of it: `sco-flat animate escape`.
