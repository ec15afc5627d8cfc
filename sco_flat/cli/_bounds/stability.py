"""``sco-flat bounds stability``: leave-one-out stability beside its bounds."""

from __future__ import annotations

import argparse
import json

from sco_flat.cli import _options
from sco_flat.cli.base import Command


def _add(parser: argparse.ArgumentParser) -> None:
    _options.instance(parser)
    _options.of_a_run(parser)


def _run(args: argparse.Namespace) -> int:
    from sco_flat import requests
    from sco_flat.comparisons import stability
    from sco_flat.results import overall

    found, claims = stability.claims(requests.request_from(args.instance, **_options.given(args)))
    if args.json:
        print(json.dumps(found.as_dict() | {"claims": [c.as_dict() for c in claims]}, indent=1))
    else:
        from sco_flat.terminal import comparisons as terminal

        print(terminal.stability_text(found, claims))
    return 1 if overall(claims) == "fails" else 0


KIND = Command(name="stability", help="leave-one-out stability, measured, beside its bounds", options=_add, run=_run)
