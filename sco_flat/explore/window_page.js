// The page on the window: its controls, the picture that one can draw in, and the sentences.

const [LEFT, TOP, BOTTOM, TALL] = [70, 44, 300, 352];
let wide = 1000; // the picture's width, less on a phone, where letters would be too small
let state = { ...DEFAULTS };
let found = null;
let here = 0; // the checkpoint whose loss the keyboard changes
let high = 1; // of the picture; it stays while one draws
let pen = null; // the last point drawn, while the pointer is down

function build() {
  for (const { key, name, low, high, step } of SLIDERS) {
    const row = document.createElement("div");
    row.className = "slider";
    row.innerHTML = `<label for="${key}-slider">${name}</label>
      <input type="range" id="${key}-slider" min="${low}" max="${high}" step="${step}">
      <input type="text" id="${key}" inputmode="decimal" aria-label="${name}, exact" aria-describedby="${key}-hint">
      <p class="hint bad" id="${key}-hint"></p>`;
    $("sliders").append(row);
  }
  for (const [key, { name }] of Object.entries(TRACES)) $("trace").append(new Option(name, key));
  $("trace").append(new Option("your own", "own"));
}

const right = () => wide - 15;
const scale = () => ({
  x: (k) => LEFT + ((right() - LEFT) * (k + 0.5)) / lossesOf(state).length,
  y: (v) => BOTTOM - ((BOTTOM - TOP) * v) / high,
});

function axesOf(svg, losses, { x, y }) {
  for (const value of ticks(0, high, 4)) {
    svgTag(svg, "line", { x1: LEFT, x2: right(), y1: y(value), y2: y(value), class: "grid" });
    svgTag(svg, "text", { x: LEFT - 6, y: y(value) + 5, "text-anchor": "end", class: "tick" }, brief(value));
  }
  for (const k of losses.length > 1 ? wholeTicks(0, losses.length - 1, wide / 100) : [0])
    svgTag(svg, "text", { x: x(k), y: BOTTOM + 20, "text-anchor": "middle", class: "tick" }, k);
  svgTag(svg, "line", { x1: LEFT, x2: right(), y1: BOTTOM, y2: BOTTOM, class: "axis" });
  const label = Math.min(...losses) < 0 ? "checkpoint (losses below 0 are drawn at 0)" : "checkpoint";
  svgTag(svg, "text", { x: (LEFT + right()) / 2, y: TALL - 8, "text-anchor": "middle" }, label);
}

// The window as a band, and the threshold.
function band(svg, { x, y }) {
  const { start, end, threshold, ended, weights } = found;
  const first = Math.min(start, ...Object.keys(weights ?? {}).map(Number));
  const half = (x(1) - x(0)) / 2;
  const [from, to] = [x(first) - half, x(Math.max(start, end)) + half];
  svgTag(svg, "rect", { x: from, y: TOP, width: to - from, height: BOTTOM - TOP, class: "band" });
  for (const at of ended ? [from, to] : [from])
    svgTag(svg, "line", { x1: at, x2: at, y1: TOP, y2: BOTTOM, class: "edge" });
  svgTag(svg, "line", { x1: LEFT, x2: right(), y1: y(threshold), y2: y(threshold), class: "level" });
}

// Its words, over everything.
function bandWords(svg, { x, y }) {
  const { start, end, threshold, ended } = found;
  const stop = ended ? `tₑ = ${end}` : `tₑ = ${end}: never ended`;
  const far = x(end) > (LEFT + right()) / 2;
  const late = x(start) > (LEFT + right()) / 2;
  svgTag(svg, "text", { x: x(start), y: 16, "text-anchor": late ? "end" : "start" }, `tₛ = ${start}`);
  svgTag(svg, "text", { x: x(end), y: 36, "text-anchor": far ? "end" : "start" }, stop);
  const above = y(threshold) - 8 > TOP + 8 ? -8 : 20;
  const place = { x: right(), y: y(threshold) + above, "text-anchor": "end" };
  svgTag(svg, "text", place, `l = ${brief(threshold)}`);
}

