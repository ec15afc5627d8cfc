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
# # 3. SAM, step by step
#
# *What you will see:* a start at which every gradient is smaller than rounding usually is, and SAM, which divides it
# by its own length and so marches off into a minimum that generalises badly; also, what hides this in practice.
#
# *Time:* about 25 seconds to run, 45 minutes to read. The construction is Theorem 7 of Schliserman, Vansover-Hager and
# Koren, *Flat Minima and Generalization: Insights from Stochastic Convex Optimization*, with corrected constants.

# %%
import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat.plots import style
from sco_flat.runs import execute, request_from
from sco_flat.works.flat_minima import lower

# %matplotlib inline

# %% [markdown]
# ## The method
#
# Again $F_S(w)$, the **empirical risk**, is the mean of the loss $f(w, z)$ over a sample $S$ of $n$ examples, and
# $F(w)$, the **population risk**, its mean over a fresh example.
#
# SA-GD needed a worst perturbation of length $r$ (the **perturbation radius**). **SAM** saves the search: it perturbs
# along the gradient. With **step size** $\eta$ and from $w_1 = 0$, for $t = 1, \dots, T - 1$:
# $$v_t = r\, \frac{\nabla F_S(w_t)}{|\nabla F_S(w_t)|}, \qquad w_{t+1} = w_t - \eta\, \nabla F_S(w_t + v_t),$$
# and no step where the gradient is zero. Look at the fraction: however small the gradient, $v_t$ has the full length
# $r$.

# %% [markdown]
# ## The loss
#
# An example is a row of $m = 2^n$ fair bits $z_i$. A model has a block of $T$ entries for each bit, and $b$:
# $w = (x_{i,j}, b)$, in all $d = mT + 1$ numbers. The loss has three parts, with tiny constants
# $\lambda, \gamma, \delta_j, \kappa$ and $[u]_+ = \max(u, 0)$:
# $$f(w, z) = \underbrace{\tfrac12 \sum_{i,\,j \ge 2} z_i x_{i,j}^2}_{\text{seen entries}}
# + \underbrace{\tfrac12 \sum_{i,\,j \ge 2} [x_{i,j} - \delta_j (x_{i,j-1} + \lambda 1_{j=2})]_+^2}_{\text{chain}}
# + \underbrace{\tfrac{\gamma}2 [\langle v_z, w \rangle + \delta_1]_+^2}_{\text{coupling}} .$$
# The vector $v_z$ is 1 at $b$; at $x_{i,1}$ it is 1 if $z_i = 1$ and $-\kappa$ if $z_i = 0$; elsewhere 0.
#
# The *seen entries* are an ordinary price for those who have the bit. The *chain* is the trap: a negative entry
# invites the next one to become negative. The *coupling* is the spark: the only part with a gradient at 0. The sample
# has one column $I$ without a 1 (probability at least $1/e$), whose entries $x_{I,j}$ no example sees.

# %%
n, T, eta = 6, 24, 1 / 6


def run(**numbers):
    """The package's run of SAM (or another method) on Theorem 7's instance, at the largest legal radius."""
    numbers = {"n": n, "steps": T, "step_size": eta} | numbers
    return execute(request_from("sam-chain", numbers.pop("method", "sam"), **numbers))


record, simulation = run()
instance, sample = simulation.instance, simulation.layout.sample
m, r, c, bad = instance.m, instance.perturbation_radius, instance.chain(), sample.event.columns[0]
gradient = simulation.look(np.zeros(simulation.layout.size)).gradient()
size = float(np.linalg.norm(gradient))
assert 0 < size < np.finfo(float).eps / 10
Markdown(
    f"""At the start the gradient has the length **{size:.1e}**; the rounding of the number 1 is
{np.finfo(float).eps:.1e}. Gradient descent would move by η times that. SAM multiplies it by r / |∇F_S| =
{r / size:.1e} first.

The constants at n = {n}, T = {T}, η = 1/{1 / eta:.0f}: r = {r:.3f}, λ = {c["lam"]:.1e}, γ = {c["gamma"]:.1e},
δ₁ = {c["delta_1"]:.1e}, δ₂ = {c["delta_2"]:g}, δ₃ = {c["delta_3"]:.1e}, all later δ = {c["delta"]:g},
κ = {c["kappa"]:.1e}; d = {instance.dimension}.

## By hand

We write the gradient of the three parts in NumPy, test it against differences of `instance.loss`, run SAM with it, and
compare every iterate with the package, which uses compiled kernels and stores hardly any of the coordinates."""
)


