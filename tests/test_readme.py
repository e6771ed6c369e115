"""Every Python block of the README and the docs runs; every console block's commands exist."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from glassnet.cli import glassnet

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.mark.filterwarnings("ignore")
def test_python_blocks_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = blocks(ROOT / "README.md", "python")
    assert len(found) >= 2
    for block in found:
        exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "tumour.html").stat().st_size > 10_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_pages_exist(page: Path) -> None:
    commands = [
        line.removeprefix("$ ").partition("#")[0]
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line.startswith("$ glassnet ")
    ]
    for command in commands:
        words = shlex.split(command)
        result = CliRunner().invoke(glassnet, [words[1], "--help"])
        assert result.exit_code == 0, f"{page.name}: {command}"
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert option in result.output, f"{page.name}: {command}: no option {option}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
