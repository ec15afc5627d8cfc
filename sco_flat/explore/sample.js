// Samples as column codes, drawn under the theorem's event or left to chance ("free"); see sco_flat/samples.py.

// Column i of a sample is the code codes[i]: bit k is z_k(i). At most 30 examples, so that codes fit 32 bits.
function drawSample(n, width, bad, event, seed) {
  const stream = new Stream(seed, "sample");
  const size = 2 ** n;
  const codes = new Int32Array(width);
  const other = (from, to) => {
    for (let i = from; i < to; i++) {
      const code = stream.below(size - 1);
      codes[i] = code >= bad ? code + 1 : code;
    }
  };
  if (event === "free") {
    for (let i = 0; i < width; i++) codes[i] = stream.below(size);
  } else if (event === "one") {
    other(0, width);
    codes[stream.below(width)] = bad;
  } else {
    const step = Math.log1p(-1 / size);
    const place = Math.trunc(Math.log1p(stream.double() * Math.expm1(width * step)) / step);
    const first = Math.min(place, width - 1);
    other(0, first);
    codes[first] = bad;
    for (let i = first + 1; i < width; i++) codes[i] = stream.below(size);
  }
  return codes;
}

function ones(code) {
  let count = 0;
  for (let rest = code; rest; rest &= rest - 1) count++;
  return count;
}

const square = (x) => x * x; // x ** 2 calls a power function

// Sums of squares in eight lanes, joined in one tree: the order of the package, and so its bits.
function joined(lanes) {
  const low = lanes[0] + lanes[4] + (lanes[2] + lanes[6]);
  const high = lanes[1] + lanes[5] + (lanes[3] + lanes[7]);
  return low + high;
}
