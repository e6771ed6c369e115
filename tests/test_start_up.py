"""`glassnet --help` answers at once: it imports nothing heavy, seen in a fresh interpreter."""

import os
import subprocess
import sys

import pytest

from glassnet.cli.group import COMMANDS, LazyGroup, glassnet

ALLOWED = {"click", "glassnet"}  # besides the standard library
OURS = {"cli", "errors", "_version"}
LISTED = """
import sys
from glassnet.cli.start import run_command
code = run_command({arguments!r})
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def modules_after(arguments: list[str]) -> list[str]:
    """Names of all modules that are imported once the command has run."""
    script = LISTED.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stderr.split()


def foreign(modules: list[str]) -> set[str]:
    # Names with a leading underscore are the interpreter's own: of editable installs, sysconfig's data.
    tops = {name.partition(".")[0] for name in modules if not name.startswith("_")}
    return {top for top in tops if top not in sys.stdlib_module_names and top not in ALLOWED}


def test_help_imports_the_standard_library_and_click_alone() -> None:
    modules = modules_after(["--help"])
    assert foreign(modules) <= {"colorama"}
    assert {name.split(".")[1] for name in modules if name.startswith("glassnet.")} == OURS


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "explain"])
def test_help_of_a_command_imports_nothing_heavy(command: str) -> None:
    heavy = {"torch", "sklearn", "polars", "duckdb", "matplotlib", "numpy", "scipy", "rich"}
    tops = {name.partition(".")[0] for name in modules_after([command, "--help"])}
    assert not tops & heavy


def test_importing_the_package_imports_nothing_heavy() -> None:
    script = "import sys, glassnet; dir(glassnet); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not foreign(done.stdout.split())


def test_help_answers_in_a_fifth_of_a_second() -> None:
    def cpu_seconds() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "glassnet", "--help"], stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])  # user and system time of children

    # Processor time, and the best of some: a busy machine says nothing about the program.
    assert min(cpu_seconds() for _ in range(5)) < 0.2


def test_the_one_liners_are_the_commands_own() -> None:
    assert isinstance(glassnet, LazyGroup)
    for name, (place, says) in COMMANDS.items():
        command = glassnet.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None, place
        assert command.name == name
        assert says.endswith(".")
        assert len(says) <= 64
