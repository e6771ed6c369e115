"""Odd input at prediction: one answer, the same from Python, the command line and the estimator.

The table of answers is `docs/odd-input.md`, written from CASES by `GLASSNET_REWRITE=1 pytest` of this file.
"""

import io
import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import glassnet
from glassnet import GlassnetClassifier, GlassnetWarning
from glassnet.cli.start import run_command
from glassnet.errors import GlassnetError
from glassnet.table.frames import values_of

PAGE = Path(__file__).parents[1] / "docs" / "odd-input.md"
REWRITE = "GLASSNET_REWRITE"
TRAINED = 200
ODD = 1  # the row that is odd, from 0

Change = Callable[[pl.DataFrame], object]  # good rows -> what is given in their place
Write = Callable[[pl.DataFrame, Path], Path]  # good rows and a folder -> a file


def draw(rows: int) -> pl.DataFrame:
    """Numbers with missing cells, whole numbers, categories, yes/no and dates."""
    generator = np.random.default_rng(0)
    age = generator.normal(40.0, 10.0, rows).round(2)
    days = generator.integers(0, 700, rows)
    return pl.DataFrame(
        {
            "age": [None if row % 9 == 8 else float(one) for row, one in enumerate(age)],
            "kids": generator.integers(0, 5, rows),
            "city": [None if row % 17 == 16 else f"{c}stadt" for row, c in enumerate("ABCD" * (rows // 4))],
            "plan": pl.Series(generator.choice(["10", "20", "30"], rows), dtype=pl.Categorical),
            "member": generator.random(rows) < 0.4,
            "since": [datetime(2020, 1, 1) + timedelta(days=int(day)) for day in days],
        }
    )


GOOD = draw(TRAINED).head(6)


def cell(column: str, value: object, *, row: int = ODD) -> Change:
    """Put one value into a column, which becomes a text column where the value is of another type."""

    def change(good: pl.DataFrame) -> pl.DataFrame:
        cells = good[column].to_list()
        cells[row] = value
        return good.with_columns(values_of(cells).alias(column))

    return change


def whole(column: str, make: Callable[[pl.Series], pl.Series]) -> Change:
    """Put another column in the place of one."""
    return lambda good: good.with_columns(make(good[column]).alias(column))


def text_file(**how: object) -> Write:
    """Write the rows as CSV, with other separators or in another encoding."""

    def write(good: pl.DataFrame, folder: Path) -> Path:
        encoding = str(how.get("encoding", "utf-8"))
        text = good.cast({"plan": pl.String}).write_csv(separator=str(how.get("delimiter", ",")))
        (folder / "odd.csv").write_bytes(text.encode(encoding))
        return folder / "odd.csv"

    return write


def shifted(good: pl.DataFrame) -> pl.DataFrame:
    return good.with_columns(
        pl.col("since").dt.replace_time_zone("Europe/Berlin").dt.convert_time_zone("UTC")
    )


def nulls(good: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: [None] * good.height for name in good.columns})


READ = "read as it is"
MISSING = "counts as missing, told"
SILENT = "counts as missing"
RARE = "counts as a rare level, told"
BOUND = "counts as the largest seen, told"
IGNORED = "makes no difference"
REFUSED = "refused"


@dataclass(frozen=True)
class Case:
    """One anomaly and its answer."""

    what: str
    answer: str
    given: Change = lambda good: good  # what the Python doors are given; the command line gets it as a file
    same: Change | None = lambda good: good  # a table without oddities that has the same predictions
    says: str = ""  # of the message; it also names the row
    write: Write | None = None  # the file that is given instead; estimators take tables only
    strict: bool = False  # whether scikit-learn's contract has the estimators refuse what the others take


LOST_AGE = cell("age", None)
NO_NUMBER = "column 'age': 1 cell is no number and counted as missing, the first '{}' in row 2."
NO_LEVEL = (
    "column 'city': 1 cell is of no level seen in training and counted as a rare one,"
    " the first '{}' in row 2."
)
UNSEEN = cell("city", "Nowhere at all")

CASES = [
    # ---- numbers
    Case("a number is missing (null, NaN, NaT)", SILENT, cell("age", float("nan")), LOST_AGE),
    Case("`NA`, `NaN`, `null`, `?`, `-` or an empty text in a number column", SILENT, cell("age", "NA"),
         LOST_AGE),
    Case("an empty text", SILENT, cell("age", ""), LOST_AGE),
    Case("missing where training had no missing cell", SILENT, cell("kids", None), None),
    Case("words in a number column", MISSING, cell("age", "old"), LOST_AGE, NO_NUMBER.format("old")),
    Case("blanks around a number", READ, cell("age", "  41.5 "), cell("age", 41.5)),
    Case("`4.15e1` for 41.5", READ, cell("age", "4.15e1"), cell("age", 41.5)),
    Case("a decimal comma where training had a point", MISSING, cell("age", "41,5"), LOST_AGE,
         NO_NUMBER.format("41,5") + " In training the decimal mark was '.'."),
    Case("`1_000`, `0x1F`, `１２`: what only a programming language takes for a number", MISSING,
         cell("age", "0x1F"), LOST_AGE, NO_NUMBER.format("0x1F")),
    Case("a percent sign where training had none", MISSING, cell("age", "41%"), LOST_AGE,
         NO_NUMBER.format("41%")),
    Case("infinity", BOUND, cell("age", float("inf")), None,
         "column 'age': 1 cell is infinite and counted as the largest (or smallest) number seen in training,"
         " the first 'inf' in row 2."),
    Case("the text `-inf`", BOUND, cell("age", "-inf"), cell("age", float("-inf")),
         "the first '-inf' in row 2."),
    Case("1e308, beyond what float32 holds", BOUND, cell("age", 1e308), cell("age", float("inf")),
         "the first '1e+308' in row 2."),
    Case("1e38, far beyond all ages", READ, cell("age", 1e38), cell("age", "1e38")),
    Case("1e-320, next to nothing", READ, cell("age", 1e-320), cell("age", 0.0)),
    Case("a whole number beyond 2^53", READ, cell("kids", 2**53 + 1), cell("kids", float(2**53))),
    Case("a whole number beyond 64 bits", READ, cell("kids", 10**30), cell("kids", 1e30)),
    Case("a fraction where training had whole numbers", READ, cell("kids", "2.5"), cell("kids", 2.5)),
    Case("true or false in a number column", MISSING, cell("age", True), LOST_AGE, NO_NUMBER.format("true")),
    Case("a column of true and false for a number column", MISSING, whole("age", lambda s: s.is_not_null()),
         whole("age", lambda s: pl.Series([None] * s.len(), dtype=pl.Float64)),
         "column 'age': 6 cells are no number and counted as missing, the first 'true' in row 1."),
    Case("a list in a number column", MISSING, cell("age", [1, 2]), LOST_AGE, NO_NUMBER.format("[1, 2]")),
    Case("a date in a number column", MISSING, cell("age", datetime(2020, 1, 1)), LOST_AGE,
         NO_NUMBER.format("2020-01-01 00:00:00")),
    Case("numbers of another width (float32, int8, Decimal)", READ, whole("kids", lambda s: s.cast(pl.Int8))),
    # ---- categories
    Case("a level never seen in training", RARE, cell("city", "Paris"), UNSEEN, NO_LEVEL.format("Paris")),
    Case("a level in other letters", RARE, cell("city", "bSTADT"), UNSEEN,
         NO_LEVEL.format("bSTADT") + " Did you mean 'Bstadt'?"),
    Case("blanks around a level", READ, cell("city", "  Bstadt\t")),
    Case("a level of 10,000 letters", RARE, cell("city", "x" * 10_000), UNSEEN,
         NO_LEVEL.format("x" * 37 + "...")),
    Case("a missing level, `NA`, `null`", SILENT, cell("city", "null"), cell("city", None)),
    Case("a number for a category of words", RARE, cell("city", 7), UNSEEN, NO_LEVEL.format("7")),
    Case("a number for a category of digits: 20, 20.0 and `20` are one level", READ,
         whole("plan", lambda s: s.cast(pl.String).cast(pl.Float64)), cell("plan", GOOD["plan"][ODD])),
    Case("a pandas category, nullable or object column", READ,
         lambda good: good.to_pandas().astype({"kids": "Int64", "city": object, "member": "boolean"})),
    # ---- yes/no
    Case("1 and 0, `TRUE` and `false` in a yes/no column", READ, cell("member", "TRUE"),
         cell("member", True)),
    Case("another number in a yes/no column", MISSING, cell("member", 2), cell("member", None),
         "column 'member': 1 cell is no yes/no and counted as missing, the first '2' in row 2."),
    Case("a word that is not the training's in a yes/no column", MISSING, cell("member", "maybe"),
         cell("member", None), "the first 'maybe' in row 2."),
    # ---- dates
    Case("a day that no calendar has (2023-02-30)", MISSING, cell("since", "2023-02-30"), cell("since", None),
         "column 'since': 1 cell is no date and counted as missing, the first '2023-02-30' in row 2."),
    Case("a date in another order (5.5.2020)", MISSING, cell("since", "5.5.2020"), cell("since", None),
         "the first '5.5.2020' in row 2."),
    Case("the year 9999", READ, cell("since", datetime(9999, 12, 31)), cell("since", "9999-12-31")),
    Case("the year 1", READ, cell("since", datetime(1, 1, 1)), cell("since", "0001-01-01")),
    Case("the year 300000", MISSING, cell("since", "300000-01-01"), cell("since", None),
         "'300000-01-01' in row 2."),
    Case("a number for a date", MISSING, cell("since", 1588636800), cell("since", None),
         "'1588636800' in row 2."),
    Case("dates without a clock", READ, whole("since", lambda s: s.cast(pl.Date))),
    Case("dates of another time zone: in UTC", READ,
         whole("since", lambda s: s.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo"))),
    Case("a date with its zone as text", READ, cell("since", "2020-05-05T02:00:00+02:00"),
         cell("since", datetime(2020, 5, 5))),
    # ---- columns
    Case("columns in another order", IGNORED, lambda good: good.select(sorted(good.columns)), strict=True),
    Case("one column more", IGNORED, lambda good: good.with_columns(more=pl.lit("x")), strict=True),
    Case("blanks around a name", IGNORED, lambda good: good.rename({"age": " age "}), strict=True),
    Case("a name twice: the first column of it is taken", "told",
         lambda good: pd.concat([good.to_pandas(), good.select(age=pl.lit(1.0)).to_pandas()], axis=1),
         says="the name 'age' is used twice in the header; column 7 is 'age_2'.", strict=True),
    Case("a column that is missing", REFUSED, lambda good: good.drop("age"), None,
         "the table to read has no column 'age'. Its columns are: kids, city, plan, member, since.",
         strict=True),
    Case("a column of another name", REFUSED, lambda good: good.rename({"age": "Age"}), None,
         "the table to read has no column 'age'. Did you mean 'Age'?", strict=True),
    # ---- rows
    Case("no rows: no predictions", READ, lambda good: good.head(0), lambda good: good.head(0)),
    Case("one row: the same prediction as among others", READ, lambda good: good.head(1),
         lambda good: good.head(1)),
    Case("rows in another order: each keeps its prediction", READ, lambda good: good.reverse(),
         lambda good: good.reverse()),
    Case("every cell missing", SILENT, nulls, nulls),
    Case("every cell of one column missing", SILENT, whole("city", lambda s: pl.Series([None] * s.len())),
         whole("city", lambda s: pl.Series([None] * s.len(), dtype=pl.String))),
    # ---- files
    Case("another separator (`;`, tab, `|`)", READ, write=text_file(delimiter=";")),
    Case("another encoding (UTF-16, Latin-1)", READ, write=text_file(encoding="utf-16")),
    Case("a byte order mark", READ, write=text_file(encoding="utf-8-sig")),
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[GlassnetClassifier, Path]:
    """One estimator, and its model as a file."""
    frame = draw(TRAINED)
    rich = np.where(frame["age"].fill_null(40.0) + 10 * frame["member"].to_numpy() > 45, "yes", "no")
    estimator = GlassnetClassifier(epochs=5, hidden=(8,), threads=1).fit(frame, rich)
    path = tmp_path_factory.mktemp("odd") / "odd.glassnet"
    estimator.model_.save(path)
    return estimator, path


@dataclass(frozen=True)
class Answer:
    """What one door answered: predictions, or a refusal; and what it told."""

    probability: list[float]
    told: list[str]
    refused: str = ""


def ask(predict_proba: Callable[[object], np.ndarray], table: object) -> Answer:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = predict_proba(table)[:, 1].tolist()
        except GlassnetError as error:
            return Answer([], [], str(error))
    assert all(one.category is GlassnetWarning for one in caught)
    return Answer(found, [str(one.message) for one in caught])


def ask_command(model: Path, source: Path, capfd: pytest.CaptureFixture[str]) -> Answer:
    capfd.readouterr()
    code = run_command(["predict", str(model), str(source)])
    printed = capfd.readouterr()
    lines = printed.err.splitlines()
    if code:
        assert (code, printed.out, len(lines)) == (2, "", 1)
        return Answer([], [], lines[0].removeprefix("Error: "))
    rows = pl.read_csv(io.StringIO(printed.out), schema_overrides={"probability_yes": pl.Float64})
    return Answer(
        rows["probability_yes"].to_list(), [re.sub(r"^(Warning|Note): ", "", line) for line in lines]
    )


def as_files(odd: object, folder: Path) -> list[Path]:
    """The odd table as CSV and, where its types matter, as Parquet."""
    if isinstance(odd, pd.DataFrame):
        odd.to_csv(folder / "odd.csv", index=False)
        return [folder / "odd.csv"]
    assert isinstance(odd, pl.DataFrame)
    odd.write_parquet(folder / "odd.parquet")
    odd.write_csv(folder / "odd.csv")
    return [folder / "odd.csv", folder / "odd.parquet"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_every_door_gives_the_answer(
    case: Case,
    trained: tuple[GlassnetClassifier, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    estimator, path = trained
    odd = case.given(GOOD) if case.write is None else str(case.write(GOOD, tmp_path))
    files = as_files(odd, tmp_path) if case.write is None else [Path(str(odd))]
    answers = [ask(glassnet.load(path).predict_proba, odd)]
    answers += [ask_command(path, file, capfd) for file in files]
    if case.strict:
        with pytest.raises(ValueError, match=r"feature names|several columns called"):
            estimator.predict_proba(odd)
    elif case.write is None:
        answers.append(ask(estimator.predict_proba, odd))
    for answer in answers:
        assert answer.refused == answers[0].refused
        assert answer.probability == answers[0].probability
        assert [plain(one) for one in answer.told] == [plain(one) for one in answers[0].told]
    check(case, answers[0], estimator)


def plain(told: str) -> str:
    """A message without the cell: a date in memory is written otherwise than in a file."""
    return re.sub(r"the first '.*' in row", "the first in row", told)


def check(case: Case, answer: Answer, estimator: GlassnetClassifier) -> None:
    assert all(0 <= one <= 1 for one in answer.probability)
    assert bool(answer.refused) == (case.answer == REFUSED)
    said = [answer.refused] if answer.refused else answer.told
    assert [case.says in one for one in said] == ([True] if case.says else [])
    if case.same is not None:
        assert answer.probability == ask(estimator.predict_proba, case.same(GOOD)).probability


def page() -> str:
    """The table of answers as Markdown."""
    rows = [
        f"| {case.what.replace('|', chr(92) + '|')} | {case.answer}{' *' * case.strict} | {example(case)} |"
        for case in CASES
    ]
    return "\n".join(["| given | answer | told |", "|---|---|---|", *rows])


def example(case: Case) -> str:
    return f"`{case.says}`" if case.says else ""


def test_the_page_holds_these_answers() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("| given |")
    _, _, after = rest.partition("\n\n")
    whole_page = f"{before}{page()}\n\n{after}"
    if os.environ.get(REWRITE):
        PAGE.write_text(whole_page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == whole_page


def test_there_are_forty_and_each_once() -> None:
    assert len({case.what for case in CASES}) == len(CASES) >= 40