function chart() {
  const svg = $("chart");
  const losses = lossesOf(state);
  const { start, end, threshold, weights } = found ?? {};
  if (!pen) high = Math.max(...losses, threshold ?? 0) * 1.08 || 1;
  if (high < 0) high = 1;
  wide = Math.min(Math.max(1.25 * svg.clientWidth, 440), 1000);
  clear(svg, $("headline").textContent);
  svg.setAttribute("viewBox", `0 0 ${wide} ${TALL}`);
  const places = scale();
  const { x, y } = places;
  const begun = Number.isInteger(start);
  axesOf(svg, losses, places);
  if (begun) band(svg, places);
  const at = losses.map((v, k) => [x(k), y(Math.max(v, 0))]);
  svgTag(svg, "polyline", { points: at.map((p) => p.map((c) => c.toFixed(1)).join(",")).join(" "), class: "loss" });
  const size = Math.max(Math.min((x(1) - x(0)) / 2, 5), 1.5);
  at.forEach(([cx, cy], k) => {
    const weight = weights ? (weights[k] ?? 0) : begun && k >= start && k <= end ? 1 : 0;
    if (!weight) svgTag(svg, "circle", { cx, cy, r: size, class: "dot" });
    else svgTag(svg, "rect", { x: cx - size, y: cy - size, width: 2 * size, height: 2 * size, class: "inside" });
    if (weight > 1) svgTag(svg, "text", { x: cx, y: cy - 12, "text-anchor": "middle" }, `×${weight}`);
  });
  if (begun) bandWords(svg, places);
  svgTag(svg, "circle", { cx: at[here][0], cy: at[here][1], r: 9, class: "here" });
}

function sentence() {
  const losses = lossesOf(state);
  const lead = state.losses ? "" : `${TRACES[state.trace].about} `;
  if (!found)
    return `${losses.length} losses are fewer than Ns = ${state.ns}: choose a smaller Ns, or give more checkpoints.`;
  const { start, end, threshold, ended, weights } = found;
  if (start === null) {
    const what = weights ? `the last segment, ${losses.length - 1}, is taken` : "nothing is averaged";
    return `${lead}No loss is the least of the Ns = ${state.ns} from it on: the window never begins, and ${what}.`;
  }
  const twice = weights && Object.values(weights).some((weight) => weight > 1) ? ", some of them more than once" : "";
  const what = weights ? `segments ${Object.keys(weights)[0]} to ${end} enter the mean${twice}` : `every iterate from ${start} to ${end} is averaged`;
  const until = ended
    ? `It ends because Ne = ${state.ne} losses in a row are above ${brief(threshold)}.`
    : "It never ends: the average goes on to the last checkpoint.";
  return `${lead}The valley begins at checkpoint ${start}; ${what}. ${weights && !ended ? "Nothing ends it." : until}`;
}

function commandText() {
  const { ns, ne, r, mode } = state;
  return `sco-flat swad losses.csv --n-start ${ns} --n-end ${ne} --tolerance ${r} --mode ${mode}`;
}

function words() {
  const { mode } = state;
  $("threshold-words").textContent = mode === "text" ? "r times the loss at tₛ." : "r times the mean of the Ns losses.";
  $("end-words").textContent = {
    algorithm: "The checkpoint before the first Ne losses in a row that are all above l.",
    text: "The first of Ne losses in a row that are all above l: one later.",
    released: "The last segment (iterates between two checkpoints) that enters, by a queue of Ne; ×2: it enters twice.",
  }[mode];
}

function fill() {
  for (const { key } of SLIDERS) {
    $(`${key}-slider`).value = state[key];
    settle(key, state[key]);
  }
  const losses = lossesOf(state);
  here = Math.min(here, losses.length - 1);
  $("trace").value = state.losses ? "own" : state.trace;
  $("trace").lastElementChild.disabled = !state.losses;
  for (const input of document.querySelectorAll('input[name="mode"]')) input.checked = input.value === state.mode;
  $("checkpoint").max = losses.length - 1;
  $("checkpoint").value = here;
  $("checkpoint").setAttribute("aria-valuetext", `checkpoint ${here}: loss ${brief(losses[here])}`);
  settle("loss", losses[here]);
  settle("numbers", losses.join("\n"));
}

