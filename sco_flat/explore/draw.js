// Charts as SVG, in the page's own colours: nothing is told by colour alone.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 420;
const HEIGHT = 284;

function svgTag(parent, name, attributes, text) {
  const tag = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) tag.setAttribute(key, value);
  if (text !== undefined) tag.textContent = text;
  return parent.appendChild(tag);
}

// About `count` round numbers that cover [low, high].
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((s) => s * power >= raw) ?? 10);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9); k++) found.push(k * step);
  return found;
}

// Whole ones among them, from low to high, each once.
function wholeTicks(low, high, count) {
  const whole = ticks(low, high, count).map(Math.round);
  return [...new Set(whole)].filter((k) => k >= low && k <= high);
}

// Four digits, or three and a power of ten as in 1.23e-7.
function brief(x) {
  if (x === 0) return "0";
  const size = Math.abs(x);
  return size >= 1e-4 && size < 1e5
    ? String(Number(x.toPrecision(4)))
    : Number(x.toPrecision(3)).toExponential().replace("e+", "e");
}

// An empty picture; the label is what it tells to those who do not see it.
function clear(svg, label) {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  if (label) svg.setAttribute("aria-label", label);
}

// A sentence in place of a chart, a line for each of its parts.
function instead(svg, text) {
  clear(svg, text);
  const parts = text.split(/(?<=:) /);
  parts.forEach((part, k) => {
    const y = HEIGHT / 2 + 24 * (k - (parts.length - 1) / 2);
    svgTag(svg, "text", { x: WIDTH / 2, y, "text-anchor": "middle" }, part);
  });
}

// Width of a text in a picture, measured aside: to ask the picture itself would lay the whole page out each time.
const measure = document.createElement("canvas").getContext("2d");
function textWidth(text) {
  measure.font = `17px ${getComputedStyle(document.body).fontFamily}`;
  return measure.measureText(text).width;
}

const ROW = 23; // of a legend

// Names with their signs, one behind another in rows; returns where the last row ends. Each: [name, sign(x, y)].
function legend(svg, entries) {
  let [x, y] = [8, 13];
  for (const [name, sign] of entries) {
    const width = 40 + textWidth(name);
    if (x > 8 && x + width > WIDTH) [x, y] = [8, y + ROW];
    svgTag(svg, "text", { x: x + 40, y: y + 6 }, name);
    sign(x, y);
    x += width + 14;
  }
  return y + ROW / 2;
}

const lineSign = (svg, style) => (x, y) => svgTag(svg, "line", { x1: x, x2: x + 34, y1: y, y2: y, ...style });

