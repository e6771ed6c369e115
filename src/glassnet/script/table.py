"""The code that reads the table: Polars where it reads the same cells as the run did, else DuckDB's SQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import duckdb
import polars as pl

from glassnet.script.examples import EXAMPLE_WRITERS, GENERATED, REFUSED_EXAMPLES, is_matrix
from glassnet.script.values import Run, Section, block, cannot, listing, quoted, writer
from glassnet.settings import Settings
from glassnet.table.database import literal
from glassnet.table.readers import files_of, format_of
from glassnet.table.values import Column, Kind, Target, Task

AS_TEXT: Final = "Every cell is read as text, so that nothing is guessed; the kinds follow below."

SEPARATORS: Final = [",", ";", "\t", "|", " "]
SPELLED: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def table_section(run: Run) -> Section:
    """Return the code that makes `table`, with the rows that have a target; of an example, `features` too."""
    settings = run.fitted.settings
    if settings.example:
        write = writer(EXAMPLE_WRITERS, REFUSED_EXAMPLES, settings.example, "example")
        code = write(run)
        if settings.example in GENERATED and not is_matrix(run):
            names = listing(run.raw.columns[:-1], 40, 0)
            code += f"\ntable = pl.DataFrame(features, schema={names}).with_columns(target=pl.Series(y))"
        return Section(title="The table", code=code)
    if settings.query:
        code, says = f'table = pl.DataFrame(duckdb.sql("""{settings.query.strip()}"""))', ""
    else:
        code, says = _read(run)
    return Section(title="The table", code=block(code, *_cleaning(run)), says=says)


def _read(run: Run) -> tuple[str, str]:
    """Return code that reads the source's files, and what to say of it."""
    kind = format_of(files_of(run.source)[0])
    code = READER_WRITERS[kind](run) if kind in READER_WRITERS else ""
    if not code:
        raise cannot(
            f"one call of Polars does not read the same cells of"
            f" {run.source}. Save the table as Parquet or plain CSV, and name it with --source"
        )
    return code, AS_TEXT if kind == "text" else ""


def _read_text(run: Run) -> str:
    """Return a call of Polars that reads the same cells as the run did, or an empty string."""
    for options in _options(run.fitted.settings):
        with suppress(pl.exceptions.PolarsError, UnicodeError, LookupError):
            if (more := _tried(run, options)) is not None:
                told = "".join(f", {name}={quoted(value)}" for name, value in options.items())
                call = f"table = pl.read_csv({quoted(run.source)}, infer_schema=False{told})"
                return block(call, more)
    return ""


def _tried(run: Run, options: dict[str, Any]) -> str | None:
    """Return the lines that follow the call if these options read the run's cells, else None."""
    raw = run.raw
    if pl.read_csv(run.source, infer_schema=False, n_rows=1, **options).width != raw.width:
        return None
    frame = pl.read_csv(run.source, infer_schema=False, **options)
    names = _names(frame.columns, raw.columns)
    frame.columns = raw.columns
    blank = "table = table.filter(~pl.all_horizontal(pl.all().is_null()))  # a blank line is no row"
    return block(names, blank if frame.height > raw.height else "") if _same(frame, raw) else None


