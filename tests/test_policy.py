"""Pages run their own scripts and styles, show their own pictures, and load nothing else."""

import re

import pytest

from sco_flat._files import with_policy
from sco_flat.animations import animate
from sco_flat.explore import page
from sco_flat.reports import report
from sco_flat.works.base import works

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0c"
    b"IDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
INTRUDERS = """
async ([kind]) => {
  const broken = new Promise(done => {
    document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
    setTimeout(() => done("nothing"), 3000);
  });
  const add = (name, content) => {
    const tag = document.createElement(name);
    Object.assign(tag, content);
    document.head.append(tag);
  };
  if (kind === "script") add("script", { textContent: "document.title = 'changed'" });
  if (kind === "style") add("style", { textContent: "body { display: none }" });
  if (kind === "picture") add("img", { src: "https://example.org/pixel.png" });
  if (kind === "handler") {
    document.body.setAttribute("onclick", "document.title = 'changed'");
    document.body.click();
  }
  if (kind === "request") fetch("https://example.org/").catch(() => 0);
  return [await broken, document.title, getComputedStyle(document.body).display];
}
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "chain.png").write_bytes(PIXEL)
    drawn = [{"name": "chain", "file_png": folder / "chain.png", "file_pdf": folder / "chain.pdf", "caption": "a."}]
    return {
        "explore": page.write(folder / "explore.html"),
        "window": page.write(folder / "window.html", "window"),
        "player": animate("staircase", folder / "film.html", steps=6),
        "report": report.write_report(folder, [], drawn, {}, works=works()),
    }


@pytest.mark.parametrize("name", ["explore", "window", "player", "report"])
def test_a_page_takes_what_is_its_own_and_nothing_else(pages, browser, name):
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(pages[name].as_uri())
    tab.wait_for_load_state()
    assert said == []
    title = tab.title()
    assert tab.evaluate("getComputedStyle(document.body).lineHeight") != "normal"  # its style holds
    assert tab.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    for kind, rule in (
        ("script", "script-src-elem"), ("style", "style-src-elem"), ("picture", "img-src"),
        ("handler", "script-src-attr"), ("request", "connect-src"),
    ):  # fmt: skip
        assert tab.evaluate(INTRUDERS, [kind]) == [rule, title, "block"], kind
    context.close()


def test_the_policy_names_the_parts_that_there_are(pages):
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items()}
    rules = {name: re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1] for name, text in texts.items()}
    assert "script-src" not in rules["report"]
    for rule in rules.values():
        assert rule.startswith("default-src 'none'; ")
        assert "unsafe" not in rule
        assert "*" not in rule
        assert "http" not in rule
    one = '<meta charset="utf-8">\n<style>a</style><script>b</script>'
    assert with_policy(one) != with_policy(one.replace("b<", "c<"))
