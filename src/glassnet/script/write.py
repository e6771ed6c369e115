"""The whole script of a run, as text or as a notebook."""

from __future__ import annotations

import itertools
import json
import re
import textwrap
from typing import Any, Final

from glassnet.errors import pick
from glassnet.pipeline import Fitted
from glassnet.script.chance import chance_section
from glassnet.script.columns import columns_section
from glassnet.script.loop import loop_section
from glassnet.script.network import network_section
from glassnet.script.result import plot_section, result_section
from glassnet.script.run import recover
from glassnet.script.scratch import scratch_sections
from glassnet.script.split import split_section
from glassnet.script.table import table_section
from glassnet.script.target import target_section
from glassnet.script.team import team_section
from glassnet.script.team_loop import team_loop_section
from glassnet.script.values import WIDTH, Run, Section, comment

# What a name in the code needs at the head of the script, in the order of the imports.
IMPORTS: Final = {
    r"\bcopy\.": "import copy",
    r"\bmath\.": "import math",
    r"\bduckdb\.": "import duckdb",
    r"\bplt\.": "import matplotlib.pyplot as plt",
    r"\bnp\.": "import numpy as np",
    r"\bpl\.": "import polars as pl",
    r"\btorch\.": "import torch",
}
SKLEARN: Final = (
    r"\b((?:load|make)_(?:breast_cancer|wine|digits|diabetes|classification|moons|circles|regression))\("
)


def _modules(run: Run) -> list[Section]:
    if run.is_team:
        return [team_section(run), team_loop_section(run), plot_section(run), result_section(run)]
    return [network_section(run), loop_section(run), plot_section(run), result_section(run)]


STYLES: Final = {"modules": _modules, "scratch": scratch_sections}


def sections_of(fitted: Fitted, style: str = "modules", source: str = "") -> list[Section]:
    """Return the sections of the run's script, the imports first.

    `source` names the table where it is not where the run found it. Raises SettingsError with the reason for
    a run that a script cannot tell, or not in this style.
    """
    write = pick(STYLES, style, "style")
    run = recover(fitted, source)
    before = [table_section(run), target_section(run), split_section(run), columns_section(run)]
    sections = _joined([one for one in [*before, *write(run)] if one.code])
    if not re.search(r"\btrain\b", "\n".join(one.code for one in sections if one.title != "Rows")):
        sections = [one for one in sections if one.title != "Rows"]
    code = "\n".join(one.code for one in sections)
    chance = chance_section(code, fitted.recipe.training.seed, run.members > 1 or run.is_team)
    if chance:
        code += chance.code
        sections = [chance, *sections]
    return [Section(title="", code=_head(code, fitted)), *sections]


def _joined(sections: list[Section]) -> list[Section]:
    """Return the sections with the target in that of the table, if both are short."""
    titles = [one.title for one in sections]
    if "Target" not in titles:
        return sections
    place = titles.index("Target")
    table, target = sections[place - 1], sections[place]
    both = Section(title=table.title, says=table.says, code=f"{table.code}\n{target.code}")
    return [*sections[: place - 1], both, *sections[place + 1 :]]


def _head(code: str, fitted: Fitted) -> str:
    """Return the imports that the code needs, and the number of threads."""
    lines = [line for sign, line in IMPORTS.items() if re.search(sign, code)]
    from_sklearn = sorted(set(re.findall(SKLEARN, code)))
    if from_sklearn:
        lines.append(f"from sklearn.datasets import {', '.join(from_sklearn)}")
    if re.search(r"\bnn\.", code):
        lines.append("from torch import nn")
    standard = [line for line in lines if line in ("import copy", "import math")]
    others = [line for line in lines if line not in standard]
    # Compiled code sums in an order of its own; torch's threads would only wait for each other.
    count = fitted.facts.threads if fitted.facts.engine == "eager" else 1
    threads = f"torch.set_num_threads({count})  # the order of summing decides how sums are rounded"
    return "\n".join([*standard, *([""] if standard else []), *others, "", threads])


def about(fitted: Fitted) -> str:
    """Return what a script says of itself."""
    names = " and ".join(f"'{target.name}'" for target in fitted.schema.targets)
    what = f"Predict {names} of {fitted.name}: the run that Glassnet made, as a plain PyTorch program."
    engine = (
        ""
        if fitted.facts.engine == "eager"
        else f" (The run's engine '{fitted.facts.engine}' rounds otherwise: late digits differ.)"
    )
    how = f"It splits, starts and steps as the run did, and so comes to the same numbers.{engine}"
    return f"{what}\n\n{textwrap.fill(how, WIDTH)}"


def write_script(fitted: Fitted, style: str = "modules", source: str = "") -> str:
    """Return the run as a Python script. See `sections_of` for what is raised."""
    head, *sections = sections_of(fitted, style, source)
    parts = [f'"""{about(fitted)}\n"""\n\n{head.code}\n']
    for before, one in itertools.pairwise([head, *sections]):
        says = f"{comment(one.says)}\n\n" if one.says else ""
        room = "\n" if one.code.startswith(("def ", "class ", "@")) else ""
        last = re.findall(r"^\S.*", before.code, re.MULTILINE)[-1]
        gap = "\n" if last.startswith(("def ", "class ")) else ""
        parts.append(f"{gap}# ---- {one.title} ----\n\n{says}{room}{one.code}\n")
    return "\n".join(parts)


def write_notebook(fitted: Fitted, style: str = "modules", source: str = "") -> str:
    """Return the run as a Jupyter notebook, version 4.5, without outputs."""
    head, *sections = sections_of(fitted, style, source)
    cells = [_markdown(0, f"# {fitted.name}\n\n{about(fitted)}"), _code(1, head.code)]
    for number, one in enumerate(sections):
        cells.append(_markdown(2 * number + 2, f"## {one.title}\n\n{one.says}".strip()))
        cells.append(_code(2 * number + 3, one.code.replace('plt.savefig("loss.png")', "plt.show()")))
    book = {
        "cells": cells,
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _markdown(number: int, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": _lines(text)}


def _code(number: int, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"cell-{number}",
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
