// The package's random streams: NumPy's SeedSequence, Philox 4x64 and bounded integers, so that a seed means the same
// sample here and there. Sources: numpy/random (BSD), Salmon et al. 2011, Lemire 2019.

const U32 = (x) => x >>> 0;
const U64 = (x) => BigInt.asUintN(64, x);

function words(integer) {
  const found = [];
  let rest = BigInt(integer);
  do {
    found.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return found;
}

// The key of a Philox generator for (seed, name): two 64-bit words.
function streamKey(seed, name) {
  const entropy = words(seed);
  while (entropy.length < 4) entropy.push(0); // a named stream never shares its words with a longer seed
  for (const byte of new TextEncoder().encode(name)) entropy.push(byte);
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value = U32(value ^ constant);
    constant = U32(Math.imul(constant, 0x931e8875));
    value = U32(Math.imul(value, constant));
    return U32(value ^ (value >>> 16));
  };
  const mix = (x, y) => {
    const found = U32(Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y));
    return U32(found ^ (found >>> 16));
  };
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i]));
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (let from = 4; from < entropy.length; from++)
    for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(entropy[from]));
  constant = 0x8b51f9dd;
  const state = pool.map((value) => {
    value = U32(value ^ constant);
    constant = U32(Math.imul(constant, 0x58f38ded));
    value = U32(Math.imul(value, constant));
    return BigInt(U32(value ^ (value >>> 16)));
  });
  return [state[0] | (state[1] << 32n), state[2] | (state[3] << 32n)];
}

class Stream {
  constructor(seed, name) {
    this.key = streamKey(seed, name);
    this.counter = 0n;
    this.buffer = [];
    this.half = null;
  }

  _fill() {
    this.counter += 1n; // fewer than 2^64 blocks are ever drawn
    let [a, b, c, d] = [U64(this.counter), 0n, 0n, 0n];
    let [k0, k1] = this.key;
    for (let round = 0; round < 10; round++) {
      const first = 0xd2e7470ee14c6c93n * a;
      const second = 0xca5a826395121157n * c;
      [a, b, c, d] = [(second >> 64n) ^ b ^ k0, U64(second), (first >> 64n) ^ d ^ k1, U64(first)];
      k0 = U64(k0 + 0x9e3779b97f4a7c15n);
      k1 = U64(k1 + 0xbb67ae8584caa73bn);
    }
    this.buffer = [d, c, b, a];
  }

  next64() {
    if (!this.buffer.length) this._fill();
    return this.buffer.pop();
  }

  next32() {
    if (this.half !== null) {
      const found = this.half;
      this.half = null;
      return found;
    }
    const whole = this.next64();
    this.half = Number(whole >> 32n);
    return Number(whole & 0xffffffffn);
  }

  // A double in [0, 1).
  double() {
    return Number(this.next64() >> 11n) / 9007199254740992;
  }

  // An integer in [0, count), 2 <= count <= 2^32, or 0 for count = 1.
  below(count) {
    if (count === 1) return 0;
    const size = BigInt(count);
    const threshold = (0x100000000n - size) % size;
    for (;;) {
      const product = BigInt(this.next32()) * size;
      if ((product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  // An integer in [0, 2^bits), bits > 32, as a BigInt.
  bits(bits) {
    return (this.next64() << BigInt(bits)) >> 64n;
  }
}

// Numbers that depend on (key, t, index) only: the random oracles draw from them.
function uniformBits(key, t, index) {
  let x = U64(key ^ U64(BigInt(t) * 0x632be59bd9b4e019n) ^ U64(BigInt(index) * 0x1b873593cc9e2d51n));
  for (let round = 0; round < 3; round++) {
    x ^= x >> 30n;
    x = U64(x * 0xbf58476d1ce4e5b9n);
    x ^= x >> 27n;
    x = U64(x * 0x94d049bb133111ebn);
    x ^= x >> 31n;
  }
  return (Number(x >> 11n) + 0.5) / 9007199254740992;
}

function normalBits(key, t, index) {
  const radius = Math.sqrt(-2 * Math.log(uniformBits(key, t, 2 * index)));
  return radius * Math.cos(6.283185307179586 * uniformBits(key, t, 2 * index + 1));
}
