"""The pages for people who come from elsewhere run and name what exists; the navigation has every page."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path
from runpy import run_path

import pytest

from glassnet import GlassnetClassifier, GlassnetRegressor

DOCS = Path(__file__).parents[1] / "docs"
RIVALS = {
    "scikit-learn": "sklearn",
    "skorch": "skorch",
    "lightgbm": "lightgbm",
}  # by the first line of a block
PAGES = ("search.md", "migrate-mlp.md", "migrate-skorch.md", "migrate-lightgbm.md")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), flags=re.M | re.S)


BLOCKS = [(page, number) for page in PAGES for number in range(len(blocks(page)))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("page", "number"), BLOCKS)
def test_a_block_runs_by_itself(page, number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    block = blocks(page)[number]
    rival = re.match(r"# before: (.*)\n", block)
    if rival is not None:
        pytest.importorskip(RIVALS[rival[1]])
    exec(compile(block, f"{page}, block {number + 1}", "exec"), {"__name__": "page"})
    printed = capsys.readouterr().out
    assert printed
    if page.startswith("migrate"):  # both networks, and the trees, find what is there
        assert float(printed.split()[0]) > (0.2 if "lightgbm" in page else 0.85)


@pytest.mark.parametrize("page", PAGES[1:])
def test_every_page_has_a_before_an_after_and_parameters_that_exist(page):
    first = [block.splitlines()[0] for block in blocks(page)]
    assert [line.split(":")[0] for line in first] == ["# before", "# after"]
    text = (DOCS / page).read_text()
    table = text.partition("## Parameters")[2].partition("\n## ")[0]
    known = set(signature(GlassnetClassifier).parameters) | set(signature(GlassnetRegressor).parameters)
    cells = [line.split("|")[2] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([a-z_]+)", cell)}
    assert len(named) >= 10
    assert named <= known


def test_the_navigation_names_pages_that_exist():
    text = (DOCS.parent / "mkdocs.yml").read_text()
    named = re.findall(r": (\S+\.md)$", text, flags=re.M)
    assert len(named) > 20
    assert [page for page in named if not (DOCS / page).exists()] == []


def test_a_page_without_a_line_comes_at_the_end(tmp_path):
    for name in ("index.md", "new.md", "api/fit.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# Page")
    hook = run_path(str(DOCS / "navigation.py"))["on_config"]
    nav = [{"Home": "index.md"}, {"Python": ["api/fit.md"]}]
    config = hook({"docs_dir": str(tmp_path), "nav": nav})
    assert config["nav"] == [*nav, {"More": ["new.md"]}]
    assert hook(dict(config))["nav"] == config["nav"]
