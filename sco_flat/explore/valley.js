// The valley in two dimensions: sco_flat/instances/valley_2d.py and its kernels, operation by operation.
// A point is [b, x]. The loss does not depend on the sample, so that F = F_S.

const DRIFT = 1.25;
const BOWL = 0.1;
const LARGEST_POINT = 1e150; // farther out the squares overflow
const LEVEL_POINTS = 240;
const [ARCS, MOST_ARCS, NEARLY, NARROWEST] = [32, 512, 1e-10, 1e-7]; // of the search on a circle

// c, h and g of f(b, x) = ½ [|b| - c x - h]_+² + (g/2) b².
function valleyConstants({ T, eta, radius }) {
  return { c: Math.sqrt(DRIFT / (eta * T)), h: radius / 20, g: BOWL };
}

class Valley {
  constructor(settings) {
    Object.assign(this, valleyConstants(settings));
    this.settings = settings;
    this.d = 2;
    this.rows = []; // nothing sleeps
    this.smoothness = 1 + this.c ** 2 + this.g;
    this.at = START.slice();
    this.distance = Math.hypot(...START); // to the common minimum 0
  }

  // [loss, slope on b, slope on x] at (b, x).
  felt(b, x) {
    const { c, h, g } = this;
    const height = c * x + h;
    let wedge;
    if (c * c * Math.abs(b) + height < 0) {
      const [s, steep] = [height / c, 1 + c * c]; // behind the apex (0, -h/c)
      wedge = [0.5 * steep * (b * b + s * s), steep * b, steep * s];
    } else {
      const excess = Math.max(Math.abs(b) - height, 0);
      wedge = [0.5 * excess * excess, b > 0 ? excess : -excess, -c * excess];
    }
    return [wedge[0] + 0.5 * g * b * b, wedge[1] + g * b, wedge[2]];
  }

  // What the method adds to w before it takes its gradient; null where the gradient is 0.
  look([b, x]) {
    const { method, radius, epsilon, normalisation } = this.settings;
    if (method === "gd") return [0, 0];
    const [, p, q] = this.felt(b, x);
    const norm = Math.sqrt(p * p + q * q);
    if (norm === 0 && normalisation === "on" && epsilon === 0) return null;
    const scale = normalisation === "on" ? radius / (norm + epsilon) : radius;
    return [scale * p, scale * q];
  }

  step() {
    const seen = this.look(this.at);
    if (!seen) return "zero";
    const { eta } = this.settings;
    const [b, x] = this.at;
    const [, p, q] = this.felt(b + seen[0], x + seen[1]);
    const to = [b - eta * p, x - eta * q];
    if (!to.every((end) => Math.abs(end) < LARGEST_POINT)) return "far";
    this.at = to;
    return null;
  }

  _risks([b, x]) {
    const [loss] = this.felt(b, x);
    return { empirical: loss, population: [loss, loss], b, x };
  }

  risks() {
    return this._risks(this.at);
  }

  snapshot() {
    return this.at;
  }

  // Risks and places of the averages of w_t..w_T for t = 1..T.
  suffixes(history) {
    const risks = [];
    let [count, b, x] = [0, 0, 0];
    for (const at of history.toReversed()) {
      count++;
      b += at[0];
      x += at[1];
      risks.push(this._risks([b / count, x / count]));
    }
    return risks.reverse();
  }

  shown(at) {
    return at;
  }

  // x_t of SAM for small η and g: where the drift alone would be.
  limit(t) {
    const { settings, c, h } = this;
    return ((settings.radius - h) / c) * -Math.expm1(-settings.eta * c * c * (t - 1));
  }

  inEvent() {
    return true; // there is no sample
  }

  // [lower, upper] end of the SAER of every iterate: the loss is convex, so that it is largest on the circle, and on an
  // arc no larger than at its ends and where the tangents there meet; arcs that may hold more are halved.
  saers(history) {
    const { radius } = this.settings;
    return history.map(([b, x]) => {
      const at = (angle, distance) => this.felt(b + distance * Math.sin(angle), x + distance * Math.cos(angle))[0];
      let half = Math.PI / ARCS;
      let middles = Array.from({ length: ARCS }, (_, k) => (2 * k + 1) * half);
      let low = Math.max(...middles.map((middle) => at(middle + half, radius)));
      for (;;) {
        const corners = middles.map((middle) => at(middle, radius / Math.cos(half)));
        middles = middles.filter((_, k) => corners[k] > low * (1 + NEARLY));
        if (middles.length === 0 || middles.length > MOST_ARCS || half < NARROWEST) {
          return [low, Math.max(low * (1 + NEARLY), ...corners)];
        }
        low = Math.max(low, ...middles.map((middle) => at(middle, radius)));
        half *= 0.5;
        middles = middles.flatMap((middle) => [middle - half, middle + half]);
      }
    });
  }

  // Points of the level line f = level, from its far end above to that below; right is where the picture ends.
  levelLine(level, right) {
    const { c, h, g } = this;
    const top = Math.sqrt((2 * level) / g); // there only the bowl is left, and the line runs along x
    const points = [];
    for (let k = 0; k <= LEVEL_POINTS; k++) {
      const b = top * Math.cos((Math.PI * k) / LEVEL_POINTS);
      const rest = Math.max(2 * level - g * b * b, 0); // twice the part of the edges
      const behind = rest / (1 + c * c) - b * b;
      const s = behind > 0 ? -Math.sqrt(behind) : 0;
      points.push([b, c * Math.abs(b) + s < 0 ? s - h / c : (Math.abs(b) - h - Math.sqrt(rest)) / c]);
    }
    return [[top, right], ...points, [-top, right]];
  }
}
