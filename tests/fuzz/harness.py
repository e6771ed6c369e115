"""What is thrown at the readers, and what must come of it: HARNESSES, run by atheris or by hypothesis.

    make fuzz SECONDS=300            each of them, atheris installed first
    python tests/fuzz/harness.py csv -max_total_time=300 build/fuzz/csv

Each harness takes bytes and returns; anything it raises is a finding. `test_harnesses.py` runs them by
hypothesis, and on what was found before.
"""

import contextlib
import hashlib
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parents[1] / "data"
SCRATCH: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())

# Each byte a piece of an expression, so that most of what is tried is nearly one.
PIECES: Final = (
    *"+-*/@()=;,abxw01259. eE_'\"[]{}:^%&|<>!~#\\\n\t",
    *("**", "T(", "relu(", "sum(", "mean(", "softmax(", "dim=", "dim=-1", "max(", "min(", "norm(", "log("),
    *("sqrt(", "exp(", "prod(", "std(", "var(", "cumsum(", "logsumexp(", "flatten(", "reshape(", "detach("),
    *("pi", "1e308", "1e-308", "0.5", "y = ", "lambda ", "import ", "x.T", "x[0]", "if ", "(" * 30, ")" * 30),
    *("a**3 - b**2", "relu(w*x + b)", "abs("),
)  # fmt: skip
HEADERS: Final = ("auto", "yes", "no", "2")
SIGNS: Final = ("auto", ",", ";", "\t", "|", "||", "none")
MARKS: Final = ("auto", '"', "'", "none")
ENCODINGS: Final = ("auto", "utf-8", "latin-1", "utf-16")


def csv(data: bytes) -> None:
    """Read bytes as a table, decide its schema, read it again in chunks: refused in words, or the same."""
    import polars as pl

    from glassnet.errors import GlassnetError
    from glassnet.settings import Settings
    from glassnet.table.cells import conform
    from glassnet.table.schema import decide_schema
    from glassnet.table.source import read_chunks, read_table

    how, text = data[:5].ljust(5, b"\0"), data[5:]
    settings = Settings(
        header=HEADERS[how[0] % 4],
        delimiter=SIGNS[how[1] % 6],
        quote=MARKS[how[2] % 4],
        encoding=ENCODINGS[how[3] % 4] if how[3] < 64 else "auto",
    )
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix="fuzz-") as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(text)
        with contextlib.suppress(GlassnetError):
            table = read_table(str(path), settings)
            told = Settings(target=(table.frame.columns[how[4] % table.frame.width],))
            schema = decide_schema(table, told)
            conformed, _ = conform(table.frame, schema)
            assert conformed.height == table.frame.height or not schema.inputs
            again = read_table(str(path), settings, schema).frame
            in_pieces = pl.concat(read_chunks(str(path), settings, schema, 3))
            assert in_pieces.equals(again), "chunks change what is read"


def expression(data: bytes) -> None:
    """Explain text as an expression: refused in words, or gradients that agree with torch's."""
    from glassnet.autograd.expression import explain_expression
    from glassnet.autograd.table import plain_table
    from glassnet.errors import GlassnetError

    raw = data[:1] < b"\x40"
    text = (
        data[1:].decode("utf-8", "replace") if raw else "".join(PIECES[b % len(PIECES)] for b in data[1:80])
    )
    leaves = {"a": 5.0, "b": -0.5, "x": [[1.0, -2.0], [0.5, 3.0]], "w": [[2.0, 1.0], [-1.0, 0.25]]}
    with warnings.catch_warnings(), contextlib.suppress(GlassnetError):
        warnings.simplefilter("ignore")
        explanation = explain_expression(text, leaves)
        plain_table(explanation)


def model_file(data: bytes) -> None:
    """Read bytes as a model file, as they are and with the right digits: refused in words, or held."""
    from glassnet.errors import ModelFileError
    from glassnet.model_file import read_model_file

    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix="fuzz-") as folder:
        path = Path(folder) / "m.glassnet"
        for content in {data, sealed(data)}:
            path.write_bytes(content)
            with contextlib.suppress(ModelFileError):
                read_model_file(path)


