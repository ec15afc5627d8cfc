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
# # 2. How SA-GD walks into a bad flat minimum
#
# *What you will see:* gradient descent on the sharpness-aware risk starts at the perfect point 0 and walks away from
# it, one new coordinate a step; who breaks ties decides whether it does, until we change the weights and nobody can.
#
# *Time:* about 30 seconds to run, 40 minutes to read. The construction is Theorem 3 of Schliserman, Vansover-Hager and
# Koren, *Flat Minima and Generalization: Insights from Stochastic Convex Optimization*.

# %%
import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat.engines.simulation import simulate
from sco_flat.plots import style
from sco_flat.runs import execute, request_from

# %matplotlib inline

# %% [markdown]
# ## The method
#
# As in the first notebook, $f(w, z) \ge 0$ is the loss of model $w$ on example $z$, the **empirical risk** $F_S(w)$
# is its mean over a sample $S$ of $n$ examples, the **population risk** $F(w)$ its mean over a fresh example, and
# $F_S^r(w) = \max_{|v| \le r} F_S(w + v)$ is the sharpness-aware empirical risk (SAER) with **perturbation radius**
# $r$.
#
# **SA-GD** is gradient descent on the SAER. With the **step size** $\eta$ and from $w_1 = 0$, for
# $t = 1, \dots, T - 1$:
# 1. an **oracle** finds a worst perturbation $v_t$, that is a maximiser of $F_S(w_t + v)$ over $|v| \le r$;
# 2. $w_{t+1} = w_t - \eta\, \nabla F_S(w_t + v_t)$.
#
# The output is the average of the iterates $w_1, \dots, w_T$, or of the last few of them (a **suffix average**).

# %% [markdown]
# ## The loss
#
# An example is a row of $m = 2^n$ fair signs, $z \in \{-1, 1\}^m$. A model has a *block* of $T$ entries for each sign
# and one more coordinate: $w = (x_{i,j}, b)$ with $i = 1, \dots, m$ and $j = 1, \dots, T$. With $[u]_+ = \max(u, 0)$,
# $$f(w, z) = \tfrac12 \Big[\sqrt{\textstyle\sum_{i,j} [z_i x_{i,j}]_+^2 + b^2} - \rho\Big]_+^2 .$$
# An example *feels* an entry only if the entry has the sign $z_i$. The loss is 0 within the **flatness radius**
# $\rho$ of the origin, for every $z$: the start is a perfect, flat minimum of $F_S$ and of $F$.
#
# By chance (probability at least $1 - 1/e$) the sample has a column $I$ of plus signs only. Every example then feels
# $x_{I,j}$ if it is positive, and none feels it if it is negative.
#
# ## Many worst perturbations
#
# What does the oracle see at $w_1 = 0$? We try some vectors $v$ of length $r$ with the definition of the loss,
# `instance.loss(v, z)`, which is a few lines of NumPy.

# %%
n, T, eta, rho, seed = 6, 16, 1 / 4, 1 / 50, 1


def ask(oracle="adversarial", preset="paper", steps=T, seed=seed):
    """SA-GD on Theorem 3's instance; the perturbation radius is the largest that the theorem allows."""
    numbers = {"n": n, "steps": steps, "step_size": eta, "flatness_radius": rho, "seed": seed}
    return request_from("sagd-blocks", "sagd", oracle=oracle, preset=preset, **numbers)


def run(*given, **named):
    """The run, and its record with every measure."""
    return execute(ask(*given, **named))


paper, walk = run()
instance, sample = walk.instance, walk.layout.sample
m, r, bad = instance.m, instance.perturbation_radius, sample.event.columns[0]
rows = np.array([sample.codes >> k & 1 for k in range(n)])  # rows[k] is example z_k; 1 is plus, 0 is minus
plus = rows.sum(axis=0)
assert plus[bad] == n
assert plus.min() > 0  # and no column is all minus: that would be a second bad block
assert list(walk.layout.rows) == [bad]  # the block I is all that this run had to store


