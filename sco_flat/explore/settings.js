// What can be set, in which range, and how the address bar holds it.

const DEFAULTS = {
  instance: "sam-chain",
  n: 8,
  T: 64,
  eta: 0.25,
  radius: "auto",
  rho: 0,
  seed: 0,
  method: "sam",
  epsilon: 0,
  normalisation: "on",
  parameters: "corrected",
  preset: "paper",
  oracle: "adversarial",
  samples: 1,
  event: "drawn",
};
// the names that the package has for them, too
const ALSO = { steps: "T", step_size: "eta", r: "radius", perturbation_radius: "radius", flatness_radius: "rho" };
const KINDS = { "flat-erm": "flat", "sam-chain": "chain", "sagd-blocks": "blocks", "valley-2d": "valley" }; // classes of their controls
const CHOICES = {
  instance: ["flat-erm", "sam-chain", "sagd-blocks", "valley-2d"],
  method: ["sam", "sagd", "gd"],
  normalisation: ["on", "off"],
  parameters: ["corrected", "printed"],
  preset: ["paper", "robust"],
  oracle: ["adversarial", "coordinate", "benign", "uniform"],
  event: ["drawn", "chance"],
};
// [least, largest, whole number?]; sliders may cover less
const RANGES = {
  n: [1, 12, true],
  T: [2, 256, true],
  eta: [1e-3, 16, false],
  radius: [1e-6, 1e4, false],
  rho: [0, 100, false],
  seed: [0, 2 ** 53 - 1, true],
  epsilon: [0, 1, false],
  samples: [1, 64, true],
};
const SCENES = [
  [
    "0 Flat and sharp",
    "Two points without a loss on the sample: one on a wide floor, one at its edge. Flatness prefers the wrong one.",
    { instance: "flat-erm", n: 6, rho: 0.2, radius: 0.5 },
  ],
  ["1 SAM walks", "SAM from 0: one new coordinate at every step, none of which the sample sees.", {}],
  [
    "2 GD stays",
    "The same loss, sample and start, without the perturbation: gradient descent stays next to a good minimum.",
    { method: "gd" },
  ],
  [
    "3 A tiny ε",
    "SAM's first gradient is so small that a library's 10⁻¹² in the norm hides the whole effect.",
    { epsilon: 1e-12 },
  ],
  [
    "4 As printed",
    `With the constants as printed the other blocks wake up, and the bound of ${TITLES["sam-chain"].home} fails.`,
    { parameters: "printed", n: 12, T: 16, eta: 1 / 24 },
  ],
  [
    "5 SA-GD walks",
    "SA-GD on blocks: the inner maximum is a whole face, and an adversary picks from it.",
    { instance: "sagd-blocks", method: "sagd", n: 6 },
  ],
  [
    "6 A kind oracle",
    "The same face, but the tie goes to b: the population risk goes to 0.",
    { instance: "sagd-blocks", method: "sagd", n: 6, oracle: "benign" },
  ],
  [
    "7 No way out",
    "Weights that keep b out of the tie: whichever entry the kind oracle takes, it has to walk, too.",
    { instance: "sagd-blocks", method: "sagd", n: 6, oracle: "benign", preset: "robust" },
  ],
  [
    "8 The valley",
    "In a valley that is flat and widens, SAM jumps from side to side and drifts along; gradient descent rests.",
    { instance: "valley-2d" },
  ],
  [
    "9 Not normalised",
    "Without normalisation SAM's step uphill is as short as the gradient, and stays in the valley: SAM rests, too.",
    { instance: "valley-2d", normalisation: "off" },
  ],
];
// Sliders move on a scale of their own: whole numbers, octaves, or multiples of the largest legal radius.
const SLIDERS = [
  { key: "T", name: "T, iterates", low: 2, high: 256, step: 1, of: "chain blocks valley" },
  { key: "eta", name: "η, step size", low: -8, high: 2, step: 0.25, octaves: true, of: "chain blocks valley" },
  { key: "radius", name: "r, radius", low: -4, high: 2, step: 0.25, octaves: true, auto: true, flat: [0.01, 1.2, 0.01] },
  { key: "rho", name: "ρ, flat within", low: 0, high: 0.5, step: 0.01, of: "blocks flat" },
  { key: "n", name: "n, examples", low: 2, high: 12, step: 1, of: "chain blocks flat", into: "sampling" },
  { key: "seed", name: "seed", low: 0, high: 50, step: 1, of: "chain blocks flat", into: "sampling" },
  { key: "samples", name: "samples", low: 1, high: 32, step: 1, of: "chain blocks", into: "sampling" },
];

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

// The method of a loss, where the one that is set is not about it; the two minima wait for no method.
function fitting(settings) {
  const own = OWN[settings.instance];
  return !own || settings.method === "gd" || settings.method === own ? settings : { ...settings, method: own };
}

function fromAddress() {
  const [found, wrong] = readSettings(location.hash.slice(1), DEFAULTS, checked, ALSO);
  const fit = fitting(found);
  if (fit !== found && /(^|&)method=/.test(location.hash.slice(1)))
    wrong.push(`method = ${found.method}: not for ${found.instance}; ${fit.method} is taken`);
  return [fit, wrong];
}

// The loss is always in it, so that an empty address means the first scene.
function address() {
  return writeSettings(state, { ...DEFAULTS, instance: null });
}

// What does not enter a run stays as it is for other runs: the chain and the valley have no flat ball, the valley no
// sample, the two minima lie in the theorem's event and are the same in every sample of it, and no ε is added to a norm
// that is not taken.
function resolved(settings) {
  const { instance, T, eta, radius } = settings;
  const rho = ["sagd-blocks", "flat-erm"].includes(instance) ? settings.rho : 0;
  const found = { ...settings, rho, radius: radius === "auto" ? autoRadius(instance, T, eta, rho) : radius };
  if (settings.normalisation === "off") found.epsilon = 0;
  if (["flat-erm", "valley-2d"].includes(instance)) Object.assign(found, { samples: 1, event: "drawn" });
  return instance === "valley-2d" ? { ...found, n: 1, seed: 0 } : found;
}