def load(data: bytes) -> None:
    """Load a model whose header was edited and sealed again: refused in words, or loaded."""
    from glassnet.errors import GlassnetError
    from glassnet.model_file import read_model_file, write_model_file
    from glassnet.store.fitted import load_fitted

    whole = read_model_file(DATA / "fitted-v1.glassnet")
    header = whole.header  # read anew each time, so it may be edited
    for at in range(0, min(len(data), 12) - 3, 4):
        edit(header, data[at : at + 4])
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix="fuzz-") as folder:
        path = Path(folder) / "m.glassnet"
        with contextlib.suppress(GlassnetError):
            write_model_file(path, header, whole.arrays)
            load_fitted(path)


VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 3, 2**31, 2**62, 1e300, 0.5, "", "auto", "mlp", "x", "number", [], [1], ["a", "b"],
    {}, [[]], [[1, 2]],
    {"array": "network/x"}, {"float": "nan"}, {"float": "many"}, {"text": "x"}, {"own": "os.system"},
)  # fmt: skip


def edit(header: dict[str, Any], choice: bytes) -> None:
    """Put another value, or none, in one of the places of a header; two bytes say which."""
    places: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                visit(value[key])

    visit(header)
    where, key = places[int.from_bytes(choice[:2], "little") % len(places)]
    if choice[2] == 0:
        del where[key]
    else:
        where[key] = VALUES[choice[3] % len(VALUES)]


def sealed(content: bytes) -> bytes:
    """A file with the digits that its changed content asks for, as an attacker would write them."""
    from glassnet.model_file.layout import DIGITS_AT

    if len(content) < DIGITS_AT + 64:
        return content
    blank = content[:DIGITS_AT] + b"0" * 64 + content[DIGITS_AT + 64 :]
    return content[:DIGITS_AT] + hashlib.sha256(blank).hexdigest().encode() + content[DIGITS_AT + 64 :]


HARNESSES: Final[dict[str, Callable[[bytes], None]]] = {
    "csv": csv,
    "expression": expression,
    "model_file": model_file,
    "load": load,
}


def seeds() -> dict[str, list[bytes]]:
    """Where each harness begins."""
    return {
        "csv": [
            b"\0\0\0\xff\0a,b,c\n1,2,x\n3,4,y\n5,,z\n",
            b'\0\0\0\xff\1a;b\n1,5;"x;y"\n2,5;"a ""b"""\n',
            "\1\0\0\xff\1date\tplace\n01.02.2020\tDüren\n15.02.2020\tBonn\n".encode(),
            b"\0\0\0\xff\0# by hand\n\nid|ok|n\n1|yes|1,234\n2|no|5,678\n\ntotal|2|\n",
            b"\0\0\0\xff\0" + "a,b\n1,é\n2,ü\n".encode("utf-16"),
        ],
        "expression": [
            b"\0a**3 - b**2",
            b"\0relu(w*x + b)",
            b"\0h = x @ w; sum(softmax(h, dim=1))",
            b"\xff\1\2\3\4",
        ],
        "model_file": [(DATA / "model-v1.glassnet").read_bytes()],
        "load": [b"\0\0\1\1", b"\x10\0\1\3\x20\0\0\0"],
    }


def main() -> None:
    """Run atheris on the harness named first; the other arguments are libFuzzer's."""
    import atheris

    name = sys.argv[1]
    corpus = Path(next((one for one in sys.argv[2:] if not one.startswith("-")), f"build/fuzz/{name}"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    with atheris.instrument_imports(include=["glassnet"]):
        for seed in seeds()[name]:
            HARNESSES[name](seed)
    flags = [one for one in sys.argv[2:] if one.startswith("-")]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], HARNESSES[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
