// SWAD's window on a trace of losses, in its three versions, as the package has it; checkpoints count from 0.

const MODES = ["algorithm", "text", "released"];

// NumPy's sum, term by term in its order, so that a loss that ties with the threshold here ties with it there.
function numpySum(values) {
  const count = values.length;
  if (count < 8) return values.reduce((sum, v) => sum + v, 0);
  if (count > 128) {
    const half = Math.floor(count / 2);
    const first = half - (half % 8);
    return numpySum(values.slice(0, first)) + numpySum(values.slice(first));
  }
  const lanes = values.slice(0, 8);
  const full = count - (count % 8);
  for (let k = 8; k < full; k++) lanes[k % 8] += values[k];
  const [a, b, c, d, e, f, g, h] = lanes;
  return values.slice(full).reduce((sum, v) => sum + v, a + b + (c + d) + (e + f + (g + h)));
}

const least = (losses, from, to) => Math.min(...losses.slice(from, to));

function swadWindow(losses, ns, ne, r, mode) {
  const size = losses.length;
  let start = 0;
  while (start + ns <= size && losses[start] !== least(losses, start, start + ns)) start++;
  if (start + ns > size) {
    const weights = mode === "released" ? { [size - 1]: 1 } : null;
    return { mode, start: null, end: null, threshold: null, ended: false, weights };
  }
  const threshold = r * (mode === "text" ? losses[start] : numpySum(losses.slice(start, start + ns)) / ns);
  if (mode === "released") return released(losses, start, ns, ne, threshold);
  // k: the first of Ne losses that are all above; in the algorithm the window began before them
  const first = mode === "text" ? start : Math.max(start + 1, start + ns - ne + 1);
  for (let k = first; k + ne <= size; k++)
    if (least(losses, k, k + ne) > threshold)
      return { mode, start, end: mode === "text" ? k : k - 1, threshold, ended: true, weights: null };
  return { mode, start, end: size - 1, threshold, ended: false, weights: null };
}

// The authors' code with its queue of Ne segments: how often each segment enters the mean.
function released(losses, start, ns, ne, threshold) {
  const size = losses.length;
  const now = start + ns - 1; // the checkpoint at which the valley is seen to have begun
  const weights = {};
  const add = (k) => (weights[k] = (weights[k] ?? 0) + 1);
  const range = (from, to) => Array.from({ length: Math.max(to - from, 0) }, (_, k) => from + k);
  const least = (queue) => Math.min(...queue.map((k) => losses[k]));
  let queue = range(Math.max(now - ne + 1, 0), now + 1);
  if (ne < ns) range(start + 1, start + 1 + ns - ne).forEach(add);
  else if (ne > ns) {
    const early = queue.slice(0, ne - ns + 1);
    const high = early.findLastIndex((k) => losses[k] > threshold);
    early.slice(high + 2).forEach(add);
  }
  let ended = false;
  for (let i = now + 1; i < size && !ended; i++) {
    queue = [...queue, i].slice(-ne);
    if (queue[0] < start) continue;
    if (least(queue) > threshold) ended = true;
    else add(queue[0]);
  }
  if (!ended) {
    queue.shift();
    while (queue.length && least(queue) <= threshold) add(queue.shift());
  }
  if (!Object.keys(weights).length) add(start); // nothing overwrites the converged segment
  const end = Math.max(...Object.keys(weights).map(Number));
  return { mode: "released", start, end, threshold, ended, weights };
}