def _options(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield options of `pl.read_csv` to try, the usual ones first: only those that are not its defaults."""
    encodings = [None, "latin-1", "cp1252", "utf-16"] if settings.encoding == "auto" else [settings.encoding]
    given = SPELLED.get(settings.delimiter, settings.delimiter)
    separators = SEPARATORS if settings.delimiter == "auto" else [given]
    headers = [settings.header != "no"] if settings.header != "auto" else [True, False]
    skipped = 0 if isinstance(settings.skip_lines, str) else settings.skip_lines
    for encoding, header, separator in itertools.product(encodings, headers, separators):
        every = {
            "separator": (separator, ","),
            "has_header": (header, True),
            "skip_rows": (skipped, 0),
            "comment_prefix": (None if settings.comment in ("auto", "none") else settings.comment, None),
            "encoding": (None if encoding == "utf-8" else encoding, None),
        }
        yield {name: value for name, (value, usual) in every.items() if value != usual}


def _names(found: list[str], wanted: list[str]) -> str:
    """Return the line that renames what Polars calls the columns, or an empty string."""
    if found == wanted:
        return ""
    if wanted == [str(place) for place in range(1, len(wanted) + 1)]:
        return (
            f"table.columns = [str(number) for number in range(1, {len(wanted) + 1})]  # there is no header"
        )
    if [name.strip() for name in found] == wanted:
        return "table.columns = [name.strip() for name in table.columns]"
    return f"table.columns = {listing(wanted, 16)}"


def _same(frame: pl.DataFrame, raw: pl.DataFrame) -> bool:
    """Return whether two readings hold the same cells; a blank line and an empty cell count as nothing."""

    def plain(one: pl.DataFrame) -> pl.DataFrame:
        cleared = one.with_columns(pl.col(pl.String).replace("", None))
        return cleared.filter(~pl.all_horizontal(pl.all().is_null()))

    return plain(frame).equals(plain(raw))


def _read_parquet(run: Run) -> str:
    frame = pl.read_parquet(run.source)
    names = _names(frame.columns, run.raw.columns)
    frame.columns = run.raw.columns
    same = frame.schema == run.raw.schema and frame.equals(run.raw)
    return block(f"table = pl.read_parquet({quoted(run.source)})", names) if same else ""


def _read_json(run: Run) -> str:
    """Return the SQL that reads every value of the objects as text."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in run.raw.columns)
    sql = f"select * from read_json({literal(run.source)}, columns={{{columns}}})"
    with suppress(duckdb.Error), duckdb.connect() as connection:
        if _same(pl.DataFrame(connection.sql(sql)), run.raw):
            return f"table = pl.DataFrame(duckdb.sql({quoted(sql)}))"
    return ""


# A format that is not named here is refused: saved as Parquet or CSV, its table has a script.
READER_WRITERS: Final[dict[str, Callable[[Run], str]]] = {
    "text": _read_text,
    "parquet": _read_parquet,
    "json": _read_json,
}


# ---- cells without blanks around them, and "missing" as null ----


def _cleaning(run: Run) -> list[str]:
    """Return the lines that trim cells, clear the words for "missing" and drop rows without a target."""
    texts = [name for name in _read_columns(run) if run.known[name].dtype == pl.String]
    lines = []
    if any((run.raw[name] != run.raw[name].str.strip_chars()).any() for name in texts):
        lines.append("table = table.with_columns(pl.col(pl.String).str.strip_chars())")
    lines += _clearing(run, texts)
    if run.known.height < run.raw.height:
        lines.append(_dropping(run))
    return lines


def _read_columns(run: Run) -> list[str]:
    schema = run.fitted.schema
    split_by = [name for name in (schema.group, schema.time) if name]
    return [
        *(column.name for column in schema.inputs),
        *(target.name for target in schema.targets),
        *split_by,
    ]


def _clearing(run: Run, texts: list[str]) -> list[str]:
    """Return the line that makes words for "missing" null: one for all columns, or for those that need it."""
    words: dict[str, set[str]] = {}
    levels: set[str] = set()
    for name in texts:
        cells = set(run.raw[name].drop_nulls().str.strip_chars().unique().to_list())
        missing = cells & set(_missing_words(run, name))
        if needed := {word for word in missing if word and (_needs_clearing(run, name, word))}:
            words[name] = needed
        if "" in cells:
            words.setdefault(name, set()).add("")
        levels |= cells - missing
    every = sorted(set().union(*words.values())) if words else []
    if not every:
        return []
    if not levels & set(every):
        return [f"table = table.with_columns(pl.col(pl.String).replace({listing(every)}, None))"]
    return [
        f"table = table.with_columns(pl.col({quoted(name)}).replace({listing(sorted(own))}, None))"
        for name, own in words.items()
    ]


def _missing_words(run: Run, name: str) -> tuple[str, ...]:
    schema = run.fitted.schema
    every: tuple[Column | Target, ...] = (*schema.columns, *schema.targets)
    return next((one.cells.missing for one in every if one.name == name), ())


def _needs_clearing(run: Run, name: str, word: str) -> bool:
    """Return whether a word must be made null: a column of numbers reads other words as missing anyway."""
    schema = run.fitted.schema
    kinds = {column.name: column.kind for column in schema.columns}
    is_number = kinds.get(name) is Kind.NUMBER or (name not in kinds and schema.task is Task.REGRESSION)
    reads_as_number = pl.Series([word]).cast(pl.Float64, strict=False).fill_nan(None).null_count() == 0
    return reads_as_number or not is_number


def _dropping(run: Run) -> str:
    """Return the line that leaves out rows without a target."""
    names = [target.name for target in run.fitted.schema.targets]
    told = ", ".join(quoted(name) for name in names)
    if run.fitted.schema.task is not Task.REGRESSION:
        return f"table = table.drop_nulls([{told}])  # rows without a target teach nothing"
    numeric = f"pl.col({told}).cast(pl.Float64, strict=False)"
    return f"table = table.filter(pl.all_horizontal({numeric}.is_not_null()))  # only rows with a target"
