// The valley in two dimensions: its landscape with the iterates on it, its charts, tables and words.

const LEVELS = 7; // level lines, at even distances from the valley
const LOOK = { sam: { colour: "red", dash: "none" }, gd: { colour: "blue", dash: "9 6" } };

// What ¼ x² is: half of the fresh examples of the theorem's loss pay ½ x².
function priceOf(x) {
  const { eta, radius, T } = run.settings;
  return (0.25 * x * x) / (eta * radius * radius * T);
}

// The part of the plane to show: the walk of SAM, or where it would be, and what it sees.
function viewOf({ model, history, settings }) {
  const { c, h } = model;
  const limit = model.limit(settings.T);
  const far = Math.max(...history.map(([, x]) => Math.abs(x)), limit);
  const right = 1.1 * Math.min(far, 4 * limit);
  const wide = Math.max(...history.map(([b]) => Math.abs(b)));
  const top = Math.max(1.25 * (settings.radius + Math.min(wide, 2 * settings.radius)), h + c * right);
  return { left: -0.12 * right, right, top };
}

const shade = (k) => `color-mix(in srgb, var(--soft) ${Math.round((62 * k) / LEVELS)}%, var(--paper))`;

function landscape(svg, t) {
  const { model, history, resting, settings } = run;
  const { c, h } = model;
  const { left, right, top } = viewOf(run);
  const box = [66, WIDTH - 14, 66, HEIGHT - 48];
  const px = (x) => box[0] + ((box[1] - box[0]) * (x - left)) / (right - left);
  const py = (b) => box[3] - ((box[3] - box[2]) * (b + top)) / (2 * top);
  const near = (pixel) => Math.min(Math.max(pixel, -9999), 9999).toFixed(1); // a run may leave what SVG can write
  const points = (path) => path.map(([b, x]) => `${near(px(x))},${near(py(b))}`).join(" ");
  const name = methodName(settings);
  const at = history[t - 1];
  const seen = model.look(at);
  clear(svg, `The valley from above. ${name} at iterate ${t}: x = ${brief(at[1])} along the valley, b = ${brief(at[0])} across.`);
  const clip = svgTag(svgTag(svg, "defs", {}), "clipPath", { id: "inside" });
  const frame = { x: box[0], y: box[2], width: box[1] - box[0], height: box[3] - box[2] };
  svgTag(clip, "rect", frame);
  const land = svgTag(svg, "g", { "clip-path": "url(#inside)" });
  const [highest] = model.felt(top, left);
  svgTag(land, "rect", { ...frame, fill: shade(LEVELS) });
  for (let k = LEVELS; k >= 1; k--) {
    const line = model.levelLine(highest * square(k / (LEVELS + 1)), right);
    svgTag(land, "polyline", { points: points(line), fill: shade(k - 1), stroke: "var(--soft)", "stroke-width": 1 });
  }
  const end = h + c * right;
  const apex = [0, -h / c];
  const edge = { fill: "none", stroke: "var(--green)", "stroke-width": 3 };
  const bottom = { stroke: "var(--ink)", "stroke-width": 2, "stroke-dasharray": "2 5" };
  svgTag(land, "polyline", { points: points([[end, right], apex, [-end, right]]), ...edge });
  svgTag(land, "polyline", { points: points([apex, [0, right]]), fill: "none", ...bottom });
  const { colour } = LOOK[settings.method];
  const trail = { fill: "none", stroke: `var(--${colour})`, "stroke-width": 1.8 };
  svgTag(land, "polyline", { points: points(history.slice(0, t)), ...trail });
  const ink = { stroke: "var(--ink)", "stroke-width": 1.5 };
  const square9 = (x, y) =>
    svgTag(svg, "rect", { x: x - 8, y: y - 8, width: 16, height: 16, fill: "var(--blue)", ...ink });
  const disc = (x, y) => svgTag(svg, "circle", { cx: x, cy: y, r: 7, fill: `var(--${colour})`, ...ink });
  const inside = ([b, x]) => x >= left && x <= right && Math.abs(b) <= top;
  const rest = resting[Math.min(t, resting.length) - 1];
  if (inside(rest)) square9(px(rest[1]), py(rest[0]));
  if (settings.method !== "gd") {
    if (seen) arrow(land, [px(at[1]), py(at[0])], [px(at[1] + seen[1]), py(at[0] + seen[0])]);
    if (inside(at)) disc(px(at[1]), py(at[0]));
  }
  landscapeAxes(svg, { box, px, py, left, right, top });
  const line = (style) => lineSign(svg, style);
  legend(svg, [
    ...(settings.method === "gd" ? [] : [["SAM", (x, y) => line(trail)(x, y) && disc(x + 17, y)]]),
    ["GD", (x, y) => square9(x + 17, y)],
    ...(settings.method === "gd" ? [] : [["vₜ", (x, y) => arrow(svg, [x, y], [x + 34, y])]]),
    ["edges", line(edge)],
    ["bottom, F = 0", line(bottom)],
    ["level lines", line({ stroke: "var(--soft)", "stroke-width": 1.5 })],
  ]);
}

