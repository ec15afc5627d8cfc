// Words of the page, explained where they stand and in a panel.

// Each: a name, other ways to write it, and what it means.
const WORDS = [
  ["sample", [], "The n examples z that the learner has: S = (z₁, …, zₙ). A column is what all of them show at one place."],
  ["empirical risk", ["Fₛ"], "Fₛ(w): the mean loss at w on the n examples of the sample. The learner sees it."],
  ["population risk", [], "F(w): the mean loss at w on a fresh example, computed here from its law. It is what should be small."],
  ["SAER", [], "Sharpness-aware empirical risk: the largest Fₛ within distance r of w. Small at a flat minimum."],
  ["flat minimum", ["Flatness", "flat one", "flat"], "A minimum around which Fₛ hardly grows; ρ-flat if it does not grow at all within distance ρ."],
  ["sharp minimum", ["sharp one", "sharp"], "A minimum beside which Fₛ grows at once."],
  ["r", [], "Perturbation radius: how far SAM and SA-GD look, and how far SAER looks. It belongs to the method."],
  ["ρ", [], "Flatness radius: how far around its minimum the loss is 0. It belongs to the loss."],
  ["η", [], "Step size: how far a step goes along the gradient."],
  ["T", [], "Number of iterates w₁, …, w_T of a run."],
  ["gradient descent", ["GD"], "GD: w ← w − η ∇Fₛ(w)."],
  ["SAM", [], "Sharpness-aware minimisation: w ← w − η ∇Fₛ(w + v), v a step of length r uphill along ∇Fₛ(w)."],
  ["SA-GD", [], "Gradient descent on SAER: w ← w − η ∇Fₛ(w + v), v the highest place within r."],
  ["oracle", ["maximisers", "maximiser"], "What finds the highest place within r for SA-GD. Where several are as high, its rule breaks the tie."],
  ["normalisation", ["normalised"], "SAM divides the gradient by its norm, so that v has length r however small the gradient is."],
  ["event", [], "What the theorem asks of the sample, such as a column without a 1. A draw may be made under it or left to chance."],
  ["suffix averages", ["suffix"], "Averages of wₜ, …, w_T: of all iterates for t = 1, of the last one for t = T."],
  ["bad column", ["bad coordinate"], "A column I that looks the same in all n examples, though half of the fresh ones differ there."],
  ["e_I", [], "The unit vector of the bad column's coordinate; e_b is that of the coordinate b, which every example feels."],
  ["tie-break", ["ties", "tie"], "Several places within r may be highest. The rule by which the oracle picks one is its tie-break."],
  ["preset", ["weights"], "A named set of weights of the loss on blocks: the paper's, with ties, or robust, without."],
  ["D", [], "Distance from the start w₁ to a common minimum."],
  ["E F", [], "F in the mean over samples: upper bounds speak of it, and a run is one term."],
  ["θ", [], "η β, the step size without a unit."],
  ["c", [], "How wide the valley opens: its half width is h + c x."],
  ["block", [], "The coordinates x[I, 1], …, x[I, T] of one column I."],
  ["[u]₊", [], "u where it is positive, 0 elsewhere. Half its square is convex and smooth."],
  ["β", [], "Smoothness: the gradient changes by at most β times the way."],
];

const keyOf = new Map(WORDS.flatMap(([name, others], k) => [name, ...others].map((text) => [text.toLowerCase(), k])));
const inText = new RegExp(
  `(?<![\\p{L}\\p{N}_])(${[...keyOf.keys()]
    .filter((text) => text.length > 1 && text !== "[u]₊")
    .sort((a, b) => b.length - a.length)
    .join("|")})(?![\\p{L}\\p{N}_])`,
  "giu",
);

// Make each known word in an element a button that explains itself, once.
function explain(element) {
  const seen = new Set();
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (texts.nextNode()) nodes.push(texts.currentNode);
  for (const node of nodes) {
    const parts = node.data.split(inText).map((part, k) => {
      const key = keyOf.get(part.toLowerCase());
      if (k % 2 === 0 || seen.has(key)) return part;
      seen.add(key);
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "word", textContent: part });
      return button;
    });
    node.replaceWith(...parts);
  }
}

function worded(element, text) {
  if (element.textContent === text) return;
  element.textContent = text;
  explain(element);
}

const explained = (word) => WORDS[keyOf.get(word.textContent.toLowerCase())];

function showTip(word) {
  const tip = $("tip");
  tip.textContent = explained(word)[2];
  tip.hidden = false;
  word.setAttribute("aria-describedby", "tip");
  const [at, own] = [word.getBoundingClientRect(), tip.getBoundingClientRect()];
  tip.style.left = `${Math.max(Math.min(at.left, innerWidth - own.width - 8), 8)}px`;
  tip.style.top = `${at.bottom + own.height + 8 > innerHeight ? at.top - own.height - 4 : at.bottom + 4}px`;
}

function hideTip() {
  $("tip").hidden = true;
  for (const word of document.querySelectorAll(".word[aria-describedby]")) word.removeAttribute("aria-describedby");
}

function openGlossary(word) {
  hideTip();
  $("glossary").showModal();
  if (word) $(`word-${keyOf.get(word.textContent.toLowerCase())}`).scrollIntoView({ block: "nearest" });
}

function listenToWords() {
  WORDS.forEach(([name, , meaning], k) => {
    const entry = document.createElement("div");
    entry.id = `word-${k}`;
    for (const [tag, text] of [["dt", name], ["dd", meaning]])
      entry.append(Object.assign(document.createElement(tag), { textContent: text }));
    $("entries").append(entry);
  });
  const on = (name, act) => document.addEventListener(name, act);
  for (const name of ["pointerover", "focusin"])
    on(name, ({ target }) => {
      const word = target.closest(".word");
      if (word) showTip(word);
      else if (target.id !== "tip") hideTip();
    });
  on("focusout", hideTip);
  on("keydown", ({ key }) => key === "Escape" && hideTip());
  on("click", ({ target }) => target.closest(".word") && openGlossary(target.closest(".word")));
  addEventListener("scroll", hideTip);
  $("words").addEventListener("click", () => openGlossary());
  $("close").addEventListener("click", () => $("glossary").close());
  for (const element of document.querySelectorAll(".loss p:not(.more)")) explain(element);
}
