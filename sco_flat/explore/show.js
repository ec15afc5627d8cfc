// The run in tables and charts.

function rowOf(cells, classes = []) {
  const row = document.createElement("tr");
  cells.forEach((cell, k) => {
    const tag = document.createElement(k === 0 ? "th" : "td");
    if (k === 0) tag.scope = "row";
    if (classes[k]) tag.className = classes[k];
    tag.textContent = cell;
    row.append(tag);
  });
  return row;
}

function tables() {
  const { settings: s, last, average, lowest, suffixes } = run;
  const unit = s.eta ** 2 * Math.max(s.radius - s.rho, 0) ** 2 * s.T;
  const share = (at) => (s.instance === "valley-2d" ? priceOf(at.x) : unit > 0 ? at.population[0] / unit : NaN);
  const point = (name, at) =>
    rowOf([name, brief(at.empirical), brief(at.population[0]), share(at) >= 0 ? brief(share(at)) : "–"]);
  const rows = [point(`iterate${run.stopped ? ` at t = ${run.history.length}` : " at T, the last"}`, last)];
  if (average)
    rows.push(
      point("average of all iterates", average),
      point(`suffix average of least F (from t = ${lowest + 1})`, suffixes[lowest]),
    );
  $("points").tBodies[0].replaceChildren(...rows);
  const names = { population_risk: "F", empirical_risk: "Fₛ", saer: "SAER" };
  $("bounds").tBodies[0].replaceChildren(
    ...run.bounds.map((b) => {
      const value = measured(b);
      if (b.why || value === null)
        return rowOf([b.name, names[b.quantity], "–", value === null ? "–" : brief(value), b.why ?? "the run stopped"]);
      const bound = `${b.side === "lower" ? "≥" : "≤"} ${brief(b.value)}`;
      const ok = holds(b);
      // a bound on a mean says nothing of one sample
      const verdict = b.mean ? `this sample is ${ok ? "below" : "above"} it` : ok ? "ok" : "fails";
      return rowOf([b.name, names[b.quantity], bound, brief(value), verdict], ["", "", "", "", verdict]);
    }),
  );
  if (!run.bounds.length)
    $("bounds").tBodies[0].append(rowOf(["no theorem speaks of this method here", "", "", "", ""]));
  $("conditions").replaceChildren(
    ...[...run.conditions, { name: eventText(s), holds: true, plain: true }].map((c) => {
      const item = document.createElement("li");
      item.textContent = c.plain
        ? c.name
        : c.holds
          ? `✓ ${c.name}`
          : `✗ outside: ${c.name} (it is ${brief(c.value)}, the limit ${brief(c.limit)})`;
      item.className = c.holds ? "" : "fails";
      return item;
    }),
  );
  if ($("more").open) iterateTable();
}

function iterateTable() {
  const rows = run.iterates.map((at, k) =>
    rowOf([
      k + 1,
      brief(at.empirical),
      brief(at.population[0]),
      run.suffixes ? brief(run.suffixes[k].population[0]) : "–",
      ...(at.x === undefined ? [] : [brief(at.b), brief(at.x)]),
    ]),
  );
  $("iterates").tBodies[0].replaceChildren(...rows);
}

const CAPTIONS = {
  "risk-title": "Risk of the iterate wₜ, in units of the loss",
  "suffix-title": "Population risk of the average of wₜ, …, last, in units of the loss",
  "unit-title": "F in units of η²(r−ρ)²T",
};

function moment() {
  const { history, settings } = run;
  const t = now || history.length;
  const text = settings.instance === "valley-2d" ? valleyMoment(t) : mapMoment(t);
  $("time").max = history.length;
  $("time").value = t;
  $("time").setAttribute("aria-valuetext", text);
  $("moment").textContent = text;
}