// A line with a point, the latter where there is room for one.
function arrow(svg, [x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  svgTag(svg, "line", { x1, y1, x2, y2, stroke: "var(--ink)", "stroke-width": 2.5 });
  if (length < 14) return;
  const [p, q] = [(x2 - x1) / length, (y2 - y1) / length];
  const [x, y] = [x2 - 13 * p, y2 - 13 * q];
  const ends = `${x2},${y2} ${x - 6 * q},${y + 6 * p} ${x + 6 * q},${y - 6 * p}`;
  svgTag(svg, "polygon", { points: ends, fill: "var(--ink)" });
}

function landscapeAxes(svg, { box, px, py, left, right, top }) {
  const [from, to, above, below] = box;
  svgTag(svg, "rect", { x: from, y: above, width: to - from, height: below - above, fill: "none", class: "axis" });
  for (const x of ticks(left, right, 5))
    svgTag(svg, "text", { x: px(x), y: below + 18, "text-anchor": "middle", class: "tick" }, brief(x));
  for (const b of ticks(-top, top, 4))
    svgTag(svg, "text", { x: from - 6, y: py(b) + 5, "text-anchor": "end", class: "tick" }, brief(b));
  svgTag(svg, "text", { x: (from + to) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "x, along the valley");
  const side = { x: 0, y: 0, "text-anchor": "middle", transform: `translate(15 ${(above + below) / 2}) rotate(-90)` };
  svgTag(svg, "text", side, "b, across");
}

function valleyMoment(t) {
  const { history, iterates, resting, model, settings } = run;
  landscape($("landscape"), t);
  const { colour, dash } = LOOK[settings.method];
  const drift = history.map((_, k) => priceOf(model.limit(k + 1)));
  const series = [{ name: methodName(settings), values: history.map(([, x]) => priceOf(x)), colour, dash }];
  if (settings.method !== "gd")
    series.push({ name: "GD", values: resting.slice(0, history.length).map(([, x]) => priceOf(x)), ...LOOK.gd });
  series.push({ name: "SAM for small η and g", values: drift, colour: "green", dash: "3 5" });
  lineChart($("risk"), series, {
    range: [1, history.length],
    xlabel: "iterate t",
    now: t,
    summary: `¼ x² over t, in units of η r² T. It ends at ${brief(priceOf(history.at(-1)[1]))}.`,
  });
  const [b, x] = history[t - 1];
  return `t = ${t}: x = ${brief(x)}, b = ${brief(b)}, F = ${brief(iterates[t - 1].empirical)}`;
}

// ¼ x² of every suffix average beside the share that is proved for it in high dimension.
function valleySuffixes() {
  const values = run.suffixes.map(({ x }) => priceOf(x));
  const { colour } = LOOK[run.settings.method];
  const series = [{ name: "average of wₜ, …, last", values, colour }];
  const least = `${TITLES["valley-2d"].home}, high dimension: at least 1/${Math.round(1 / LEAST_RISK)}`;
  if (methodName(run.settings) === "SAM")
    series.push({ name: least, values: [LEAST_RISK], colour: "green", dash: "3 5" });
  lineChart($("suffix"), series, {
    range: [1, run.settings.T],
    xlabel: "first iterate t of the average",
    summary: `¼ x² of suffix averages, in units of η r² T: ${brief(values[0])} for all iterates, ${brief(values.at(-1))} for the last.`,
  });
}

function valleyHeadline() {
  const { history, resting, settings, model } = run;
  const [, x] = history.at(-1);
  let found = `${methodName(settings)}, ${history.length} iterates: x ends at ${brief(x)}`;
  if (settings.method !== "gd") found += `, gradient descent at ${brief(resting.at(-1)[1])}`;
  found += `; ¼x² = ${brief(priceOf(x))} η r² T. In high dimension fresh examples pay ¼x²; here F = Fₛ.`;
  if (settings.eta >= 2 / model.smoothness) found += ` η is at least 2/β = ${(2 / model.smoothness).toPrecision(3)}: too long a step.`;
  return leadText() + found + stopText();
}

const VALLEY_CAPTIONS = {
  "risk-title": "¼ x²: F in high dimension, in η r² T",
  "suffix-title": "¼ x² of suffix averages, as F, in η r² T",
  "unit-title": "¼ x² in units of η r² T",
  "map-title": "The valley from above",
};
