"""A method on a problem, registered or ordinary, from the options."""

from __future__ import annotations

import argparse
from typing import Any

from sco_flat import numbers
from sco_flat.cli import _options
from sco_flat.errors import InputError

ORDINARY = {"n": 20, "steps": 200, "step_size": 0.25, "perturbation_radius": 0.1, "seed": 0, "dimension": 40}


def ordinary(args: argparse.Namespace) -> tuple[str, dict[str, Any]] | None:
    """Method and numbers of an ordinary problem; None for a registered instance."""
    from sco_flat.comparisons import ordinary

    if args.instance not in ordinary.PROBLEMS:
        return None
    given = _options.given(args)
    method = given.pop("method", "sam")
    odd = sorted(set(given) - set(ORDINARY))
    if odd:
        raise InputError(odd[0], given[odd[0]], "is not a number of an ordinary problem", "leave it out")
    if given.get("perturbation_radius") == "auto":
        raise InputError("radius", "auto", "no theorem sets the radius of an ordinary problem", "give a number")
    if "dimension" in given:
        given["dimension"] = numbers.whole("dimension", given["dimension"])
    return method, ORDINARY | given


def source(args: argparse.Namespace) -> Any:
    """Read a method on a problem, and over how many samples its mean is taken."""
    from sco_flat import requests
    from sco_flat.comparisons import curves
    from sco_flat.works.base import build

    samples = numbers.whole("samples", args.samples)
    if samples < 2:
        raise InputError("samples", samples, "a confidence interval needs at least 2", "choose --samples 16")
    found = ordinary(args)
    if found is not None:
        return curves.Source(args.instance, *found, samples)
    given = _options.given(args)
    request = requests.request_from(args.instance, **given)
    build(request)
    given = {"n": request.n, "steps": request.steps, "step_size": request.step_size} | given
    given.pop("method", None)
    return curves.Source(request.instance, request.settings.method, given, samples)