def unit(i, j):
    """The vector of length 1 along x[i, j], j from 1."""
    e = np.zeros(instance.dimension)
    e[i * T + j - 1] = 1.0
    return e


def empirical_risk(problem, w):
    """F_S from its definition."""
    return np.mean([problem.loss(w, z) for z in rows])


e_b = np.eye(1, instance.dimension, instance.dimension - 1).ravel()
near = int(np.argmax(plus == n - 1))  # felt by all examples but one
trials = {
    "$r\\,e_{I,1}$": unit(bad, 1), "$r\\,e_{I,9}$": unit(bad, 9), "$r\\,e_b$": e_b, "$-r\\,e_b$": -e_b,
    "$r\\,(3 e_{I,1} + 4 e_b)/5$": (3 * unit(bad, 1) + 4 * e_b) / 5,
    "$r\\,e_{i,1}$, five of six feel i": unit(near, 1), "$-r\\,e_{I,1}$": -unit(bad, 1),
}  # fmt: skip
values = {name: empirical_risk(instance, r * v) for name, v in trials.items()}
best = (r - rho) ** 2 / 2
assert np.allclose(list(values.values())[:5], best)
assert max(list(values.values())[5:]) < best - 0.05
table = [f"| {name} | {value:.4f} |" for name, value in values.items()]
ties = sum(np.isclose(value, best) for value in values.values())
assert ties == 5
Markdown(
    "\n".join(["| $v$ | $F_S(0 + v)$ |", "|---|---|", *table])
    + f"""

The largest possible value is $(r - \\rho)^2/2$ = {best:.4f}, and {ties} of these vectors reach it. The maximisers
form a whole **face** of the ball: every $v$ of length $r$ that is made of $b$ and of non-negative entries of block
$I$. All are correct answers of the oracle, and Theorem 3 needs the one that hurts most: $v_t = r\\, e_{{I,t}}$, the
next unused entry of the bad block.

Then $\\nabla F_S(v_1) = (r - \\rho)\\, e_{{I,1}}$, so $w_2 = -q\\, e_{{I,1}}$ with $q = \\eta (r - \\rho)$. The entry
is negative now, and no example feels it any more: the sample has forgotten that we ever moved. So step 2 is like
step 1, with the next entry, and $w_t = -q \\sum_{{s < t}} e_{{I,s}}$. But a fresh example with
$z_I = -1$ feels all of them."""
)

# %%
q, h = eta * (r - rho), 1e-6
v = r * unit(bad, 1)
for direction, slope in ((unit(bad, 1), r - rho), (unit(bad, 2), 0.0), (e_b, 0.0)):
    ahead, behind = (empirical_risk(instance, v + sign * h * direction) for sign in (1, -1))
    assert abs((ahead - behind) / (2 * h) - slope) < 1e-6  # the gradient, by differences of the written loss
risks = []
for t, w in walk.iterates():
    block = walk.layout.dense(w)[:-1].reshape(m, T)[bad]
    assert np.allclose(block, np.where(np.arange(1, T + 1) < t, -q, 0.0), atol=1e-15)
    point = walk.look(w.copy())
    assert point.empirical_risk == 0.0
    risks.append(point.population_risk[0])
assert (np.diff(risks) >= 0).all()
Markdown(
    f"The run of the package is exactly this walk, step by step: T = {T}, q = {q:.3f}. On the way the empirical risk "
    f"is 0 at every iterate, and the population risk climbs from {risks[0]:.3f} to {risks[-1]:.3f}."
)

# %% [markdown]
# ## Four ways to break a tie
#
# | oracle | among the maximisers it takes |
# |---|---|
# | `adversarial` | the next unused entry of block $I$ (the paper's choice) |
# | `coordinate` | a random one of the tied coordinates |
# | `uniform` | a random point of the face |
# | `benign` | $b$, whenever $b$ ties |
#
# A fifth, `ascent`, knows nothing of faces: it climbs numerically, $v \leftarrow r\, \nabla F_S / |\nabla F_S|$, from
# several starts. Below: the block $I$ and $b$ (last bar) after 1, 5 and 15 steps.

