// What the pages share: elements by their id, the link that holds the settings, and colours.

const $ = (id) => document.getElementById(id);

// Settings of a text like "n=8&T=64"; what cannot be used keeps its usual value, and is told. Other names of a setting
// are in `also`.
function readSettings(hash, usual, checked, also = {}) {
  const found = { ...usual };
  const wrong = [];
  for (const [name, text] of new URLSearchParams(hash)) {
    const key = Object.hasOwn(also, name) ? also[name] : name;
    if (!Object.hasOwn(usual, key)) wrong.push(`${key}: not a setting`);
    else {
      const [value, why] = checked(key, text);
      const taken = usual[key] === null ? "" : `; ${usual[key]} is taken`;
      if (why) wrong.push(`${key} = ${text.slice(0, 20)}: ${why}${taken}`);
      else found[key] = value;
    }
  }
  return [found, wrong];
}

// The settings that differ from the usual ones, as such a text.
function writeSettings(settings, usual) {
  const changed = Object.entries(settings).filter(([key, value]) => value !== usual[key]);
  return new URLSearchParams(changed.map(([key, value]) => [key, String(value)])).toString();
}

function sayMended(wrong) {
  $("copied").textContent = wrong.length ? `The link was mended: ${wrong.join(". ")}.` : "";
}

function listenToShell(recoloured) {
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  $("link").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      $("copied").textContent = "The link is in the clipboard.";
    } catch {
      $("copied").textContent = `Copy it from here: ${location.href}`;
    }
  });
  $("theme").addEventListener("change", () => {
    document.documentElement.dataset.theme = $("theme").value;
    recoloured();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recoloured);
}
