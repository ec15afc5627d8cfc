"""Networks: losses that are not convex, an architecture on a data set.

An architecture is a file of this folder with a ``NETWORK`` (`sco_flat.networks.base.Network`): ``mlp`` (two layers, or
``depth`` of them; activation relu, linear or softplus; several outputs with cross entropy), ``layer-norm``,
``batch-norm``. A data set is an instance that derives from `sco_flat.networks.loss.NetworkLoss`:
``sco_flat/instances/xor.py``, ``ball.py``. Together they are a loss like any other, and everything runs on it: all
methods, sweeps, averages, measures. Bounds for convex losses are not applicable, and say so.

>>> import sco_flat
>>> run = sco_flat.run("xor", "sam", inputs=8, n=24, width=30, batch_size=1, steps=1200, seed=1)
>>> sorted(run.points["last"].values)[:4]
['accuracy', 'empirical_risk', 'f_gamma', 'flatness_radius']

What a work about networks builds upon:

* `sco_flat.requests.request_from` and `sco_flat.runs.execute` give the record and the `Simulation`; its
  ``snapshots(times)`` runs again and yields (t, w_t) at a thinned list of times, so that only O(1) vectors are held.
* ``loss.split(w)`` gives the layers: ``W1`` of shape (d, width), its bias or None, ``W2`` of shape (width, outputs).
  ``loss.parts()`` says where they are in w; a construction is written into ``w[loss.parts()["W1"]]`` likewise.
* ``loss.table(inputs, labels, rng)`` is a sample of given examples, for a subclass's ``draw`` or for
  `sco_flat.engines.simulation.simulate`.
* `sco_flat.networks.curvature`: ``trace`` of Gauss and Newton with its ``floor``, ``kinks``, ``train_accuracy``,
  ``accuracy`` and ``fresh_risk`` at a `Look`; `sco_flat.curvature` has ``lambda_max``, the full trace and ``F_gamma``
  of any loss. The measures of these names call them.
* ``Settings(stages=..., clamp=..., box=...)``, ``norm_cap=`` and the methods ``weight-decay`` and ``weight-noise``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sco_flat import _registry

if TYPE_CHECKING:
    from sco_flat.networks.base import Network


def names() -> tuple[str, ...]:
    """Return the registered architectures by name."""
    return _registry.names("networks")


def get(name: str) -> Network:
    """Return an architecture by its name."""
    found: Network = _registry.entry("networks", name, "network")
    return found