# %%
oracles = ("adversarial", "coordinate", "uniform", "benign")
shown = (2, 6, T)
runs = {oracle: run(oracle) for oracle in oracles}
bars = {}
for oracle in oracles:
    for t, w in runs[oracle][1].iterates():
        if t in shown:
            dense = runs[oracle][1].layout.dense(w)
            bars[oracle, t] = np.append(dense[:-1].reshape(m, T)[bad], dense[-1]) / q
assert all((b[:-1] <= 1e-12).all() for b in bars.values())

with style.style("slide"):
    figure = style.new_figure(8.6, 5.2)
    grid = figure.subplots(len(oracles), len(shown), sharex=True, sharey=True)
    for oracle, line in zip(oracles, grid, strict=True):
        for t, axes in zip(shown, line, strict=True):
            axes.bar(np.arange(1, T + 1), -bars[oracle, t][:-1], color=style.BLUE)
            axes.bar([T + 2], np.abs(bars[oracle, t][-1:]), color=style.ORANGE, hatch="//", edgecolor=style.BLACK)
            axes.set(xticks=[1, 8, T, T + 2], ylim=(0, 1.15))
            axes.set_xticklabels(["1", "8", "", "b"])
            if oracle == oracles[0]:
                axes.set_title(f"t = {t}")
        line[0].set_ylabel(oracle)
    figure.supxlabel("entry j of block I, and b", fontsize="medium")
    figure.supylabel("−x[I, j] and |b|, units of q = η (r − ρ)", fontsize="medium")
figure

# %% [markdown]
# **Question.** Why does `uniform` stop filling the block after its first step, although it is random, while
# `coordinate` goes on for a while?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
tied = {oracle: runs[oracle][1].tied_steps for oracle in oracles}
assert tied["uniform"] == tied["benign"] == 1
assert 1 < tied["coordinate"] < tied["adversarial"] == T - 1
assert np.abs(bars["coordinate", T][-1]) > 0
assert np.allclose(bars["uniform", 2][:-1], bars["uniform", T][:-1], atol=1e-12)
length = float(np.linalg.norm(bars["uniform", T][:-1]))
assert length <= 1
Markdown(f"""<details><summary>Answer</summary>

A random point of the face has some $b$ in it, so after one step $b \\ne 0$. From then on pushing $b$ further out is the
*only* maximiser (every example feels all of $b$, and the push adds to it in full). The tie is gone: `uniform` and
`benign` met a tie on {tied["uniform"]} step only, `coordinate` on {tied["coordinate"]}, `adversarial` on
{tied["adversarial"]} of {T - 1}.

`coordinate` picks single coordinates, and $b$ is one of many, so for a while it does the adversary's work; once it
has picked $b$, it is caught like the others. `uniform` leaves in block $I$ what its first step put there: a vector of
length {length:.2f} q, and never longer than q, while the adversary's walk ends at a length of $q \\sqrt{{T - 1}}$.

</details>""")

# %% [markdown]
# ## More steps
#
# Theorem 3 lets $\eta (r - \rho) = 1/\sqrt T$, the largest legal radius for each $T$: shorter steps, but more of
# them. The average of all iterates, for growing $T$:

# %%
times = (16, 64, 256)
seeds = range(1, 4)
plans = [(oracle, times) for oracle in oracles] + [("ascent", (8, 16))]


def averages(preset):
    """Mean over the seeds of F_S and of F (lower end) at the full average, by oracle."""
    found = {}
    for oracle, lengths in plans:
        means = []
        for steps in lengths:
            # the iterates alone: the record also measures how sharp every point is, which takes longer
            requests = [ask(oracle, preset, steps, s) for s in seeds]
            losses = [request.build() for request in requests]
            walks = [simulate(f, r.sample(f), r.settings, r.seed) for f, r in zip(losses, requests, strict=True)]
            points = [walk.look(walk.average) for walk in walks]
            means.append(np.mean([(p.empirical_risk, p.population_risk[0]) for p in points], axis=0))
        found[oracle] = np.array(means)
    return found


