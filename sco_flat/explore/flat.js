// The two minima (Theorem 1): sco_flat/instances/flat_erm.py at points x e_I + b e_b, I a column that no example of the
// sample shows and half of the fresh ones do. Nothing runs.

class TwoMinima {
  constructor(settings, codes) {
    this.settings = settings;
    this.codes = codes;
    this.m = codes.length;
    this.d = this.m + 1;
    this.columns = []; // all zero
    codes.forEach((code, i) => code === 0 && this.columns.push(i));
  }

  _hinge(reach) {
    return 0.5 * square(Math.max(reach - this.settings.rho, 0));
  }

  // { empirical, population: [lower, upper], saer: [lower, upper], flatness } at x e_I + b e_b.
  at(x, b, radius) {
    const empirical = this._hinge(Math.abs(b));
    const felt = x === 0 ? empirical : this._hinge(Math.sqrt(x * x + b * b)); // the root of b² may miss |b|
    const risk = 0.5 * empirical + 0.5 * felt;
    const saer = this._hinge(Math.abs(b) + radius); // no way up is steeper than that along b
    const flatness = empirical > 0 ? null : this.settings.rho - Math.abs(b);
    return { empirical, population: [risk, risk], saer: [saer, saer], flatness };
  }
}

function lookAtTwo(settings) {
  const began = performance.now();
  const model = modelOf(settings);
  const { rho, radius } = settings;
  const run = { settings, model, flat: model.at(1, 0, radius), sharp: model.at(0, rho, radius), stopped: 0 };
  run.conditions = conditions(settings, model);
  run.milliseconds = performance.now() - began;
  return run;
}

// Points on the line through both, from the sharp one at 0 to the flat one at 1 and a little further.
const SLICE = { from: -0.4, to: 1.4, count: 181 };
function slice({ model, settings }) {
  const { from, to, count } = SLICE;
  return Array.from({ length: count }, (_, k) => {
    const s = from + ((to - from) * k) / (count - 1);
    return model.at(s, (1 - s) * settings.rho, settings.radius);
  });
}

const FARTHEST = 1.2; // radius in the picture of its growth

// The SAER of both minima for radii from 0 on.
function growth({ model, settings }) {
  const radii = Array.from({ length: 121 }, (_, k) => (FARTHEST * k) / 120);
  const of = (x, b) => radii.map((radius) => model.at(x, b, radius).saer[0]);
  return { flat: of(1, 0), sharp: of(0, settings.rho) };
}
