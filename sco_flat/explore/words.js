// The run in sentences.

function eventText(settings) {
  if (settings.instance === "valley-2d") return "no sample: F = Fₛ";
  const m = 2 ** settings.n;
  const step = Math.log1p(-1 / m);
  return settings.instance === "sam-chain"
    ? `event: exactly one all-zero column, probability ${brief(Math.exp((m - 1) * step))}`
    : `event: an all-plus column, probability ${brief(-Math.expm1(m * step))}`;
}

// Whether the oracle could have gone along b, or only into another entry.
function choiceText({ tied, tiedWithB }) {
  const steps = (count) => `${count} step${count > 1 ? "s" : ""}`;
  const among = tiedWithB
    ? `b was a maximiser on ${tiedWithB === tied ? "each of them" : `${steps(tiedWithB)} of them`}`
    : "only between entries of constant columns, never along b";
  return ` The oracle had a choice on ${steps(tied)}: ${among}.`;
}

function stopText() {
  const { note, stopped, awake, model } = run;
  if (note?.kind === "unknown") return ` At step ${note.t} the maximisers are not known exactly, and the run stops.`;
  if (note?.kind === "far") return ` At step ${note.t} the iterates pass all bounds, and the run stops.`;
  if (stopped)
    return (
      ` ${awake} blocks are awake: more than this page runs in an instant. ` +
      `It stops at iterate ${stopped}; the command below goes on.`
    );
  const then = run.settings.method === "sam" ? "SAM takes no step (0/0 = 0)" : "nothing moves";
  if (note?.kind === "zero") return ` The gradient is 0 at step ${note.t}: ${then}.`;
  if (note?.kind === "underflow")
    return ` The gradient at step ${note.t} is too small for a double: the run stands still where SAM would move.`;
  return model.tied ? choiceText(model) : "";
}

function leadText() {
  return scene ? `${SCENES[scene - 1][1]} ` : "";
}

function methodName({ method, normalisation }) {
  if (method === "sam" && normalisation === "off") return "SAM without normalisation";
  return { sam: "SAM", sagd: "SA-GD", gd: "Gradient descent" }[method];
}

function headline() {
  const { settings, last, average } = run;
  if (settings.instance === "valley-2d") return valleyHeadline();
  const name = methodName(settings);
  const at = average ?? last;
  const what = average ? "the average of all iterates" : "the last iterate";
  const risks = `empirical risk ${brief(at.empirical)} and population risk ${brief(at.population[0])}`;
  const lead = leadText();
  let found = `${name}, ${run.history.length} iterates: ${what} has ${risks}.`;
  const lower = run.bounds.find((b) => b.key === "lower");
  if (lower?.value !== undefined && average) {
    const verdict = holds(lower) ? "" : ": it fails here";
    found += ` ${lower.name.split(",")[0]} says at least ${brief(lower.value)}${verdict}.`;
  }
  const failing = run.conditions.filter((c) => !c.holds);
  if (failing.length) found += ` Outside the theorem: ${failing.map((c) => c.name).join("; ")}.`;
  return lead + found + stopText();
}

function measured(bound) {
  const { quantity } = bound;
  if (!run.average) return null;
  if (quantity === "population_risk" && bound.side === "lower") return run.suffixes[run.lowest].population[0];
  if (quantity === "population_risk") return run.average.population[1];
  return quantity === "saer" ? run.average.saer[1] : run.average.empirical;
}

function holds(bound) {
  const value = measured(bound);
  const room = 1e-12 * Math.max(Math.abs(value), Math.abs(bound.value));
  return bound.side === "lower" ? value >= bound.value - room : value <= bound.value + room;
}

function commandText() {
  const s = run.settings;
  const parts = ["sco-flat run", s.instance, "--method", s.method, "--steps", s.T, "--step-size", s.eta];
  parts.push("--radius", s.radius);
  if (s.instance !== "valley-2d") parts.push("--n", s.n, "--flatness-radius", s.rho, "--seed", s.seed);
  if (s.instance === "sam-chain") parts.push("--parameters", s.parameters);
  if (s.instance === "sagd-blocks") parts.push("--preset", s.preset);
  if (s.method === "sagd") parts.push("--oracle", s.oracle);
  if (s.method === "sam" && s.epsilon) parts.push("--epsilon", s.epsilon);
  if (s.method === "sam" && s.normalisation === "off") parts.push("--no-normalize");
  if (run.conditions.some((c) => !c.holds)) parts.push("--allow-outside");
  return parts.join(" ");
}