// What is being typed stays, and so does what is said of it.
function settle(id, value) {
  if (document.activeElement === $(id)) return;
  $(id).value = value;
  bad(id, "");
}

function bad(id, why) {
  $(`${id}-hint`).textContent = why;
  if (why) $(id).setAttribute("aria-invalid", "true");
  else $(id).removeAttribute("aria-invalid");
}

function update() {
  const { ns, ne, r, mode } = state;
  const losses = lossesOf(state);
  found = losses.length < ns ? null : swadWindow(losses, ns, ne, r, mode);
  $("headline").textContent = sentence();
  $("command").textContent = commandText();
  fill();
  words();
  chart();
  if (!pen) history.replaceState(null, "", `#${toAddress(state)}`);
  $("copied").textContent = "";
  scoFlat.updates++;
}

let waiting = false;
function change(changes) {
  state = { ...state, ...changes };
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

function setLoss(k, value) {
  const losses = [...lossesOf(state)];
  losses[k] = value;
  change({ losses });
}

// The checkpoint and the loss under the pointer, to three digits of the picture's height.
function under(event) {
  const svg = $("chart");
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const count = lossesOf(state).length;
  const k = Math.floor(((point.x - LEFT) / (right() - LEFT)) * count);
  const share = Math.min(Math.max((BOTTOM - point.y) / (BOTTOM - TOP), 0), 1);
  return [Math.min(Math.max(k, 0), count - 1), Number((share * high).toPrecision(3))];
}

function draw(event) {
  const [k, value] = under(event);
  const [from, before] = pen ?? [k, value];
  const losses = [...lossesOf(state)];
  const step = k < from ? -1 : 1;
  for (let i = from; i !== k; i += step) {
    if (i === from) continue;
    losses[i] = Number((before + ((value - before) * (i - from)) / (k - from)).toPrecision(3));
  }
  losses[k] = value;
  pen = [k, value];
  here = k;
  change({ losses });
}

function listen() {
  for (const { key } of SLIDERS) {
    $(`${key}-slider`).addEventListener("input", () => change({ [key]: Number($(`${key}-slider`).value) }));
    $(key).addEventListener("input", () => {
      const [value, why] = checked(key, $(key).value);
      bad(key, why ?? "");
      if (!why) change({ [key]: value });
    });
    $(key).addEventListener("blur", () => change({}));
  }
  for (const input of document.querySelectorAll('input[name="mode"]'))
    input.addEventListener("change", () => change({ mode: input.value }));
  $("trace").addEventListener("change", () => change({ trace: $("trace").value, losses: null }));
  $("checkpoint").addEventListener("input", () => {
    here = Number($("checkpoint").value);
    change({});
  });
  $("loss").addEventListener("input", () => {
    const text = $("loss").value.trim();
    bad("loss", isNumber(text) ? "" : "a finite number");
    if (isNumber(text)) setLoss(here, Number(text));
  });
  $("loss").addEventListener("blur", () => change({}));
  $("numbers").addEventListener("input", () => {
    const [losses, why] = readTrace($("numbers").value);
    bad("numbers", why ?? "");
    if (!why) change({ losses });
  });
  const svg = $("chart");
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    svg.setPointerCapture(event.pointerId);
    draw(event);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => pen && draw(event));
  for (const name of ["pointerup", "pointercancel"])
    svg.addEventListener(name, () => {
      pen = null;
      change({});
    });
  $("reset").addEventListener("click", () => change({ ...DEFAULTS }));
  listenToShell(chart);
  addEventListener("hashchange", readAddress);
  addEventListener("resize", chart);
}

function readAddress() {
  let wrong;
  [state, wrong] = readSettings(location.hash.slice(1), DEFAULTS, checked);
  update();
  sayMended(wrong);
}

const scoFlat = (window.scoFlat = { window: swadWindow, readTrace, updates: 0 });
Object.defineProperty(scoFlat, "state", { get: () => ({ ...state, found, losses: lossesOf(state) }) });
build();
listen();
readAddress();
