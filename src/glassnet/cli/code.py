"""`glassnet code`: a run as the PyTorch script a good teacher would write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.common import model_path
from glassnet.errors import SettingsError

if TYPE_CHECKING:
    from glassnet.pipeline import Fitted

EPILOG = """\b
Examples:
  glassnet code runs/people-1
  glassnet code runs/people-1 --out people.py --verify
  glassnet code runs/classification-1 --style scratch --out neuron.py
  glassnet code people.glassnet --notebook --out people.ipynb
  glassnet code people.glassnet --source old/people.csv --verify

The script needs torch, numpy, polars and matplotlib, and nothing of Glassnet.
"""


@click.command(epilog=EPILOG)
@click.argument("model")
@click.option(
    "--style",
    default="modules",
    show_default=True,
    metavar="STYLE",
    help="modules: nn.Sequential and torch.optim; scratch: weights as tensors, the update written out.",
)
@click.option("--notebook", is_flag=True, help="Write a Jupyter notebook.")
@click.option(
    "--source", default="", metavar="FILE", help="The table, where it is not where the run read it."
)
@click.option("--out", "-o", default="", metavar="FILE", help="Write to a file instead of printing.")
@click.option(
    "--verify", "is_verified", is_flag=True, help="Run the script and compare its numbers with the run's."
)
def code(model: str, style: str, notebook: bool, source: str, out: str, is_verified: bool) -> None:
    """Write the run of MODEL, a model file or the folder of a run, as a plain PyTorch program.

    It reads the same table, makes the same split, starts from the same weights and takes the same steps.
    """
    if notebook and is_verified and not out:
        raise SettingsError(
            "--notebook has no effect: --verify prints no notebook; add --out, or leave it out."
        )
    # torch takes seconds to import: only when the command runs, not for --help.
    from glassnet.model import load
    from glassnet.report.whole import write_whole
    from glassnet.script.write import write_notebook, write_script

    fitted = load(model_path(model)).fitted
    text = (write_notebook if notebook else write_script)(fitted, style, source)
    if out:
        what = "notebook" if notebook else "script"
        path = write_whole(text, Path(out).expanduser(), what)
        # Of a pipe this may be the other end: /dev/stdout.
        click.echo(f"The {what} is in {out}.", err=not path.is_file())
    elif not is_verified:
        click.echo(text, nl=False)
    if is_verified:
        _verify(fitted, style, source)


def _verify(fitted: Fitted, style: str, source: str) -> None:
    """Print how far the script's numbers are from the run's; exit with 1 where they should be the same."""
    from glassnet.script.verify import must_be_exact, verify

    found = verify(fitted, style, source)
    click.echo(str(found))
    if not found.is_exact and must_be_exact(fitted):
        click.echo("They should be the same: another version of torch or another processor?", err=True)
        raise SystemExit(1)
