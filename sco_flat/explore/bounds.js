// Conditions of the theorems on the numbers, and their bounds: sco_flat/instances and sco_flat/bounds.

const OWN = { "sam-chain": "sam", "sagd-blocks": "sagd", "valley-2d": "sam" }; // the method that a loss is about
const NEAR = 8 * 2.220446049250313e-16; // room for a limit that is met with equality

// Largest radius that the theorem allows.
function autoRadius(instance, T, eta, rho) {
  if (instance === "valley-2d") return 1 / Math.sqrt(eta * T);
  if (instance === "flat-erm") return 1; // of the domain
  return instance === "sam-chain" ? 1 / (2 * eta * Math.sqrt(T)) : rho + 1 / (eta * Math.sqrt(T));
}

// { name, value, relation, limit, holds } for every condition of the instance's theorem.
function conditions(settings, model) {
  const { instance, n, T, eta, radius, rho } = settings;
  if (instance === "valley-2d") return []; // a picture, about which nothing is claimed
  const largest = autoRadius(instance, T, eta, rho);
  const make = (name, value, relation, limit) => {
    const room = NEAR * Math.max(Math.abs(value), Math.abs(limit));
    const holds = { "<=": value <= limit + room, ">=": value >= limit - room, "<": value < limit, ">": value > limit }[relation];
    return { name, value, relation, limit, holds };
  };
  if (instance === "flat-erm") return [make("ρ ≤ 1/2", rho, "<=", 0.5)];
  if (instance === "sam-chain")
    return [
      make("n ≥ 6", n, ">=", 6),
      make("T ≥ 6", T, ">=", 6),
      make("r ≤ 1/(2 η √T)", radius, "<=", largest),
      make("ρ = 0", rho, "<=", 0),
      make("η ≤ d", eta, "<=", model.d),
    ];
  const last = model.weights[T - 1]; // of weights that are not the paper's: b and columns that are not constant lose
  const robust = [
    make("c < a_T", model.c, "<", last),
    make("a_T r − ρ > √(1 − 1/n) (r − ρ)", last * radius - rho, ">", Math.sqrt(1 - 1 / n) * (radius - rho)),
  ];
  return [
    make("T ≥ 2", T, ">=", 2),
    make("r ≤ ρ + 1/(η √T)", radius, "<=", largest),
    make("ρ < r (1 − 3/(3 + η √T))", rho, "<", radius * (1 - 3 / (3 + eta * Math.sqrt(T)))),
    ...(settings.preset === "robust" ? robust : []),
  ];
}

