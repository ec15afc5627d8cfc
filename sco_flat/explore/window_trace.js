// A trace as text, in the address bar and in the field for numbers; and what a person may set.

const DEFAULTS = { trace: "valley", ns: 3, ne: 6, r: 1.3, mode: "algorithm", losses: null };
const MOST = 400; // checkpoints: a link has to hold them
const SLIDERS = [
  { key: "ns", name: "Ns, losses that begin it", low: 1, high: 12, step: 1, whole: true },
  { key: "ne", name: "Ne, losses that end it", low: 1, high: 12, step: 1, whole: true },
  { key: "r", name: "r, tolerance", low: 0.5, high: 3, step: 0.01 },
];

const isNumber = (text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text));

// The losses in a text, or a sentence that says what is wrong and in which line. One line of numbers is a trace, and so
// is a CSV file, with or without a line of names: its only column, or the one called loss.
function readTrace(text) {
  const lines = text.replace(/^\uFEFF/, "").trimEnd().split(/\r\n|\r|\n/);
  const filled = lines.filter((line) => line.trim());
  if (!filled.length) return [null, "no losses: one checkpoint a line"];
  const fields = (line) => line.trim().split(/\s*[,;\t]\s*|\s+/);
  let rows = lines.map((line, k) => [k + 1, fields(line)]);
  let place = 0;
  let found;
  if (filled.length === 1) {
    const [at, row] = rows.find(([, row]) => row.join(""));
    found = row.map((field) => [at, field]);
  } else {
    const names = rows[0][1].map((name) => name.replace(/^"(.*)"$/, "$1"));
    const header = !names.some(isNumber);
    if (names.length > 1) place = header ? names.indexOf("loss") : -1;
    if (place < 0) return [null, `line 1: ${names.length} columns, and none is called loss`];
    if (header && names.join("")) rows = rows.slice(1);
    found = rows.map(([at, row]) => [at, row[place] ?? ""]);
  }
  const column = place ? `, column ${place + 1}` : "";
  const wrong = found.find(([, field]) => !isNumber(field));
  if (wrong) {
    const what = wrong[1] ? `“${wrong[1].slice(0, 20)}” is no finite number` : "a loss is missing";
    return [null, `line ${wrong[0]}${column}: ${what}`];
  }
  if (found.length > MOST) return [null, `${found.length} losses: this page takes at most ${MOST}`];
  return [found.map(([, field]) => Number(field))];
}

// The value, or a sentence that says what is wrong with it.
function checked(key, text) {
  if (key === "losses") return readTrace(text);
  const choices = { trace: Object.keys(TRACES), mode: MODES }[key];
  if (choices) return choices.includes(text) ? [text] : [null, `one of ${choices.join(", ")}`];
  const { low, high, whole } = SLIDERS.find((slider) => slider.key === key);
  const value = isNumber(text.trim()) ? Number(text) : NaN;
  const ok = value >= low && value <= high && (!whole || Number.isInteger(value));
  return ok ? [value] : [null, `${whole ? "a whole number" : "a number"} from ${low} to ${high}`];
}

function toAddress(state) {
  return writeSettings({ ...state, losses: state.losses?.join(",") ?? null }, DEFAULTS);
}

const lossesOf = (state) => state.losses ?? TRACES[state.trace].losses;
