"""Wen, Li and Ma: three scenarios of the trace of the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sco_flat.works.base import Work


def certificates() -> Mapping[str, Callable[[str, Any], Any]]:
    """Certificates of flattest networks; python-flint loads with them."""
    from sco_flat.works.wen_li_ma.flattest import certificate

    return {certificate.FORMAT: certificate.recheck}


WORK = Work(
    name="wen-li-ma",
    title="Sharpness Minimization Algorithms Do Not Only Minimize Sharpness To Achieve Better Generalization",
    citation="K. Wen, Z. Li, T. Ma, arXiv 2307.11007",
    reference="Wen, Li and Ma",
    certificates=certificates,
)
