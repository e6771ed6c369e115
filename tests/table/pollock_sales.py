"""A table as Pollock's own source is, nine columns with prices, links and prose, spoilt row by row and whole.

Pollock's 2,290 files are one such table spoilt in one place each. Here are its kinds, at the first, an inner
and the last row and at every column. `python tests/table/pollock_sales.py` shows the rates, -v the files.
Source: G. Vitagliano et al., "Pollock: A Data Loading Benchmark", VLDB 2023.
"""

from collections.abc import Iterator
from dataclasses import replace

from pollock import Clean, Form, Rows, Variant, file_line, line_of, main, of, text_of

PLAIN = Form()
PROSE = ["Sage, ground", 'Pan 12" wide', "Oregano", "Set of 3:\nsalt, pepper, mace", "Chef's knife", ""]
KINDS = ["Spice", "Tool", "Gift set"]


def sales(rows: int = 60) -> Clean:
    """Return a table of sales."""
    names = [
        "DATE",
        "TIME",
        "Qty",
        "PRODUCTID",
        "Price",
        "ProductType",
        "ProductDescription",
        "URL",
        "Comments",
    ]
    body = [
        [
            f"{i % 12 + 1:02}/{i % 28 + 1:02}/2018",
            f"{i % 12 + 1}:{i % 60:02} {'AP'[i % 2]}M",
            str(3 + i * 7 % 90),
            f"{'SPT'[i % 3]}p{i % 17:02}",
            f"${i * 1.25 + 0.5:.2f}",
            KINDS[i % 3],
            PROSE[i % 6],
            f"http://www.shop.example/q?id={i}&s={i % 4}",
            ["", "fragile", "ok"][i * 2 % 3] if i % 4 else "",
        ]
        for i in range(rows)
    ]
    return Clean(name="sales", names=names, rows=body)


def sizes(table: Clean) -> Iterator[Variant]:
    """Yield files of no row, of one, without a header, and with the header on several lines."""
    header = line_of(table.names, PLAIN)
    none, one = replace(table, rows=[]), replace(table, rows=table.rows[:1])
    yield of(none, "payload", "nothing", "", must_say="is empty")
    yield of(none, "payload", "header only", header)
    yield of(none, "payload", "header without an end", header.rstrip("\n"))
    yield of(one, "payload", "one row", text_of(one))
    positions = replace(table, names=[str(at) for at in range(1, len(table.names) + 1)])
    yield of(positions, "header", "none", text_of(table).split("\n", 1)[1], must_say="--header")
    upper = ["Sale", "Sale", "Sale", "Product", "Product", "Product", "Product", "Product", ""]
    lower = ["DATE", "TIME", "Qty", "ID", "Price", "Type", "Description", "URL", "Comments"]
    both = [f"{a} {b}".strip() for a, b in zip(upper, lower, strict=True)]
    two = line_of(upper, PLAIN) + line_of(lower, PLAIN) + "".join(line_of(row, PLAIN) for row in table.rows)
    yield of(replace(table, names=both), "header", "two lines", two, must_say="--header")


def wholes(table: Clean) -> Iterator[Variant]:
    """Yield files of other signs throughout."""
    for sign in (" ", ", ", ";", "\t", "|", "; ", " | ", "::", "~|~", "\x1f"):
        yield of(table, "delimiter, file", f"{sign!r}", text_of(table, Form(delimiter=sign)))
        quoted = text_of(table, Form(delimiter=sign, all_quoted=True))
        yield of(table, "delimiter, file", f"{sign!r}, all quoted", quoted)
    for quote in ("'", '"'):
        for escape in ("", "\\"):
            for every in (False, True):
                form = Form(quote=quote, escape=escape, all_quoted=every)
                name = f"{quote} {escape or 'doubled'} {'all' if every else 'where needed'}"
                yield of(table, "quote, file", name, text_of(table, form))
    for name, end in (("CR", "\r"), ("CR LF", "\r\n"), ("line separator", "\u2028"), ("LF CR", "\n\r")):
        yield of(table, "line end, file", name, text_of(table, Form(end=end)))
    for encoding in ("utf-16", "utf-8-sig", "latin-1", "cp1252", "utf-16-be"):
        changed = replace(
            table, rows=[[*row[:8], "Größe"] if at == 7 else row for at, row in enumerate(table.rows)]
        )
        yield of(changed, "encoding, file", encoding, text_of(changed).encode(encoding))


