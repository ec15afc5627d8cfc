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
# # How to prove, and how to check a proof
#
# A run in floating point suggests. For the statements that say *float run, or proof* in the
# [theory](../theory/index.rst) the same question can be decided in ball arithmetic and exact fractions, for one
# sample or for every sample of the event at once. Every command on this page was run when the book was built.

# %% tags=["hide-input"]
import contextlib
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path

from sco_flat.cli.main import main

folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def shell(line: str, expected: int = 0) -> None:
    """Run a command of sco-flat as a terminal would."""
    with contextlib.redirect_stderr(sys.stdout):
        code = main(shlex.split(line.removeprefix("sco-flat")))
    assert code == expected, code


# %% [markdown]
# ## A run that suggests

# %%
shell("sco-flat check 1 --n 8")

# %% [markdown]
# ## The same for every sample
#
# `--evidence every-sample` treats whatever depends on the sample as an interval over all samples of the event.
# Numbers are exact: `1/3` is one third. Ranges are allowed, too, and then the proof is about all numbers in them.

# %%
shell("sco-flat check 1 --n 20 --rho 0..1/2 --evidence every-sample --certificate one.json")

# %% [markdown]
# ## Somebody else's turn
#
# The certificate is a file: the question, both ends of every quantity, the verdict.

# %%
certificate = json.loads(Path("one.json").read_text())
print(*certificate, sep=", ")

# %% [markdown]
# `verify` reads nothing else. It decides every claim again, by other formulas in another arithmetic, and asks that
# the stated enclosures contain its own.

# %%
shell("sco-flat verify one.json")

# %% [markdown]
# ## A certificate that was edited
#
# We make one bound a little better than it is. The digest of the file no longer fits, and `verify` refuses with one
# line and exit code 2. Whoever mends the digest, too, is found out by the numbers: exit code 1, a claim fails.

# %%
conclusion = certificate["parts"][0]["claims"][-1]
conclusion["enclosure"][0] = "7e-2"
Path("edited.json").write_text(json.dumps(certificate))
shell("sco-flat verify edited.json", expected=2)

# %% [markdown]
# ## Where a proof stops
#
# Numbers that break a condition of the statement are refused with exit code 2, and the line says what would do:

# %%
shell("sco-flat check 7 --evidence every-sample --n 5 --steps 100", expected=2)

# %% [markdown]
# *Not applicable* is a verdict: the statement says nothing of these numbers, and the last lines say why. So is
# *undecided*: the enclosures are too wide, or the box of numbers was cut as often as it may be. Neither is a failure,
# and the exit code is 0.

# %%
shell("sco-flat check swad.theorem1 --set m=20 --set d=1001")
