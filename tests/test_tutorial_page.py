"""Every command of docs/tutorial.md runs, in the order of the page, in an empty folder."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from glassnet.cli import glassnet

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"


@pytest.mark.filterwarnings("ignore")
def test_the_commands_of_the_tutorial_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ glassnet (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert len(commands) >= 12
    outputs = {}
    for command in commands:
        result = CliRunner().invoke(glassnet, shlex.split(command))
        assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception}"
        outputs[command] = result.output
    assert (tmp_path / "loss.png").stat().st_size > 5_000
    text = "\n".join(outputs.values())
    assert "75" in text
    assert "-12" in text
    assert "glassnet" not in re.sub(r"#.*", "", (tmp_path / "neuron.py").read_text())
