// The scene of the two minima: pictures, tables and words.

const FLAT = "flat minimum";
const SHARP = "sharp minimum";
const TWO_CAPTIONS = {
  "plane-title": "The plane through both, from above",
  "slice-title": "The line through both",
  "growth-title": "SAER over the radius r",
  "columns-title": "The sample: nobody shows column I",
  "ladder-title": "Both minima, seen and unseen",
  "unit-title": "SAER within r",
};

function twoHeadline() {
  const { flat, sharp, settings } = run;
  const { radius, rho } = settings;
  return (
    `${leadText()}Both have empirical risk 0. Within r = ${brief(radius)} it grows to at most (SAER) ` +
    `${brief(flat.saer[0])} around the flat one and ${brief(sharp.saer[0])} around the sharp one` +
    `${rho === 0 ? ": at ρ = 0 no minimum is flatter" : ""}. Yet the population risk is ` +
    `${brief(flat.population[0])} at the flat one, and ${brief(sharp.population[0])} at the sharp one.`
  );
}

function twoMoment() {
  const { flat, sharp, settings } = run;
  plane($("plane"));
  sliceChart();
  growthChart();
  columnsPicture($("columns"));
  const [low, high] = [flat, sharp].map((at) => brief(at.saer[0]));
  $("moment").textContent = `r = ${brief(settings.radius)}: SAER ${low} (flat), ${high} (sharp)`;
}

