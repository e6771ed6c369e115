"""The command `explain`: what it prints, its exit codes, and that --help does not load torch."""

import json
import subprocess
import sys

from click.testing import CliRunner

from glassnet.cli.explain import explain


def run(*arguments):
    return CliRunner().invoke(explain, list(arguments))


def test_the_first_tutorial():
    done = run("y = a**3 - b**2", "a=5", "b=6", "--steps", "--check")
    assert done.exit_code == 0
    for words in (
        "y = 89",
        "a     5      75",
        "b     6      -12",
        "PowBackward0",
        "How to read this",
        "dy/db =",
    ):
        assert words in done.output
    assert "a: agrees" in done.output


def test_one_leaf_alone():
    done = run("out = relu(w*x + b)", "x=3", "w=2", "b=1", "--wrt", "w", "--json")
    told = json.loads(done.output)
    assert told["gradients"] == {"w": 3.0}
    assert told["agrees"] is True
    assert {edge["rule"] for edge in told["edges"] if edge["passed"] is not None} >= {"x", "1"}


def test_a_kink_is_said():
    done = run("relu(a)", "a=0", "--check")
    assert done.exit_code == 0
    assert "kink: the slope is 0 on the left and 1 on the right, and torch takes 0" in done.output


def test_mistakes_exit_with_two():
    for arguments, words in [
        (["b*2 + a*rellu(a)", "a=1", "b=1"], "column 9: no function is called 'rellu'. Did you mean 'relu'?"),
        (["a*q", "a=1"], "column 3: q has no value"),
        (["a", "a=x"], "a: 'x' is not a number"),
        (["a*b", "a=1", "b=1", "--wrt", "c"], "--wrt names 'c'"),
        (["a*a", "a=1", "--out", "g.gif"], "written as .svg or .png"),
    ]:
        done = run(*arguments)
        assert done.exit_code == 2, done.output
        assert words in done.output
        assert "Traceback" not in done.output


def test_the_picture_is_written(tmp_path):
    path = tmp_path / "graph.svg"
    assert run("sum(x*x)", "x=randn(3, 2)", "--seed", "3", "--out", str(path)).exit_code == 0
    assert path.read_text().startswith("<svg")


def test_help_loads_no_torch():
    code = (
        "import sys; from glassnet.cli.explain import explain\n"
        "try: explain(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'matplotlib', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "Examples:" in done.stdout
