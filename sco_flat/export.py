"""Write a run so that anyone can recompute every number of it with other tools."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from sco_flat import _files, memory
from sco_flat._files import whole_file
from sco_flat.engines.simulation import Simulation
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.results import Run


def check_target(path: str, instance: Loss) -> None:
    """Refuse, before the run, what could not be written after it.

    Raises
    ------
    InputError
        If the name does not end with .npz, the folder is missing or read-only, or the dense vectors do not fit into
        memory or on the disk.
    """
    if Path(path).suffix != ".npz":
        raise InputError("save", path, "is written as npz, whatever its name", "let the name end with .npz")
    folder = Path(path).resolve().parent
    _files.check_target("save", Path(path))
    need = 8 * (3 * instance.dimension + instance.m)
    have = min(memory.free_bytes() // 2, shutil.disk_usage(folder).free)
    if need > have:
        raise InputError(
            "save", path, f"the dense vectors take {need:,} bytes and {have:,} are free", "choose a smaller n or T"
        )


def save(path: str, run: Run, simulation: Simulation) -> None:
    """Write ``codes`` (m,), ``start``, ``last`` and ``average`` (d,) and the run as JSON to an npz file.

    Where a sample has no columns, ``inputs`` (n, k) and ``labels`` (n,) stand for the codes.

    It is written whole or not at all.

    Parameters
    ----------
    path : str
        File to write. The vectors are in the paper's order: ``x[i, j]`` at ``i T + j``, then b.
    run : Run
        The record, stored as the JSON text ``run``; its parameters also stand alone in ``parameters``.
    simulation : Simulation
        The vectors; ``start`` is w_1, so that a run from noise can be computed again.
    """
    layout = simulation.layout
    target = Path(path)
    record = run.as_dict()
    names = ("codes",) if hasattr(layout.sample, "codes") else ("inputs", "labels")
    examples = {name: getattr(layout.sample, name) for name in names}
    with whole_file("save", target) as part, open(part, "wb") as file:
        np.savez(
            file,
            **examples,
            start=layout.dense(simulation.started()),
            last=layout.dense(simulation.last),
            average=layout.dense(simulation.average),
            parameters=np.array(json.dumps(record["parameters"])),
            run=np.array(json.dumps(record)),
        )