// Axes over [from, to] × [0, high]; returns { x, y } from data to the picture.
function axes(svg, [from, to], high, { xlabel, whole, area }) {
  const [left, right, top, bottom] = area;
  const x = (t) => left + ((right - left) * (t - from)) / (to - from || 1);
  const y = (value) => bottom - ((bottom - top) * value) / high;
  for (const value of ticks(0, high, 4)) {
    svgTag(svg, "line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "grid" });
    svgTag(svg, "text", { x: left - 6, y: y(value) + 5, "text-anchor": "end", class: "tick" }, brief(value));
  }
  for (const t of (whole ? wholeTicks : ticks)(from, to, 4))
    svgTag(svg, "text", { x: x(t), y: bottom + 18, "text-anchor": "middle", class: "tick" }, brief(t));
  svgTag(svg, "line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" });
  svgTag(svg, "text", { x: (left + right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, xlabel);
  return { x, y };
}

// What lies below it is drawn as 0: SAM's risk beside a tiny ε, of 3e-36, would fill an axis of its own.
const VANISHING = 1e-24;

// Lines over `range`, of iterates or at even distances from end to end. Each: { name, values, colour, dash }; a single
// value is a horizontal line, and { name, band: [lower ends, upper ends], colour } is the room between two.
function lineChart(svg, series, { range, whole = true, xlabel, now, summary }) {
  const [from, to] = range;
  const finite = series.flatMap((s) => s.band?.flat() ?? s.values).filter(Number.isFinite);
  const top = Math.max(...finite);
  const high = top > VANISHING ? top * 1.06 : 1;
  clear(svg, summary);
  const styles = series.map(({ band, colour, dash }) =>
    band
      ? { stroke: `var(--${colour})`, "stroke-width": 14, opacity: 0.3 }
      : { fill: "none", stroke: `var(--${colour})`, "stroke-width": 3, "stroke-dasharray": dash ?? "none" },
  );
  const end = legend(svg, series.map(({ name }, k) => [name, lineSign(svg, styles[k])]));
  const area = [66, WIDTH - 14, end + 6, HEIGHT - 48];
  const { x, y } = axes(svg, range, high, { xlabel, whole, area });
  const places = (values) => {
    const at = (k) => x(whole ? from + k : from + ((to - from) * k) / (values.length - 1));
    return values.map((v, k) => (Number.isFinite(v) ? `${at(k).toFixed(1)},${y(v).toFixed(1)}` : "")).join(" ");
  };
  series.forEach(({ values, band, colour }, k) => {
    if (band) {
      const [low, most] = band.map(places);
      const around = `${most} ${low.split(" ").reverse().join(" ")}`;
      svgTag(svg, "polygon", { points: around, fill: `var(--${colour})`, opacity: 0.3 });
      return;
    }
    const full = values.length === 1 ? Array(to - from + 1).fill(values[0]) : values;
    svgTag(svg, "polyline", { points: places(full), ...styles[k] });
  });
  if (now !== undefined) svgTag(svg, "line", { x1: x(now), x2: x(now), y1: area[2], y2: area[3], class: "now" });
}

// Rows of marks on one logarithmic axis. Each row: { name, marks: [{ label, value, shape, colour }] }.
function ladder(svg, rows, summary) {
  const positive = rows.flatMap((row) => row.marks.map((m) => m.value)).filter((v) => v > 0 && Number.isFinite(v));
  if (!positive.length) return instead(svg, "Nothing to draw: all risks are 0.");
  clear(svg, summary);
  const low = Math.floor(Math.log10(Math.min(...positive)) - 0.4);
  const high = Math.ceil(Math.log10(Math.max(...positive)) + 0.4);
  const [left, right] = [40, WIDTH - 24];
  const x = (value) => left + ((right - left) * (Math.log10(value) - low)) / (high - low);
  const every = Math.ceil((high - low) / 7);
  for (let power = low; power <= high; power += every) {
    svgTag(svg, "line", { x1: x(10 ** power), x2: x(10 ** power), y1: 12, y2: HEIGHT - 34, class: "grid" });
    svgTag(
      svg,
      "text",
      { x: x(10 ** power), y: HEIGHT - 14, "text-anchor": "middle", class: "tick" },
      brief(10 ** power),
    );
  }
  // a title takes the room of a mark and a third
  const gap = (HEIGHT - 46) / rows.reduce((sum, row) => sum + row.marks.length + 4 / 3, 0);
  let top = 12;
  for (const row of rows) {
    svgTag(svg, "text", { x: left, y: top + (2 / 3) * gap + 5, "font-weight": 600 }, row.name);
    row.marks.forEach(({ label, value, shape, colour }, i) => {
      const y = top + (4 / 3 + i + 0.5) * gap;
      const zero = !(value > 0);
      const at = zero ? left : x(value);
      const paint = { fill: `var(--${colour})`, stroke: `var(--${colour})`, "stroke-width": 2 };
      if (zero) svgTag(svg, "text", { x: at, y: y + 5, "text-anchor": "middle" }, "◂");
      else if (shape === "dot") svgTag(svg, "circle", { cx: at, cy: y, r: 7, ...paint });
      else {
        const turn = shape === "lower" ? 1 : -1; // points towards what is allowed
        svgTag(svg, "path", { d: `M${at},${y - 8} v16 l${turn * 12},-8 z`, ...paint });
      }
      const text = `${label}: ${zero ? "0" : brief(value)}`;
      const fits = at + 20 + textWidth(text) <= WIDTH; // to the right
      svgTag(svg, "text", { x: at + (fits ? 20 : -20), y: y + 5, "text-anchor": fits ? "start" : "end" }, text);
    });
    top += (row.marks.length + 4 / 3) * gap;
  }
}

// The walked entries over time, in full tone where they are largest, in a canvas; axes in the SVG behind it. A second
// list of numbers, one for each t, becomes a strip of its own above them.
function heatMap(canvas, svg, entries, strip, { now, high, xlabel }) {
  const { color, backgroundColor } = getComputedStyle(canvas);
  const [ink, paper] = [color, backgroundColor].map((text) => text.match(/\d+/g).map(Number));
  const count = entries[0].length;
  const tall = strip ? Math.ceil(count / 14) : 0;
  const rows = entries.map((row, t) => [...row, ...Array(tall).fill(strip?.[t])]);
  const [last, length] = [rows.length, count + tall];
  canvas.width = last;
  canvas.height = length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(last, length);
  for (let t = 0; t < last; t++)
    for (let j = 0; j < length; j++) {
      const share = high > 0 ? Math.min(Math.abs(rows[t][j]) / high, 1) : 0;
      const at = 4 * ((length - 1 - j) * last + t);
      for (let k = 0; k < 3; k++) image.data[at + k] = paper[k] + share * (ink[k] - paper[k]);
      image.data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  clear(svg);
  const [left, right, top, bottom] = [0.15 * WIDTH, 0.97 * WIDTH, 0.02 * HEIGHT, 0.84 * HEIGHT];
  const middle = (k, count, from, to) => from + ((to - from) * (k - 0.5)) / count;
  for (const t of wholeTicks(1, last, 5))
    svgTag(svg, "text", { x: middle(t, last, left, right), y: bottom + 17, "text-anchor": "middle", class: "tick" }, t);
  const edge = middle(count + 0.5, length, bottom, top);
  const label = (top + edge) / 2; // of the strip
  for (const j of wholeTicks(1, count, 4)) {
    const y = middle(j, length, bottom, top);
    if (strip && y < label + 17) continue; // it would lie on that label
    svgTag(svg, "text", { x: left - 6, y: y + 5, "text-anchor": "end", class: "tick" }, j);
  }
  if (strip) {
    svgTag(svg, "text", { x: left - 6, y: label + 5, "text-anchor": "end" }, "b");
    svgTag(svg, "line", { x1: left, x2: right, y1: edge, y2: edge, stroke: "var(--red)", "stroke-width": 1.5 });
  }
  svgTag(svg, "rect", { x: left, y: top, width: right - left, height: bottom - top, fill: "none", class: "axis" });
  svgTag(svg, "text", { x: (left + right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, xlabel);
  const side = { x: 0, y: 0, "text-anchor": "middle", transform: `translate(15 ${(top + bottom) / 2}) rotate(-90)` };
  svgTag(svg, "text", side, "coordinate j");
  const x = middle(now, last, left, right);
  svgTag(svg, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 8, stroke: "var(--red)", "stroke-width": 4 });
}
