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
# # How to sweep over settings
#
# A *study* is a text file: what is fixed, which axes there are, how the result is drawn. Every command on this page
# was run when the book was built; `shell` does what a terminal does.

# %% tags=["hide-input"]
import os
import shlex
import tempfile
from pathlib import Path

from IPython.display import Image

from sco_flat.cli.main import main

folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def shell(line: str) -> None:
    """Run a command of sco-flat as a terminal would."""
    code = main(shlex.split(line.removeprefix("sco-flat")))
    assert code == 0, code


# %% [markdown]
# ## Write the file
#
# Axes are numbers, lists, ranges, or expressions in the others. Here SAM and gradient descent run on the chain of
# Theorem 7 for several numbers of iterates, with the largest radius that the theorem allows, on three samples each.

# %%
Path("study.toml").write_text("""
# SAM against gradient descent on the chain.
instance = "sam-chain"
method = ["gd", "sam"]

[axes]
n = 6
T = { logspace = [16, 256, 5] }
eta = 0.25
radius = "1/(2*eta*sqrt(T))"

[random]
repeat = 3

[plot]
kind = "line"
x = "T"
by = "method"
""")

# %% [markdown]
# ## Look before you run
#
# `--dry-run` counts the cells, and says what cannot be run, before anything is.

# %%
shell("sco-flat sweep study.toml --out study --dry-run")

# %%
shell("sco-flat sweep study.toml --out study")

# %% [markdown]
# A sweep that was stopped goes on where it was: the same command again runs only what is missing. `status` counts the
# cells by state, and says why some failed.

# %%
shell("sco-flat status study")

# %% [markdown]
# ## Draw it

# %%
shell("sco-flat plot study --out study.png")
Image("study.png")

# %% [markdown]
# **Question.** Why is there no need for an error bar on gradient descent?
#
# <details><summary>Answer</summary>
#
# It starts at 0, where the risk is zero and its gradient next to nothing, and it stays there on every sample. SAM
# walks on every sample, too, and the three runs differ little: the dynamics see the sample through one number only.
#
# </details>
#
# ## Take the table elsewhere
#
# `collect` writes one table of all cells, a row each, for whatever you like to compute with.

# %%
shell("sco-flat collect study --out tables")
with Path("tables/table.csv").open() as table:
    print(table.readline().replace(",", ", "))
