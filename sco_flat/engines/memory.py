"""What a run holds in memory, from its numbers alone: the one place where that is estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

from sco_flat import memory
from sco_flat.columns import STRETCH
from sco_flat.engines.base import Engine
from sco_flat.engines.simulation import DETAILED, choose_engine
from sco_flat.errors import InputError
from sco_flat.instances.base import Loss
from sco_flat.settings import Settings

VECTORS = 10
"""Stored vectors of a run and of what is measured on it: w, v, the sum and its rounding errors, averages, ascents."""
LOGGED = 16
"""Numbers for each stored entry and for each step in the log of a sparse run."""
LISTED = 20
"""Numbers for each step whatever the loss: batches, and risks as Python's numbers."""
NUMBER = 8
"""Bytes."""
SEEN = 4096
"""Bytes that are remembered of a stretch of columns that are not stored."""
SIZES = ("n", "steps", "dimension", "width")
"""Numbers of a loss that may be made smaller."""


def run_bytes(instance: Loss, settings: Settings) -> float:
    """Bytes of a run, its sample and its measures, about.

    Of a sparse run as many blocks are stored as there are bad columns, on average; what wakes on the way is not known.
    """
    engine = choose_engine(instance, settings)
    blocks = _blocks(instance, engine)
    full = blocks == instance.m
    unseen = engine.streams and instance.streamed and not full
    numbers = 0 if full else 1 if unseen else instance.passive * instance.m
    stored = blocks * instance.length + numbers + 1
    numerical = settings.maximiser is not None and not settings.maximiser.exact
    vectors = VECTORS + instance.scratch + 2 * numerical + settings.rule.memory
    held = vectors * stored + 2 * (blocks if unseen else instance.passive * instance.m) + LISTED * instance.steps
    if "batch_size" in settings.rule.reads and settings.batch_size is not None:
        drawn = settings.batch_size if instance.any_batch else instance.n  # of the order of all examples at each step
        held += 3 * drawn * instance.steps
    if engine.every_block or instance.steps <= DETAILED:
        moving = blocks if engine.every_block else _bad(instance)  # what rests is profiled once
        held += instance.steps * instance.profile_size(moving)
    else:
        held += LOGGED * (instance.steps + blocks * instance.length) + 4 * instance.steps * (blocks + 1)
    return NUMBER * float(held) + (SEEN * -(-instance.m // STRETCH) if unseen else instance.sample_bytes())


def _blocks(instance: Loss, engine: Engine) -> int:
    """Blocks that are stored from the start, about."""
    if engine.every_block or not instance.sleeps or not instance.has_blocks:
        return instance.m
    return _bad(instance)


def _bad(instance: Loss) -> int:
    """Bad columns, on average, and one more."""
    return min(instance.m, 1 + (instance.m >> instance.n))


def ask(instance: Loss, settings: Settings, more: Callable[[Loss], float] = lambda loss: 0.0) -> None:
    """Refuse a run that does not fit into memory, before its sample is drawn.

    Parameters
    ----------
    instance, settings : Loss, Settings
        The run.
    more : callable
        Bytes of what is held beside it.

    Raises
    ------
    InputError
        With what would fit; see `sco_flat.memory.ask`.
    """

    def mend(have: int) -> str:
        if settings.engine != "auto" and run_bytes(instance, replace(settings, engine="auto")) + more(instance) <= have:
            return "leave --engine out"
        return smaller(instance, need, have)

    def need(loss: Loss) -> float:
        return run_bytes(loss, settings) + more(loss)

    memory.ask(need(instance), mend)


def smaller(instance: Loss, need: Callable[[Loss], float], have: float) -> str:
    """Name the number of a loss that has to give way least, and its largest value that fits into so many bytes."""
    found: dict[str, tuple[float, int]] = {}
    for key in SIZES:
        now = getattr(instance, key, None)
        if now is None or key not in {f.name for f in fields(instance)}:
            continue

        def fitting(value: int, key: str = key) -> bool:
            try:
                return need(replace(instance, **{key: value})) <= have
            except InputError:  # smaller than the loss can be
                return True

        value = memory.largest(fitting, now - 1)
        if value and _exists(instance, key, value):
            columns = key == "n" and instance.has_blocks and getattr(instance, "width", None) is None
            found[key] = (2.0 ** (value - now) if columns else value / now), value
    if not found:
        return "choose smaller numbers"
    key = max(found, key=lambda name: found[name][0])
    return f"take --{key} {memory.rounded(found[key][1])} or less"


def _exists(instance: Loss, key: str, value: int) -> bool:
    try:
        replace(instance, **{key: value})
    except InputError:
        return False
    return True
