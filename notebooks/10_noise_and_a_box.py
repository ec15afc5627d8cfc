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
# # 10. Noise and a box
#
# *What you will see:* that no noise on the weights tells the bad flat minimum of Theorem 1 from the good one; that a
# box around the start keeps SA-GD safe exactly as long as its walk stays in the flat ball; and what both do in the
# setting for which they were made, where new classes arrive with a few examples each.
#
# *Time:* some seconds to run, 20 minutes to read, after notebook 2. The source is Shi et al., *Overcoming Catastrophic
# Forgetting in Incremental Few-Shot Learning by Finding Flat Minima* (F2M): train the base classes with noise on the
# weights, then keep every weight within a distance $b$ of where it was.

# %%
import math

import numpy as np
from IPython.display import Markdown

import sco_flat
from sco_flat import instances
from sco_flat.plots import style
from sco_flat.works.f2m import tasks
from sco_flat.works.f2m.figures import sessions as figures
from sco_flat.works.f2m.network import Search, trained
from sco_flat.works.f2m.sessions import followed, sensitivity

# %matplotlib inline

# %% [markdown]
# ## What noise sees
#
# On `flat-erm` the loss of an example $z$ is $\tfrac12 [\xi_z(w) - \rho]_+^2$ with $\xi_z(w)^2 = \sum_i z_i x_i^2 +
# b^2$. The sample has a column $I$ that is 0 in all of its examples. The unit vector $e_I$ is then a minimum of $F_S$,
# and a bad one: a fresh example has $z_I = 1$ half of the time. We draw noise $v$ and compare $f(e_I + v, z)$ with
# $f(v, z)$, the same noise around the good minimum 0.

# %%
width, rho = 6, 0.2
loss = instances.get("flat-erm")(
    n=3, steps=1, step_size=0.25, perturbation_radius=0.1, flatness_radius=rho, width=width
)
rng = np.random.default_rng(0)
column = width - 1
bad = np.zeros(loss.dimension)
bad[column] = 1.0
seen = [np.array([*rng.integers(0, 2, column), 0]) for _ in range(30)]
fresh = [np.array([*z[:column], 1]) for z in seen]
noise = [rng.normal(0.0, 0.4, loss.dimension) for _ in seen]


def pairs(examples):
    """Losses around the bad minimum and around 0, under the same noise."""
    return np.array([(loss.loss(bad + v, z), loss.loss(v, z)) for v, z in zip(noise, examples, strict=True)])


on_sample, on_fresh = pairs(seen), pairs(fresh)
assert np.array_equal(on_sample[:, 0], on_sample[:, 1])
assert np.any(on_fresh[:, 0] != on_fresh[:, 1])
assert on_sample.max() > 0

with style.style("slide"):
    figure = style.new_figure(8.0, 3.8)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for place, (axes, title, found) in enumerate(
        zip(panels, ("examples of the sample", "fresh examples with the column"), (on_sample, on_fresh), strict=True)
    ):
        axes.plot(found[:, 1], found[:, 0], **style.series(place) | {"linestyle": ""})
        axes.axline((0, 0), slope=1, color=style.GREY, linewidth=1)
        axes.set(title=title, xlabel="loss around 0")
    panels[0].set_ylabel("loss around the bad minimum")
figure

# %% [markdown]
# **Question.** Is that luck of these draws? And would a worst perturbation, or the curvature, see more?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
blind = sco_flat.check("f2m.blind", width=width)
assert blind.verdict == "proved"
assert all(c.evidence == "symbolic" for c in blind.claims)
Markdown("""<details><summary>Answer</summary>

It is no luck. As polynomials in $v$, $\\xi_z(e_I + v)^2 - \\xi_z(v)^2 = z_I (1 + 2 v_I)$, and $z_I = 0$ on the sample:
so $f(e_I + v, z) = f(v, z)$ for *all* $v$. Whatever is made of the values of $F_S$ around a point is the same at $e_I$
as at 0: noise of any law, the worst perturbation, every derivative. `sco-flat check f2m.blind` compares the
coefficients for all examples of a width, in whole numbers.

</details>""")

# %% [markdown]
# ## A box on SA-GD's walk
#
# SA-GD on `sagd-blocks` takes a new coordinate at every step and moves it by $q = \eta (r - \rho)$ (notebook 2). Now
# every entry is kept within $b$ of its start. Then the last iterate has $\min(b, q)$ on $T - 1$ entries, and
# $$F(w_T) = \tfrac14 \left[\min(b, q) \sqrt{T - 1} - \rho\right]_+^2 .$$

# %%
steps, q = 64, 1 / 8
numbers = {"n": 3, "steps": steps, "step_size": 0.25, "flatness_radius": rho, "perturbation_radius": rho + q / 0.25}
shares = np.array([0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 1.0, 1.5])
risks, moves = [], []
for share in shares:
    run = sco_flat.run("sagd-blocks", "sagd", clamp=share * q, **numbers)
    risks.append(run.points["last"].population_risk[1])
