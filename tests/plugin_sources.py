"""Files as somebody outside the package writes them: one for each axis, two for a loss (its kernels apart)."""

METHODS = {
    "ngd": """
from sco_flat._jit import FACTOR, OK, STATUS, STEP, kernel
from sco_flat.methods.base import Method

@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    squared = gradient(params, work, batch, w, w, 0.0, v)
    if work.flags[STATUS] == OK and squared > 0.0:
        descend(params, work, batch, w, v, 0.0, step_size / (work.stats[FACTOR] * squared**0.5), total, weight)

METHOD = Method(name="ngd", title="normalised gradient descent", step=step, scales=True)
""",
    "heavy-ball": """
from sco_flat._jit import STEP, kernel
from sco_flat.methods.base import Method, Parameter, move_by

@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    gradient(params, work, batch, w, w, 0.0, v)
    for j in range(w.size):
        memory[j] = knobs.own[0] * memory[j] + v[j]
    move_by(work, w, memory, step_size, total, weight)

METHOD = Method(
    name="heavy-ball", title="gradient descent with momentum", step=step, memory=1, scales=True,
    parameters={"momentum": Parameter(0.9, 0.0, 1.0, "share of the last step that is kept")},
)
""",
    "clamped": """
from sco_flat._jit import STEP, kernel
from sco_flat.methods.base import Method, Parameter, set_to

@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    descend(params, work, batch, w, v, 0.0, step_size, total, weight)
    for j in range(w.size):
        if abs(w[j]) > knobs.own[0]:
            set_to(work, w, j, knobs.own[0] if w[j] > 0.0 else -knobs.own[0], total, weight)

METHOD = Method(
    name="clamped", title="gradient descent in a box", step=step, scales=True,
    parameters={"box": Parameter(0.1, 0.0, 1e6, "half the width of the box")},
)
""",
    "noisy": """
from sco_flat._jit import STEP, kernel
from sco_flat.draws import normal_bits
from sco_flat.methods.base import Method, Parameter

@kernel(STEP)
def step(
    params, work, knobs, value, gradient, upper, descend, oracle, batch, t, step_size, w, v, memory, total, weight
):
    for j in range(w.size):
        v[j] = knobs.own[0] * normal_bits(knobs.key, t, j)
    descend(params, work, batch, w, v, 1.0, step_size, total, weight)

METHOD = Method(
    name="noisy", title="gradient at a noisy point", step=step, scales=True,
    parameters={"noise": Parameter(0.01, 0.0, 1e6, "standard deviation of each entry")},
)
""",
}
ORACLE = """
from sco_flat._jit import MAXIMISE, V_COUPLED, V_INDEX, V_PASSIVE, kernel
from sco_flat.oracles.base import Oracle

@kernel(MAXIMISE)
def maximise(params, work, knobs, value, gradient, upper, batch, t, w, v):
    for j in range(w.size):
        v[j] = 0.0
    v[w.size - 1] = knobs.perturbation_radius
    work.flags[V_INDEX] = 0
    work.flags[V_COUPLED] = 1
    work.flags[V_PASSIVE] = 1
    return 1.0

ORACLE = Oracle(
    name="upwards", title="always along the last coordinate", tie_rule="none", maximise=maximise, exact=False,
    one_coordinate=False, uphill=False,
)
"""
MEASURE = """
from sco_flat.measures.base import Measure

MEASURE = Measure(name="length", title="length |w|", evaluate=lambda look: float((look.w @ look.w) ** 0.5))
"""
AVERAGE = """
from sco_flat.averages.base import Average
from sco_flat.engines.simulation import simulate

def pick(run):
    half = max(run.instance.steps // 2, 1)
    return simulate(run.instance, run.layout.sample, run.settings, run.seed, (1, half)).average, None

AVERAGE = Average(name="first_half", title="first half", pick=pick)
"""
STATEMENT = """
from sco_flat.results import claim
from sco_flat.traits import AS_ANALYSED
from sco_flat.works.base import Statement, build
from sco_flat.engines.simulation import simulate

def claims(request):
    instance = build(request)
    run = simulate(instance, request.sample(instance), request.settings, request.seed)
    return [claim("F_S(w_T) <= F_S(0)", "conclusion", run.look(run.last).empirical_risk, "<=", 0.5, "our note")]

STATEMENT = Statement(
    key="our-note.descent", title="Remark 1", text="GD goes down", instance="least-squares", method="gd",
    defaults={"n": 8, "steps": 5}, claims=claims, needs=AS_ANALYSED,
)
"""
COMMAND = """
from sco_flat.cli.base import Command

def run(args):
    print(f"hello, {args.whom}")
    return 0

def options(parser):
    parser.add_argument("whom")

COMMAND = Command(name="hello", help="greet somebody", options=options, run=run)
"""
PLOT = """
from sco_flat.plots.base import Plot
from sco_flat.plots.style import new_figure

def draw(data):
    figure = new_figure(3.0, 2.0)
    figure.subplots().plot([row["mean"] for row in data["rows"]], "o")
    return figure

PLOT = Plot(name="dots", title="one dot for each mean", draw=draw)
"""
KERNELS = {
    "bowl_kernels": """
import math
from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, UPPER, VALUE, helper, kernel
from sco_flat.instances.kernels.general import step_along

@helper
def slopes(w, v, scale, out):
    squared = 0.0
    for j in range(w.size):
        y = w[j] + scale * v[j] - 0.5
        out[j] = y / math.sqrt(1.0 + y * y)
        squared += out[j] * out[j]
    return squared

@helper
def height(w, v, scale):
    found = 0.0
    for j in range(w.size):
        y = w[j] + scale * v[j] - 0.5
        found += math.sqrt(1.0 + y * y) - 1.0
    return found

@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    squared = slopes(w, v, scale, out)
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared

@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    return height(w, v, scale)

@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    slopes(w, v, scale, work.slope)
    return step_along(w, work.slope, step_size, whole, weight)
""",
    "valley_kernels": """
from sco_flat._jit import ACTIVE, DESCEND, GRADIENT, VALUE, helper, kernel
from sco_flat.instances.kernels.general import step_along

@helper
def slopes(w, v, scale, out):
    x, y = w[0] + scale * v[0], w[1] + scale * v[1]
    gap = 1.0 - x * y
    out[0], out[1] = -2.0 * gap * y, -2.0 * gap * x
    return out[0] * out[0] + out[1] * out[1]

@kernel(GRADIENT)
def gradient(params, work, batch, w, v, scale, out):
    squared = slopes(w, v, scale, out)
    work.flags[ACTIVE] = 1 if squared > 0.0 else 0
    return squared

@kernel(VALUE)
def value(params, work, batch, w, v, scale):
    return (1.0 - (w[0] + scale * v[0]) * (w[1] + scale * v[1])) ** 2

@kernel(DESCEND)
def descend(params, work, batch, w, v, scale, step_size, whole, weight):
    slopes(w, v, scale, work.slope)
    return step_along(w, work.slope, step_size, whole, weight)
""",
}
LOSSES = {
    "soft-bowl": '''
from dataclasses import dataclass
import numpy as np
import bowl_kernels as kernels
from sco_flat.instances.fixed import FixedLoss

@dataclass(frozen=True)
class SoftBowl(FixedLoss):
    """A smooth convex loss in three dimensions with its minimum at (1/2, 1/2, 1/2)."""

    name = "soft-bowl"
    title = "sum of sqrt(1 + (w_j - 1/2)^2) - 1"
    value, gradient, descend = kernels.value, kernels.gradient, kernels.descend
    dimension = 3
    smoothness = 1.0
    convex = non_negative = realizable = True
    defaults = {"perturbation_radius": 0.1}

    def loss(self, w, z):
        return float(np.sum(np.sqrt(1.0 + (w - 0.5) ** 2) - 1.0))

    def distance_from(self, start, sample):
        return float(np.linalg.norm((np.zeros(3) if start is None else start) - 0.5))

INSTANCE = SoftBowl
''',
    "valley": '''
from dataclasses import dataclass
import valley_kernels as kernels
from sco_flat.instances.fixed import FixedLoss

@dataclass(frozen=True)
class Valley(FixedLoss):
    """A loss that is not convex: (1 - w_1 w_2)^2."""

    name = "valley"
    title = "(1 - w_1 w_2)^2"
    value, gradient, descend = kernels.value, kernels.gradient, kernels.descend
    dimension = 2
    defaults = {"perturbation_radius": 0.1, "step_size": 0.05, "start": ("gaussian", 0.5)}
    depth: int = 1

    def loss(self, w, z):
        return float((1.0 - w[0] * w[1]) ** 2)

INSTANCE = Valley
''',
}
WORK = """
from fractions import Fraction
from sco_flat.bounds import Bound
from sco_flat.bounds.base import speaks
from sco_flat.engines.simulation import simulate
from sco_flat.plots.style import new_figure
from sco_flat.proofs.balls import decide_exactly
from sco_flat.proofs.base import Provable, Rechecked
from sco_flat.proofs.intervals import Interval
from sco_flat.results import claim
from sco_flat.traits import CONVEX, family
from sco_flat.works.base import Case, Statement, Work, build
from sco_flat.works.errata import Erratum, exact
from sco_flat.works.figures import WorkFigure
from sco_flat.works.gap import Gap

def bound(name, quantity):
    def function(**numbers):
        return Bound(name, 1e6, "upper", quantity, "paper", "a whole work", ())
    return speaks(family("gd", "GD"), CONVEX, title="our " + name)(function)

def claims(request):
    loss = build(request)
    run = simulate(loss, request.sample(loss), request.settings, request.seed)
    return [claim("F_S(w_T) <= 1", "conclusion", run.look(run.last).empirical_risk, "<=", 1.0, "a whole work")]

def proved(question, sample):
    value = (question.step_size[0] ** 2, question.step_size[1] ** 2)
    return [decide_exactly("eta² <= 1", "conclusion", value, "<=", 1, "a whole work", question.evidence)]

def recheck(question, sample):
    value = Interval(*question.step_size).square()
    return [Rechecked("eta² <= 1", "conclusion", value, "<=", Interval(1))]

def draw(data):
    figure = new_figure(3.0, 2.0)
    figure.subplots().plot(data["values"], "o")
    return figure

STATEMENTS = (
    Statement(
        key="whole.remark", title="Remark 1", text="GD stays low", instance="least-squares", method="gd",
        defaults={"n": 8, "steps": 5, "step_size": "1/2"}, claims=claims,
        proof=lambda: Provable(hypotheses=lambda question: [], claims=proved, recheck=recheck),
    ),
)
WORK = Work(
    name="whole", title="A whole work", citation="unpublished", introduction="Everything a work may have.",
    every_sample=((bound("sample", "empirical_risk"), "empirical_risk"),),
    stability=(bound("stability", "stability"),), transfer=(bound("transfer", "population_risk"),),
    risk=(bound("risk", "population_risk"),),
    grid=lambda quick: [Case("whole.remark", "least squares")],
    figures=lambda: (WorkFigure("whole-dots", lambda quick: {"values": [1, 2]}, draw, lambda data: "of dots", "dots"),),
    proved=(("whole.remark", {"step_size": "1/4..1/2"}),),
    errata=lambda: [
        Erratum("whole-1", "Remark 1", "1 < 0", "0 < 1", "false",
                lambda: (exact("1 < 0", 1, "<", 0, "printed"), exact("0 < 1", 0, "<", Fraction(1), "true"))),
    ],
    gaps=lambda: [Gap("R", "half of nothing", "1", 0.5, 0.5, None, 0.5, "closed")],
)
"""
