// Controls, the address bar, and what is shown. `run` is the last run; scoFlat.simulate runs any settings.

const DEFAULTS = {
  instance: "sam-chain", n: 8, T: 64, eta: 0.25, radius: "auto", rho: 0, seed: 0, method: "sam", epsilon: 0,
  parameters: "corrected", preset: "paper", oracle: "adversarial",
};
const CHOICES = {
  instance: ["sam-chain", "sagd-blocks"], method: ["sam", "sagd", "gd"], parameters: ["corrected", "printed"],
  preset: ["paper", "robust"], oracle: ["adversarial", "coordinate", "benign", "uniform"],
};
// [least, largest, whole number?]; sliders may cover less
const RANGES = {
  n: [1, 12, true], T: [2, 256, true], eta: [1e-3, 16, false], radius: [1e-6, 1e4, false], rho: [0, 100, false],
  seed: [0, 2 ** 53 - 1, true], epsilon: [0, 1, false],
};
const SCENES = [
  ["1 SAM walks", "SAM from 0: one new coordinate at every step, none of which the sample sees.", {}],
  ["2 GD stays", "The same loss, sample and start, without the perturbation: gradient descent stays next to the good minimum at which it starts.",
    { method: "gd" }],
  ["3 A tiny ε", "SAM's first gradient is so small that a library's 10⁻¹² in the norm hides the whole effect.",
    { epsilon: 1e-12 }],
  ["4 As printed", "With the constants as printed the other blocks wake up, and the bound of Theorem 7 fails.",
    { parameters: "printed", n: 12, T: 16, eta: 1 / 24 }],
  ["5 SA-GD walks", "SA-GD on blocks: the inner maximum is a whole face, and an adversary picks from it.",
    { instance: "sagd-blocks", method: "sagd", n: 6 }],
  ["6 A kind oracle", "The same face, but the tie goes to b: the population risk goes to 0.",
    { instance: "sagd-blocks", method: "sagd", n: 6, oracle: "benign" }],
  ["7 No choice left", "Weights that leave one maximiser only: the kind oracle has to walk, too.",
    { instance: "sagd-blocks", method: "sagd", n: 6, oracle: "benign", preset: "robust" }],
];
// Sliders move on a scale of their own: whole numbers, octaves, or multiples of the largest legal radius.
const SLIDERS = [
  { key: "n", name: "n, examples", low: 2, high: 12, step: 1 },
  { key: "T", name: "T, iterates", low: 2, high: 256, step: 1 },
  { key: "eta", name: "η, step size", low: -8, high: 2, step: 0.25, octaves: true },
  { key: "radius", name: "r, perturbation radius", low: -4, high: 2, step: 0.25, octaves: true, auto: true },
  { key: "rho", name: "ρ, flatness radius", low: 0, high: 0.5, step: 0.01 },
  { key: "seed", name: "seed of the sample", low: 0, high: 50, step: 1 },
];

const $ = (id) => document.getElementById(id);
let state = { ...DEFAULTS };
let scene = 0;
let now = 0; // the iterate looked at; 0 for the last one
let run = null;
let playing = 0;

// --- settings: address bar, numbers, defaults ---

// "0.25", "1/24" or "1e-3" as a number; NaN otherwise.
function readNumber(text) {
  const parts = String(text).trim().split("/");
  if (parts.length > 2 || parts.some((p) => !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(p.trim()))) return NaN;
  return parts.map(Number).reduce((a, b) => a / b);
}

// The value, or a sentence that says what is wrong with it.
function checked(key, text) {
  if (CHOICES[key]) return CHOICES[key].includes(text) ? [text] : [null, `${key} is one of ${CHOICES[key].join(", ")}`];
  if (key === "radius" && text === "auto") return ["auto"];
  const value = readNumber(text);
  const [low, high, whole] = RANGES[key];
  const ok = value >= low && value <= high && (!whole || Number.isInteger(value));
  return ok ? [value] : [null, `${whole ? "a whole number" : "a number"} from ${low} to ${high}`];
}

function fitting(settings) {
  const own = settings.instance === "sam-chain" ? "sam" : "sagd";
  return settings.method === "gd" || settings.method === own ? settings : { ...settings, method: own };
}

function fromAddress() {
  const found = { ...DEFAULTS };
  const wrong = [];
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    if (!(key in DEFAULTS)) wrong.push(`${key}: not a setting`);
    else {
      const [value, why] = checked(key, text);
      if (why) wrong.push(`${key} = ${text}: ${why}`);
      else found[key] = value;
    }
  }
  return [fitting(found), wrong];
}

function address() {
  const changed = Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]);
  return new URLSearchParams(changed.map(([key, value]) => [key, String(value)])).toString();
}

