"""`__all__` is exactly what exists, each name where HOMES says, and the docstrings say what it is."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import glassnet

SOURCE = Path(glassnet.__file__).read_text()


def test_all_is_what_exists():
    assert sorted(glassnet.__all__) == glassnet.__all__
    assert set(glassnet.__all__) == set(glassnet.HOMES) | {"__version__"}
    assert 12 <= len(glassnet.__all__) <= 20
    assert dir(glassnet) == sorted(glassnet.__all__)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(SOURCE)
    seen: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("glassnet."):
            for name in node.names:
                seen[name.name] = node.module.removeprefix("glassnet.")
    assert seen.pop("__version__") == "_version"
    assert seen == dict(glassnet.HOMES)


@pytest.mark.parametrize("name", glassnet.HOMES)
def test_a_name_is_found_at_home(name):
    home = import_module(f"glassnet.{glassnet.HOMES[name]}")
    found = getattr(glassnet, name)
    assert found is getattr(home, name)
    assert found.__doc__
    assert found.__module__.startswith("glassnet.")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'fitt'"):
        _ = glassnet.fitt


def test_no_public_function_bears_a_modules_name():
    modules = {path.stem for path in Path(glassnet.__file__).parent.iterdir()}
    assert not modules & {name for name in glassnet.HOMES if name[0].islower()}


def test_importing_the_package_imports_nothing_heavy():
    program = (
        "import sys, glassnet; dir(glassnet); glassnet.Settings;"
        "print([m for m in ('torch', 'sklearn', 'polars', 'duckdb', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_errors_are_values_errors_and_form_a_tree():
    for name in ("SourceError", "SettingsError", "ModelFileError", "TrainingError"):
        error = getattr(glassnet, name)
        assert issubclass(error, glassnet.GlassnetError)
        assert issubclass(error, ValueError)
    assert issubclass(glassnet.GlassnetWarning, UserWarning)
