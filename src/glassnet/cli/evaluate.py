"""`glassnet evaluate`: how good a model is on rows whose answer is known."""

from __future__ import annotations

from typing import Final

import click

from glassnet.cli.common import argument, model_path, own_option, reading_options, reading_settings, source_of
from glassnet.cli.options import HeadedCommand, given

HELP: Final = """Score MODEL, a model file or the folder of a run, on the rows of SOURCE.

SOURCE must hold the column that the model predicts; rows without a known value are left out and counted.
"""

EPILOG: Final = """\b
Examples:
  glassnet evaluate runs/people-1 people_of_may.csv
  glassnet evaluate people.glassnet 'may-*.parquet' --json
  glassnet evaluate runs/moons-1 --example moons --data-seed 7
"""

evaluate: Final = HeadedCommand(
    "evaluate",
    headed=(
        (
            "Output",
            [
                argument("model"),
                argument("source", required=False),
                own_option(["--json", "as_json"], "Print one JSON object and nothing else."),
            ],
        ),
        ("Table", reading_options()),
    ),
    texts=(HELP, EPILOG),
)


@click.pass_context
def _evaluate(context: click.Context) -> None:
    words = given(context)
    source = source_of(words, context)
    from glassnet.cli.console import make_console
    from glassnet.cli.summary import print_scores
    from glassnet.model import load
    from glassnet.run_folder import json_text, scores_of

    model = load(model_path(words["model"]))
    evaluation = model.evaluate(source, reading_settings(model.reading, words))
    if "as_json" in words:
        click.echo(json_text(scores_of(evaluation)))
    else:
        print_scores(make_console(), evaluation)


evaluate.callback = _evaluate