// Settings of a run: the radius as a number.
function resolved(settings) {
  const { instance, T, eta, rho, radius } = settings;
  return { ...settings, radius: radius === "auto" ? autoRadius(instance, T, eta, rho) : radius };
}

// --- controls ---

function build() {
  for (const { key, name, low, high, step, auto } of SLIDERS) {
    const row = document.createElement("div");
    row.className = "slider";
    row.innerHTML = `<label for="${key}-slider">${name}</label>
      <input type="range" id="${key}-slider" min="${low}" max="${high}" step="${step}">
      <input type="text" id="${key}" inputmode="decimal" aria-label="${name}, exact" aria-describedby="${key}-hint">
      ${auto ? '<label class="hint"><input type="checkbox" id="auto"> the largest that the theorem allows</label>' : ""}
      <p class="hint" id="${key}-hint"></p>`;
    $("sliders").append(row);
  }
  SCENES.forEach(([name], k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => show(k));
    $("scenes").append(button);
  });
}

function fromSlider({ key, octaves, auto }) {
  const place = Number($(`${key}-slider`).value);
  if (!octaves) return place;
  const { instance, T, eta, rho } = state;
  return 2 ** place * (auto ? autoRadius(instance, T, eta, rho) : 1);
}

function toSlider({ octaves, auto }, value) {
  const { instance, T, eta, rho } = state;
  return octaves ? Math.log2(value / (auto ? autoRadius(instance, T, eta, rho) : 1)) : value;
}

function fill() {
  const numbers = resolved(state);
  for (const slider of SLIDERS) {
    const value = numbers[slider.key];
    const range = $(`${slider.key}-slider`);
    range.value = toSlider(slider, value);
    range.setAttribute("aria-valuetext", brief(value));
    const text = $(slider.key);
    if (document.activeElement !== text) text.value = brief(value);
    text.removeAttribute("aria-invalid");
    $(`${slider.key}-hint`).textContent = "";
  }
  $("auto").checked = state.radius === "auto";
  $("epsilon").checked = state.epsilon !== 0;
  $("oracle").value = state.oracle;
  for (const key of ["instance", "method", "parameters", "preset"])
    for (const input of document.querySelectorAll(`input[name="${key}"]`)) input.checked = input.value === state[key];
  const chain = state.instance === "sam-chain";
  for (const part of document.querySelectorAll(".chain")) part.hidden = !chain;
  for (const part of document.querySelectorAll(".blocks")) part.hidden = chain;
  $("epsilon").disabled = state.method !== "sam";
  $("oracle").disabled = state.method !== "sagd";
  [...$("scenes").children].forEach((button, k) => button.setAttribute("aria-pressed", String(scene === k + 1)));
}

function change(changes) {
  state = fitting({ ...state, ...changes });
  scene = 0;
  later();
}

function show(k) {
  state = { ...DEFAULTS, ...SCENES[k][2] };
  scene = k + 1;
  now = 0;
  later();
}

let waiting = false;
function later() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

// --- words ---

function eventText(settings) {
  const m = 2 ** settings.n;
  const step = Math.log1p(-1 / m);
  return settings.instance === "sam-chain"
    ? `event: exactly one all-zero column, probability ${brief(Math.exp((m - 1) * step))}`
    : `event: an all-plus column, probability ${brief(-Math.expm1(m * step))}`;
}

function stopText() {
  const { note, stopped, awake } = run;
  if (note?.kind === "unknown") return ` At step ${note.t} the maximisers are not known exactly, and the run stops.`;
  if (stopped)
    return ` ${awake} blocks are awake: more than this page runs in an instant. It stops at iterate ${stopped}; the command below goes on.`;
  if (note?.kind === "zero") return ` The gradient is 0 at step ${note.t}: ${run.settings.method === "sam" ? "SAM takes no step (0/0 = 0)" : "nothing moves"}.`;
  if (note?.kind === "underflow") return ` The gradient at step ${note.t} is too small for a double: the run stands still where SAM would move.`;
  return "";
}

function headline() {
  const { settings, last, average } = run;
  const name = { sam: "SAM", sagd: "SA-GD", gd: "Gradient descent" }[settings.method];
  const at = average ?? last;
  const what = average ? "the average of all iterates" : "the last iterate";
  const risk = brief(at.population[0]);
  const lead = scene ? `${SCENES[scene - 1][1]} ` : "";
  let found = `${name}, ${average ? settings.T : run.history.length} iterates: ${what} has empirical risk ${brief(at.empirical)} and population risk ${risk}.`;
  const lower = run.bounds.find((b) => b.key === "lower");
  if (lower?.value !== undefined && average)
    found += ` ${lower.name.split(",")[0]} says at least ${brief(lower.value)}${holds(lower) ? "" : ": it fails here"}.`;
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
  const parts = ["sco-flat run", s.instance, "--method", s.method, "--n", s.n, "--steps", s.T, "--step-size", s.eta];
  parts.push("--radius", s.radius, "--flatness-radius", s.rho, "--seed", s.seed);
  if (s.instance === "sam-chain") parts.push("--parameters", s.parameters);
  else parts.push("--preset", s.preset);
  if (s.method === "sagd") parts.push("--oracle", s.oracle);
  if (s.epsilon) parts.push("--epsilon", s.epsilon);
  if (run.conditions.some((c) => !c.holds)) parts.push("--allow-outside");
  return parts.join(" ");
}