// Map and risks of a run with blocks; what to say of the iterate.
function mapMoment(t) {
  const { history, iterates, settings, model } = run;
  const rows = history.map((h) => model.shown(h));
  const chain = settings.instance === "sam-chain";
  const strip = chain ? null : history.map((h) => h.b);
  const largest = (row) => row.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  const high = Math.max(...rows.map(largest), strip ? largest(strip) : 0);
  const last = history.length;
  heatMap($("map"), $("map-axes"), rows, strip, { now: t, high });
  $("map-title").textContent = chain
    ? `Block that the sample never sees: |x[I, j]|, full tone ${brief(high)}`
    : `Block that the sample sees from one side only, and b: |x[I, j]| and |b|, full tone ${brief(high)}`;
  const ends = `F ends at ${brief(iterates.at(-1).population[0])}, Fₛ at ${brief(iterates.at(-1).empirical)}.`;
  lineChart(
    $("risk"),
    [
      { name: "population risk F(wₜ)", values: iterates.map((i) => i.population[0]), colour: "red" },
      { name: "empirical risk Fₛ(wₜ)", values: iterates.map((i) => i.empirical), colour: "blue", dash: "9 6" },
    ],
    { last, xlabel: "iterate t", now: t, summary: `Risk of the iterates over t. ${ends}` },
  );
  const at = iterates[t - 1];
  const b = chain ? "" : `, b = ${brief(history[t - 1].b)}`;
  return `t = ${t}: Fₛ = ${brief(at.empirical)}, F = ${brief(at.population[0])}${b}`;
}

// Away from b = 0 the page knows the largest risk within r only from both sides.
function saerName([low, high]) {
  return low < high * (1 - 1e-9) ? `SAER: largest Fₛ within r, between ${brief(low)} and` : "SAER: largest Fₛ within r";
}

function draw() {
  const valley = run.settings.instance === "valley-2d";
  for (const [id, text] of Object.entries(valley ? VALLEY_CAPTIONS : CAPTIONS)) $(id).textContent = text;
  moment();
  if (!run.average) {
    for (const id of ["suffix", "ladder"])
      instead($(id), "The run stopped before its end: no average of all iterates.");
    return;
  }
  if (valley) valleySuffixes();
  else suffixChart();
  boundsChart();
}

function suffixChart() {
  const { settings, suffixes, bounds: all } = run;
  const ends = [suffixes[0], suffixes.at(-1)].map((at) => brief(at.population[0]));
  const lower = all.find((b) => b.key === "lower" && b.value !== undefined);
  const series = [
    { name: "average of wₜ, …, last (simulated)", values: suffixes.map((s) => s.population[0]), colour: "red" },
  ];
  if (lower)
    series.push({
      name: `${lower.name.split(":")[0]}: ${brief(lower.value)} for every t`,
      values: [lower.value],
      colour: "green",
      dash: "3 5",
    });
  lineChart($("suffix"), series, {
    last: settings.T,
    xlabel: "first iterate t of the average",
    summary: `Population risk of suffix averages: from ${ends[0]} for all iterates to ${ends[1]} for the last.`,
  });
}

// The word behind the dash of a bound's key, as the picture has it.
const STRENGTHS = { paper: "paper", sharper: "sharper", maximisers: "for maximisers", plain: "un-normalised SAM" };

function boundsChart() {
  const { bounds: all, average } = run;
  const named = (b) => STRENGTHS[b.key.split("-")[1]] ?? "lower bound";
  const marks = (quantity, value) => [
    { label: "measured", value, shape: "dot", colour: "red" },
    ...all
      .filter((b) => b.quantity === quantity && b.value !== undefined)
      .map((b) => ({ label: named(b), value: b.value, shape: b.side, colour: b.side === "lower" ? "green" : "blue" })),
  ];
  const rows = [
    {
      name: "population risk F (upper bounds: mean over samples)",
      marks: marks("population_risk", average.population[0]),
    },
    average.saer
      ? { name: saerName(average.saer), marks: marks("saer", average.saer[1]) }
      : { name: "empirical risk Fₛ", marks: marks("empirical_risk", average.empirical) },
  ];
  const told = rows
    .map((r) => `${r.name}: ${r.marks.map((m) => `${m.label} ${brief(m.value)}`).join(", ")}`)
    .join(". ");
  ladder($("ladder"), rows, told);
}

function update() {
  const began = performance.now();
  run = simulate(resolved(state));
  if (now > run.history.length) now = 0;
  fill();
  const text = headline();
  if ($("headline").textContent !== text) $("headline").textContent = text;
  tables();
  draw();
  $("command").textContent = commandText();
  const hash = address();
  if (hash !== location.hash.slice(1))
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  const whole = performance.now() - began;
  $("timing").textContent =
    `${run.history.length} iterates in dimension ${run.model.d.toLocaleString("en")}, simulated in ` +
    `${run.milliseconds.toFixed(1)} ms, drawn in ${(whole - run.milliseconds).toFixed(1)} ms.`;
  scoFlat.milliseconds = whole;
  scoFlat.updates++;
}
