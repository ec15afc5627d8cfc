"""A method on a loss, from the options."""

from __future__ import annotations

import argparse
from typing import Any

from sco_flat import numbers
from sco_flat.cli import _options
from sco_flat.errors import InputError

LARGEST = 10**6
"""Samples, at most."""


def source(args: argparse.Namespace) -> Any:
    """Read a method on a loss, and over how many samples its mean is taken."""
    from sco_flat import requests
    from sco_flat.comparisons import curves
    from sco_flat.works.base import build

    samples = numbers.whole("samples", args.samples, high=LARGEST)
    if samples < 2:
        raise InputError("samples", samples, "a confidence interval needs at least 2", "choose --samples 16")
    given = _options.given(args)
    if "event" in given:
        limit = "the mean over samples is compared with bounds in expectation: no event is imposed"
        raise InputError("event", given["event"], limit, "leave it out")
    request = requests.request_from(args.instance, **given)
    build(request)
    given = {"n": request.n, "steps": request.steps, "step_size": request.step_size} | given
    given.pop("method", None)
    return curves.Source(request.instance, request.settings.method, given, samples)
