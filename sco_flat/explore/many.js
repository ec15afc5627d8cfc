// More samples of the same law: one run after the other, so that the page stays alive.

// The runs with the seeds that follow, into run.many; `shown` after the last one.
function askMany(run, shown) {
  const { settings } = run;
  const many = { seeds: 0, averages: [], events: 0, stopped: 0, done: false, mean: [], least: [], most: [] };
  run.many = many;
  const next = () => {
    if (current() !== run) return; // something was moved meanwhile
    const { seeds } = many;
    const seed = (settings.seed + seeds) % (RANGES.seed[1] + 1);
    const found = seeds ? walk({ ...settings, seed }) : run;
    many.seeds++;
    if (found.model.inEvent()) many.events++;
    if (found.stopped) many.stopped++;
    else addTo(many, found);
    if (many.seeds < settings.samples) return setTimeout(next);
    many.done = true;
    shown();
  };
  next();
}

function addTo(many, { model, history, iterates, suffixes }) {
  const [average] = suffixes ?? model.suffixes(history);
  many.averages.push(average.population);
  const count = many.averages.length;
  iterates.forEach(({ population }, t) => {
    const [risk] = population;
    many.mean[t] = (many.mean[t] ?? 0) + (risk - (many.mean[t] ?? 0)) / count;
    many.least[t] = Math.min(many.least[t] ?? risk, risk);
    many.most[t] = Math.max(many.most[t] ?? risk, risk);
  });
}

// Mean over the samples of the population risk of the average of all iterates: [lower, upper].
function meanOf({ averages }) {
  return [0, 1].map((end) => averages.reduce((sum, risk) => sum + risk[end], 0) / averages.length);
}
