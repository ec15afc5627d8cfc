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
# # 9. Averaging: when does it help?
#
# *What you will see:* a plateau on which an average lies in the flat ball although its iterates do not; a walk on which
# every average can be computed by hand, so that one sees which are safe; and a valley in which SWAD's window never ends
# on the training loss, and ends early on fresh examples.
#
# *Time:* about 15 seconds to run, 25 minutes to read; notebooks 2 and 6 come first. SWAD is the method of another
# paper: Cha et al., *Domain Generalization by Seeking Flat Minima*.

# %%
import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat.averages.swad import swad, trace
from sco_flat.plots import style
from sco_flat.runs import execute, request_from
from sco_flat.works.swad.plateau import averaged, balance, walk

# %matplotlib inline

# %% [markdown]
# ## Where it helps: noise on a plateau
#
# $f(w) = \frac12 [|w| - \rho]_+^2$ is 0 in a ball. Gradient descent with noise in 50 dimensions, from the edge:

# %%
rho = 1 / 2
runs = [walk(seed, 4000, rho) for seed in range(4)]
lengths = np.linalg.norm(runs, axis=2)
inside = np.mean(lengths <= rho)
means = [np.linalg.norm(averaged(run, rho)) for run in runs]
plain = [np.linalg.norm(run.mean(axis=0)) for run in runs]
assert inside < 1 / 20
assert abs(lengths.mean() / balance(rho) - 1) < 1 / 100
assert max(plain) < rho / 2
assert max(means) < rho

with style.style("slide"):
    figure = style.new_figure(6.4, 4.2)
    axes = figure.subplots()
    axes.plot(lengths[0], color=style.GREY, linewidth=0.7, label="iterates")
    running = np.cumsum(runs[0], axis=0) / np.arange(1, 4001)[:, None]
    axes.plot(np.linalg.norm(running, axis=1), color=style.BLUE, linewidth=2, label="mean of the first t")
    axes.axhline(rho, color=style.BLACK, linestyle=":", label="the flat ball ends")
    axes.set(xlabel="iterate t", ylabel="length", title="noise keeps the iterates out", ylim=(0, None))
    axes.legend(loc="lower left")
figure

# %% [markdown]
# **Question.** Why are the iterates outside, and the mean inside?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
said = f"{balance(rho):.3f}, and {100 * inside:.1f} % of the iterates are inside"
Markdown(f"""<details><summary>Answer</summary>

Noise of size $s$ in each of $d$ directions makes $|w|$ longer by about $(d-1) s^2/(2|w|)$ a step: nearly all directions
are sideways, and sideways is outwards. The loss pulls back only beyond the edge. They balance at {said}. But the
direction turns, and in a mean the parts cancel. The plain mean does it as well as SWAD: its lengths are
{", ".join(f"{x:.2f}" for x in plain)}, SWAD's {", ".join(f"{x:.2f}" for x in means)}.

</details>""")

# %% [markdown]
# ## Where it depends on the window: SA-GD's walk
#
# In notebook 2 the iterate $w_t$ is $-q$ in $t - 1$ entries of one block. So the mean of $N$ iterates $w_a, \dots,
# w_b$ has the squared length $q^2 \big(a - 1 + \frac{(N-1)(2N-1)}{6N}\big)$, and a fresh example feels it with
# probability one half. All windows at once, beside the run:

# %%
T, ball = 64, 1 / 5
_, sagd = execute(request_from("sagd-blocks", "sagd", n=6, steps=T, step_size=1 / 4, flatness_radius=ball, event="one"))
q = sagd.instance.step_size * (sagd.instance.perturbation_radius - ball)
total = np.cumsum([w.copy() for _, w in sagd.iterates()], axis=0)
total = np.vstack([np.zeros(total.shape[1]), total])


def by_hand(a, b):
    """F of the mean of w_a .. w_b."""
    count = b - a + 1
    return max(q * (a - 1 + (count - 1) * (2 * count - 1) / (6 * count)) ** 0.5 - ball, 0) ** 2 / 4


risks = np.full((T + 1, T + 1), np.nan)
for a in range(1, T + 1):
    for b in range(a, T + 1):
        length = np.linalg.norm((total[b] - total[a - 1]) / (b - a + 1))
        risks[a, b] = max(length - ball, 0) ** 2 / 4
        assert abs(risks[a, b] - by_hand(a, b)) < 1e-14
