"""Performance estimation: the exact worst case of a method, over all losses in any dimension, bracketed.

Setting
    F convex, beta-smooth, zero on the ball of radius rho around w*; ``D = |w_1 - w*|``. In units of beta and D only
    ``theta = eta beta``, ``r/D`` and ``rho/D`` count. One file for each statement: `lemma` (the mean of ``F(w_t +
    v_t)``, any perturbations), `sagd` (``F^r`` of SA-GD's full average), `sam` (F of SAM's full average).

Upper end
    Inequalities that hold for every such F, linear in the Gram matrix, the values and the norms of gradients, are
    added up with multipliers from a semidefinite program. The multipliers are rounded to fractions, and the quadratic
    form that remains is verified by an elimination in balls: only then is the number called a bound (`_upper`).

Lower end
    All inequalities between all points hold for some F exactly if F exists (smooth convex interpolation). Where the
    perturbation is a gradient's direction, the program is convex once the norms of these gradients are fixed, and the
    norms are searched. The function through the points is rebuilt and the method is run on it; what it reaches counts.
    Huber's functions are tried beside it (`_lower`).

    For the lemma and SA-GD, radius ``r >= rho`` and flatness rho are no worse and no better than ``r - rho`` and
    0: if F_0 is a loss with rho = 0, ``F(x) = min_{|u| <= rho} F_0(x - u)`` is one with rho, ``grad F(x) = grad
    F_0(x - rho g/|g|)``, and the perturbation ``v + rho g/|g|`` on F does what v does on F_0. If r < rho, a minimum
    nearer by ``rho - r`` is still r-flat, so that it is gradient descent's worst case from ``D - (rho - r)``. (For SAM
    the reduction fails: its direction is taken at ``w_t``, where F is smaller than F_0. There rho enters the program.)

Source
    Interpolation and performance estimation: Drori and Teboulle (2014); Taylor, Hendrickx and Glineur (2017).
"""

from sco_flat.bounds.pep._upper import Certificate
from sco_flat.bounds.pep.bracket import LARGEST, SLOW, STATEMENTS, WorstCase, size, worst_case
from sco_flat.bounds.pep.lemma import two_cycle

__all__ = ["LARGEST", "SLOW", "STATEMENTS", "Certificate", "WorstCase", "size", "two_cycle", "worst_case"]