# %%
def sam_by_hand(simulation, dtype=np.float64):
    """All iterates of SAM on the sample of a run of the package, and the gradient that they use."""
    instance, codes = simulation.instance, simulation.layout.sample.codes
    constants = instance.chain()
    m, steps = instance.m, instance.steps
    lam, gamma, delta_1, kappa = (dtype(constants[name]) for name in ("lam", "gamma", "delta_1", "kappa"))
    eta, r = dtype(instance.step_size), dtype(instance.perturbation_radius)
    z = np.array([codes >> k & 1 for k in range(instance.n)]).astype(dtype)
    v_z = np.where(z == 1, dtype(1), -kappa)
    deltas = instance.weights()[1:-1].astype(dtype)

    def grad(w):
        x, b = w[:-1].reshape(m, steps), w[-1]
        g = np.zeros_like(x)
        g[:, 1:] = z.mean(axis=0, dtype=dtype)[:, None] * x[:, 1:]  # seen entries
        before = x[:, :-1].copy()
        before[:, 0] += lam
        open_ = np.maximum(x[:, 1:] - deltas * before, dtype(0))  # chain
        g[:, 1:] += open_
        g[:, :-1] -= deltas * open_
        spark = gamma * np.maximum(v_z @ x[:, 0] + b + delta_1, dtype(0))  # coupling, one number an example
        g[:, 0] += (spark[:, None] * v_z).mean(axis=0, dtype=dtype)
        return np.append(g.ravel(), spark.mean(dtype=dtype))

    iterates = [np.zeros(m * steps + 1, dtype=dtype)]
    for _ in range(steps - 1):
        w = iterates[-1]
        g = grad(w)
        length = np.sqrt(np.sum(g * g))
        iterates.append(w - eta * grad(w + r / length * g) if length > 0 else w)
    return iterates, grad


iterates, grad = sam_by_hand(simulation)
rows = np.array([sample.codes >> k & 1 for k in range(n)])
rng, h = np.random.default_rng(3), 1e-5
point = rng.standard_normal(instance.dimension)
for _ in range(20):
    u = rng.standard_normal(instance.dimension) / np.sqrt(instance.dimension)
    ahead, behind = (np.mean([instance.loss(point + s * h * u, z) for z in rows]) for s in (1, -1))
    assert abs((ahead - behind) / (2 * h) - grad(point) @ u) < 1e-6 * np.linalg.norm(grad(point))
# at a point of size 1 the coupling is too weak to be tested: it is the whole gradient at 0, so compare it there
assert np.isclose(np.linalg.norm(grad(np.zeros(instance.dimension))), size, rtol=1e-12)
gap = max(
    np.abs(w - simulation.layout.dense(p)).max() for w, (_, p) in zip(iterates, simulation.iterates(), strict=True)
)
assert gap < 1e-14

