"""Imports point one way: a module imports only from the lines below its own.

The lines are design.md's list "The house". Imports inside functions count, and so do those for types only.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "glassnet"

# Outermost first. Names on one line do not import each other.
LINES = (
    ("__init__", "__main__"),  # the door, and `python -m glassnet`
    ("cli",),
    ("lab", "serve"),
    ("search",),
    ("estimators",),
    ("comparison",),
    ("run_folder", "run_list"),
    ("model",),
    ("store",),
    ("report", "script", "export", "why", "model_file"),
    ("own_loop",),
    ("doctor",),
    ("resume",),
    ("pipeline",),
    ("trial",),
    ("planning", "appraise", "futile"),
    ("gather",),
    ("evaluate",),
    ("held_out", "pace"),
    ("train",),
    ("validation",),
    ("predict",),
    ("engine",),
    ("telemetry", "labels"),
    ("recipe",),
    ("prepare", "network", "loss", "metric", "schedule", "optimizer", "quality"),
    ("table",),
    ("autograd",),
    ("settings", "chance", "shared", "memory"),
    ("versions",),
    ("errors", "_version"),  # import nothing of ours
)
HEIGHT = {unit: -number for number, line in enumerate(LINES) for unit in line}


def module_name(path: Path, package: Path) -> str:
    """`glassnet.table.csv` for table/csv.py, `glassnet.table` for table/__init__.py."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(("glassnet", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def modules(package: Path) -> dict[str, Path]:
    return {module_name(path, package): path for path in sorted(package.rglob("*.py"))}


def unit_of(module: str) -> str:
    """The name that has its place in LINES: `table` for glassnet.table.csv."""
    return module.split(".")[1] if "." in module else "__init__"


def imported(path: Path, known: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """Line and full name of each module of ours that the file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            inner = [f"{base}.{one.name}" for one in node.names]
            names = [name if name in known else base for name in inner]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
            "import_module",
            "__import__",
        ):
            names = [one.value for one in node.args[:1] if isinstance(one, ast.Constant)]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] in ("glassnet", ""))


def wrong(module: str, target: str) -> str:
    """Why `module` may not import `target`, or an empty string."""
    own, other = unit_of(module), unit_of(target)
    if target.startswith("."):
        return "imports relatively; write the full name"
    if target == "glassnet":
        return "imports from the package's __init__; import the module that holds it"
    if other not in HEIGHT:
        return f"imports '{other}', which has no line in LINES (tests/test_layers.py)"
    if own == other:
        inside = module.startswith(f"{target}.")
        return f"imports from its own package's __init__ ({target})" if inside else ""
    if HEIGHT[other] == HEIGHT[own]:
        return f"imports its sibling '{other}'"
    return f"imports '{other}', which lies above '{own}'" if HEIGHT[other] > HEIGHT[own] else ""


def faults(package: Path) -> list[str]:
    """Each broken rule with its file and line."""
    known = modules(package)
    found = []
    for module, path in known.items():
        if unit_of(module) not in HEIGHT:
            found.append(
                f"{module}: '{unit_of(module)}' has no line in LINES (tests/test_layers.py); give it one"
            )
            continue
        for line, target in imported(path, known):
            if why := wrong(module, target):
                found.append(f"{path.relative_to(package)} line {line} {why}")
    return found


def circle(package: Path) -> str:
    """The first circle of imports among modules, or an empty string."""
    known = modules(package)
    graph = {
        module: {target for _, target in imported(path, known) if target != module}
        for module, path in known.items()
        if path.name != "__init__.py"  # an __init__ gathers its modules, which do not import it back
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(error.args[1])
    return ""


def test_imports_point_one_way():
    assert faults(PACKAGE) == []


def test_no_module_imports_itself_in_a_circle():
    assert circle(PACKAGE) == ""


def house(folder: Path, **files: str) -> Path:
    for name, text in {"__init__": "", **files}.items():
        path = folder / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "errors",
            "import glassnet.settings",
            "errors.py line 1 imports 'settings', which lies above 'errors'",
        ),
        ("loss", "from glassnet.train import fit", "loss.py line 1 imports 'train', which lies above 'loss'"),
        (
            "loss",
            "\ndef f():\n    import glassnet.train",
            "loss.py line 3 imports 'train', which lies above 'loss'",
        ),
        ("loss", "from glassnet import metric", "loss.py line 1 imports its sibling 'metric'"),
        (
            "loss",
            "from glassnet import fit",
            "loss.py line 1 imports from the package's __init__; import the module",
        ),
        ("loss", "import glassnet", "loss.py line 1 imports from the package's __init__"),
        ("loss", "from . import errors", "loss.py line 1 imports relatively"),
        ("loss", "import importlib\nimportlib.import_module('glassnet.cli')", "loss.py line 2 imports 'cli'"),
        (
            "cli",
            "from glassnet.helpers import f",
            "cli.py line 1 imports 'helpers', which has no line in LINES",
        ),
        (
            "helpers",
            "",
            "glassnet.helpers: 'helpers' has no line in LINES (tests/test_layers.py); give it one",
        ),
        (
            "table__in__csv",
            "from glassnet.table import Table",
            "imports from its own package's __init__ (glassnet.table)",
        ),
        (
            "table__in__csv",
            "from glassnet.loss.huber import huber",
            "imports 'loss', which lies above 'table'",
        ),
    ],
)
def test_a_broken_rule_is_named(tmp_path, name, text, fault):
    package = house(tmp_path, metric="", table__in____init__="Table = int", **{name: text})
    (found,) = faults(package)
    assert fault in found


def test_what_the_rules_allow(tmp_path):
    package = house(
        tmp_path,
        cli="def f():\n    from glassnet import model\n    from glassnet._version import __version__",
        model="import numpy\nfrom glassnet.table import Table\nfrom glassnet.table.csv import read",
        table__in____init__="from glassnet.table.csv import read as read",
        table__in__csv="from glassnet.table.values import Table\nfrom glassnet.errors import pick",
        table__in__values="",
    )
    assert faults(package) == []
    assert circle(package) == ""


def test_a_circle_is_named(tmp_path):
    package = house(
        tmp_path,
        table__in____init__="",
        table__in__csv="from glassnet.table.values import Table",
        table__in__values="def f():\n    from glassnet.table import csv",
    )
    assert "glassnet.table.csv -> glassnet.table.values" in circle(package) + " -> glassnet.table.values"