result, floor = averages("paper"), 1e-6
with style.style("slide"):
    figure = style.new_figure(8.6, 4.2)
    for column, axes in enumerate(figure.subplots(1, 2, sharey=True)):
        for place, (oracle, lengths) in enumerate(plans):
            axes.loglog(lengths, np.maximum(result[oracle][:, column], floor), label=oracle, **style.series(place))
        style.at_floor(axes, floor)
        axes.set(xlabel="number of iterates T", title=("empirical risk $F_S$", "population risk $F$")[column])
        axes.set_ylim(floor / 5, 1)
    figure.axes[0].set_ylabel("risk of the full average (units of the loss)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=5)
figure

# %% [markdown]
# **Question.** The method, the sample and the SAER are the same for all curves. Which oracles are *wrong*? And what
# does the figure say about the sentence "SA-GD generalises badly"?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
last = {oracle: found[-1, 1] for oracle, found in result.items()}
assert max(found[-1, 0] for found in result.values()) < 1e-6
assert last["adversarial"] > 0.05
assert last["coordinate"] > 0.05
assert max(last["uniform"], last["benign"]) < 1e-3
assert (np.diff(result["uniform"][:, 1]) < 0).all()
Markdown(f"""<details><summary>Answer</summary>

None is wrong: the first four return exact maximisers, only `ascent` is numerical, and all make the empirical risk
vanish. At T = {times[-1]} the population risk is {last["adversarial"]:.4f} with `adversarial`,
{last["coordinate"]:.4f} with `coordinate`, {last["uniform"]:.1e} with `uniform` and {last["benign"]:.1e} with
`benign`; `ascent` has {result["ascent"][-1, 1]:.4f} at T = {plans[-1][1][-1]}. (Means over {len(seeds)} samples that
have a bad column; risks below {floor:g} are drawn at {floor:g}; the lower end of the package's interval is shown.)

So with these weights the sentence has to be "SA-GD *with some tie-break* generalises badly". That is what Theorem 3
proves, and all that is true of this loss.

</details>""")

# %% [markdown]
# ## Weights that keep b out of the tie
#
# Ties with b can be removed. Give entry $x_{i,j}$ the weight $a_j$ and $b$ the weight $c$ under the root of the loss,
# $\sum_{i,j} a_j^2 [z_i x_{i,j}]_+^2 + c^2 b^2$, with $c < 1$ and $a_1 > a_2 > \dots > a_T$ falling very slowly from
# 1. The package calls this `preset="robust"`. Loss, flatness radius and sample are otherwise as before.
#
# Left: the inner value $F_S(0 + v)$ of pushing one coordinate by $r$. Right: the population risk of the full average.

# %%
robust = run(preset="robust")[1].instance
resolved = robust.resolved()
values_j = np.array([empirical_risk(robust, r * unit(bad, j)) for j in range(1, T + 1)])
value_b, value_near = empirical_risk(robust, r * e_b), empirical_risk(robust, r * unit(near, 1))
assert (np.diff(values_j) < 0).all()  # of block I, the first entry is the only maximiser
assert values_j[-1] > max(value_b, value_near)  # and even the last entry beats everything else
result_robust = averages("robust")
exact_oracles = np.array([result_robust[oracle][:, 1] for oracle in oracles])
assert exact_oracles.min() > 0.05
assert result_robust["ascent"][:, 1].min() > 0.05
assert np.ptp(exact_oracles, axis=0).max() < 0.005

with style.style("slide"):
    figure = style.new_figure(8.6, 4.2)
    left, right = figure.subplots(1, 2)
    left.plot(np.arange(1, T + 1), values_j, "o", color=style.BLUE)
    left.plot([T + 2, T + 4], [value_b, value_near], "D", color=style.VERMILLION)
    left.axhline(values_j[0], color=style.BLACK, linestyle=":")
    left.set_xticks([1, 8, T, T + 2, T + 4], ["1", "8", "16", "b", "i"])
    left.set(
        xlabel="entry j of block I; b; a column i that five of six feel", ylabel="$F_S(0 + v)$ (units of the loss)"
    )
    left.set_title("the oracle's choice")
    left.set_ylim(0.95 * value_b, 1.02 * values_j[0])
    for place, (oracle, lengths) in enumerate(plans):
        right.semilogx(lengths, result_robust[oracle][:, 1], label=oracle, **style.series(place, hollow=True))
    right.set(xlabel="number of iterates T", ylabel="F (units of the loss)", title="robust weights", ylim=(0, 0.1))
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=5)
figure

