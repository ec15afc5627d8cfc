"""One vocabulary: the options of a run by their long names, symbols and aliases, who reads them, and how.

It is the same in Python, on the command line, in the files of sweeps and for the columns of their tables. It loads
nothing numerical, so that ``--help`` is instant; `sco_flat.requests` makes a request of what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args, get_origin

from sco_flat import numbers
from sco_flat._registry import names
from sco_flat.errors import LIST, InputError, shown, unknown_name

Kind = Literal["real", "whole", "word", "flag", "start", "stages"]
Reader = Literal["request", "run", "method", "blocks", "loss", "average"]
Words = Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Option:
    """An option of a run.

    Attributes
    ----------
    name : str
        Its long name in Python; on the command line and in TOML with dashes, too.
    kind : {"real", "whole", "word", "flag", "start", "stages"}
        What its value is.
    reader : {"request", "run", "method", "blocks", "loss", "average"}
        Who reads it: every request, every method, the methods that list it in ``reads``, the losses with blocks, the
        losses that have a field of this name, or the averages that list it in ``numbers``.
    help : str
        One line; ``{words}`` stands for its choices.
    metavar : str
        Its value in help texts.
    aliases : tuple of str
        Symbols and other names that mean the same.
    near : tuple of str
        Names that it is looked for by; they are no aliases, but hints.
    words : callable, optional
        Returns the choices.
    switch : str
        How a flag is written on the command line where that is not its name; it then stands for False.
    on_line : bool
        Whether the command line has it.
    low, high : int
        The range of a whole number; a loss or a proof may ask for less.
    """

    name: str
    kind: Kind
    reader: Reader
    help: str
    metavar: str = ""
    aliases: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    words: Words | None = None
    switch: str = ""
    on_line: bool = True
    low: int = 1
    high: int = 10**6

    @property
    def spellings(self) -> tuple[str, ...]:
        """All its names, the long one first."""
        return (self.name, *self.aliases)

    def described(self) -> str:
        """Return its help text."""
        if self.words is None or "{words}" not in self.help:
            return self.help
        return self.help.replace("{words}", ", ".join(self.words()))


ORDERS = ("one-pass", "without-replacement", "with-replacement")
SCHEDULES = ("constant", "inverse-sqrt", "linear-decay", "warm-up")
EVENTS = ("any", "one", "free")
LARGEST_STEPS = 10**9
LARGEST_WIDTH = 2**100_000
"""The default width of the largest n that a proof may have."""
MAX_SEED = 2**128 - 1
"""Longer seeds would spill into the words that NumPy's SeedSequence keeps for a stream's name."""

_TABLE = (
    Option("method", "word", "request", "{words}; default: the theorem's", "M", words=lambda: names("methods")),
    Option("n", "whole", "request", "sample size n", "N", near=("sample_size", "examples")),
    Option("steps", "whole", "request", "number of iterates T", "T", ("T",), ("iterations", "iters", "epochs"),
           high=LARGEST_STEPS),
    Option(
        "step_size", "real", "request",
        "eta; numbers may be written 1/24, and for proofs as a range 1/24..1/4", "E", ("eta",),
        ("learning_rate", "lr", "stepsize", "η"),
    ),
    Option(
        "perturbation_radius", "real", "request",
        "perturbation radius r, or auto (default): the largest that the theorem allows", "R", ("radius", "r"),
    ),
    Option("flatness_radius", "real", "request", "flatness radius rho of the loss", "P", ("flatness", "rho"), ("ρ",)),
    Option("oracle", "word", "method", "SA-GD: {words}", "O", words=lambda: names("oracles")),
    Option("parameters", "word", "loss", "sam-chain: corrected (default) or printed", "SET"),
    Option("preset", "word", "loss", "sagd-blocks: paper or robust; sam-valley-bits: proof or practical", "SET"),
    Option("dimension", "whole", "loss", "least squares, logistic regression: dimension d, default 40", "D"),
    Option(
        "engine", "word", "run", "{words}; default: the sparsest that supports the run", "E",
        words=lambda: (*names("engines"), "auto"),
    ),
    Option("seed", "whole", "request", "root of all random streams, default 0", "K", near=("random_state",), low=0,
           high=MAX_SEED),
    Option(
        "start", "start", "run", "zero (default), gaussian:SCALE, or a number if d = 1", "W", near=("init", "initial")
    ),
    Option("epsilon", "real", "method", "SAM: added to the gradient norm, default 0", "X"),
    Option("batch_size", "whole", "method", "SAM: examples a step, default all", "B"),
    Option("normalize", "flag", "method", "SAM: ascend by r grad instead of r grad / |grad|", switch="no-normalize"),
    Option(
        "order", "word", "method", "SGD: one-pass (default), without-replacement, with-replacement", "O",
        words=lambda: ORDERS,
    ),
    Option(
        "schedule", "word", "run", "constant (default), inverse-sqrt, linear-decay, warm-up", "S",
        words=lambda: SCHEDULES,
    ),
    Option(
        "stages", "stages", "run",
        "STEPS:ETA:R,...: steps, step size and radius of each stage, in place of T, eta and r", "S",
    ),
    Option("clamp", "real", "run", "keep every entry within this distance of its start", "B"),
    Option("project", "flag", "run", "project on the unit ball after every step"),
    Option("inputs", "whole", "loss", "networks: dimension d of x", "D", ("d",)),
    Option("network", "word", "loss", "networks: mlp (default), layer-norm, batch-norm", "N"),
    Option("bias", "word", "loss", "networks: none (default), first or all: the layers with a bias", "L"),
    Option("depth", "whole", "loss", "networks: number of layers, default 2", "L"),
    Option("left_out", "whole", "method", "SGD, mini-batches: example of zero loss instead of its own", on_line=False,
           low=0),
    Option("width", "whole", "blocks", "columns m, default 2^n; of networks: hidden neurons", "M", ("m",), ("columns",),
           high=LARGEST_WIDTH),
    Option(
        "event", "word", "request", "any, one or free; default: the theorem's event", "E", words=lambda: EVENTS
    ),
    Option("allow_outside", "flag", "request", "run although a hypothesis fails, and mark it"),
)  # fmt: skip
OPTIONS = {option.name: option for option in _TABLE}
"""All options by their long names, in the order of help texts."""
_LONG = {spelling: option.name for option in _TABLE for spelling in option.spellings}
NEAR = {word: option.name for option in _TABLE for word in option.near}
"""Names that are looked for, and the options that are meant."""


def long_name(spelling: str) -> str:
    """Return the long name of an option for any of its names; other names stay, with underscores."""
    plain = spelling.replace("-", "_")
    return _LONG.get(plain, plain)


def column(name: str, columns: Iterable[str]) -> str | None:
    """Return the column of a name: the one that is called so, or else one that means the same option."""
    known = list(columns)
    if name in known:
        return name
    return next((c for c in known if long_name(c) == long_name(name) and long_name(c) in OPTIONS), None)


def spellings(known: Iterable[str]) -> list[str]:
    """Return all names of some options, for hints."""
    return [s for name in known for s in (OPTIONS[name].spellings if name in OPTIONS else (name,))]


@contextmanager
def as_written(given: Iterable[str]) -> Iterator[None]:
    """Within it, errors name an option as it was written."""
    try:
        yield
    except InputError as error:
        same = [k for k in given if long_name(k) == long_name(error.key)]
        if same and error.key not in same:
            error.rename(same[0])
        raise


def long_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give every option its long name; None means left out.

    Raises
    ------
    InputError
        If one is given in two spellings.
    """
    found: dict[str, Any] = {}
    first: dict[str, str] = {}
    for key, value in given.items():
        name = long_name(key)
        if value is None:
            continue
        if name in found:
            raise InputError(key, value, f"is the same as {first[name]}, which is given, too", "give one of them")
        found[name], first[name] = value, key
    return found


