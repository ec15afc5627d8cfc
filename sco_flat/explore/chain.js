// The SAM chain (Theorem 7): sco_flat/instances/sam_chain.py and _sam_chain.py, operation by operation.
// A block sleeps, and is one number, until its first coordinate falls below -lam.

const LARGEST_WORK = 6e5; // entries touched by a run; more would not fit into the blink of an eye

function chainConstants({ n, T, eta, radius, parameters }) {
  const m = 2 ** n;
  const d = m * T + 1;
  const cap = Math.max(1, eta);
  const lam = radius / (4 * d * (d - 1));
  let gamma, delta1;
  if (parameters === "printed") {
    delta1 = (lam * Math.min(1, eta)) / (2 * Math.sqrt(d));
    gamma = lam / (cap * (radius + delta1));
  } else {
    gamma = lam / (2 * cap * radius * Math.sqrt(m + 1));
    delta1 = (eta * gamma * radius) / 4;
  }
  const delta3 = 1 / (8 * (d - 1) * Math.sqrt(m + 1));
  const delta = 1 / (8 * cap);
  const weights = new Float64Array(T + 1).fill(delta);
  weights[0] = 0;
  weights[1] = 1;
  if (T > 1) weights[2] = delta3;
  weights[T] = 0;
  const few = [0, 1, ...(T > 2 ? [delta3] : []), ...Array(Math.min(2, Math.max(T - 3, 0))).fill(delta), 0];
  let largest = 0;
  for (let j = 0; j + 1 < few.length; j++)
    largest = Math.max(largest, (j > 0 ? 1 : 0) + square(few[j + 1]) + few[j] + few[j + 1]);
  return { m, d, lam, gamma, delta1, kappa: 1 / (2 * (d - 1)), weights, smoothness: 1 + largest + gamma * (m + 1) };
}

class Chain {
  constructor(settings, codes) {
    Object.assign(this, chainConstants(settings));
    this.distance = this.delta1; // from 0 to the nearest minimum
    this.settings = settings;
    this.codes = codes;
    this.n = settings.n;
    this.T = settings.T;
    this.first = new Float64Array(this.m); // first coordinates of all blocks
    this.b = 0;
    this.rows = [];
    for (let i = 0; i < this.m; i++) if (codes[i] === 0) this.rows.push(i);
    this.blocks = new Float64Array(this.rows.length * this.T); // of the rows, one behind another; entry 0: see first
    this.reach = 0; // entries from here on are 0 in every block
    this.sums = [new Float64Array(this.n), new Float64Array(this.n)];
    this.dirty = this.changed = true;
    this.quiet = false;
    this.work = 0;
    const length = this.T + 2;
    this.up = { any: false, coupled: false, first: new Float64Array(this.m), b: 0, blocks: this.blocks.slice() };
    this.slack = new Float64Array(length);
    this.point = new Float64Array(length);
    this.slopes = new Float64Array(this.m);
    this.lanes = new Float64Array(8);
  }

  // v_k . (w + scale v) of every example; wakes the blocks that the point leaves below -lam.
  _takeSums(scale, into) {
    const { first, up, kappa, lam, codes, n } = this;
    const moving = scale !== 0 && up.coupled;
    const sums = into.fill(moving ? this.b + scale * up.b : this.b);
    const woken = [];
    const either = new Float64Array(2); // by bit: looked up, since half of the branches would be mispredicted
    for (let i = 0; i < this.m; i++) {
      const x = moving && up.first[i] !== 0 ? first[i] + scale * up.first[i] : first[i];
      if (x === 0) continue;
      if (-(this.weights[1] * (x + lam)) > 0) woken.push(i);
      either[0] = -kappa * x;
      either[1] = x;
      for (let k = 0, code = codes[i]; k < n; k++, code >>= 1) sums[k] += either[code & 1];
    }
    if (woken.length) this._wake(woken);
    return sums;
  }