expected = 0.25 * np.maximum(np.minimum(shares, 1.0) * q * math.sqrt(steps - 1) - rho, 0.0) ** 2
assert np.allclose(risks, expected, rtol=1e-9, atol=1e-15)
edge = rho / math.sqrt(steps - 1) / q
assert all((risk == 0) == (share <= edge) for share, risk in zip(shares, risks, strict=True))

with style.style("slide"):
    figure = style.new_figure(8.0, 3.8)
    axes = figure.subplots()
    fine = np.linspace(0.0, 1.6, 200)
    curve = 0.25 * np.maximum(np.minimum(fine, 1.0) * q * math.sqrt(steps - 1) - rho, 0.0) ** 2
    axes.plot(fine, curve, color=style.GREY, label="formula")
    axes.plot(shares, risks, **style.series(0) | {"linestyle": ""}, label="runs")
    axes.axvline(edge, color=style.BLACK, linestyle=":", label="b sqrt(T - 1) = rho")
    axes.set(xlabel="half-width b of the box, in units of q", ylabel="population risk of the last iterate")
    axes.legend()
figure

# %% [markdown]
# **Question.** Which boxes are safe, and what does that say about "stay in the flat minimum"?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
found = sco_flat.check("f2m.clamp")
assert found.verdict == "holds"
assert sum("just" in c.name for c in found.claims) == 2
Markdown(f"""<details><summary>Answer</summary>

Those with $b \\sqrt{{T - 1}} \\le \\rho$: the corner of the box, as far as the walk goes into it, must lie in the flat
ball. Here that is $b \\le {edge:.3f}\\, q$. A box is safe because it is *inside* the flat ball, and it must shrink as
the walk goes on; that every point of it has zero empirical risk says nothing about fresh examples. Boxes just below
and just above the threshold are tried by `sco-flat check f2m.clamp`.

</details>""")

# %% [markdown]
# ## New classes with few examples
#
# Now F2M's own setting, in small: twelve Gaussian classes in 24 dimensions are learned by a network of two layers, then
# four sessions bring two new classes each, with five examples. A point belongs to the class with the nearest mean of
# its embedding. The box and the noise are those of the second layer.

# %%
task, bound = tasks.gaussians(0, 5), 0.15
searches = {"plain": Search(bound, 0, 0.0), "noise": Search(bound, 2, 0.01)}
nets = {
    name: trained(task.base, search, np.random.default_rng([0, 2]), hidden=48, steps=1000, step_size=0.2)
    for name, search in searches.items()
}
ways = {
    "frozen": ("plain", None, 0),
    "fine-tune": ("plain", None, 20),
    "clamp": ("plain", bound, 20),
    "F2M": ("noise", bound, 20),
}
rows = {
    way: followed(nets[net], task, box=box, epochs=epochs, step_size=0.05) for way, (net, box, epochs) in ways.items()
}
still = followed(nets["plain"], task, box=0.0, epochs=20, step_size=0.05)
assert np.array_equal(still.embedding, nets["plain"].second)
assert still.accuracy == rows["frozen"].accuracy
assert rows["frozen"].moved == 0
assert rows["fine-tune"].moved > bound
assert max(rows[way].moved for way in ("clamp", "F2M")) <= bound * (1 + 1e-12)
assert rows["fine-tune"].base < rows["clamp"].base < rows["frozen"].base

data = {
    "rows": {way: np.array([row.accuracy]) for way, row in rows.items()},
    "shares": np.linspace(-3, 3, 13),
    "losses": {name: figures.along(net, task, np.linspace(-3, 3, 13), bound) for name, net in nets.items()},
    "parameters": {"b": bound, "seeds": 1},
}
with style.style("paper"):
    figure = figures.draw(data)
figure

# %% [markdown]
# **Question.** Did noise find a flatter minimum? Did that help, and against what?

# %% jupyter={"source_hidden": true} tags=["hide-input"]
quiet = {name: sensitivity(net, task.base, bound, np.random.default_rng(3)) for name, net in nets.items()}
assert quiet["plain"] > 5 * quiet["noise"]
assert rows["F2M"].base > rows["fine-tune"].base
ends = ", ".join(f"{way} {row.accuracy[-1]:.3f}" for way, row in rows.items())
Markdown(f"""<details><summary>Answer</summary>

It did: under noise within $b$ the squared change of the loss is {quiet["plain"] / quiet["noise"]:.0f} times smaller.
And it helped *those who move*: after the last session the accuracies on all classes are {ends}. But to move at all is
a loss: frozen weights with the nearest mean are the best or nearly so, which the paper itself has as an empirical
finding about older methods. That F2M beats them is not reproduced here. `sco-flat check f2m.sessions` has six seeds of
it, and `--set data=digits` handwritten digits.

</details>""")

# %% [markdown]
# ## What to take home
#
# - Flatness that is measured by perturbing weights is a function of $F_S$ around a point. Where two minima have the
# same   $F_S$ around them, no such method can choose between them.
# - A box keeps what is known *on the sample*. It is safe for fresh examples only inside the ball on which the risk
# itself   is flat.
# - In the setting of few examples both help whoever trains on. The simplest rival, not to train on, is hard to beat.