// --- drawing ---

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
  const point = (name, at) =>
    rowOf([name, brief(at.empirical), brief(at.population[0]), unit > 0 ? brief(at.population[0] / unit) : "–"]);
  const rows = [point(`iterate${run.stopped ? ` at t = ${run.history.length}` : " at T, the last"}`, last)];
  if (average) rows.push(point("average of all iterates", average), point(`suffix average of least F (from t = ${lowest + 1})`, suffixes[lowest]));
  $("points").tBodies[0].replaceChildren(...rows);
  const names = { population_risk: "F", empirical_risk: "Fₛ", saer: "SAER" };
  $("bounds").tBodies[0].replaceChildren(
    ...run.bounds.map((b) => {
      const value = measured(b);
      if (b.why || value === null) return rowOf([b.name, names[b.quantity], "–", value === null ? "–" : brief(value), b.why || "the run stopped"]);
      const ok = holds(b);
      const sign = b.side === "lower" ? "≥" : "≤";
      return rowOf([b.name, names[b.quantity], `${sign} ${brief(b.value)}`, brief(value), ok ? "ok" : "fails"], ["", "", "", "", ok ? "" : "fails"]);
    }),
  );
  if (!run.bounds.length) $("bounds").tBodies[0].append(rowOf(["no theorem speaks of this method here", "", "", "", ""]));
  $("conditions").replaceChildren(
    ...[...run.conditions, { name: eventText(s), holds: true, plain: true }].map((c) => {
      const item = document.createElement("li");
      item.textContent = c.plain ? c.name : c.holds ? `✓ ${c.name}` : `✗ outside: ${c.name} (it is ${brief(c.value)}, the limit ${brief(c.limit)})`;
      item.className = c.holds ? "" : "fails";
      return item;
    }),
  );
  if ($("more").open) iterateTable();
}

function iterateTable() {
  const rows = run.iterates.map((at, k) =>
    rowOf([k + 1, brief(at.empirical), brief(at.population[0]), run.suffixes ? brief(run.suffixes[k].population[0]) : "–"]),
  );
  $("iterates").tBodies[0].replaceChildren(...rows);
}

function moment() {
  const { history, iterates, settings, model } = run;
  const t = now || history.length;
  const rows = history.map((h) => model.shown(h));
  const chain = settings.instance === "sam-chain";
  const strip = chain ? null : history.map((h) => h.b);
  const largest = (row) => row.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  const high = Math.max(...rows.map(largest), strip ? largest(strip) : 0);
  const last = history.length;
  heatMap($("map"), $("map-axes"), rows, strip, { last, now: t, high });
  $("map-title").textContent = chain
    ? `Block that the sample never sees: |x[I, j]|, full tone ${brief(high)}`
    : `Block that the sample sees from one side only, and b: |x[I, j]| and |b|, full tone ${brief(high)}`;
  $("time").max = history.length;
  $("time").value = t;
  const at = iterates[t - 1];
  const b = chain ? "" : `, b = ${brief(history[t - 1].b)}`;
  const text = `t = ${t}: Fₛ = ${brief(at.empirical)}, F = ${brief(at.population[0])}${b}`;
  $("time").setAttribute("aria-valuetext", text);
  $("moment").textContent = text;
  const ends = `F ends at ${brief(iterates.at(-1).population[0])}, Fₛ at ${brief(iterates.at(-1).empirical)}.`;
  lineChart(
    $("risk"),
    [
      { name: "population risk F(wₜ)", values: iterates.map((i) => i.population[0]), colour: "red" },
      { name: "empirical risk Fₛ(wₜ)", values: iterates.map((i) => i.empirical), colour: "blue", dash: "9 6" },
    ],
    { last, xlabel: "iterate t", now: t, summary: `Risk of the iterates over t. ${ends}` },
  );
}

