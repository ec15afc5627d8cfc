// The SA-GD blocks (Theorem 3): sco_flat/instances/_norm_hinge.py and the exact oracles of sco_flat/oracles.
// Only constant columns and b ever move from 0, so nothing else is stored.

const PRESETS = { paper: [1, 0], robust: [0.9, 0.02] };

class Blocks {
  constructor(settings, codes) {
    const { n, T, radius, rho, preset, seed } = settings;
    Object.assign(this, {
      settings,
      n,
      T,
      codes,
      radius,
      rho,
      m: codes.length,
      d: codes.length * T + 1,
      smoothness: 1,
      distance: 0,
    });
    const [c, largest] = PRESETS[preset];
    const excess = radius - rho;
    const decay = excess <= 0 ? largest : Math.min(largest, (0.5 * (1 - Math.sqrt(1 - 1 / n)) * excess) / radius);
    this.c = c;
    this.weights = Float64Array.from({ length: T }, (_, j) => 1 - (decay * j) / T);
    this.full = 2 ** n - 1;
    // the theorem's columns come first among equals, all-minus columns behind them
    const [plus, minus] = [[], []];
    let near = 0;
    codes.forEach((code, i) => {
      if (code === this.full) plus.push(i);
      else if (code === 0) minus.push(i);
      else near = Math.max(near, ones(code), n - ones(code));
    });
    this.near = near / n;
    this.rows = [...plus, ...minus];
    this.blocks = this.rows.map(() => new Float64Array(T));
    this.up = this.rows.map(() => new Float64Array(T));
    this.order = this.rows.map((_, a) => a).sort((x, y) => this.rows[x] - this.rows[y]);
    [this.above, this.below] = [new Float64Array(8), new Float64Array(8)]; // eight lanes each
    this.b = 0;
    this.upB = 0;
    this.key = new Stream(seed, "oracle").bits(62);
    this.tied = 0; // steps with more than one maximiser
    this.tiedWithB = 0; // those where b is among them
  }

  _positive(a) {
    return this.codes[this.rows[a]] === this.full;
  }

  // The best reach of an entry, the entries that tie for it, and where b stands.
  _survey() {
    const { b, c, radius, weights, rho } = this;
    if (b !== 0) return c < weights[0] ? null : { best: 0, ties: [], withB: true, onlyB: true };
    let best = -1;
    const ties = []; // entry j of block a has the place a T + j
    this.blocks.forEach((x, a) => {
      for (let j = 0; j < this.T; j++) {
        const reach = weights[j] * (radius - Math.abs(x[j]));
        if (reach > best) {
          best = reach;
          ties.length = 0;
        }
        if (reach === best) ties.push(a * this.T + j);
      }
    });
    const hinge = (reach) => 0.5 * square(Math.max(reach - rho, 0));
    if (Math.max(hinge(best), hinge(c * radius)) < this.near * hinge(weights[0] * radius)) return null;
    return { best, ties, withB: c * radius >= best, onlyB: c * radius > best };
  }

  _takeB(up) {
    this.upB = (this.b !== 0 ? this.b > 0 : up) ? this.radius : -this.radius;
  }

  _take(place, value) {
    const a = Math.trunc(place / this.T);
    this.up[a][place % this.T] = this._positive(a) ? value : -value;
  }

  // v = argmax of F_S(w + v) over |v| <= r, ties broken as the oracle does; false where it is not known.
  _maximise(t) {
    const { oracle } = this.settings;
    for (const v of this.up) v.fill(0);
    this.upB = 0;
    const found = this._survey();
    if (found === null) return false;
    const { withB, onlyB } = found;
    const ties = onlyB ? [] : found.ties;
    const signs = withB && this.b === 0 ? 2 : 0;
    if (ties.length + signs > 1) {
      this.tied++;
      if (signs) this.tiedWithB++;
    }
    if (oracle === "coordinate") {
      const pick = Math.trunc(uniformBits(this.key, t, 0) * (ties.length + signs));
      if (pick < ties.length) this._take(ties[pick], this.radius);
      else this._takeB(pick === ties.length);
    } else if (oracle === "uniform") {
      if (!ties.length) this._takeB(normalBits(this.key, t, 0) > 0);
      else {
        const b = withB ? normalBits(this.key, t, 0) : 0;
        const draws = ties.map((_, k) => normalBits(this.key, t, k + 1));
        const shrink = this.radius / Math.sqrt(draws.reduce((sum, x) => sum + x * x, b * b));
        ties.forEach((place, k) => this._take(place, shrink * Math.abs(draws[k])));
        this.upB = shrink * b;
      }
    } else if (ties.length && !(oracle === "benign" && withB)) this._take(ties[0], this.radius);
    else this._takeB(true);
    return true;
  }

  // Squares of every block above and below 0 at w + scale v: above of block a at 2 a, below at 2 a + 1.
  _squares(scale) {
    const { blocks, up, weights, T, above, below } = this;
    const found = new Float64Array(2 * blocks.length);
    for (let a = 0; a < blocks.length; a++) {
      const [x, v] = [blocks[a], up[a]];
      above.fill(0);
      below.fill(0);
      for (let j = 0; j < T; j++) {
        const y = weights[j] * (scale === 0 ? x[j] : x[j] + scale * v[j]);
        if (y > 0) above[j & 7] += y * y;
        else if (y < 0) below[j & 7] += y * y;
      }
      found[2 * a] = joined(above);
      found[2 * a + 1] = joined(below);
    }
    return found;
  }

