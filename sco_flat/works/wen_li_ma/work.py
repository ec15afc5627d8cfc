"""Wen, Li and Ma: three scenarios of the trace of the Hessian."""

from sco_flat.works.base import Work

WORK = Work(name="wen-li-ma", title="x", citation="x, arXiv 2307.11007")