def company(table: Clean) -> Iterator[Variant]:
    """Yield files with other lines and other tables in them."""
    text, commas = text_of(table), "," * (len(table.names) - 1)
    for lines in (1, 2, 5):
        yield of(table, "preamble", f"{lines} lines", "Sales of 2018\n" * lines + text, must_say="above")
        yield of(
            table,
            "preamble",
            f"{lines} and a blank one",
            "Sales of 2018\n" * lines + "\n" + text,
            must_say="above",
        )
        yield of(
            table, "preamble", f"{lines} padded", f"Sales of 2018{commas}\n" * lines + text, must_say="above"
        )
        yield of(table, "footer", f"{lines} lines", text + "Source: the shop\n" * lines, must_say="line")
        yield of(
            table,
            "footer",
            f"{lines} after a blank one",
            text + "\n" + "Source: the shop\n" * lines,
            must_say="line",
        )
        yield of(
            table, "footer", f"{lines} padded", text + f"Source: the shop{commas}\n" * lines, must_say="line"
        )
    yield of(table, "preamble", "empty padded rows", f"{commas}\n{commas}\n{text}")
    yield of(table, "blank lines", "two at the end", text + "\n\n")
    yield of(table, "blank lines", "no end", text.rstrip("\n"))
    padded = [*table.rows, [""] * 9, [""] * 9]
    yield of(table, "blank lines", "padded at the end", f"{text}{commas}\n{commas}\n", rows=padded)
    for width, name in ((9, "same"), (4, "less"), (12, "more")):
        other = [["Shop", "Town", "Open", "Head", "m2", "Since", "Tel", "Fax", "Mail", "A", "B", "C"][:width]]
        other += [
            [f"s{i}", f"town {i}", "yes", f"h{i}", str(i), str(1990 + i), "1", "2", "m", "a", "b", "c"][
                :width
            ]
            for i in range(10)
        ]
        for gap in ("", "\n", f"{commas}\n"):
            below = "".join(line_of(row, PLAIN) for row in other)
            cells: Rows = [*table.rows, *([["", *[""] * 8]] if gap.startswith(",") else [])]
            rows = [*cells, *([*row, *[""] * 9][:9] for row in other)]
            yield of(
                table,
                "two tables",
                f"{name}, {gap!r}",
                text + gap + below,
                rows=rows,
                must_say="line|settles",
            )


def places(table: Clean) -> Iterator[Variant]:
    """Yield files spoilt in one row: at the first, an inner and the last one, and there in every column."""
    for row in (1, 21, len(table.rows)):
        cells = table.rows[row - 1]
        say = rf"line {file_line(table, row)}\b"
        for column in range(len(cells)):
            more = [*cells[:column], "", *cells[column:]]
            yield spoilt(
                table,
                "row, more separators",
                row,
                column,
                line_of(more, PLAIN),
                more[:9],
                say if more[9] else "",
            )
            quoted = [line_of([one], Form(all_quoted=True)).rstrip("\n") for one in cells]
            bare = ",".join([*quoted[:column], quoted[column][:-1], *quoted[column + 1 :]]) + "\n"
            yield spoilt(table, "row, a mark lacks", row, column, bare, None, "line")
            if column < 8:
                fewer = [*cells[:column], cells[column] + cells[column + 1], *cells[column + 2 :]]
                yield spoilt(
                    table, "row, fewer separators", row, column, line_of(fewer, PLAIN), [*fewer, ""], say
                )
        for sign in (" ", ";", "\t", "|", ", "):
            yield spoilt(
                table,
                "row, delimiter",
                row,
                0,
                line_of(cells, Form(delimiter=sign)),
                cells,
                "" if sign == ", " else say,
            )
        for form in (
            Form(quote="'", all_quoted=True),
            Form(escape="\\", all_quoted=True),
            Form(all_quoted=True),
        ):
            must = say if form.quote == "'" else ""
            yield spoilt(table, "row, quote", row, 0, line_of(cells, form), cells, must)
        for end in ("\r", "\r\n", "\n\n", ""):
            line = line_of(cells, PLAIN).removesuffix("\n") + end
            if end or row == len(table.rows):
                yield spoilt(table, "row, line end", row, 0, line, cells, "")
    long = [*table.rows[20][:8], "x" * 300_000]
    yield spoilt(table, "row, long", 21, 8, line_of(long, PLAIN), long, "")
    wide = [*table.rows[20], *["y"] * 5000]
    yield spoilt(
        table, "row, long", 21, 9, line_of(wide, PLAIN), table.rows[20], rf"line {file_line(table, 21)}\b"
    )


def spoilt(
    table: Clean, kind: str, row: int, column: int, line: str, cells: list[str] | None, say: str
) -> Variant:
    """Return a table with one line of its own; without `cells` what is read of it is only to be told."""
    rows = [*table.rows[: row - 1], cells or ["?"], *table.rows[row:]]
    text = text_of(table, odd={row: line})
    return of(table, kind, f"row {row}, column {column} {line[-3:]!r}", text, rows=rows, must_say=say)


def variants() -> list[Variant]:
    """Return every spoilt file."""
    table = sales()
    return [one for pollute in (sizes, wholes, company, places) for one in pollute(table)]


if __name__ == "__main__":
    main(variants())
