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
  const { settings: s, last, average, lowest, suffixes, many } = run;
  const unit = s.eta ** 2 * Math.max(s.radius - s.rho, 0) ** 2 * s.T;
  const share = (at) => (s.instance === "valley-2d" ? priceOf(at.x) : unit > 0 ? at.population[0] / unit : NaN);
  const point = (name, at) =>
    rowOf([name, brief(at.empirical), brief(at.population[0]), share(at) >= 0 ? brief(share(at)) : "–"]);
  const rows = [point(`iterate${run.stopped ? ` at t = ${run.history.length}` : " at T, the last"}`, last)];
  if (average)
    rows.push(
      point("average of all iterates", average),
      ...(several() ? [meanRow(many)] : []),
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
      const verdict = b.mean ? `${meanName()} is ${ok ? "below" : "above"} it` : ok ? "ok" : "fails";
      return rowOf([b.name, names[b.quantity], bound, brief(value), verdict], ["", "", "", "", verdict]);
    }),
  );
  if (!run.bounds.length)
    $("bounds").tBodies[0].append(rowOf(["no theorem speaks of this method here", "", "", "", ""]));
  if ($("more").open) iterateTable();
}

// Whether there is a mean over samples, and what stands for it.
const several = () => run.many?.done && run.many.averages.length > 1;
const meanName = () => (several() ? `the mean of ${run.many.averages.length} samples` : "this sample");

function meanRow(many) {
  return rowOf([`the same, mean of ${many.averages.length} samples`, "", brief(meanOf(many)[0]), ""]);
}