  // xi_k of every example, from these squares.
  _norms(squares, scale) {
    const b = (this.b + scale * this.upB) * this.c;
    const sums = new Float64Array(this.n).fill(b * b);
    for (const a of this.order) {
      const code = this.codes[this.rows[a]];
      for (let k = 0; k < this.n; k++) sums[k] += squares[(code >> k) & 1 ? 2 * a : 2 * a + 1];
    }
    return sums.map(Math.sqrt);
  }

  // w <- w - eta grad F_S(w + scale v); false where the gradient is 0.
  descend(scale) {
    const { n, rho, c, weights } = this;
    const eta = this.settings.eta;
    const shares = this._norms(this._squares(scale), scale).map((xi) => (xi > rho ? (1 / n) * ((xi - rho) / xi) : 0));
    let joint = 0;
    for (const share of shares) joint += share;
    if (!(joint > 0)) return false;
    this.blocks.forEach((x, a) => {
      let [plus, minus] = [0, 0];
      for (let k = 0; k < n; k++)
        if ((this.codes[this.rows[a]] >> k) & 1) plus += shares[k];
        else minus += shares[k];
      for (let j = 0; j < this.T; j++) {
        const y = x[j] + scale * this.up[a][j];
        if (y !== 0) x[j] -= eta * (weights[j] * weights[j] * y * (y > 0 ? plus : minus));
      }
    });
    this.b -= eta * (c * c * (this.b + scale * this.upB) * joint);
    return true;
  }

  // One step of SA-GD or of gradient descent; a note where nothing moved or the run has to stop.
  step(t) {
    const aware = this.settings.method === "sagd";
    if (aware && !this._maximise(t)) return "unknown";
    return this.descend(aware ? 1 : 0) ? null : "zero";
  }

  _empirical(squares) {
    let found = 0;
    for (const xi of this._norms(squares, 0)) found += square(Math.max(xi - this.rho, 0));
    return (0.5 / this.n) * found;
  }

  // { empirical, population }; the latter is E ½ [sqrt(c² b² + sum_i s_i) - rho]_+² with s_i the squares above or
  // below 0 by a fair coin each: all 2^k sums.
  risks() {
    const squares = this._squares(0);
    let sums = [square(this.c * this.b)];
    for (let a = 0; a < squares.length; a += 2) {
      const [above, below] = [squares[a], squares[a + 1]];
      sums = above === below ? sums.map((s) => s + above) : sums.flatMap((s) => [s + above, s + below]);
    }
    let total = 0;
    for (const s of sums) total += 0.5 * square(Math.max(Math.sqrt(s) - this.rho, 0));
    const population = total / sums.length;
    return { empirical: this._empirical(squares), population: [population, population] };
  }

  // SAER, [lower, upper] end: equal on SA-GD's path, where the maximum sits on one coordinate.
  saer() {
    const { b, c, radius, rho, weights, near } = this;
    const hinge = (reach) => 0.5 * square(Math.max(reach - rho, 0));
    if (b === 0) {
      let best = Math.max(hinge(c * radius), near > 0 ? near * hinge(weights[0] * radius) : 0);
      for (const x of this.blocks)
        for (let j = 0; j < this.T; j++)
          best = Math.max(best, hinge(weights[j] * Math.max(radius - Math.abs(x[j]), 0)));
      return [best, best];
    }
    const squares = this._squares(0);
    const pushed = Object.assign(Object.create(this), { b: b + (b > 0 ? radius : -radius) })._empirical(squares);
    let upper = 0;
    for (const xi of this._norms(squares, 0)) upper += square(Math.max(xi + Math.max(weights[0], c) * radius - rho, 0));
    return [pushed, Math.max(pushed, (0.5 / this.n) * upper)];
  }

  inEvent() {
    return this.codes.includes(this.full);
  }

  // The SAER of every iterate, as of one.
  saers(history) {
    const look = Object.create(this);
    return history.map((state) => Object.assign(look, state).saer());
  }

  snapshot() {
    return { b: this.b, blocks: this.blocks.map((x) => x.slice()) };
  }

  // Risks of the averages of w_t..w_T for t = 1..T.
  suffixes(history) {
    const fresh = () => this.blocks.map(() => new Float64Array(this.T));
    const look = Object.assign(Object.create(this), { blocks: fresh(), up: fresh(), upB: 0 });
    const sums = fresh();
    const risks = [];
    let [count, b] = [0, 0];
    for (const state of history.toReversed()) {
      const share = 1 / ++count;
      b += state.b;
      sums.forEach((sum, a) => {
        const [x, at] = [state.blocks[a], look.blocks[a]];
        for (let j = 0; j < this.T; j++) at[j] = (sum[j] += x[j]) * share;
      });
      look.b = b * share;
      risks.unshift(look.risks());
    }
    risks[0].saer = look.saer();
    return risks;
  }

  // The walked entries of the first all-plus column; left to chance, of an all-minus one, or there is none.
  shown(state) {
    return state.blocks[0] ?? new Float64Array(this.T);
  }
}
