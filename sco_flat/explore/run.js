// A run of T iterates with its risks: what sco_flat.run returns, as far as the page shows it.

// The iterates and their risks; a note where a run stood still or had to stop.
function walk(settings) {
  const model = modelOf(settings);
  const history = [model.snapshot()];
  const iterates = [model.risks()];
  let note = null;
  let stopped = 0;
  for (let t = 1; t < settings.T; t++) {
    const said = model.step(t);
    if (said && !note) note = { kind: said, t };
    if (["unknown", "long", "far"].includes(said)) {
      stopped = t;
      break;
    }
    history.push(model.snapshot());
    iterates.push(model.risks());
  }
  return { settings, model, history, iterates, note, stopped };
}

function simulate(settings) {
  if (settings.instance === "flat-erm") return lookAtTwo(settings);
  const began = performance.now();
  const run = walk(settings);
  const { model, history, iterates } = run;
  Object.assign(run, { awake: model.rows.length, last: iterates.at(-1), saers: model.saers(history, iterates) });
  const rest = settings.method === "gd" ? run : walk({ ...settings, method: "gd" });
  Object.assign(run, { resting: rest.history, restingRisks: rest.iterates.map(({ population }) => population[0]) });
  if (!run.stopped) {
    run.suffixes = model.suffixes(history);
    run.average = run.suffixes[0];
    run.lowest = run.suffixes.reduce(
      (best, at, t) => (at.population[0] < run.suffixes[best].population[0] ? t : best),
      0,
    );
  }
  run.conditions = conditions(settings, model);
  run.bounds = bounds(settings, model);
  run.milliseconds = performance.now() - began;
  return run;
}

function modelOf(settings) {
  const { instance, n, seed } = settings;
  if (instance === "valley-2d") return new Valley(settings);
  const free = settings.event === "chance" ? "free" : null;
  if (instance === "flat-erm") return new TwoMinima(settings, sampleOf(n, 0, "any", seed));
  if (instance === "sam-chain") return new Chain(settings, sampleOf(n, 0, free ?? "one", seed));
  return new Blocks(settings, sampleOf(n, 2 ** n - 1, free ?? "any", seed));
}

// The last few samples: only what is asked of them changes them.
const samples = new Map();
function sampleOf(n, bad, event, seed) {
  const key = `${n} ${bad} ${event} ${seed}`;
  if (!samples.has(key)) {
    if (samples.size > 8) samples.clear();
    samples.set(key, drawSample(n, 2 ** n, bad, event, seed));
  }
  return samples.get(key);
}