// Bounds that speak of this run: { key, name, quantity, side, mean, value } or { ..., why } where one does not apply.
function bounds(settings, model) {
  const { instance, method, n, T, eta, radius, rho, epsilon } = settings;
  const chain = instance === "sam-chain";
  const sam = method === "sam";
  if (method !== OWN[instance]) return [];
  const titles = TITLES[instance];
  const beta = model.smoothness;
  const theta = eta * beta;
  const room = 2 - theta;
  const excess = Math.max(radius - rho, 0);
  const far = model.distance * model.distance;
  const found = [];
  const add = (key, name, quantity, side, why, value) => {
    const mean = key.startsWith("risk"); // a bound on the mean over samples
    found.push({ key, name, quantity, side, mean, ...(why ? { why } : { value: value() }) });
  };
  const off = sam && settings.normalisation === "off";
  const plain = off
    ? "the theorem is about steps uphill of length r"
    : epsilon
      ? "the theorem has no ε in the normaliser"
      : "";
  const printed = settings.parameters === "printed";
  const failing = conditions(settings, model)
    .filter((c) => !c.holds)
    .map((c) => c.name);
  const outside = failing.length ? `outside: ${failing.join("; ")}` : "";
  const missed = model.inEvent() ? "" : "the sample is not in the theorem's event";
  const reach = eta * radius;
  if (chain) {
    const share = (1 - 2 / T) * (1 - 1 / T) * (2 - 3 / T);
    add(
      "lower",
      `${titles.home}, ${printed ? "printed lemmas" : "corrected"}: every suffix`,
      "population_risk",
      "lower",
      plain || missed || outside,
      () => (printed ? 1 / 128 : (0.736 * share) / 24) * (reach * reach * T),
    );
  } else if (sam) {
    // nothing is known from below of a picture
  } else if (settings.preset === "paper") {
    const tie = settings.oracle === "adversarial" ? "" : "with the paper's weights it needs the adversarial oracle";
    const norm = eta * excess * Math.sqrt(((T - 1) * (2 * T - 1)) / (6 * T));
    add(
      "lower",
      `${titles.home}, exact: every suffix`,
      "population_risk",
      "lower",
      tie || missed || outside,
      () => square(Math.max(norm - rho, 0)) / 4,
    );
  } else {
    const constant = 1 / (2 * Math.sqrt(2)) - 1 / 3;
    const scale = eta * excess * Math.sqrt(T);
    const rate = (constant * constant * scale * scale) / 4;
    // what the walk reaches, whatever constant columns a correct oracle picks
    const last = model.weights[T - 1];
    const half = ((T - 1) * (2 * T - 1)) / (12 * T);
    const length = last * last * eta * (last * radius - rho) * Math.sqrt(half) - rho;
    const reached = 0.5 * square(Math.max(length, 0));
    const small = reached >= rate ? "" : "with these weights the rate is proved for a smaller ρ only";
    add("lower", `${titles.home}, rate: every suffix`, "population_risk", "lower", missed || outside || small, () => rate);
  }
  const step = eta <= (1 / (4 * beta)) * (1 + NEAR) ? "" : `η > 1/(4β) = ${(1 / (4 * beta)).toPrecision(3)}`;
  const stable = room > 0 ? "" : `η ≥ 2/β = ${(2 / beta).toPrecision(3)}`;
  const paperReach = far / (eta * T) + 4 * beta * excess * excess;
  const regret = far / (room * eta * T) + (2 * beta * excess * excess) / (room * room);
  const unit = eta <= (1 / beta) * (1 + NEAR);
  const samReach = far / (2 * eta * T) + (beta * excess * excess) / (2 * room);
  const quantity = sam ? "empirical_risk" : "saer";
  add("reach-paper", `${titles.reach}, paper`, quantity, "upper", plain || step, () => paperReach);
  if (sam)
    add(
      "reach-sharper",
      `${titles.reach}, sharper`,
      quantity,
      "upper",
      plain || (unit ? "" : `η > 1/β = ${(1 / beta).toPrecision(3)}`),
      () => samReach,
    );
  else add("reach-sharper", `${titles.reach}, sharper`, quantity, "upper", stable, () => regret);
  const work = eta * beta * T;
  const paperEps =
    24 * work * radius * radius + (96 * work * far) / (n * n) + (768 * work * work * excess * excess) / (n * n);
  add(
    "risk-paper",
    `${titles.risk}, paper: mean over samples`,
    "population_risk",
    "upper",
    plain || step,
    () => 4 * paperReach + 3 * beta * paperEps,
  );
  add("risk-sharper", `${titles.risk}, sharper: mean over samples`, "population_risk", "upper", plain || stable, () => {
    const growth = (4 * theta * radius * radius) / room;
    const root = (2 / 3) * Math.sqrt(growth * T) + (eta / n) * Math.sqrt(((2 * beta * T) / 3) * (T * regret));
    const reached = sam && theta <= 1 ? samReach : regret;
    return (Math.sqrt(reached) + Math.sqrt(2 * beta * (root * root))) ** 2;
  });
  if (off) {
    const left = room - 2 * beta * radius;
    const kappa = Math.min(1, left);
    const loose = stable || (left > 0 ? "" : `r ≥ 1/β − η/2 = ${(room / (2 * beta)).toPrecision(3)}`);
    const reached = far / (2 * eta * kappa * T);
    add("reach-plain", "un-normalised SAM", "empirical_risk", "upper", loose, () => reached);
    add("risk-plain", "un-normalised SAM: mean over samples", "population_risk", "upper", loose, () => {
      const summed = T * reached;
      const both = summed + far / (2 * eta * kappa);
      const root =
        2 * radius * Math.sqrt(((theta * beta) / room) * both) + (eta / n) * Math.sqrt(((2 * beta * T) / 3) * summed);
      return (Math.sqrt(reached) + Math.sqrt(2 * beta * (root * root))) ** 2;
    });
  }
  if (!sam) {
    // every oracle of the page returns exact maximisers
    add("risk-maximisers", `${titles.risk}, for maximisers: mean over samples`, "population_risk", "upper", stable, () => {
      const summed = T * regret;
      const step = theta * radius;
      const pushed = (4 * step * step * T) / room + ((2 * eta) / n) * summed;
      const root = Math.sqrt((1 - 1 / T) * pushed) + (eta / n) * Math.sqrt(((2 * beta * T) / 3) * summed);
      return (Math.sqrt(regret) + Math.sqrt(2 * beta * (root * root))) ** 2;
    });
  }
  return found;
}