# %% [markdown]
# **Question.** After the first step the entry $x_{I,1}$ is negative. Why does the oracle move on to $x_{I,2}$ instead
# of pushing $x_{I,1}$ again, although $a_1 > a_2$?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
w = -q * unit(bad, 1)
again, onwards = (empirical_risk(robust, w + r * unit(bad, j)) for j in (1, 2))
assert onwards > again
Markdown(f"""<details><summary>Answer</summary>

A push of length r along $x_{{I,1}}$ must first climb back from about $-q$ to 0, where nobody feels anything; only
$r - q$ of it counts. Along the fresh entry $x_{{I,2}}$ all of it counts. At $w = -q\\, e_{{I,1}}$ the values are
{again:.4f} and {onwards:.4f}. The weights fall by {resolved["decay"]:.3g} in all and $c$ = {resolved["bias"]:g}, so the
differences at 0 are small, but a maximum does not ask by how much. With every exact oracle the mean risk is between
{exact_oracles[:, -1].min():.4f} and {exact_oracles[:, -1].max():.4f} at T = {times[-1]} (`ascent`:
{result_robust["ascent"][-1, 1]:.4f} at T = {plans[-1][1][-1]}).

</details>""")

# %%
lines = ["| run | claim | measured | | bound |", "|---|---|---|---|---|"]
checks = {"paper, adversarial": {}, "robust, uniform": {"preset": "robust", "oracle": "uniform"}}
for name, options in checks.items():
    found = sco_flat.check(3, n=n, steps=64, step_size=eta, flatness_radius=rho, seed=seed, **options)
    assert found.verdict == "holds"
    record = sco_flat.run("sagd-blocks", n=n, steps=64, step_size=eta, flatness_radius=rho, seed=seed, **options)
    upper = [c for c in record.claims if c.name.startswith("saer")]
    assert upper
    assert all(c.verdict == "holds" for c in upper)
    for c in [c for c in found.claims if c.kind == "conclusion"] + upper:
        lines.append(f"| {name} | {c.name} | {c.value:.4g} | {c.relation} | {c.bound:.4g} |")
Markdown(
    """## Against the theorems

Theorem 3 bounds the population risk of every suffix average from *below*; Theorem 2 bounds the SAER of the full average
from *above*. Both hold at once: the method does what it is made for, and generalises badly.

"""
    + "\n".join(lines)
    + """

Both checks of Theorem 3 hold. They are float checks: a run suggests, it does not prove. On the command line:
`sco-flat check 3 --seed 1` and `sco-flat check 3 --seed 1 --preset robust --oracle uniform`."""
)

# %% [markdown]
# ## What to take home
#
# - A step to a worst perturbation teaches the sample nothing it can remember: the entry that was pushed becomes
#   negative, is no longer felt, and the next one is pushed. The empirical risk stays 0, the population risk does not.
# - With the paper's weights the worst perturbation is not unique, and the theorem is about the worst choice of it.
# - With slightly falling weights it is unique, and every correct oracle walks into the bad minimum.
#
# Next: [3_sam_step_by_step](3_sam_step_by_step.py), about SAM, which needs no oracle at all.
