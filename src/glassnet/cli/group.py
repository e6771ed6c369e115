"""The group `glassnet`: its commands are imported when they run, so that `--help` answers at once."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from glassnet._version import __version__
from glassnet.errors import near_miss

# Name -> where the command is, and what it does in one line, which is all that `glassnet --help` needs.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "train": ("glassnet.cli.train:train", "Train a network on a table."),
    "predict": ("glassnet.cli.predict:predict", "Predict the rows of a table with a model."),
    "evaluate": ("glassnet.cli.evaluate:evaluate", "Score a model on rows whose answer is known."),
    "describe": ("glassnet.cli.describe:describe", "Show what a table holds, or what a model is."),
    "read": ("glassnet.cli.read:read", "Print a table as clean CSV, however messy the file."),
    "report": ("glassnet.cli.report:report", "Write a model's report again."),
    "runs": ("glassnet.cli.runs:runs", "List the runs of a folder."),
    "compare": ("glassnet.cli.compare:compare", "Compare runs: what differs, and is it more than noise."),
    "doctor": ("glassnet.cli.doctor:doctor", "Say in plain words what looks wrong in a run."),
    "why": ("glassnet.cli.why:why", "Show which columns made a row's prediction."),
    "code": ("glassnet.cli.code:code", "Write a run as a PyTorch script."),
    "explain": (
        "glassnet.cli.explain:explain",
        "Show every value, local derivative and gradient of EXPRESSION.",
    ),
}

EPILOG: Final = """\b
Examples:
  glassnet train --example breast_cancer
  glassnet train people.csv --target income
  glassnet predict runs/people-1 new_people.csv --out income.csv
  glassnet explain "y = a**3 - b**2" a=5 b=6
"""


class LazyGroup(click.Group):
    """A group that imports a command when it is used, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the imported command, or None where no command has that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command), f"{module}:{name} is no command"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and one-liners from COMMANDS, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with. Raises UsageError with the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            known = ", ".join(COMMANDS)
            ctx.fail(f"there is no command '{args[0]}'.{near_miss(args[0], COMMANDS)} Known: {known}.")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="glassnet", message="%(prog)s %(version)s")
def glassnet() -> None:
    """Train neural networks on tables, and look at everything they do.

    `glassnet COMMAND --help` says more about each.
    """
