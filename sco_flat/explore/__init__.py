"""A page to play with: the simulators again in JavaScript, in one HTML file without network or server."""

from sco_flat.explore.page import write

__all__ = ["write"]
