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
};
const KINDS = { "sam-chain": "chain", "sagd-blocks": "blocks", "valley-2d": "valley" }; // classes of their controls
const CHOICES = {
  instance: ["sam-chain", "sagd-blocks", "valley-2d"],
  method: ["sam", "sagd", "gd"],
  normalisation: ["on", "off"],
  parameters: ["corrected", "printed"],
  preset: ["paper", "robust"],
  oracle: ["adversarial", "coordinate", "benign", "uniform"],
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
};
const SCENES = [
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
  { key: "n", name: "n, examples", low: 2, high: 12, step: 1, of: "chain blocks" },
  { key: "T", name: "T, iterates", low: 2, high: 256, step: 1 },
  { key: "eta", name: "η, step size", low: -8, high: 2, step: 0.25, octaves: true },
  { key: "radius", name: "r, perturbation radius", low: -4, high: 2, step: 0.25, octaves: true, auto: true },
  { key: "rho", name: "ρ, flatness radius", low: 0, high: 0.5, step: 0.01, of: "chain blocks" },
  { key: "seed", name: "seed of the sample", low: 0, high: 50, step: 1, of: "chain blocks" },
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

function fitting(settings) {
  const own = OWN[settings.instance];
  return settings.method === "gd" || settings.method === own ? settings : { ...settings, method: own };
}

function fromAddress() {
  const found = { ...DEFAULTS };
  const wrong = [];
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    if (!Object.hasOwn(DEFAULTS, key)) wrong.push(`${key}: not a setting`);
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

// What does not enter a run stays as it is for other runs: the chain and the valley have no flat ball, the valley no
// sample, and no ε is added to a norm that is not taken.
function resolved(settings) {
  const { instance, T, eta, radius } = settings;
  const rho = instance === "sagd-blocks" ? settings.rho : 0;
  const found = { ...settings, rho, radius: radius === "auto" ? autoRadius(instance, T, eta, rho) : radius };
  if (settings.normalisation === "off") found.epsilon = 0;
  return instance === "valley-2d" ? { ...found, n: 1, seed: 0 } : found;
}
