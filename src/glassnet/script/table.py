"""The code that reads the table: Polars where it reads the same cells as the run did, else DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from glassnet.script.examples import EXAMPLE_WRITERS, GENERATED, REFUSED_EXAMPLES, is_matrix
from glassnet.script.values import Run, Section, block, listing, quoted, writer
from glassnet.settings import Settings
from glassnet.table.dialect import Dialect, find_dialect
from glassnet.table.encoding import readable
from glassnet.table.readers import READERS, files_of, format_of
from glassnet.table.values import Kind, Task

AS_TEXT: Final = "Every cell is read as text, so that nothing is guessed; the kinds follow below."


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
    paths = files_of(run.source)
    kind = format_of(paths[0])
    writers: dict[str, Callable[[Run, list[Path]], str]] = {"text": _read_text, "parquet": _read_parquet}
    code = writers[kind](run, paths) if kind in writers else ""
    if code:
        return code, AS_TEXT if kind == "text" else ""
    return _read_sql(run, paths), ""


def _read_text(run: Run, paths: list[Path]) -> str:
    """Return a call of Polars that reads the same cells as the run did, or an empty string."""
    settings = run.fitted.settings
    with readable(paths[0], settings) as file:
        dialect = find_dialect(file, paths[0], settings, ())
        decoded = file.path != str(paths[0]) and file.compression == "none"
    options = _options(dialect, settings if decoded else Settings())
    given: dict[str, object] = {name: value for name, value in options.items()}
    with suppress(pl.exceptions.PolarsError, UnicodeError, OSError):
        frame = pl.read_csv(run.source, infer_schema=False, **given)  # type: ignore[arg-type]
        names = _names(frame.columns, run.raw.columns)
        frame.columns = run.raw.columns
        if _same(frame, run.raw):
            told = "".join(f", {name}={quoted(value)}" for name, value in options.items())
            return block(f"table = pl.read_csv({quoted(run.source)}, infer_schema=False{told})", names)
    return ""


def _options(dialect: Dialect, settings: Settings) -> dict[str, object]:
    """Return the options of `pl.read_csv` that differ from its defaults."""
    options: dict[str, object] = {}
    if dialect.delimiter != ",":
        options["separator"] = dialect.delimiter
    if dialect.quote != '"':
        options["quote_char"] = dialect.quote
    if not dialect.header:
        options["has_header"] = False
    if settings.encoding not in ("auto", "utf-8"):
        options["encoding"] = settings.encoding
    return options


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


def _read_parquet(run: Run, paths: list[Path]) -> str:
    del paths
    frame = pl.read_parquet(run.source)
    names = _names(frame.columns, run.raw.columns)
    frame.columns = run.raw.columns
    same = frame.schema == run.raw.schema and frame.equals(run.raw)
    return block(f"table = pl.read_parquet({quoted(run.source)})", names) if same else ""


def _read_sql(run: Run, paths: list[Path]) -> str:
    """Return the SQL that the run itself read its files with."""
    queries = []
    for path in paths:
        with READERS[format_of(path)](path, run.fitted.settings, ()) as scan:
            queries.append(scan.sql)
    sql = "\n    union all by name ".join(queries)
    names = f"table.columns = {listing(run.raw.columns, 16)}"
    return block(f'table = pl.DataFrame(duckdb.sql("""\n    {sql}\n"""))', names)


# ---- cells without blanks around them, and "missing" as null ----


def _cleaning(run: Run) -> list[str]:
    """Return the lines that trim cells, clear the words for "missing" and drop rows without a target."""
    texts = [name for name in _read_columns(run) if run.known[name].dtype == pl.String]
    lines = []
    if any((run.raw[name] != run.raw[name].str.strip_chars()).any() for name in texts):
        lines.append("table = table.with_columns(pl.col(pl.String).str.strip_chars())")
    lines += _clearing(run, texts)
    if run.known.height < run.raw.height or _has_blank_line(run):
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
    for one in (*schema.columns, *schema.targets):
        if one.name == name:
            return one.cells.missing
    return ()


def _needs_clearing(run: Run, name: str, word: str) -> bool:
    """Return whether a word must be made null: a column of numbers reads other words as missing anyway."""
    schema = run.fitted.schema
    kinds = {column.name: column.kind for column in schema.columns}
    is_number = kinds.get(name) is Kind.NUMBER or (name not in kinds and schema.task is Task.REGRESSION)
    reads_as_number = pl.Series([word]).cast(pl.Float64, strict=False).fill_nan(None).null_count() == 0
    return reads_as_number or not is_number


def _has_blank_line(run: Run) -> bool:
    """Return whether Polars would take a blank line at the end of a text file for a row."""
    if run.fitted.settings.query or not run.source:
        return False
    paths = files_of(run.source)
    return format_of(paths[0]) == "text" and any(
        not line.strip() for path in paths for line in path.open("rb").readlines()[-3:]
    )


def _dropping(run: Run) -> str:
    """Return the line that leaves out rows without a target."""
    names = [target.name for target in run.fitted.schema.targets]
    told = ", ".join(quoted(name) for name in names)
    if run.fitted.schema.task is not Task.REGRESSION:
        return f"table = table.drop_nulls([{told}])  # rows without a target teach nothing"
    numeric = f"pl.col({told}).cast(pl.Float64, strict=False)"
    return f"table = table.filter(pl.all_horizontal({numeric}.is_not_null()))  # only rows with a target"
