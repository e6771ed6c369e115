"""The report and the comparison, scanned with axe in a browser, in light and dark, and printed.

It needs Chromium, npm to fetch one package (axe-core) into a temporary folder, and Poppler to read the print;
without them the tests are skipped and say so.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread

import glassnet
from glassnet.comparison.page import page as comparison_page
from glassnet.report.page import page as report_page

AXE = "axe-core@4.14.1"  # another version may find other things
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The page's own script is let run, and axe beside it; what opens on a click is open, so that it is looked at.
RUN = """
<script>%s</script>
<script>
axe.run(document, %s).then((found) => {
  const told = document.createElement("pre");
  told.id = "axe-found";
  told.textContent = JSON.stringify({
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    rules: found.passes.length,
    faults: found.violations.map((one) => [one.impact, one.help, one.nodes.map((node) => node.html)]),
    wide: [...document.querySelectorAll(".scroll")]
      .filter((one) => !one.closest("details") && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.getAttribute("aria-label")),
  });
  document.body.appendChild(told);
});
</script>
"""
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}  # what passes is counted, not listed
COLOURS = EVERYTHING | {"runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((one for one in BROWSERS if shutil.which(one)), None)
    if found is None:
        pytest.skip(f"no browser to scan in: none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of axe's script."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to fetch axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    words = [npm, "install", "--prefix", str(folder), "--prefer-offline", "--fetch-retries=0"]
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    try:
        done = subprocess.run([*words, *quiet, AXE], capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not fetch axe-core within a minute")
    if done.returncode:
        pytest.skip(
            f"npm could not fetch axe-core: {(done.stderr or done.stdout).strip()[-200:] or 'no network'}"
        )
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Scanner:
    """Scans pages and returns what axe says of them."""

    def __init__(self, browser: str, axe: str, folder: Path) -> None:
        self.browser, self.axe, self.folder = browser, axe, folder

    def scan(self, text: str, options: dict[str, Any], *, dark: bool = False, width: int = 1400) -> Any:
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        text = text.replace("<details>", "<details open>")
        place = self.folder / "page.html"
        place.write_text(text.replace("</body>", RUN % (self.axe, json.dumps(options)) + "</body>"), "utf-8")
        words = [
            *(self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=600000"),
            *(f"--window-size={width},1000", f"--user-data-dir={self.folder / 'profile'}"),
            *(f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", place.as_uri()),
        ]
        done = subprocess.run(words, capture_output=True, text=True, timeout=180, check=False)
        found = re.search(r'<pre id="axe-found">(.*?)</pre>', done.stdout, re.DOTALL)
        assert found, f"axe said nothing: {done.stderr[-500:]}"
        return json.loads(html.unescape(found.group(1)))


@pytest.fixture
def scanner(browser: str, axe: str, tmp_path: Path) -> Scanner:
    return Scanner(browser, axe, tmp_path)


def fit(target: str, **changes: Any) -> glassnet.Model:
    generator = np.random.default_rng(5)
    age, height = generator.normal(40, 12, 300), generator.normal(170, 10, 300)
    table = pl.DataFrame(
        {
            "age": np.where(generator.random(300) < 0.1, np.nan, age),
            "height": height,
            "city": generator.choice(["Aachen", "Bonn", "Celle"], 300),
            "id": [f"p{n}" for n in range(300)],
            "rich": np.where(age + generator.normal(0, 8, 300) > 42, "yes", "no"),
            "pay": 1000 + 30 * age + generator.normal(0, 100, 300),
        }
    )
    others = {"rich": "pay", "pay": "rich"}
    usual = {"epochs": 5, "hidden": (16,), "threads": 1, "drop": (others[target],), "keep": ("id",)}
    return glassnet.fit(table.with_columns(pl.col("age").fill_nan(None)), target, **(usual | changes))


def tutorial(example: str, recipe: str) -> glassnet.Model:
    return glassnet.fit(example=example, recipe=recipe, epochs=30, threads=1)


PAGES = {
    "classes": lambda: report_page(fit("rich").fitted),
    "numbers": lambda: report_page(fit("pay", members=2).fitted),
    "neuron": lambda: report_page(tutorial("classification", "neuron").fitted),
    "sequential": lambda: report_page(tutorial("random", "sequential").fitted),
    "comparison": lambda: comparison_page(
        glassnet.compare(
            {"all": fit("rich"), "few": fit("rich", columns="age"), "other": fit("rich", seed=1)}
        ).compared
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(scanner: Scanner, name: str) -> None:
    text = PAGES[name]()
    light = scanner.scan(text, EVERYTHING)
    assert light["faults"] == []
    assert light["rules"] > 20
    dark = scanner.scan(text, COLOURS, dark=True)
    assert dark["dark"]
    assert not light["dark"]
    assert dark["faults"] == []
    if name in ("classes", "numbers", "comparison"):
        phone = scanner.scan(text, EVERYTHING, width=400)
        assert phone["faults"] == []
        assert phone["wide"] == []  # tables that would have to be scrolled sideways


def test_a_planted_fault_is_found(scanner: Scanner) -> None:
    faint = '<p style="color: #999; background: #fff">faint</p><img src="data:,">'
    text = f"<html lang='en'><head><title>t</title></head><body><main><h1>t</h1>{faint}</main></body></html>"
    helps = " ".join(help for _, help, _ in scanner.scan(text, EVERYTHING)["faults"])
    assert "contrast" in helps
    assert "Images must have alternative text" in helps


def test_paper_is_white_and_shows_what_opens_on_a_click(browser: str, tmp_path: Path) -> None:
    if not (shutil.which("pdftotext") and shutil.which("pdftoppm")):
        pytest.skip("no pdftotext and pdftoppm (Poppler) to read the print with")
    place, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    place.write_text(PAGES["numbers"](), encoding="utf-8")
    words = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--blink-settings=preferredColorScheme=0",
    ]
    more = [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={pdf}", place.as_uri()]
    subprocess.run([*words, *more], capture_output=True, timeout=180, check=True)
    text = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    for folded in ("example_seed", "weight_decay"):  # settings, which the page folds away
        assert folded in text
    assert "The figures" not in text  # tables behind pictures, which the pictures show
    subprocess.run(["pdftoppm", "-r", "20", "-png", str(pdf), str(tmp_path / "sheet")], check=True)
    sheets = [imread(one) for one in sorted(tmp_path.glob("sheet-*.png"))]
    assert len(sheets) > 3
    assert min(float(one.mean()) for one in sheets) > 0.8  # 1 is white