function draw() {
  moment();
  const { settings, suffixes, bounds: all, average } = run;
  if (!average) {
    for (const id of ["suffix", "ladder"]) instead($(id), "The run stopped before its end: no average of all iterates.");
    return;
  }
  const lower = all.find((b) => b.key === "lower" && b.value !== undefined);
  const series = [{ name: "average of wₜ, …, last (simulated)", values: suffixes.map((s) => s.population[0]), colour: "red" }];
  if (lower) series.push({ name: `${lower.name.split(":")[0]}: ${brief(lower.value)} for every t`, values: [lower.value], colour: "green", dash: "3 5" });
  lineChart($("suffix"), series, {
    last: settings.T, xlabel: "first iterate t of the average",
    summary: `Population risk of suffix averages: from ${brief(suffixes[0].population[0])} for all iterates to ${brief(suffixes.at(-1).population[0])} for the last.`,
  });
  const named = (b) => (b.key.endsWith("paper") ? "paper" : b.key.endsWith("sharper") ? "sharper" : "lower bound");
  const marks = (quantity, value) => [
    { label: "measured", value, shape: "dot", colour: "red" },
    ...all.filter((b) => b.quantity === quantity && b.value !== undefined)
      .map((b) => ({ label: named(b), value: b.value, shape: b.side, colour: b.side === "lower" ? "green" : "blue" })),
  ];
  const rows = [
    { name: "population risk F (upper bounds: mean over samples)", marks: marks("population_risk", average.population[0]) },
    average.saer
      ? { name: "SAER: largest Fₛ within r", marks: marks("saer", average.saer[1]) }
      : { name: "empirical risk Fₛ", marks: marks("empirical_risk", average.empirical) },
  ];
  const told = rows.map((r) => `${r.name}: ${r.marks.map((m) => `${m.label} ${brief(m.value)}`).join(", ")}`).join(". ");
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
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  const whole = performance.now() - began;
  $("timing").textContent = `${run.settings.T} iterates in dimension ${run.model.d.toLocaleString("en")}, simulated in ${run.milliseconds.toFixed(1)} ms, drawn in ${(whole - run.milliseconds).toFixed(1)} ms.`;
  scoFlat.milliseconds = whole;
  scoFlat.updates++;
}

// --- what a person does ---

function listen() {
  for (const slider of SLIDERS) {
    const { key } = slider;
    $(`${key}-slider`).addEventListener("input", () => change({ [key]: fromSlider(slider) }));
    $(key).addEventListener("input", () => {
      const [value, why] = checked(key, $(key).value);
      $(`${key}-hint`).textContent = why ?? "";
      $(`${key}-hint`).classList.toggle("bad", Boolean(why));
      $(key).toggleAttribute("aria-invalid", Boolean(why));
      if (why) $(key).setAttribute("aria-invalid", "true");
      else change({ [key]: value });
    });
    $(key).addEventListener("blur", later);
  }
  for (const key of ["instance", "method", "parameters", "preset"])
    for (const input of document.querySelectorAll(`input[name="${key}"]`))
      input.addEventListener("change", () => change({ [key]: input.value }));
  $("oracle").addEventListener("change", () => change({ oracle: $("oracle").value }));
  $("epsilon").addEventListener("change", () => change({ epsilon: $("epsilon").checked ? 1e-12 : 0 }));
  $("auto").addEventListener("change", () => change({ radius: $("auto").checked ? "auto" : resolved(state).radius }));
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("reset").addEventListener("click", () => show(0));
  $("more").addEventListener("toggle", () => $("more").open && iterateTable());
  $("time").addEventListener("input", () => {
    now = Number($("time").value);
    moment();
  });
  $("play").addEventListener("click", () => (playing ? pause() : play()));
  $("link").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      $("copied").textContent = "The link is in the clipboard.";
    } catch {
      $("copied").textContent = `Copy it from here: ${location.href}`;
    }
  });
  $("theme").addEventListener("change", () => {
    document.documentElement.dataset.theme = $("theme").value;
    later();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
  addEventListener("hashchange", readAddress);
}

function play() {
  $("play").textContent = "Pause";
  if (!now || now >= run.history.length) now = 1;
  playing = setInterval(() => {
    if (now >= run.history.length) return pause();
    now++;
    moment();
  }, 8000 / run.settings.T);
}

function pause() {
  clearInterval(playing);
  playing = 0;
  $("play").textContent = "Play";
}

function readAddress() {
  let wrong;
  [state, wrong] = fromAddress();
  scene = location.hash.length > 1 ? 0 : 1;
  update();
  $("copied").textContent = wrong.length ? `The link was mended: ${wrong.join("; ")}.` : "";
}

const scoFlat = (window.scoFlat = { simulate: (settings) => simulate(resolved({ ...DEFAULTS, ...settings })), milliseconds: 0, updates: 0 });
Object.defineProperty(scoFlat, "run", { get: () => run });
build();
listen();
readAddress();