  _wake(found) {
    const before = new Map(this.rows.map((row, a) => [row, a]));
    const all = [...new Set([...this.rows, ...found])].sort((i, j) => i - j);
    if (all.length === this.rows.length) return;
    const { T } = this;
    const spread = (old) => {
      const blocks = new Float64Array(all.length * T);
      all.forEach(
        (row, a) => before.has(row) && blocks.set(old.subarray(before.get(row) * T, (before.get(row) + 1) * T), a * T),
      );
      return blocks;
    };
    this.blocks = spread(this.blocks);
    this.up.blocks = spread(this.up.blocks);
    this.rows = all;
  }

  // Slopes on all first coordinates; [any, slope on b].
  _firstSlopes(sums) {
    const { n, codes, kappa } = this;
    let joint = 0;
    const r = new Float64Array(2 * n); // of example k: by its bit
    for (let k = 0; k < n; k++) {
      const positive = Math.max(sums[k] + this.delta1, 0);
      joint += positive;
      r[2 * k] = -kappa * positive;
      r[2 * k + 1] = positive;
    }
    if (!(joint > 0)) return [false, 0];
    const share = this.gamma / n;
    for (let i = 0; i < this.m; i++) {
      let slope = 0;
      for (let k = 0, code = codes[i]; k < n; k++, code >>= 1) slope += r[2 * k + (code & 1)];
      this.slopes[i] = share * slope;
    }
    return [true, share * joint];
  }

  _couple(scale) {
    if (this.dirty) {
      const sums = this._takeSums(0, this.sums[0]);
      this.dirty = false;
      this.quiet = sums.every((s) => !(s + this.delta1 > 0));
    }
    if (scale !== 0 && this.up.coupled) return this._firstSlopes(this._takeSums(scale, this.sums[1]));
    return this.quiet ? [false, 0] : this._firstSlopes(this.sums[0]);
  }

  // Point and chain terms of block a at w + scale v, entries up to end.
  _terms(a, scale, end) {
    const { point: y, slack: r, weights, T, blocks: x } = this;
    const row = this.rows[a];
    const start = a * T;
    y[0] = this.first[row];
    if (scale !== 0) {
      const v = this.up.blocks;
      y[0] += scale * this.up.first[row];
      for (let j = 1; j < end; j++) y[j] = x[start + j] + scale * v[start + j];
    } else for (let j = 1; j < end; j++) y[j] = x[start + j];
    y[end] = 0;
    r[0] = 0;
    r[end] = r[end + 1] = 0;
    const t = y[1] - weights[1] * (y[0] + this.lam);
    r[1] = T > 1 && t > 0 ? t : 0;
    for (let j = 2; j < Math.min(end + 1, T); j++) {
      const term = y[j] - weights[j] * y[j - 1];
      r[j] = term > 0 ? term : 0;
    }
  }

  _end() {
    return Math.min(this.T, this.reach + 2);
  }

  // grad F_S(w) into up; returns its squared norm and sets active.
  gradient() {
    const [moved, slopeB] = this._couple(0);
    const { up, slack: r, point: y, weights, n, rows, T } = this;
    const lanes = this.lanes.fill(0);
    const end = this._end();
    this.work += rows.length * end;
    this.active = moved;
    let coupled = moved;
    let next = 0;
    let farthest = 0;
    for (let a = 0; a < rows.length; a++) {
      const row = rows[a];
      if (moved) for (; next < row; next++) lanes[0] += square((up.first[next] = this.slopes[next]));
      next = row + 1;
      this._terms(a, 0, end);
      const share = ones(this.codes[row]) * (1 / n);
      const g = up.blocks;
      const start = a * T;
      up.first[row] = (moved ? this.slopes[row] : 0) - weights[1] * r[1];
      lanes[0] += up.first[row] * up.first[row];
      if (up.first[row] !== 0) coupled = true;
      for (let j = 1; j < end; j++) {
        const slope = share * y[j] + (r[j] - weights[j + 1] * r[j + 1]);
        g[start + j] = slope;
        lanes[j & 7] += slope * slope;
        if (slope !== 0 && j > farthest) farthest = j;
        if (r[j] > 0 || (share > 0 && y[j] !== 0)) this.active = true;
      }
    }
    if (moved) for (; next < this.m; next++) lanes[0] += square((up.first[next] = this.slopes[next]));
    else if (up.any)
      for (let i = 0, a = 0; i < this.m; i++)
        if (rows[a] === i) a++;
        else up.first[i] = 0;
    up.any = moved;
    up.coupled = coupled;
    up.b = slopeB;
    this.reach = Math.max(this.reach, farthest + 1);
    return joined(lanes) + slopeB * slopeB;
  }

