"""Numbers of the averages of this package, as the command line, Python and sweeps call them."""

from __future__ import annotations

from typing import Any

from sco_flat.vocabulary import Option

RULE: dict[str, Any] = {"n_start": 3, "n_end": 6, "tolerance": 1.3}
"""The numbers of SWAD's paper."""


def _modes() -> tuple[str, ...]:
    from sco_flat.averages.window import MODES

    return MODES


VALIDATIONS = ("F", "F_S")
WINDOW = (
    Option("n_start", "whole", "average", "SWAD: losses that begin a window, default 3", "NS"),
    Option("n_end", "whole", "average", "SWAD: losses that end it, default 6", "NE"),
    Option("tolerance", "real", "average", "SWAD: it ends above R times the loss at its start, default 1.3", "R"),
    Option("mode", "word", "average", "SWAD: algorithm (default), text or released", "MODE", words=_modes),
)
"""What the rule itself reads."""
EVERY = Option("every", "whole", "average", "SWA, SWAD: steps between two checkpoints, default T/100", "K")
SEEN = (
    Option(
        "validation", "word", "average", "SWAD looks at F (default), or at the training loss F_S", "L",
        words=lambda: VALIDATIONS,
    ),
    Option("n_val", "whole", "average", "SWAD looks at the mean loss of so many fresh examples instead", "N"),
)  # fmt: skip
"""Which validation loss is looked at."""
ALL = (*WINDOW, EVERY, *SEEN)
