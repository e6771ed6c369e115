"""Clean tables and the ways in which people's files spoil them, after the pollution types of Pollock.

Every variant knows the cells that a careful reader gets from it and what must be said where it is a guess.
Source of the types: G. Vitagliano et al., "Pollock: A Data Loading Benchmark", VLDB 2023. Run this file to
see the rates: `python tests/table/pollock.py`.
"""

import bz2
import gzip
import lzma
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from glassnet.errors import SourceError
from glassnet.settings import Settings
from glassnet.table.source import read_table

Rows = list[list[str]]
SAME, TOLD, SILENT = "same cells", "told", "silent"


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a file is written."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""  # empty: a quotation mark is doubled
    end: str = "\n"
    all_quoted: bool = False


@dataclass(frozen=True, kw_only=True)
class Clean:
    """A table as it should be read."""

    name: str
    names: list[str]
    rows: Rows


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A spoilt file, what it holds, and what the notes must say."""

    kind: str
    name: str
    data: bytes
    names: list[str]
    rows: Rows
    must_say: str = ""  # a pattern that some note must hold even where the cells are the same
    suffix: str = ".csv"


# ---- ten clean tables ----


def clean_tables() -> list[Clean]:
    """Return ten tables of 40 rows: words, numbers, dates, codes, prose, quotation marks; 2 to 30 columns."""

    def table(name: str, names: str, row: Callable[[int], list[object]], rows: int = 40) -> Clean:
        cells = [[str(cell) for cell in row(i)] for i in range(rows)]
        return Clean(name=name, names=names.split(), rows=cells)

    towns = ["Köln", "Bonn", "Würzburg", "Aachen", "Münster"]

    def day(i: int) -> str:
        return f"2023-{i % 12 + 1:02}-{i % 28 + 1:02}"

    people = ["Ada Lovelace", "Noether, Emmy", 'Grace "Amazing" Hopper', "Jürgen O'Brien", "Li Wei"]
    prose = ["fine", "late, but sound", "two\nlines", 'said "yes"', ""]
    return [
        table("people", "id name age town", lambda i: [i + 1, people[i % 5], 20 + i * 7 % 50, towns[i % 5]]),
        table(
            "prices",
            "item price tax stock",
            lambda i: [f"article {i}", f"{i * 1.37 + 2:.2f}", "0.19", i * 3 % 17],
        ),
        table("dates", "day time shop sales", lambda i: [day(i), f"{i % 24:02}:30", towns[i % 5], i * 11]),
        table(
            "codes",
            "zip code country n",
            lambda i: [f"{i * 271 % 99999:05}", f"A-{i % 7}", ["DE", "FR", "US", "IT"][i % 4], i],
        ),
        table("prose", "nr remark mark", lambda i: [i, prose[i % 5], f"{i % 6 / 2}"]),
        table("pair", "x y", lambda i: [f"{i * 0.5 - 3:.1f}", i * i]),
        table(
            "wide",
            " ".join(f"f{j}" for j in range(30)),
            lambda i: [f"{(i * 31 + j * 17) % 101 / 4}" for j in range(30)],
        ),
        table(
            "answers",
            "person smokes drinks sport grade",
            lambda i: [
                f"p{i:03}",
                ["yes", "no"][i % 2],
                ["never", "often"][i // 3 % 2],
                ['said "ok"', "golf", "judo, late"][i % 3],
                ["", 'so "so"', "4"][i % 4 % 3],
            ],
        ),
        table(
            "measures",
            "sensor volt ampere ok",
            lambda i: [f"s{i % 4}", f"{i * 1e-3:.3e}", f"{-i / 8}", ["true", "false"][i % 3 == 0]],
        ),
        table(
            "letters",
            "word vowel length",
            lambda i: [["naïve", "Ærø", "façade", "straße", "plain"][i % 5], "aeiou"[i % 5], i % 9 + 2],
        ),
    ]


# ---- writing ----


def quoted(cell: str, form: Form) -> str:
    """Return a cell as it stands in a file of this form."""
    special = [form.delimiter, form.quote, "\n", "\r"]
    if not form.quote or not (form.all_quoted or any(one in cell for one in special if one)):
        return cell
    inside = cell.replace(form.escape, form.escape * 2) if form.escape else cell
    return form.quote + inside.replace(form.quote, (form.escape or form.quote) + form.quote) + form.quote


def line_of(cells: list[str], form: Form) -> str:
    """Return a row as it stands in a file of this form, with its end."""
    return form.delimiter.join(quoted(cell, form) for cell in cells) + form.end


def text_of(table: Clean, form: Form = Form(), odd: dict[int, str] | None = None) -> str:
    """Return the table as text; `odd` replaces lines, 0 being the header."""
    lines = [line_of(cells, form) for cells in [table.names, *table.rows]]
    return "".join((odd or {}).get(at, line) for at, line in enumerate(lines))


def file_line(table: Clean, row: int, form: Form = Form()) -> int:
    """Return the number of the physical line on which a row begins; row 0 is the header."""
    return 1 + sum(line_of(cells, form).count(form.end) for cells in [table.names, *table.rows][:row])


# ---- the types of pollution ----


def delimiters(table: Clean) -> Iterator[Variant]:
    """Yield files of other separators, and with one row of another."""
    for sign in (";", "\t", "|", "~", "^", "||", "\t\t", ", "):
        yield of(table, "delimiter, file", f"{sign!r}", text_of(table, Form(delimiter=sign)))
    for row in (2, 20, len(table.rows)):
        for sign in (";", "\t"):
            line = line_of(table.rows[row - 1], Form(delimiter=sign))
            text = text_of(table, odd={row: line})
            at = rf"line {file_line(table, row)}\b"
            yield of(table, "delimiter, row", f"{sign!r} in row {row}", text, must_say=at)


def quotes(table: Clean) -> Iterator[Variant]:
    """Yield files of other quotation marks, of marks round every cell, and marks too many."""
    yield of(table, "quote, file", "all", text_of(table, Form(all_quoted=True)))
    yield of(
        table,
        "quote, file",
        "apostrophe",
        text_of(table, Form(quote="'", all_quoted=True)),
        must_say="--quote",
    )
    for row in (1, 21, len(table.rows)):
        form = Form(quote="'")
        cells = [["a, b", *table.rows[row - 1][1:]]]
        changed = replace(table, rows=[*table.rows[: row - 1], *cells, *table.rows[row:]])
        text = text_of(changed, odd={row: line_of(cells[0], form)})
        at = rf"line {file_line(changed, row)}\b"
        yield of(changed, "quote, row", f"apostrophe in row {row}", text, must_say=at)
    for row in (1, 22, len(table.rows)):
        for where in ("first", "last"):
            yield one_mark_too_many(table, row, where)


def one_mark_too_many(table: Clean, row: int, where: str) -> Variant:
    """Return a file of quoted cells in which one cell has a quotation mark that nothing closes."""
    form = Form(all_quoted=True)
    cells = [one.replace("\n", " ").replace('"', "").replace(",", "") for one in table.rows[row - 1]]
    at = 0 if where == "first" else len(cells) - 1
    clean = [*cells[:at], '"' + cells[at], *cells[at + 1 :]]
    changed = replace(table, rows=[*table.rows[: row - 1], clean, *table.rows[row:]])
    line = line_of(cells[:at], form).removesuffix("\n") + ("," if at else "") + f'""{cells[at]}"'
    rest = cells[at + 1 :]
    line += ("," + line_of(rest, form)) if rest else "\n"
    say = rf"line {file_line(changed, row, form)}\b"
    return of(
        changed,
        "quote, cell",
        f"too many in row {row}, {where}",
        text_of(changed, form, {row: line}),
        must_say=say,
    )


def escapes(table: Clean) -> Iterator[Variant]:
    """Yield files that escape quotation marks by a backslash, everywhere or in one row."""
    said = 'he said "no", twice'
    for every in (True, False):
        rows = [[*row[:-1], said] if every or at == 20 else row for at, row in enumerate(table.rows)]
        changed = replace(table, rows=rows)
        if every:
            yield of(changed, "escape, file", "backslash", text_of(changed, Form(escape="\\")))
        else:
            text = text_of(changed, odd={21: line_of(rows[20], Form(escape="\\"))})
            yield of(changed, "escape, row", "backslash", text)
    rows = [[f"C:\\data\\{at}", *row[1:]] for at, row in enumerate(table.rows)]
    yield of(replace(table, rows=rows), "escape, file", "paths", text_of(replace(table, rows=rows)))


def headers(table: Clean) -> Iterator[Variant]:
    """Yield files with a header that is spoilt, missing, doubled, or has company."""
    text = text_of(table)
    body = text.split("\n", 1)[1]
    numbers = [str(at) for at in range(1, len(table.names) + 1)]
    first = replace(table, names=numbers)
    yield of(first, "header", "none", body, must_say="--header")
    padded = ",".join(f" {name} " for name in table.names)
    yield of(table, "header", "padded names", f"{padded}\n{body}")
    twice = [table.names[0], table.names[0], *table.names[2:]]
    unique = replace(table, names=[twice[0], f"{twice[0]}_2", *twice[2:]])
    yield of(unique, "header", "a name twice", f"{','.join(twice)}\n{body}", must_say="used twice")
    blank = ["", *table.names[1:]]
    yield of(
        replace(table, names=["1", *blank[1:]]),
        "header",
        "a blank name",
        f"{','.join(blank)}\n{body}",
        must_say="no name",
    )
    yield of(table, "header", "twice", f"{','.join(table.names)}\n{text}", must_say="--header")
    yield of(
        table,
        "header",
        "again below",
        text + text,
        rows=table.rows * 2,
        must_say=rf"line {text.count(chr(10)) + 1}\b",
    )
    long = replace(table, names=[*table.names[:-1], "h" * 100_000])
    yield of(long, "header", "a name of 100,000 letters", text_of(long))
    if len(table.names) > 2:
        more = ",".join([*table.names[:1], "", *table.names[1:]])
        yield of(table, "header", "a separator too many", f"{more}\n{body}", must_say="names for")
        marked = replace(table, names=[f'"{table.names[0]}', *table.names[1:]])
        text_marked = f'"{",".join(table.names)}\n{body}'
        yield of(marked, "header", "a mark too many", text_marked, must_say="line 1")
    if len(table.names) > 2 and len({row[0] for row in table.rows}) == len(table.rows):
        short = ",".join(table.names[1:])
        yield of(
            replace(table, names=["rownames", *table.names[1:]]),
            "header",
            "R's row names",
            f"{short}\n{body}",
            must_say="rownames",
        )


def preambles(table: Clean) -> Iterator[Variant]:
    """Yield files with lines above and below the table that are no rows."""
    text, commas = text_of(table), "," * (len(table.names) - 1)
    above = "line 1|lines 1 to"
    yield of(table, "preamble", "one line", f"Report of 2023\n{text}", must_say=above)
    yield of(
        table,
        "preamble",
        "three lines and a blank one",
        f"Report\nMade by: us\nTable 1\n\n{text}",
        must_say=above,
    )
    yield of(table, "preamble", "comments", f"# made by us\n# in 2023, by hand\n{text}", must_say=above)
    if commas.count(",") > 1:
        yield of(table, "preamble", "three padded lines", f"PREAMBLE{commas}\n" * 3 + text, must_say=above)
        yield of(
            table,
            "preamble",
            "padded and an empty row",
            f"PREAMBLE{commas}\n" * 2 + f"{commas}\n{text}",
            must_say=above,
        )
        last = text.count("\n")
        below = rf"lines? ({last + 1}|{last + 2})\b"
        yield of(table, "footer", "one line", f"{text}made by hand\n", must_say=below)
        yield of(
            table, "footer", "three padded lines", text + f"FOOTNOTE it is{commas}\n" * 3, must_say=below
        )
        yield of(table, "footer", "a blank line and one", f"{text}\nSource: us\n", must_say=below)
    lines = text.splitlines(keepends=True)
    comment = "".join([*lines[:1], "# here we begin\n", *lines[1:]])
    yield of(table, "comment", "below the header", comment, must_say=r"line 2\b")
    yield of(table, "comment", "at the end", f"{text}# the end\n", must_say=rf"line {len(lines) + 1}\b")


def records_spoilt(table: Clean) -> Iterator[Variant]:
    """Yield files with rows too short or too long, blank lines, and separators too many."""
    for row in (1, 19, len(table.rows)):
        cells = table.rows[row - 1]
        at = rf"line {file_line(table, row)}\b"
        for kind, given, read in (
            ("short", cells[:-1], [*cells[:-1], ""]),
            ("long", [*cells, "more"], cells),
            ("a separator too many", [*cells[:1], "", *cells[1:]], [*cells[:1], "", *cells[1:-1]]),
        ):
            if kind == "short" and len(cells) == 2 and row == 1:
                continue  # a single cell above two columns is a title, as far as anyone can see
            rows = [*table.rows[: row - 1], read, *table.rows[row:]]
            text = text_of(table, odd={row: line_of(given, Form())})
            yield of(table, "record, row", f"{kind} in row {row}", text, rows=rows, must_say=at)
    text = text_of(table)
    yield of(table, "record, file", "no last line end", text.removesuffix("\n"))
    yield of(table, "record, file", "blank lines at the end", text + "\n\n")
    yield of(table, "record, file", "a blank line first", "\n" + text)
    yield of(
        table,
        "record, file",
        "blank lines between",
        text_of(table, odd={9: line_of(table.rows[8], Form()) + "\n"}),
    )
    if "\n" not in "".join("".join(row) for row in table.rows):
        yield of(table, "record, file", "a separator at every end", text.replace("\n", ",\n"))
    yield of(
        table,
        "record, cell",
        "a zero byte",
        text.replace(table.names[0], table.names[0] + "\0", 1),
        must_say="zero byte",
    )


def line_ends(table: Clean) -> Iterator[Variant]:
    """Yield files of other line ends, and of several."""
    for name, end in (("CR LF", "\r\n"), ("CR", "\r")):
        yield of(table, "line end, file", name, text_of(table, Form(end=end)))
        for row in (0, 20):
            cells = ([table.names, *table.rows])[row]
            text = text_of(table, odd={row: line_of(cells, Form(end=end))})
            yield of(table, "line end, row", f"{name} in row {row}", text)


def encodings(table: Clean) -> Iterator[Variant]:
    """Yield files in other encodings and packings, and one with a single row in another."""
    text = text_of(table)
    ascii_only = text.isascii()
    for name in ("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "latin-1", "cp1252"):
        guessed = name.endswith("e") or (name in ("latin-1", "cp1252") and not ascii_only)
        say = "--encoding" if guessed else ""
        yield of(table, "encoding, file", name, text.encode(name), must_say=say)
    for suffix, pack in ((".csv.gz", gzip.compress), (".csv.bz2", bz2.compress), (".csv.xz", lzma.compress)):
        yield of(table, "packing", suffix, pack(text.encode()), suffix=suffix)
    yield of(table, "packing", "gzip without its suffix", gzip.compress(text.encode()))
    if not ascii_only:
        last = next(row for row in reversed(table.rows) if not "".join(row).isascii())
        line = line_of(last, Form())
        head, tail = text.rsplit(line, 1)
        data = head.encode() + line.encode("cp1252") + tail.encode()
        yield of(table, "encoding, row", "one row in cp1252", data, must_say="--encoding")


POLLUTIONS: tuple[Callable[[Clean], Iterator[Variant]], ...] = (
    delimiters, quotes, escapes, headers, preambles, records_spoilt, line_ends, encodings,
)  # fmt: skip


def of(
    table: Clean,
    kind: str,
    name: str,
    data: str | bytes,
    *,
    rows: Rows | None = None,
    must_say: str = "",
    suffix: str = ".csv",
) -> Variant:
    """Return the variant of a table."""
    return Variant(
        kind=kind,
        name=f"{table.name}: {name}",
        data=data.encode() if isinstance(data, str) else data,
        names=table.names,
        rows=table.rows if rows is None else rows,
        must_say=must_say,
        suffix=suffix,
    )


def variants() -> list[Variant]:
    """Return every table spoilt in every way."""
    return [one for table in clean_tables() for pollute in POLLUTIONS for one in pollute(table)]


# ---- the verdict ----


def plain(rows: list[tuple[str | None, ...]] | Rows) -> list[list[str]]:
    """Return cells trimmed, missing ones empty, every line end a line feed."""
    return [[re.sub("\r\n?", "\n", cell or "").strip() for cell in row] for row in rows]


def verdict(variant: Variant, folder: Path) -> tuple[str, str]:
    """Return how the file was met, and what was said or read instead."""
    path = folder / f"table{variant.suffix}"
    path.write_bytes(variant.data)
    try:
        table = read_table(str(path), Settings())
    except SourceError as error:
        return TOLD, str(error)
    said = " | ".join(table.notes)
    same = table.frame.columns == variant.names and plain(table.frame.rows()) == plain(variant.rows)
    if same and re.search(variant.must_say, said):
        return SAME, said
    heard = bool(said) and bool(re.search(variant.must_say or "settles it|line", said))
    return (TOLD if heard else SILENT), f"{'same cells; ' * same}{table.frame.columns[:5]} {said}"


def rates(found: list[tuple[Variant, str]]) -> dict[str, Counter[str]]:
    """Return by type how many files were met in which way."""
    counts: dict[str, Counter[str]] = {}
    for variant, how in found:
        counts.setdefault(variant.kind, Counter())[how] += 1
    return counts


def main(spoilt: list[Variant]) -> None:
    """Print the rates by type, and with -v every file that was not read to the same cells."""
    with tempfile.TemporaryDirectory() as folder:
        found = [(variant, *verdict(variant, Path(folder))) for variant in spoilt]
    for variant, how, said in found:
        if how != SAME and "-v" in sys.argv:
            print(f"{how:10} {variant.kind} / {variant.name}: {said[:300]}")
    for kind, counts in sorted(rates([one[:2] for one in found]).items()):
        print(f"{kind:20} {sum(counts.values()):4}  {dict(counts)}")
    print(len(found), dict(Counter(how for _, how, _ in found)))


if __name__ == "__main__":
    main(variants())