  // w <- w - eta grad F_S(w + scale up).
  descend(scale) {
    const [moved, slopeB] = this._couple(scale);
    const { slack: r, point: y, weights, n, rows, T } = this;
    const eta = this.settings.eta;
    const end = this._end();
    this.work += rows.length * end;
    let farthest = 0;
    for (let a = 0; a < rows.length; a++) {
      const row = rows[a];
      this._terms(a, scale, end);
      const share = ones(this.codes[row]) * (1 / n);
      const x = this.blocks;
      const start = a * T;
      const before = this.first[row];
      this.first[row] = before - eta * ((moved ? this.slopes[row] : 0) - weights[1] * r[1]);
      if (this.first[row] !== before) this.dirty = this.changed = true;
      for (let j = 1; j < end; j++) {
        x[start + j] -= eta * (share * y[j] + (r[j] - weights[j + 1] * r[j + 1]));
        if (x[start + j] !== 0 && j > farthest) farthest = j;
      }
    }
    if (moved) {
      this.dirty = this.changed = true;
      for (let i = 0, a = 0; i < this.m; i++)
        if (rows[a] === i) a++;
        else this.first[i] -= eta * this.slopes[i];
      this.b -= eta * slopeB;
    }
    this.reach = Math.max(this.reach, farthest + 1);
  }

  // One step of SAM or of gradient descent; a note where it stood still or the run has to stop.
  step() {
    if (this.work > LARGEST_WORK) return "long";
    const { method, radius, epsilon, normalisation } = this.settings;
    if (method === "gd") {
      this.descend(0);
      return null;
    }
    let squared = this.gradient();
    if (normalisation === "off") {
      this.descend(radius);
      return null;
    }
    let norm = Math.sqrt(squared);
    if (squared < 2 ** -900 && this.active) {
      // squares underflow long before the entries do
      const lift = 2 ** 450;
      let lifted = square(lift * this.up.b);
      if (this.up.any) for (const x of this.up.first) lifted += square(lift * x);
      else for (const row of this.rows) lifted += square(lift * this.up.first[row]);
      for (const g of this.up.blocks) lifted += square(lift * g);
      norm = Math.sqrt(lifted) / lift;
    }
    if (norm === 0 && epsilon === 0) return this.active ? "underflow" : "zero";
    const scale = radius / (norm + epsilon);
    if (scale > 1.7e308) return "underflow";
    this.descend(scale);
    return null;
  }

  // Sums over the first coordinates on which the coupling of a fresh example depends: [largest, mean].
  _spread() {
    const first = this._first();
    if (this.spreadOf !== first) {
      let [worst, mean] = [0, 0];
      for (const x of first) {
        worst += Math.max(x, -this.kappa * x);
        mean += 0.5 * x - 0.5 * (this.kappa * x);
      }
      Object.assign(this, { spreadOf: first, spread: [worst, mean] });
    }
    return this.spread;
  }

  // { empirical, population: [lower, upper] } at the state.
  risks() {
    const [n, end] = [this.n, this._end()];
    this._couple(0);
    let joint = 0;
    for (const s of this.sums[0]) joint += square(Math.max(s + this.delta1, 0));
    let empirical = (0.5 * this.gamma * joint) / n;
    let [all, chain] = [0, 0];
    for (let a = 0; a < this.rows.length; a++) {
      this._terms(a, 0, end);
      const { point: y, slack: r } = this;
      let [squares, terms] = [0, 0];
      for (let j = 1; j < end; j++) squares += y[j] * y[j];
      for (let j = 1; j <= end; j++) terms += r[j] * r[j];
      empirical += 0.5 * terms + ((0.5 * ones(this.codes[this.rows[a]])) / n) * squares;
      all += squares;
      chain += terms;
    }
    const known = 0.25 * all + 0.5 * chain;
    const part = (x) => known + 0.5 * this.gamma * square(Math.max(this.b + x + this.delta1, 0));
    const [worst, mean] = this._spread();
    return { empirical, population: [part(mean), part(worst)] };
  }

