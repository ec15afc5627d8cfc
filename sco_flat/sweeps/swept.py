"""A sweep from Python: what to run as a file or as a dict, and what came of it as a record that can be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from sco_flat import numbers, vocabulary
from sco_flat.cores import cores
from sco_flat.errors import InputError
from sco_flat.presentation import Shown
from sco_flat.sweeps import claims
from sco_flat.sweeps import sweep as driver
from sco_flat.sweeps.plan import Study
from sco_flat.sweeps.rows import Counts
from sco_flat.sweeps.store import Store
from sco_flat.sweeps.work import CLAIMS

BACKENDS = ("joblib", "dask")
MOST = 1024
"""Workers, at most."""


@dataclass(frozen=True, repr=False)
class Swept(Shown):
    """How far a sweep is.

    Printed it is the text of ``sco-flat sweep``; the cells themselves are read by `sco_flat.load`.

    Attributes
    ----------
    folder : Path
        Of the store.
    counts : Counts
        Cells by state.
    failures : dict
        How many cells failed, by the reason.
    verdicts : dict
        Of checks: by verdict, how many cells have which reason.
    """

    presenter: ClassVar[str] = "sweep"

    folder: Path
    counts: Counts
    failures: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)

    def plot(self, **options: Any) -> Any:
        """Draw it as its ``[plot]`` says, or as asked: what ``sco-flat plot`` draws.

        Parameters
        ----------
        **options
            ``kind``, ``x``, ``y``, ``value``, ``unit``, ``by``, ``facet``, ``bounds``, ``title``, ``style``; ``only``
            as in `load`; ``scale="log"`` or ``"linear"``.

        Returns
        -------
        matplotlib.figure.Figure
            Drawn; a notebook shows it, ``savefig`` writes it.

        Raises
        ------
        InputError
            For what no figure of this sweep could use.
        """
        from sco_flat.sweeps import draw

        return draw.figure(self.folder, options)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        said = {verdict: found.total() for verdict, found in self.verdicts.items()}
        data = asdict(self.counts) | {"folder": str(self.folder), "failures": self.failures}
        return data | ({"verdicts": said} if said else {})


def sweep(
    study: Study,
    folder: str | Path | None = None,
    *,
    workers: int | str | None = None,
    backend: str = "joblib",
    scheduler: str | None = None,
    extend: bool = False,
    new: bool = False,
    retry: bool = False,
    only: str | Iterable[str] = (),
    changes: str | Iterable[str] = (),
) -> Swept:
    """Run what is left of a sweep; cells that are there are not computed again.

    Parameters
    ----------
    study : path or mapping
        A sweep file, or what it would say.
    folder : path, optional
        Of the store; for a file its name without the ending.
    workers : int, optional
        Processes; by default as many as the machine has cores. 1 runs in this process.
    backend : {"joblib", "dask"}
        Who hands out cells.
    scheduler : str, optional
        Address of a running Dask scheduler.
    extend, new : bool
        What was declared changed: keep what is there and add the rest, or set it aside and start again.
    retry : bool
        Run failed and damaged cells again.
    only : str or iterable of str
        Conditions on the cells, as in `load`; the others wait.
    changes : str or iterable of str
        What is changed of the study, as on the command line: ``"T=64"``.

    Returns
    -------
    Swept
        How far it is.

    Raises
    ------
    InputError
        For a study that declares no cells, one that changed, and anything that stops the sweep; rows so far stay.

    Examples
    --------
    >>> import sco_flat, tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     study = {"instance": "huber", "axes": {"n": 4, "T": [4, 8], "eta": 0.5}}
    ...     found = sco_flat.sweep(study, place, workers=1)
    ...     late = sco_flat.load(place, only="T>4")
    >>> found.counts.done, late["T"].tolist()
    (2, [8])
    """
    if extend and new:
        raise InputError("new", True, "is given with extend, and they exclude each other", "choose one")
    backend = vocabulary.word("backend", backend, BACKENDS)
    count = crew(workers)
    if folder is None:
        if isinstance(study, Mapping):
            raise InputError("folder", "missing", "a study that is no file has no name", "say where its store is")
        folder = Path(study).stem
    mode = "extend" if extend else "new" if new else None
    said = _plain(study) if isinstance(study, Mapping) else study
    counts = driver.run(
        said, folder, workers=count, backend=backend, scheduler=scheduler, mode=mode, retry=retry,
        only=_several(only), changes=_several(changes),
    )  # fmt: skip
    with Store(folder) as store:
        verdicts = claims.verdicts(store) if store.record() == (CLAIMS,) else {}
        return Swept(Path(folder), counts, store.reasons(), verdicts)


def _several(texts: str | Iterable[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def crew(workers: int | str | None) -> int:
    """Number of processes: as many as the machine has cores where none is given."""
    return cores() if workers is None else numbers.whole("workers", workers, 1, MOST)


def _plain(value: Any) -> Any:
    """What a file would say: lists for whatever is in a row, exact numbers as texts."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Fraction):
        return str(value)
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy
        return _plain(value.tolist())
    return [_plain(part) for part in value] if isinstance(value, (list, tuple, range)) else value