pushed = grad(iterates[0])
pushed *= r / np.linalg.norm(pushed)
firsts = pushed[:-1].reshape(m, T)[:, 0]
others = np.delete(firsts, bad)
assert firsts[bad] < -c["lam"] < 0 < others.min()
second, third = iterates[1][:-1].reshape(m, T)[bad], iterates[2][:-1].reshape(m, T)[bad]
Markdown(
    f"""Largest difference between the two over all {T} iterates and {instance.dimension} coordinates: {gap:.0e}.

1. **Spark.** The gradient at 0 comes from the coupling: positive on $b$ and on every $x_{{i,1}}$ that somebody sees,
   negative (by κ) on $x_{{I,1}}$. The perturbation makes it a vector of length r, with $x_{{I,1}}$ = {firsts[bad]:.1e},
   below −λ, while every other $x_{{i,1}}$ is at least {others.min():.1e}. So the chain opens in block $I$ only.
2. **First step.** The gradient there leaves behind $x_{{I,2}}$ = {second[1]:.1e} in $w_2$, tiny but negative.
3. **Chain.** In $w_2$ the chain term of $x_{{I,3}}$ is open, by about
   $\\delta_3 |x_{{I,2}}|$ = {c["delta_3"] * -second[1]:.0e}. That is almost the
   whole gradient now, so $v_2 \\approx r\\, e_{{I,3}}$, and the step is a full one:
   $x_{{I,3}}$ = {third[2] / (eta * r):.4f} η r in $w_3$. A negative $x_{{I,3}}$ opens the term of $x_{{I,4}}$,
   and so on."""
)

# %%
block = np.array([w[:-1].reshape(m, T)[bad] for w in iterates]) / (eta * r)  # (t, j)
norms = np.array([np.linalg.norm(grad(w)) for w in iterates])
moves = np.linalg.norm(np.diff(iterates, axis=0), axis=1)
assert np.ptp(norms[4:-1]) < 1e-4
assert norms[-1] == 0.0
for t in range(3, T + 1):
    assert -2 <= block[t - 1, t - 1] <= -1  # the newest entry of w_t: a full step
    assert (block[t - 1, t:] == 0).all()  # and nothing beyond it
outside = max(np.abs(np.delete(w[:-1].reshape(m, T), bad, axis=0)[:, 1:]).max() for w in iterates)
assert outside == 0.0

with style.style("slide"):
    figure = style.new_figure(8.6, 3.9)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    seen = norms > 0
    left.semilogy(np.arange(1, T + 1)[seen], norms[seen], label=r"gradient $|\nabla F_S(w_t)|$", **style.series(0))
    left.semilogy(np.arange(1, T), moves, label="step $|w_{t+1} - w_t|$", **style.series(1))
    left.axhline(r, color=style.BLACK, linestyle=":", label="perturbation $|v_t| = r$")
    left.set(xlabel="iterate t", ylabel="length", title="gradient and step")
    left.legend(loc="lower right")
    edges = np.arange(T + 1) + 0.5
    shade = right.pcolormesh(edges, edges, -block.T, cmap="Greys", vmin=0)
    figure.colorbar(shade, ax=right, label="units of η r")
    right.set(xlabel="iterate t", ylabel="entry j of block I", title="−x[I, j] in $w_t$")
    right.grid(False)
figure