def read(given: Mapping[str, Any], *, exact: bool = False) -> dict[str, Any]:
    """Read options from texts or values; what is no option stays as it is.

    Parameters
    ----------
    given : mapping
        Under any of their names.
    exact : bool
        For proofs: numbers become pairs of fractions.

    Returns
    -------
    dict
        Under their long names.

    Raises
    ------
    InputError
        For two spellings of one option, and for values that cannot be used.
    """
    found = {}
    for name, value in long_names(given).items():
        option = OPTIONS.get(name)
        if option is None or option.reader == "loss":
            found[name] = value
        elif not exact:
            found[name] = value_of(option, value)
        elif option.kind == "real" and option.reader == "request" and not _is_auto(option, value):
            found[name] = numbers.span(name, value)
        elif option.kind != "start":
            found[name] = value_of(option, value)
        elif not isinstance(value, str) or value.strip().lower() != "zero":
            found[name] = value  # Theorem 6 has a number of this name
    return found


def _is_auto(option: Option, value: object) -> bool:
    return option.name == "perturbation_radius" and is_auto(value)


def is_auto(value: object) -> bool:
    """Whether a value is the word ``auto``, in capitals or not."""
    return isinstance(value, str) and value.strip().lower() == "auto"


def value_of(option: Option, value: Any) -> Any:
    """Read the value of an option."""
    if _is_auto(option, value):
        return "auto"
    if option.kind == "word" and option.words is not None:
        return word(option.name, value, option.words())
    if option.kind == "start":
        return start(value)
    if option.kind == "stages":
        return stages(option.name, value)
    if option.kind == "whole":
        return numbers.whole(option.name, value, option.low, option.high)
    if option.kind == "real" and option.reader == "request":
        return numbers.sized(option.name, value)
    return READERS[option.kind](option.name, value)


def word(key: str, value: object, known: Iterable[str]) -> str:
    """Read one of some words, in capitals or not.

    Raises
    ------
    InputError
        If it is none of them.
    """
    words = list(known)
    given = shown(value).lower()
    found = next((w for w in words if w.lower() == given), None)
    if found is None:
        raise unknown_name(key, shown(value), words, where=LIST)
    return found


