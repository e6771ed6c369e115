"""The command that a report shows is read back by the command line as the very same settings."""

import shlex
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import glassnet
from glassnet.cli.options import ROWS, changed
from glassnet.pipeline import Sources, fit
from glassnet.report.commands import python_code, train_command
from glassnet.settings import Settings, change


@pytest.fixture(scope="module")
def fitted():
    a = np.arange(40.0)
    table = pl.DataFrame({"a": a % 7, "y": a})
    return fit(Sources(table=table), change(Settings(), target="y", epochs=1, threads=1, hidden=(4,)))


def read_back(command):
    """The settings that the command line would make of the command."""
    words = shlex.split(command)
    flags = {flag: row.setting for row in ROWS for flag in row.every_flag}
    given = {}
    rest = words[2:] if words[2].startswith("--") else words[3:]
    for flag, value in zip(rest[::2], rest[1::2], strict=True):
        given.setdefault(flags[flag], []).append(value)
    return changed(Settings(), {name: tuple(values) for name, values in given.items()})


@pytest.mark.parametrize(
    "settings",
    [
        Settings(target=("y",)),
        Settings(target=("a, b", 'say "x"'), drop=("it's", "c d"), seed=7, epochs=3),
        Settings(target=("y",), kinds=(("age", "category"), ("a=b", "number")), hidden=(64, 32)),
        Settings(target=("y",), class_weight=(("yes", 2.5), ("no", 1.0)), learning_rate=1e-4),
        Settings(target=("y",), hidden=(), validation_share=0.0, decimal=",", delimiter=";"),
        Settings(example="moons", example_rows=500, example_noise=0.3, example_seed=4, example_features=2),
        Settings(query="select * from 'a.csv' where x > 3", target=("y",)),
    ],
)
def test_the_command_gives_the_settings_back(fitted, settings):
    command = train_command(replace(fitted, source="my table.csv", settings=settings))
    assert read_back(command) == settings


def test_the_code_gives_the_settings_back(fitted):
    settings = Settings(target=("y",), drop=("a", "b"), hidden=(4,), kinds=(("a", "number"),), seed=3)
    code = python_code(replace(fitted, source="my table.csv", settings=settings))
    call = code.split("model = glassnet.fit")[1].split("\nmodel.save")[0]
    given = eval(f"dict_of{call}", {"dict_of": lambda source, **kw: (source, kw)})
    assert given[0] == "my table.csv"
    assert change(Settings(), **given[1]) == settings
    assert glassnet.__all__.count("fit") == 1


def test_a_table_in_memory_has_only_code(fitted):
    assert train_command(fitted) == ""
    assert "glassnet.fit(table, target='y'" in python_code(fitted)


def test_own_code_has_no_command(fitted):
    own = replace(fitted, source="a.csv", settings=Settings(target=("y",), metric=max))
    assert train_command(own) == ""
    assert "metric=max" in python_code(own)


def test_own_rows_are_named(fitted):
    with_test = replace(fitted, source="a.csv", split=f"{fitted.split}; own test rows")
    assert train_command(with_test).endswith("--test FILE")