  // A copy of the first coordinates that lasts until they change, which is rare.
  _first() {
    if (this.changed) Object.assign(this, { copy: this.first.slice(), changed: false });
    return this.copy;
  }

  inEvent() {
    return this.codes.filter((code) => code === 0).length === 1;
  }

  // The state as it is now; of each block only what may differ from 0.
  snapshot() {
    const { T, rows, reach, blocks: all } = this;
    const blocks = new Float64Array(rows.length * reach);
    for (let a = 0; a < rows.length; a++) for (let j = 1; j < reach; j++) blocks[a * reach + j] = all[a * T + j];
    return { first: this._first(), b: this.b, rows, reach, blocks };
  }

  // [lower, upper] end of the SAER of every iterate: a push in a sleeping block that many examples see, and smoothness.
  saers(history, iterates) {
    const { T, n, codes, smoothness, rows, reach } = this;
    const { radius } = this.settings;
    const place = new Map(rows.map((row, a) => [row, a]));
    const kept = [...codes.keys()].filter((i) => !place.has(i)); // they sleep in the whole run
    const most = kept.reduce((best, i) => Math.max(best, ones(codes[i])), -1);
    const look = Object.assign(Object.create(this), { work: 0, rows, sums: this.sums.map((sum) => sum.slice()) });
    look.up = { any: false, coupled: false, first: new Float64Array(this.m), b: 0, blocks: this.blocks.slice() };
    return history.map((state, t) => {
      look.blocks = new Float64Array(rows.length * T);
      const moved = new Set();
      state.rows.forEach((row, a) => {
        const own = state.blocks.subarray(a * state.reach, (a + 1) * state.reach);
        look.blocks.set(own, place.get(row) * T);
        if (own.some((x) => x !== 0)) moved.add(row);
      });
      const { first, b } = state;
      if (look.first !== first) Object.assign(look, { first, b, copy: first, changed: false, dirty: true });
      look.reach = state.reach;
      const asleep = rows.filter((row) => !moved.has(row)).reduce((best, row) => Math.max(best, ones(codes[row])), most);
      const { empirical } = iterates[t];
      const low = asleep >= 0 && T > 2 ? empirical + 0.5 * (1 + asleep / n) * square(radius) : empirical;
      const steep = Math.sqrt(look.gradient());
      return [low, Math.max(low, empirical + radius * steep + 0.5 * smoothness * square(radius))];
    });
  }

  // Risks of the averages of w_t..w_T for t = 1..T.
  suffixes(history) {
    const { T, rows, reach } = this;
    const place = new Map(rows.map((row, a) => [row, a]));
    const sums = new Float64Array(rows.length * T);
    const look = Object.assign(Object.create(this), { blocks: sums.slice() });
    const risks = [];
    // b and the first coordinates change in a few early steps only, and always together
    let count = 0;
    let { first, b } = history.at(-1);
    for (const state of history.toReversed()) {
      const share = 1 / ++count;
      if (state.first !== first) {
        first = first.map((x, i) => x + (state.first[i] - x) * share);
        b += (state.b - b) * share;
      }
      state.rows.forEach((row, a) => {
        const start = place.get(row) * T;
        for (let j = 1; j < state.reach; j++) sums[start + j] += state.blocks[a * state.reach + j];
      });
      for (let a = 0; a < rows.length; a++)
        for (let j = 1; j < reach; j++) look.blocks[a * T + j] = sums[a * T + j] * share;
      if (look.first !== first) Object.assign(look, { b, first, copy: first, changed: false, dirty: true });
      risks.push(look.risks());
    }
    return risks.reverse();
  }

  // x[I, j] of the bad block in a snapshot: what the sample never sees.
  shown({ first, rows, reach, blocks }) {
    const a = rows.findIndex((row) => this.codes[row] === 0);
    const x = new Float64Array(this.T);
    if (a < 0) return x; // left to chance, every column may have a one
    x.set(blocks.subarray(a * reach, (a + 1) * reach));
    x[0] = first[rows[a]];
    return x;
  }
}