# %% [markdown]
# **Question.** After three steps the gradient hardly changes any more, although $w_t$ moves by a full step each time.
# What is this gradient made of? And why do the entries of the staircase stay where they are (the rows are evenly
# grey)?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
late = grad(iterates[T // 2])[:-1].reshape(m, T)[bad]
share = float(late[T // 2 + 1] ** 2 / norms[T // 2] ** 2)
top, settled = -block[T // 2, T // 2], -block[-1, T // 2]
assert share > 0.9
assert settled > 0.5
Markdown(f"""<details><summary>Answer</summary>

It is the open chain term of the *next* entry: $\\delta_j |x_{{I,j-1}}|$, and all steps have the same length, so it is
always the same number, only its place moves on. At t = {T // 2 + 1} the next entry holds {share:.1%} of the squared
gradient; the rest pulls at the newest entry. (At t = T there is no next entry, and the gradient is {norms[-1]:.0f}:
not drawn.)

An older entry is negative, its own chain term is closed, and no example sees block $I$: its gradient is 0, it stays.
Only the newest one is corrected once, by the term of its successor: from {top:.3f} to {settled:.3f} η r.

</details>""")

# %% [markdown]
# ## Every suffix average
#
# A fresh example has $z_I = 1$ with probability 1/2 and then sees the whole staircase:
# $F(w) \approx \frac14 |x_I|^2$. Does averaging help? The average of $w_\tau, \dots, w_T$ is a **suffix average**;
# here is the population risk of all of them, in units of $\eta^2 r^2 T$, with $\eta r = 1/(2\sqrt T)$ as large as the
# theorem allows.

# %%
lengths = (16, 64, 256)
suffix = {}
for steps in lengths:
    built = run(steps=steps)[1]
    unit = (eta * built.instance.perturbation_radius) ** 2 * steps
    assert np.isclose(unit, 1 / 4)
    risks = built.suffix_risks / unit  # lower and upper end
    assert np.ptp(risks, axis=1).max() < 1e-9
    bound = lower.theorem7(step_size=eta, steps=steps, perturbation_radius=built.instance.perturbation_radius, n=n)
    suffix[steps] = risks[:, 0], bound.value / unit
    assert risks[:, 0].min() >= bound.value / unit >= 1 / 40

with style.style("slide"):
    figure = style.new_figure(8.6, 3.9)
    axes = figure.subplots()
    for place, (steps, (risks, bound)) in enumerate(suffix.items()):
        look = style.series(place) | {"markevery": max(steps // 16, 1)}
        axes.plot(np.arange(1, steps + 1) / steps, risks, label=f"T = {steps}", **look)
        axes.plot([0, 1], [bound, bound], color=look["color"], linestyle=":", linewidth=1)
    axes.set(xlabel="start of the suffix, τ / T", ylabel="F (units of η² r² T)", ylim=(0, 0.26))
    axes.set_title("population risk of every suffix average; dotted: the theorem's bounds")
    axes.legend(loc="upper left")
figure

# %% [markdown]
# **Question.** Which suffix average is best, and why does a longer run not help, although 0 was a perfect start?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
assert all(np.argmin(risks) == 0 for risks, _ in suffix.values())
low = ", ".join(f"{risks[0]:.4f} (bound {bound:.4f}) at T = {steps}" for steps, (risks, bound) in suffix.items())
high = ", ".join(f"{risks[-1]:.4f}" for risks, _ in suffix.values())
Markdown(f"""<details><summary>Answer</summary>

The full average ($\\tau = 1$), because it contains most of the early iterates, in which the staircase is short:
{low}, in units of η² r² T. Of the last iterate it is {high}. A longer run builds a longer staircase; each step is
shorter, since η r is, but in these units the risk even rises a little, and the unit itself is η² r² T = 1/4 at the
largest legal η r.

(The package gives an interval for each risk; they are far narrower than what is shown, and the lower end is drawn.)

</details>""")

# %%
epsilon = 1e-12
unit = (eta * r) ** 2 * T
variants = {
    "SAM": {},
    f"SAM, divides by norm + {epsilon:g}": {"epsilon": epsilon},
    "SAM without normalisation": {"normalize": False},
    "GD": {"method": "gd"},
}
lines = ["| method, in double precision | length of $w_T$ in η r | $F(w_T)$ in η² r² T |", "|---|---|---|"]
for name, options in variants.items():
    found = run(**options)[1]
    length = float(np.linalg.norm(found.layout.dense(found.last))) / (eta * r)
    risk = found.look(found.last).population_risk
    stays = length < 1e-3 and risk[1] / unit < 1e-12
    assert stays == (name != "SAM")
    lines.append(f"| {name} | {length:.1e} | {risk[0] / unit:.1e} |")
lines += ["", "| n | first gradient | SAM in double: length of $w_T$ in η r | SAM in single |", "|---|---|---|---|"]
moved = {}
for size_n in (6, 7, 8, 9, 10, 11):
    other = run(n=size_n)[1]
    reach = eta * other.instance.perturbation_radius
    double, single = (sam_by_hand(other, dtype) for dtype in (np.float64, np.float32))
    first = np.linalg.norm(double[1](double[0][0]))
    spark = single[1](single[0][0])  # not zero, but its squares may be
    assert spark.any()
    assert (np.sum(spark * spark) == 0) == (not single[0][-1].any())
    moved[size_n] = [float(np.linalg.norm(found[0][-1])) / reach for found in (double, single)]
    lines.append(f"| {size_n} | {first:.0e} | {moved[size_n][0]:.3f} | {moved[size_n][1]:.3f} |")
still = [size_n for size_n, (_, single) in moved.items() if single == 0]
assert all(double > 1 for double, _ in moved.values())
assert still
assert moved[n][1] > 1
Markdown(
    """## Why your library does not show it

Everything hangs on dividing a tiny gradient by its own length. Common code divides by $|\\nabla F_S| + \\varepsilon$,
so as not to divide by zero; and much of it runs in single precision (`float32`), in which the square of a small
number is 0. We also try the raw gradient without normalisation, and plain gradient descent (GD).

"""
    + "\n".join(lines)
    + f"""

Hence: the ε hides it at once, since the perturbation shrinks from r to {size / epsilon:.0e} r. (Of each interval for
F the lower end is shown.) Single precision alone does *not* hide it at n = {n}; it does from n = {min(still)} on
(T = {T}), where the squares in the norm underflow to 0. A method that
ignores the direction of a tiny gradient does not see the spark."""
)

# %% [markdown]
# ## The constants that were printed
#
# The package's constants are *corrected*: those printed in the paper fail. The proof of its first lemma says that
# after the first step every $x_{i,1}$ is still above $-\lambda$, so that all blocks but $I$ stay asleep; it
# multiplies two vectors entry by entry where their inner product stands, and so underrates that step. Both sets of
# constants at $T = 16$ and $\eta = 1/24$, for growing $n$:

# %%
few_steps, printed_eta = 16, 1 / 24
sizes = np.arange(6, 14)
depth, fall, verdicts = {}, {}, {}
for kind in ("corrected", "printed"):
    depth[kind], fall[kind], verdicts[kind] = [], [], []
    for size_n in sizes:
        numbers = {"n": int(size_n), "steps": few_steps, "step_size": printed_eta, "parameters": kind}
        check = sco_flat.check(7, **numbers)
        second_item = next(claim for claim in check.claims if claim.name == "first-update item 2")
        depth[kind].append(second_item.value / second_item.bound)
        found = run(**numbers)[0]
        scale = (printed_eta * found.parameters["perturbation_radius"]) ** 2 * few_steps
        fall[kind].append(np.array(found.points["last"].population_risk) / scale)
        verdicts[kind].append(check.verdict)
    fall[kind] = np.array(fall[kind])
first_bad = int(sizes[verdicts["printed"].index("fails")])
assert set(verdicts["corrected"]) == {"holds"}
assert verdicts["printed"][-1] == "fails"
assert [d > 1 for d in depth["printed"]] == [v == "fails" for v in verdicts["printed"]]

with style.style("slide"):
    figure = style.new_figure(8.6, 3.9)
    left, right = figure.subplots(1, 2)
    for place, kind in enumerate(("corrected", "printed")):
        left.semilogy(sizes, depth[kind], label=kind, **style.series(place, hollow=place == 1))
        right.plot(sizes, fall[kind][:, 0], label=kind, **style.series(place, hollow=place == 1))
    left.axhline(1, color=style.BLACK, linestyle=":", label="wakes other blocks")
    left.set(xlabel="sample size n", ylabel="depth of the lowest x[i, 1] (units of λ)", title="after one step")
    right.set(xlabel="sample size n", ylabel="$F(w_T)$ (units of η² r² T)", title="last iterate", ylim=(0, 0.22))
    left.legend(fontsize="small")
    right.legend(loc="center left")
figure

# %% [markdown]
# **Question.** The depth grows with $n$ for the printed constants. By which factor when $n$ grows by 2, and what does
# that have to do with the inner product? How small must $\eta$ be to save a large $n$?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
growth = depth["printed"][-1] / depth["printed"][-3]
doubled = sco_flat.check(7, n=10, steps=few_steps, step_size=2 * printed_eta, parameters="printed")
second_item = next(claim for claim in doubled.claims if claim.name == "first-update item 2")
with_eta = second_item.value / second_item.bound / depth["printed"][list(sizes).index(10)]
assert abs(growth - 2) < 0.3
assert abs(with_eta - 2) < 1e-6
Markdown(f"""<details><summary>Answer</summary>

From n = {sizes[-3]} to n = {sizes[-1]} by {growth:.2f}, that is like $\\sqrt m = 2^{{n/2}}$: the inner product of two
vectors with about m entries of order 1 is about m, and SAM divides by a norm of order $\\sqrt m$; entry by entry one
would get a number of order 1. The depth is proportional to η (twice the step size, {with_eta:.3f} times the depth at
n = 10), so η would have to shrink like $2^{{-n/2}}$. In this run the check first fails at n = {first_bad}, where the
depth passes λ; at n = {sizes[-1]} the last iterate has a risk of {fall["printed"][-1, 0]:.4f} instead of
{fall["corrected"][-1, 0]:.4f} η² r² T (lower ends of the package's intervals). The repair makes γ smaller by such a
factor: $\\gamma = \\lambda / (2 \\max(1, \\eta)\\, r \\sqrt{{m + 1}})$.

</details>""")

# %%
refuted = sco_flat.check(7, parameters="printed", n=12, steps=few_steps, step_size=printed_eta)
broken = [claim.name for claim in refuted.claims if claim.verdict == "fails"]
assert broken[0] == "first-update item 2"
exact = {"n": 12, "steps": few_steps, "step_size": "1/24"}
one = sco_flat.check(7, evidence="bracket", parameters="printed", **exact)
depth_one = next(claim for claim in one.claims if claim.name.startswith("first-update item 2:"))
risk_one = next(claim for claim in one.claims if "of the lowest suffix" in claim.name)
worst = sco_flat.check(7, evidence="every sample", parameters="printed", **exact)
depth_worst = next(claim for claim in worst.claims if claim.name.startswith("first-update item 2:"))
assert {c.verdict for c in (depth_one, risk_one, depth_worst)} == {"fails"}
repaired = sco_flat.check(7, evidence="every sample", **exact)
whole = sco_flat.check(7, evidence="every sample", n=1000, steps=1000, step_size="1/24..4")
assert repaired.verdict == whole.verdict == "proved"
Markdown(f"""## From a run to a proof

A float run at n = 12 with the printed constants: *{refuted.verdict}*, first at "{broken[0]}"
(`sco-flat check 7 --parameters printed --n 12 --step-size 1/24 --steps 16`). A run suggests, it does not prove.

**This sample, in ball arithmetic** (`--evidence bracket`): *{one.verdict}*, now as a proof. The lowest $x_{{i,1}}$ is
at most {float(depth_one.enclosure[1]):.4f} λ, and the lowest suffix average has a risk of at most
{float(risk_one.enclosure[1]):.5f} η² r² T, below the {float(risk_one.bound_enclosure[0]):.5f} that the printed lemmas
give.

**Every sample of the event at once** (`--evidence every-sample`). For the printed constants: *{worst.verdict}*. This
does not say that every sample fails: it refutes the lemma by one of them ({depth_worst.note}), with
{float(depth_worst.enclosure[1]):.3f} λ. For the corrected constants: *{repaired.verdict}*,

> {repaired.guarantee}

and for a size that no computer could run, n = 1000 and T = 1000, for all step sizes from 1/24 to 4 at once:

> {whole.guarantee}
""")

# %% [markdown]
# ## What to take home
#
# - SAM's normalisation turns a gradient of negligible size into a perturbation of full length. One coordinate that no
#   example sees is enough for a chain of full steps into a minimum with empirical risk 0 and large population risk.
# - No suffix average escapes: their risk is of order $\eta^2 r^2 T$. A small $\varepsilon$ in the denominator
#   stops the run before it starts.
# - Constants matter: with the printed ones the construction collapses for large $n$; with the corrected ones it is
#   proved, for every sample of the event.
#
# Next: [4_stability_and_bounds](4_stability_and_bounds.py), which measures how unstable this is.
