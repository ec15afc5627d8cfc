// The run in sentences.

function eventText({ instance, n, event }, model) {
  if (instance === "valley-2d") return "no sample: F = Fₛ";
  const step = Math.log1p(-(2 ** -n));
  const one = instance === "sam-chain";
  const chance = one ? Math.exp((2 ** n - 1) * step) : -Math.expm1(2 ** n * step);
  const what = { "sam-chain": "exactly one all-zero column", "sagd-blocks": "an all-plus column" }[instance];
  const said = `event: ${what ?? "an all-zero column"}, probability ${brief(chance)}`;
  return event === "chance" ? `${said}; left to chance, this sample is ${model.inEvent() ? "" : "not "}in it` : said;
}

// Whether the oracle could have gone along b, or only into another entry; and why it could.
function choiceText({ tied, tiedWithB, rows, codes, full, weights, c }) {
  const steps = (count) => `${count} step${count > 1 ? "s" : ""}`;
  const among = tiedWithB
    ? `b was a maximiser on ${tiedWithB === tied ? (tied === 1 ? "it" : "each of them") : `${steps(tiedWithB)} of them`}`
    : "only between entries of constant columns, never along b";
  const said = ` The oracle had a choice on ${steps(tied)}: ${among}.`;
  if (tiedWithB) return said;
  const plus = rows.filter((row) => codes[row] === full).length;
  const columns = `${plus} all-plus and ${rows.length - plus} all-minus column${rows.length > 1 ? "s" : ""}`;
  return (
    `${said} Why: all examples are alike on ${columns}, whose next entries tie; b, of weight ${brief(c)}, is below ` +
    `their ${brief(weights.at(-1))} or more. Fresh examples feel whichever it takes.`
  );
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
  return scene >= 0 ? `${SCENES[scene][1]} ` : "";
}

function methodName({ method, normalisation }) {
  if (method === "sam" && normalisation === "off") return "SAM without normalisation";
  return { sam: "SAM", sagd: "SA-GD", gd: "Gradient descent" }[method];
}

function headline() {
  const { settings, last, average } = run;
  if (settings.instance === "flat-erm") return twoHeadline();
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
  return lead + found + manyText() + stopText();
}

function manyText() {
  const { many, settings } = run;
  if (!many?.done) return settings.samples > 1 ? ` Of ${settings.samples} samples this is the first.` : "";
  const { averages, events, stopped } = many;
  const left = stopped ? `; ${stopped} that stopped early are left out` : "";
  if (!averages.length) return ` All ${many.seeds} samples stopped early.`;
  return (
    ` Over ${many.seeds} samples, ${events} of them in the event, the mean population risk is ` +
    `${brief(meanOf(many)[0])}${left}.`
  );
}

function measured(bound) {
  const { quantity } = bound;
  if (!run.average) return null;
  if (quantity === "population_risk" && bound.side === "lower") return run.suffixes[run.lowest].population[0];
  if (quantity === "population_risk") return (several() ? meanOf(run.many) : run.average.population)[1];
  return quantity === "saer" ? run.average.saer[1] : run.average.empirical;
}

function holds(bound) {
  const value = measured(bound);
  const room = 1e-12 * Math.max(Math.abs(value), Math.abs(bound.value));
  return bound.side === "lower" ? value >= bound.value - room : value <= bound.value + room;
}

function commandText() {
  const s = run.settings;
  if (s.instance === "flat-erm")
    return (
      `sco-flat check ${TITLES["flat-erm"].key} --n ${s.n} --radius ${s.radius} ` +
      `--flatness-radius ${s.rho} --seed ${s.seed}`
    );
  const parts = ["sco-flat run", s.instance, "--method", s.method, "--steps", s.T, "--step-size", s.eta];
  parts.push("--radius", s.radius);
  if (s.instance !== "valley-2d") parts.push("--n", s.n, "--flatness-radius", s.rho, "--seed", s.seed);
  if (s.event === "chance") parts.push("--event free");
  if (s.instance === "sam-chain") parts.push("--parameters", s.parameters);
  if (s.instance === "sagd-blocks") parts.push("--preset", s.preset);
  if (s.method === "sagd") parts.push("--oracle", s.oracle);
  if (s.method === "sam" && s.epsilon) parts.push("--epsilon", s.epsilon);
  if (s.method === "sam" && s.normalisation === "off") parts.push("--no-normalize");
  if (run.conditions.some((c) => !c.holds)) parts.push("--allow-outside");
  return parts.join(" ");
}
