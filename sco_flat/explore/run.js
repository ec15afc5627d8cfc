// A run of T iterates with its risks: what sco_flat.run returns, as far as the page shows it.

function simulate(settings) {
  const began = performance.now();
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
  const run = { settings, model, history, iterates, note, stopped, awake: model.rows.length, last: iterates.at(-1) };
  if (settings.instance === "valley-2d") run.resting = model.resting();
  if (!stopped) {
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
  if (instance === "sam-chain") return new Chain(settings, sampleOf(n, 0, "one", seed));
  return new Blocks(settings, sampleOf(n, 2 ** n - 1, "any", seed));
}

// The last few samples: only n and the seed change them.
const samples = new Map();
function sampleOf(n, bad, event, seed) {
  const key = `${n} ${event} ${seed}`;
  if (!samples.has(key)) {
    if (samples.size > 8) samples.clear();
    samples.set(key, drawSample(n, 2 ** n, bad, event, seed));
  }
  return samples.get(key);
}