// The plane of x_I and b: the floor of F_S is a strip, that of F a disc, and around both minima lies what SAER sees.
function plane(svg) {
  const { rho, radius } = run.settings;
  const box = [66, WIDTH - 14, 66, HEIGHT - 48];
  const [wide, tall] = [box[1] - box[0], (box[3] - box[2]) / 2];
  const unit = Math.min(wide / (1.2 + 2 * Math.max(radius, rho)), tall / (rho + radius + 0.12));
  const px = (x) => (box[0] + box[1]) / 2 + unit * (x - 0.5);
  const py = (b) => (box[2] + box[3]) / 2 - unit * b;
  const width = brief(2 * rho);
  clear(svg, `The flat minimum lies amid a strip of width ${width}, the sharp one on its edge; r = ${brief(radius)}.`);
  const frame = { x: box[0], y: box[2], width: wide, height: 2 * tall };
  svgTag(svgTag(svgTag(svg, "defs", {}), "clipPath", { id: "inside-plane" }), "rect", frame);
  const land = svgTag(svg, "g", { "clip-path": "url(#inside-plane)" });
  const top = tall / unit;
  for (let k = LEVELS; k >= 1; k--) {
    const b = rho + ((top - rho) * k) / LEVELS;
    svgTag(land, "rect", { ...frame, y: py(b), height: 2 * unit * b, fill: shade(k) });
  }
  const strip = { fill: "var(--paper)", stroke: "var(--ink)", "stroke-width": 1.5 };
  svgTag(land, "rect", { x: box[0] - 5, width: wide + 10, y: py(rho), height: 2 * unit * rho, ...strip });
  const disc = { fill: "var(--green)", "fill-opacity": 0.25, stroke: "var(--green)", "stroke-width": 2 };
  svgTag(land, "circle", { cx: px(0), cy: py(0), r: Math.max(unit * rho, 3), ...disc });
  const ink = { stroke: "var(--ink)", "stroke-width": 1.5 };
  const marks = {
    red: (x, y) => svgTag(svg, "circle", { cx: x, cy: y, r: 7, fill: "var(--red)", ...ink }),
    blue: (x, y) => svgTag(svg, "rect", { x: x - 7, y: y - 7, width: 14, height: 14, fill: "var(--blue)", ...ink }),
  };
  const ball = { fill: "none", "stroke-width": 2.5, "stroke-dasharray": "6 4" };
  for (const [colour, x, b] of [["red", 1, 0], ["blue", 0, rho]]) {
    svgTag(land, "circle", { cx: px(x), cy: py(b), r: unit * radius, stroke: `var(--${colour})`, ...ball });
    arrow(land, [px(x), py(b)], [px(x), py(b + radius)]);
    marks[colour](px(x), py(b));
  }
  svgTag(svg, "rect", { ...frame, fill: "none", class: "axis" });
  for (const x of [0, 1])
    svgTag(svg, "text", { x: px(x), y: box[3] + 18, "text-anchor": "middle", class: "tick" }, x);
  for (const b of ticks(-top, top, 4))
    svgTag(svg, "text", { x: box[0] - 6, y: py(b) + 5, "text-anchor": "end", class: "tick" }, brief(b));
  svgTag(svg, "text", { x: (box[0] + box[1]) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, "x, felt by no example");
  const side = { x: 0, y: 0, "text-anchor": "middle", transform: `translate(15 ${(box[2] + box[3]) / 2}) rotate(-90)` };
  svgTag(svg, "text", side, "b, felt by all");
  legend(svg, [
    ["flat", (x, y) => marks.red(x + 17, y)],
    ["sharp", (x, y) => marks.blue(x + 17, y)],
    ["within r", (x, y) => svgTag(svg, "circle", { cx: x + 17, cy: y, r: 8, stroke: "var(--soft)", ...ball })],
    ["Fₛ = 0", (x, y) => svgTag(svg, "rect", { x, y: y - 7, width: 34, height: 14, ...strip })],
    ["F = 0", (x, y) => svgTag(svg, "circle", { cx: x + 17, cy: y, r: 8, ...disc })],
    ["Fₛ grows", (x, y) => svgTag(svg, "rect", { x, y: y - 7, width: 34, height: 14, fill: shade(4) })],
  ]);
}

function sliceChart() {
  const points = slice(run);
  const series = [
    { name: "F", values: points.map((at) => at.population[0]), colour: "red" },
    { name: "Fₛ", values: points.map((at) => at.empirical), colour: "blue", dash: "9 6" },
    { name: "SAER", values: points.map((at) => at.saer[0]), colour: "green", dash: "3 5" },
  ];
  const summary =
    `From the sharp minimum at 0 to the flat one at 1 the population risk grows from ${brief(run.sharp.population[0])} ` +
    `to ${brief(run.flat.population[0])}, while the SAER falls from ${brief(run.sharp.saer[0])} to ${brief(run.flat.saer[0])}.`;
  const { from, to } = SLICE;
  lineChart($("slice"), series, { range: [from, to], whole: false, xlabel: "from sharp (0) to flat (1)", summary });
}

function growthChart() {
  const { flat, sharp } = growth(run);
  const { radius, rho } = run.settings;
  const series = [
    { name: SHARP, values: sharp, colour: "blue", dash: "9 6" },
    { name: FLAT, values: flat, colour: "red" },
  ];
  const summary = `SAER over r: ½ r² at the sharp minimum, ½ (r − ρ)² at the flat one, 0 up to ρ = ${brief(rho)}.`;
  const now = radius <= FARTHEST ? radius : undefined;
  lineChart($("growth"), series, { range: [0, FARTHEST], whole: false, xlabel: "radius r", now, summary });
}

const SHOWN = 15; // columns of the picture

// Some columns of the sample with column I among them: a filled square is a 1.
function columnsPicture(svg) {
  const { model, settings } = run;
  const { codes, columns, m } = model;
  const [bad] = columns;
  const first = Math.min(Math.max(bad - (SHOWN >> 1), 0), Math.max(m - SHOWN, 0));
  const count = Math.min(SHOWN, m);
  const others = columns.length > 1 ? ` (the first of ${columns.length})` : "";
  const range = `columns ${first + 1} to ${first + count} of ${m}`;
  clear(svg, `The ${range}; in column I = ${bad + 1}${others} none of the ${settings.n} examples has a 1.`);
  const side = Math.min((WIDTH - 60) / count, (HEIGHT - 92) / settings.n);
  const [left, top] = [52, 34];
  for (let i = 0; i < count; i++) {
    const own = first + i === bad;
    for (let k = 0; k < settings.n; k++) {
      const one = (codes[first + i] >> k) & 1;
      const cell = { x: left + side * i + 1, y: top + side * k + 1, width: side - 2, height: side - 2 };
      svgTag(svg, "rect", { ...cell, fill: one ? "var(--ink)" : "var(--paper)", stroke: "var(--soft)" });
    }
    if (own) {
      const frame = { x: left + side * i - 1, y: top - 2, width: side + 2, height: side * settings.n + 4 };
      svgTag(svg, "rect", { ...frame, fill: "none", stroke: "var(--red)", "stroke-width": 3 });
      svgTag(svg, "text", { x: left + side * (i + 0.5), y: top - 10, "text-anchor": "middle" }, "I");
    }
  }
  const middle = top + (side * settings.n) / 2;
  svgTag(svg, "text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(34 ${middle}) rotate(-90)` }, "examples");
  const below = top + side * settings.n + 24;
  svgTag(svg, "text", { x: left, y: below }, `${range}; filled: z = 1`);
  svgTag(svg, "text", { x: left, y: below + 24 }, `I = ${bad + 1}${others}`);
}

function twoLadder() {
  const row = (name, at) => ({
    name,
    marks: [
      { label: "SAER, seen", value: at.saer[0], shape: "dot", colour: "blue" },
      { label: "population risk F", value: at.population[0], shape: "dot", colour: "red" },
    ],
  });
  const rows = [row(FLAT, run.flat), row(SHARP, run.sharp)];
  const told = rows.map((r) => `${r.name}: ${r.marks.map((m) => `${m.label} ${brief(m.value)}`).join(", ")}`).join(". ");
  ladder($("ladder"), rows, told);
}

function twoTables() {
  const { flat, sharp, settings, conditions: all } = run;
  const row = (name, at) => rowOf([name, brief(at.empirical), brief(at.population[0]), brief(at.saer[0])]);
  $("points").tBodies[0].replaceChildren(row("flat minimum e_I", flat), row("sharp minimum ρ e_b", sharp));
  const least = square(1 - settings.rho) / 4;
  const lowest = 0.5 * square(Math.max(settings.radius - settings.rho, 0));
  const title = TITLES["flat-erm"].home;
  const legal = all.every((c) => c.holds);
  const verdict = (ok) => (legal ? (ok ? "ok" : "fails") : `outside: ${all[0].name}`);
  const claim = (name, of, bound, value, ok) =>
    rowOf([`${title}: ${name}`, of, bound, brief(value), verdict(ok)], ["", "", "", "", verdict(ok)]);
  $("bounds").tBodies[0].replaceChildren(
    claim("the flat minimum", "F", `≥ ${brief(least)}`, flat.population[0], flat.population[0] >= least * (1 - NEAR)),
    claim("no SAER is lower", "SAER", `≤ ${brief(lowest)}`, flat.saer[1], flat.saer[1] <= lowest * (1 + NEAR)),
  );
}
