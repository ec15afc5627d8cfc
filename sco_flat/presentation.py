"""How a result shows itself to people: a line, the text of the command line, a table, HTML, a picture.

What it looks like is said by the layers above, which load when somebody looks; the record itself stays light.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar

from sco_flat.errors import InputError

Rows = list[dict[str, Any]]


def above(module: str) -> Any:
    """Load a module of a higher layer, by name: the one place where a result asks for it."""
    return importlib.import_module(f"sco_flat.{module}")


def frame(columns: Mapping[str, Any]) -> Any:
    """A pandas frame where pandas is installed, else the columns as a dict: of arrays where they are, else of lists.

    Examples
    --------
    >>> found = frame({"t": [1, 2], "risk": [0.5, 0.25]})
    >>> list(found["risk"])
    [0.5, 0.25]
    """
    try:
        import pandas
    except ImportError:
        return {name: values if hasattr(values, "dtype") else list(values) for name, values in columns.items()}
    return pandas.DataFrame(columns)


class Shown:
    """A result that people look at.

    Attributes
    ----------
    presenter : str
        Which of the presenters in ``terminal.results`` shows it.
    picture : str
        Why there is none.
    """

    presenter: ClassVar[str] = ""
    picture: ClassVar[str] = "it is made of claims, which are in table()"

    def __repr__(self) -> str:
        return str(above("terminal.results").line(self))

    def __str__(self) -> str:
        return str(above("terminal.results").text(self))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(above("terminal.results").html(self))

    def table(self) -> Rows:
        """Return its rows: the points of a run with their measures; else its claims, or both ends and the bounds.

        Returns
        -------
        list of dict
            With the same keys in each row. An interval is two columns, as in sweeps: ``NAME_low`` and ``NAME``.
        """
        rows: Rows = above("terminal.results").rows(self)
        return rows

    def plot(self) -> Any:
        """Draw its picture, where there is one.

        Returns
        -------
        matplotlib.figure.Figure
            Drawn; a notebook shows it, ``savefig`` writes it.

        Raises
        ------
        InputError
            Where there is none.
        """
        raise InputError("plot", type(self).__name__, "has no picture", self.picture)

    def to_frame(self) -> Any:
        """Return `table` as a pandas frame; without pandas as a dict of columns."""
        found = self.table()
        return frame({key: [row[key] for row in found] for key in (found[0] if found else ())})