function chips() {
  const { conditions: all, settings, model } = run;
  $("conditions").replaceChildren(
    ...[...all, { name: eventText(settings, model), holds: true, plain: true }].map((c) => {
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
  "risk-title": "Risk of wₜ",
  "suffix-title": "Population risk of suffix averages",
  "unit-title": "F in units of η²(r−ρ)²T",
  "ladder-title": "The full average and its bounds",
  "flatness-title": "Flatness of wₜ: SAER, within r",
};

function moment() {
  const { settings, history } = run;
  if (settings.instance === "flat-erm") return twoMoment();
  const t = now || history.length;
  const text = settings.instance === "valley-2d" ? valleyMoment(t) : mapMoment(t);
  flatnessChart(t);
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
  heatMap($("map"), $("map-axes"), rows, strip, { now: t, high, xlabel: `iterate t; full tone is ${brief(high)}` });
  worded($("map-title"), mapTitle(chain));
  riskChart(t);
  const at = iterates[t - 1];
  const b = chain ? "" : `, b = ${brief(history[t - 1].b)}`;
  return `t = ${t}: Fₛ = ${brief(at.empirical)}, F = ${brief(at.population[0])}${b}`;
}

// Left to chance, a sample may be without the theorem's column.
function mapTitle(chain) {
  if (chain) return run.model.inEvent() ? "Block I, which nobody shows: |x[I, j]|" : "Not one column I, which nobody shows";
  return run.model.inEvent() || !run.model.rows.length ? "Block I and b: |x[I, j]|, |b|" : "An all-minus block, and b";
}

// The risks of the iterates, of one sample or of many, and of gradient descent beside them.
function riskChart(t) {
  const { iterates, settings, many, restingRisks } = run;
  const name = settings.method === "gd" ? "GD" : methodName(settings).replace(" without normalisation", "");
  const risks = iterates.map((i) => i.population[0]);
  const ends = `F ends at ${brief(risks.at(-1))}, Fₛ at ${brief(iterates.at(-1).empirical)}.`;
  const series = [{ name: `${name}: F`, values: risks, colour: "red" }];
  let told = "";
  if (several()) {
    series[0] = { name: `${name}: mean F of ${many.averages.length}`, values: many.mean, colour: "red" };
    series.unshift({ name: "least to most", band: [many.least, many.most], colour: "red" });
    told = ` Over ${many.averages.length} samples F ends between ${brief(many.least.at(-1))} and ${brief(many.most.at(-1))}.`;
  }
  series.push({ name: `${name}: Fₛ`, values: iterates.map((i) => i.empirical), colour: "blue", dash: "9 6" });
  if (settings.method !== "gd")
    series.push({ name: "GD: F", values: restingRisks.slice(0, risks.length), colour: "green", dash: "3 5" });
  const summary = `Risk of the iterates over t. ${ends}${told}`;
  lineChart($("risk"), series, { range: [1, risks.length], xlabel: "iterate t", now: t, summary });
}

// How flat the iterates lie: the SAER, or the room between its ends.
function flatnessChart(t) {
  const { saers, settings } = run;
  const [low, high] = [0, 1].map((end) => saers.map((pair) => pair[end]));
  const known = saers.every(([a, b]) => a >= b * (1 - 1e-9));
  const [from, to] = [saers[0], saers.at(-1)].map(([a, b]) => (known ? brief(b) : `${brief(a)} to ${brief(b)}`));
  const series = known
    ? [{ name: `SAER of wₜ, ${methodName(settings)}`, values: high, colour: "red" }]
    : [
        { name: "the SAER lies here", band: [low, high], colour: "red" },
        { name: "a push that was found", values: low, colour: "red" },
      ];
  const summary = `SAER of the iterates over t: ${from} at first, ${to} at last.`;
  lineChart($("flatness"), series, { range: [1, saers.length], xlabel: "iterate t", now: t, summary });
}

// Away from b = 0 the page knows the largest risk within r only from both sides.
function saerName([low, high]) {
  return low < high * (1 - 1e-9) ? `SAER, at least ${brief(low)}, at most` : "SAER, the largest Fₛ within r";
}

function draw() {
  const kind = run.settings.instance;
  const captions = { ...CAPTIONS, ...(kind === "valley-2d" ? VALLEY_CAPTIONS : kind === "flat-erm" ? TWO_CAPTIONS : {}) };
  for (const [id, text] of Object.entries(captions)) worded($(id), text);
  moment();
  if (kind === "flat-erm") return twoLadder();
  if (!run.average) {
    for (const id of ["suffix", "ladder"])
      instead($(id), "The run stopped before its end: no average of all iterates.");
    return;
  }
  if (kind === "valley-2d") valleySuffixes();
  else suffixChart();
  boundsChart();
}

function suffixChart() {
  const { settings, suffixes, bounds: all } = run;
  const ends = [suffixes[0], suffixes.at(-1)].map((at) => brief(at.population[0]));
  const lower = all.find((b) => b.key === "lower" && b.value !== undefined);
  const series = [{ name: "average of wₜ, …, last", values: suffixes.map((s) => s.population[0]), colour: "red" }];
  if (lower)
    series.push({
      name: `${lower.name.split(":")[0]}: ${brief(lower.value)}`,
      values: [lower.value],
      colour: "green",
      dash: "3 5",
    });
  lineChart($("suffix"), series, {
    range: [1, settings.T],
    xlabel: "first iterate t of the average",
    summary: `Population risk of suffix averages: from ${ends[0]} for all iterates to ${ends[1]} for the last.`,
  });
}

// The word behind the dash of a bound's key, as the picture has room for it.
const STRENGTHS = { paper: "paper", sharper: "sharper", maximisers: "for maximisers", plain: "plain SAM" };

function boundsChart() {
  const { bounds: all, average } = run;
  const named = (b) => STRENGTHS[b.key.split("-")[1]] ?? "lower bound";
  const marks = (quantity, value) => [
    { label: "measured", value, shape: "dot", colour: "red" },
    ...all
      .filter((b) => b.quantity === quantity && b.value !== undefined)
      .map((b) => ({ label: named(b), value: b.value, shape: b.side, colour: b.side === "lower" ? "green" : "blue" })),
  ];
  const mean = several() ? [{ label: "mean", value: meanOf(run.many)[0], shape: "dot", colour: "red" }] : [];
  const rows = [
    {
      name: "population risk F (upper: of the mean)",
      marks: [...marks("population_risk", average.population[0]), ...mean],
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
  const two = run.settings.instance === "flat-erm";
  if (!two && now > run.history.length) now = 0;
  fill();
  report();
  const hash = address();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
  if (run.settings.samples > 1) askMany(run, report);
  const whole = performance.now() - began;
  const simulated = `simulated in ${run.milliseconds.toFixed(1)} ms, drawn in ${(whole - run.milliseconds).toFixed(1)} ms.`;
  const size = two ? "Two points" : `${run.history.length} iterates`;
  $("timing").textContent = `${size} in dimension ${run.model.d.toLocaleString("en")}, ${simulated}`;
  scoFlat.milliseconds = whole;
  scoFlat.updates++;
}

// Everything that is said and drawn of the run.
function report() {
  const text = headline();
  if ($("headline").textContent !== text) worded($("headline"), text);
  chips();
  if (run.settings.instance === "flat-erm") twoTables();
  else tables();
  draw();
  $("command").textContent = commandText();
}