safe = max(b for b in range(1, T + 1) if risks[1, b] == 0)
assert abs(sagd.look(sagd.average).population_risk[0] - risks[1, T]) < 1e-14
assert risks[T, T] > risks[T // 2 + 1, T] > risks[1, T] > 0
assert np.nanmin(risks[:, T]) == risks[1, T]

with style.style("slide"):
    figure = style.new_figure(6.4, 4.2)
    axes = figure.subplots()
    ends = np.arange(1, T + 1)
    axes.plot(ends, risks[1, 1:], label="prefix: w_1 .. w_b, over b", **style.series(0) | {"markevery": 9})
    axes.plot(ends, risks[1:, T], label="suffix: w_a .. w_T, over a", **style.series(1) | {"markevery": 9})
    axes.axvline(safe, color=style.BLACK, linestyle=":", label="last safe prefix")
    axes.set(xlabel="a or b", ylabel="F of the mean", title="only early averages are safe")
    axes.legend(loc="upper left")
figure

# %% [markdown]
# **Question.** SWAD starts a window where a validation loss has stopped to fall and ends it where it rises. Fed with
# the training loss, and with fresh examples, which window does it find here?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
own, fresh = swad(sagd, 1, lambda look: look.empirical_risk), swad(sagd, 1)
assert (own[1].start, own[1].end, own[1].ended) == (0, T - 1, False)
assert fresh[1].start == 0
assert fresh[1].end == int(ball**2 / q**2)
assert fresh[1].end + 1 <= safe
assert sagd.look(fresh[0]).population_risk[1] == 0
missed = sco_flat.check("swad.miss", n_val=8)
assert missed.verdict == "proved"
Markdown(f"""<details><summary>Answer</summary>

The training loss is 0 throughout, and the window never ends: the mean is the full one, with F = {risks[1, T]:.4f}. One
fresh example that feels the bad column is enough to end it at $w_b$, $b = 1 + \\lfloor \\rho^2/q^2 \\rfloor$ =
{fresh[1].end + 1}, before the last safe one, {safe}. Of $k$ fresh examples none does with probability
$2^{{-k}}$: `sco-flat check swad.miss` proves it for every sample.

</details>""")

# %% [markdown]
# ## Where every suffix is bad
#
# In the valley of notebook 6 *every* suffix average of SAM has a risk of order $\eta r^2 T$. A window that ends is no
# suffix; one that does not is one.

# %%
_, sam = execute(request_from("sam-valley", "sam", n=4, steps=160, step_size=3 / 25))
training = trace(sam, 1, lambda look: look.empirical_risk)
risk = trace(sam, 1)
tolerances = np.linspace(1, 5, 17)
least = 3 / 25 * sam.instance.perturbation_radius**2 * 160 / 80


def risks_of(validation):
    """F of SWAD's mean for each tolerance."""
    return [sam.look(swad(sam, 1, validation, tolerance=float(r))[0]).population_risk[1] for r in tolerances]


on_training, on_fresh = risks_of(lambda look: look.empirical_risk), risks_of(lambda look: look.population_risk[1])
assert min(on_training) > least > max(on_fresh)
assert not sco_flat.swad_window(training).ended
assert sco_flat.swad_window(risk).ended
assert sco_flat.swad_window(training, mode="text").end == 2

with style.style("slide"):
    figure = style.new_figure(6.4, 4.2)
    axes = figure.subplots()
    axes.semilogy(tolerances, on_training, label="fed with the training loss", **style.series(0))
    axes.semilogy(tolerances, on_fresh, label="fed with the population risk", **style.series(1))
    axes.axhline(least, color=style.BLACK, linestyle=":", label="every suffix is above")
    axes.set(xlabel="tolerance r of the rule", ylabel="F of SWAD's mean", title="SAM in the valley")
    axes.legend(loc="center right")
figure

# %% [markdown]
# **Question.** The training loss first rises by a lot. Why does the window not end there?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
start = sco_flat.swad_window(training).start
level = sco_flat.swad_window(training).threshold
pairs = [min(pair) for pair in zip(training[start:], training[start + 1 :], strict=False)]
assert max(pairs) <= level
assert max(training) > level
Markdown(f"""<details><summary>Answer</summary>

SAM swings from one side of the valley to the other, and so does its loss: of two losses in a row the smaller one is at
most {max(pairs):.2g}, the threshold {level:.2g}. The rule asks for six losses in a row above it. The population risk
swings as well, but it grows along the valley. Even then the mean is not at the minimum: F is
{on_fresh[0]:.1e} in place of {on_training[0]:.1e}.

</details>""")

# %% [markdown]
# ## What to take home
#
# - An average is good where the iterates surround what is good: noise around a flat ball.
# - Where they walk away, an average is good only if it stops early, and what stops it is the validation set.
# - A validation set that does not feel what the sample does not feel is no help; a few fresh examples are.
# - What is seen in a run suggests; `sco-flat check swad.miss` and `swad.complexity` are proofs.
