// The state of the page, its controls, and what a person does with them.

let state = { ...DEFAULTS };
let scene = -1; // its place in the list; -1 for settings of one's own
let now = 0; // the iterate looked at; 0 for the last one
let run = null;
const current = () => run;
let playing = 0;

function build() {
  for (const { key, name, low, high, step, auto, of, into } of SLIDERS) {
    const row = document.createElement("div");
    row.className = `slider ${of}`;
    row.innerHTML = `<label for="${key}-slider">${name}</label>
      <input type="range" id="${key}-slider" min="${low}" max="${high}" step="${step}">
      <input type="text" id="${key}" inputmode="decimal" aria-label="${name}, exact" aria-describedby="${key}-hint">
      ${auto ? '<label class="hint chain blocks valley"><input type="checkbox" id="auto"> <span id="auto-text"></span></label>' : ""}
      <p class="hint bad" id="${key}-hint"></p>`;
    $(into ?? "sliders").append(row);
  }
  SCENES.forEach(([name], k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => show(k));
    $("scenes").append(button);
  });
}

const inOctaves = ({ octaves, flat }) => octaves && !(flat && state.instance === "flat-erm");

function fromSlider(slider) {
  const { key, auto } = slider;
  const place = Number($(`${key}-slider`).value);
  if (!inOctaves(slider)) return place;
  const { instance, T, eta, rho } = state;
  return 2 ** place * (auto ? autoRadius(instance, T, eta, rho) : 1);
}

function toSlider(slider, value) {
  const { auto } = slider;
  const { instance, T, eta, rho } = state;
  return inOctaves(slider) ? Math.log2(value / (auto ? autoRadius(instance, T, eta, rho) : 1)) : value;
}

function fill() {
  const kind = KINDS[state.instance];
  const numbers = resolved(state);
  for (const slider of SLIDERS) {
    const value = numbers[slider.key];
    const range = $(`${slider.key}-slider`);
    const { low, high, step, flat } = slider;
    [range.min, range.max, range.step] = flat && kind === "flat" ? flat : [low, high, step];
    range.value = toSlider(slider, value);
    range.setAttribute("aria-valuetext", brief(value));
    const text = $(slider.key);
    if (document.activeElement !== text) text.value = brief(value);
    text.removeAttribute("aria-invalid");
    $(`${slider.key}-hint`).textContent = "";
  }
  $("auto-text").textContent = kind === "valley" ? "1/√(η T)" : "the largest that the theorem allows";
  $("auto").checked = state.radius === "auto";
  $("epsilon").checked = state.epsilon !== 0;
  $("oracle").value = state.oracle;
  for (const key of ["instance", "method", "parameters", "preset"])
    for (const input of document.querySelectorAll(`input[name="${key}"]`)) input.checked = input.value === state[key];
  $("chance").checked = state.event === "chance";
  for (const part of document.querySelectorAll(".flat, .chain, .blocks, .valley"))
    part.hidden = !part.classList.contains(kind);
  const off = state.normalisation === "off";
  $("normalisation").checked = !off;
  $("normalisation").disabled = state.method !== "sam";
  $("epsilon").disabled = state.method !== "sam" || off;
  $("oracle").disabled = state.method !== "sagd";
  [...$("scenes").children].forEach((button, k) => button.setAttribute("aria-pressed", String(scene === k)));
}

function change(changes) {
  state = fitting({ ...state, ...changes });
  scene = -1;
  later();
}

function show(k) {
  pause();
  state = { ...DEFAULTS, ...SCENES[k][2] };
  scene = k;
  now = 0;
  later();
}

let waiting = false;
function later() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

function listen() {
  for (const slider of SLIDERS) {
    const { key } = slider;
    $(`${key}-slider`).addEventListener("input", () => change({ [key]: fromSlider(slider) }));
    $(key).addEventListener("input", () => {
      const [value, why] = checked(key, $(key).value);
      if (!why) return change({ [key]: value });
      $(`${key}-hint`).textContent = why;
      $(key).setAttribute("aria-invalid", "true");
    });
    $(key).addEventListener("blur", later);
  }
  for (const key of ["instance", "method", "parameters", "preset"])
    for (const input of document.querySelectorAll(`input[name="${key}"]`))
      input.addEventListener("change", () => change({ [key]: input.value }));
  $("oracle").addEventListener("change", () => change({ oracle: $("oracle").value }));
  $("epsilon").addEventListener("change", () => change({ epsilon: $("epsilon").checked ? 1e-12 : 0 }));
  $("normalisation").addEventListener("change", () =>
    change({ normalisation: $("normalisation").checked ? "on" : "off" }),
  );
  $("auto").addEventListener("change", () => change({ radius: $("auto").checked ? "auto" : resolved(state).radius }));
  $("chance").addEventListener("change", () => change({ event: $("chance").checked ? "chance" : "drawn" }));
  $("reset").addEventListener("click", () => show(0));
  $("more").addEventListener("toggle", () => $("more").open && iterateTable());
  $("time").addEventListener("input", () => {
    now = Number($("time").value);
    moment();
  });
  $("play").addEventListener("click", () => (playing ? pause() : play()));
  listenToShell(later);
  listenToWords();
  addEventListener("hashchange", readAddress);
}

// Through the iterates, or through the radii of the two minima.
function play() {
  $("play").textContent = "Pause";
  if (run.settings.instance === "flat-erm") {
    const [least, most] = SLIDERS.find(({ key }) => key === "radius").flat;
    if (state.radius === "auto" || state.radius >= most) change({ radius: least });
    playing = setInterval(() => {
      if (state.radius >= most) return pause();
      change({ radius: Number((state.radius + least).toFixed(2)) });
    }, 80);
    return;
  }
  if (!now || now >= run.history.length) now = 1;
  playing = setInterval(() => {
    if (now >= run.history.length) return pause();
    now++;
    moment();
  }, 8000 / run.settings.T);
}

function pause() {
  clearInterval(playing);
  playing = 0;
  $("play").textContent = "Play";
}

// An empty address is the first scene.
function readAddress() {
  const found = location.hash.length > 1 ? fromAddress() : [{ ...DEFAULTS, ...SCENES[0][2] }, []];
  state = found[0];
  scene = SCENES.findIndex(([, , own]) => Object.keys(state).every((key) => state[key] === { ...DEFAULTS, ...own }[key]));
  update();
  sayMended(found[1]);
}

const scoFlat = (window.scoFlat = {
  simulate: (settings) => simulate(resolved({ ...DEFAULTS, ...settings })),
  slice,
  growth,
  milliseconds: 0,
  updates: 0,
});
Object.defineProperty(scoFlat, "run", { get: () => run });
// A browser compiles what runs often: run the scenes while nobody waits, and the first slider is as quick as the rest.
function warm(k) {
  if (k === 3 * SCENES.length) return;
  simulate(resolved({ ...DEFAULTS, ...SCENES[k % SCENES.length][2] }));
  setTimeout(warm, 20, k + 1);
}

build();
listen();
readAddress();
setTimeout(warm, 100, 0);
