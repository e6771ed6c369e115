"""`glassnet compare`: what differs between runs, and whether one is better by more than noise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from glassnet.cli.common import own_option
from glassnet.cli.options import HeadedCommand, given, keep

HELP: Final = """Compare RUN with RUN, and as many more as you name, up to twenty.

A RUN is the folder of a run or a model file; all must predict the same target. Prints which is better and
whether by more than noise, what was done differently and how long each took, and writes the same with the
curves over one another as one page that opens without a network.
"""

EPILOG: Final = """\b
Examples:
  glassnet compare runs/people-1 runs/people-2
  glassnet compare runs/* --out people.html
  glassnet compare small.glassnet large.glassnet --json
"""

FILE: Final = "compare.html"

compare: Final = HeadedCommand(
    "compare",
    headed=(
        (
            "Output",
            [
                click.Argument(["runs"], nargs=-1, metavar="RUN RUN ...", expose_value=False, callback=keep),
                own_option(["--out", "-o", "--output"], f"The page.  [{FILE}]", "FILE"),
                own_option(
                    ["--json", "as_json"], "Print one JSON object and nothing else; no page without --out."
                ),
            ],
        ),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _compare(context: click.Context) -> None:
    words = given(context)
    if len(words.get("runs", ())) < 2:
        raise click.UsageError("name at least two runs, such as runs/people-1 runs/people-2.", context)
    from glassnet.cli.beside import print_comparison
    from glassnet.cli.console import make_console
    from glassnet.comparison.compared import compare as compare_runs
    from glassnet.comparison.facts import facts_of
    from glassnet.run_folder import json_text

    found = compare_runs(words["runs"])
    is_json = "as_json" in words
    if is_json:
        click.echo(json_text(facts_of(found.compared)))
    else:
        print_comparison(make_console(), found.compared)
    if "out" in words or not is_json:
        path = found.report(Path(words.get("out", FILE)).expanduser())
        click.echo(f"The page is in {path}.", err=is_json)


compare.callback = _compare