def text(key: str, value: object) -> str:
    """Read a text.

    Raises
    ------
    InputError
        If it is something else.
    """
    if not isinstance(value, str):
        raise InputError(key, value, "is a word", "write a word")
    return value


def flag(key: str, value: object) -> bool:
    """Read true or false.

    Raises
    ------
    InputError
        If it is neither.
    """
    known = {"true": True, "false": False}
    if shown(value).lower() not in known:
        raise InputError(key, value, "must be true or false", "write true or false")
    return known[shown(value).lower()]


def start(value: Any) -> Any:
    """Read w_1: ``zero``, ``gaussian:SCALE`` or a pair of both, a number for a loss with one coordinate, an array.

    Raises
    ------
    InputError
        For another word, and for what holds anything but finite numbers.
    """
    limit = "must be zero, gaussian:SCALE, a number for a loss with one coordinate, or an array of finite numbers"
    refusal = InputError("start", value, limit, "write for example gaussian:1e-3")
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        if len(value) != 2 or value[0].strip().lower() != "gaussian":
            raise refusal
        return _gaussian(value[1])
    if isinstance(value, str):
        kind, colon, scale = value.strip().lower().partition(":")
        if kind in ("zero", "own") and not colon:
            return kind
        if kind == "gaussian":
            if not scale:
                raise InputError("start", value, "needs a scale", "write for example gaussian:1e-3")
            return _gaussian(scale)
    elif hasattr(value, "__len__") and getattr(value, "shape", True):  # not an array without axes
        return _coordinates(value, refusal)
    if isinstance(value, Real):
        return numbers.real("start", value)
    try:
        numbers.fraction(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise refusal from None
    return numbers.real("start", value)


def stages(key: str, value: Any) -> str:
    """Read stages, ``STEPS:STEP_SIZE:RADIUS`` or triples, and write them in one way.

    Raises
    ------
    InputError
        For anything else, and for a stage without steps or with a step size that is not positive.
    """
    mend = "write for example 3000:.01:.1,500:.01:0"
    parts = [part.split(":") for part in value.split(",")] if isinstance(value, str) else value
    found = []
    try:
        for count, size, radius in parts:
            row = numbers.whole(key, count, 1, LARGEST_STEPS), numbers.real(key, size), numbers.real(key, radius)
            if not row[1] > 0.0 or not row[2] >= 0.0:
                raise InputError(key, value, "needs step sizes above 0 and radii of at least 0", mend)
            found.append(row)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(key, value, "is STEPS:STEP_SIZE:RADIUS for each stage", mend) from None
    if not found:
        raise InputError(key, value, "has no stage", mend)
    return ",".join(f"{count}:{size!r}:{radius!r}" for count, size, radius in found)


def stages_of(text: str) -> tuple[tuple[int, float, float], ...]:
    """Return the stages of a text as `stages` writes it."""
    rows = (part.split(":") for part in text.split(","))
    return tuple((int(count), float(size), float(radius)) for count, size, radius in rows)


def _gaussian(scale: Any) -> tuple[str, float]:
    found = numbers.real("start", scale)
    if found < 0.0:
        raise InputError("start", f"gaussian:{shown(scale)}", "its scale must be at least 0", "leave the sign out")
    return "gaussian", found


def _coordinates(value: Any, refusal: InputError) -> Any:
    """Entries of w_1 as an array of floats."""
    import numpy as np

    try:
        given = np.asarray(value)
        if given.dtype.kind not in "iuf":
            given = np.array([numbers.real("start", x) for x in value])
    except (ValueError, TypeError):  # an InputError, or what NumPy makes nothing of
        raise refusal from None
    if given.ndim != 1 or not np.isfinite(given).all():
        raise InputError("start", f"array of shape {given.shape}", refusal.limit, refusal.mend)
    return given.astype(np.float64)


READERS: dict[Kind, Callable[[str, Any], Any]] = {
    "real": numbers.real, "whole": numbers.whole, "flag": flag, "word": text, "stages": stages,
}  # fmt: skip
"""How values are read, from the name for errors and the value."""

KINDS: dict[Any, Kind] = {int: "whole", float: "real", bool: "flag", str: "word"}


def kind_of(hint: Any) -> Kind | None:
    """Return what the value of a field is, by its type; None where only the loss knows."""
    bare = _bare(hint)
    return "word" if get_origin(bare) is Literal else KINDS.get(bare)


def _bare(hint: Any) -> Any:
    """The type of a value that may be left out."""
    if get_origin(hint) is Literal:
        return hint
    kinds = [h for h in get_args(hint) or (hint,) if h is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint


def typed(key: str, value: Any, hint: Any) -> Any:
    """Read the value of a field by its type.

    Raises
    ------
    InputError
        If it is of another one.
    """
    kind = kind_of(hint)
    if get_origin(_bare(hint)) is Literal:
        return word(key, value, get_args(_bare(hint)))
    if kind is None or (value is None and type(None) in get_args(hint)):
        return value
    return READERS[kind](key, value)
