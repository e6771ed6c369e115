"""What cannot be used is refused: one sentence to act on, exit code 2, no traceback, nothing half-written."""

import shlex
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

Run = Callable[..., Any]  # words -> exit code, stdout, stderr
QUICK = ["--epochs", "2", "--threads", "1", "--hidden", "4"]

# The command, and what its one sentence says. RUN is a finished run, whose table is people.csv.
SOURCES = [
    ("train nowhere.csv -t rich", "there is no file nowhere.csv"),
    ("train peeple.csv -t rich", "there is no file peeple.csv. Did you mean 'people.csv'?"),
    ("train 'nowhere-*.csv' -t rich", "there is no file nowhere-*.csv"),
    ("train folder -t rich", "folder is a folder. Name its files by a pattern, such as 'folder/*.csv'"),
    ("train empty.csv -t rich", "empty.csv is empty"),
    ("train blank.csv -t rich", "blank.csv is empty"),
    ("train head.csv -t rich", "the table has no rows"),
    ("train word.csv -t rich", "word.csv has one column and no rows"),
    ("train noise.csv -t rich", "noise.csv"),
    ("train picture.csv -t rich", "picture.csv is a picture, which is not read"),
    ("train paper.csv -t rich", "paper.csv is a PDF file, which is not read"),
    ("train pack.zip -t rich", "pack.zip holds 2 files: people.csv, more.csv. Unpack it"),
    ("train rows.pkl -t rich", "rows.pkl is a pickle, which is not read"),
    ("train loop.csv -t rich", "loop.csv"),
    ("train /proc/self/mem -t rich", "/proc/self/mem"),
    ("train uneven.csv -t rich", "uneven.csv is no even table"),
    ("train cut.csv.gz -t rich", "cut.csv.gz is not a whole gzip file"),
    ("train fake.csv.gz -t rich", "fake.csv.gz is not a whole gzip file"),
    ("train broken.parquet -t rich", "broken.parquet cannot be read"),
    ("train broken.arrow -t rich", "broken.arrow"),
    ("train broken.xlsx -t rich", "broken.xlsx"),
    ("train broken.db -t rich --db-table people", "broken.db"),
    ("train shop.db -t rich", "shop.db"),
    ("train shop.db -t rich --db-table peopel", "Did you mean 'people'?"),
    ("train shop.db -t rich --query 'delete from people'", "SELECT"),
    ("train shop.db -t rich --query 'select rihc from people'", "rihc"),
    ("train people.csv -t rich --db-table people", "the source is no database and no workbook"),
    ("train broken.json -t rich", "broken.json"),
    ("train list.json -t rich", "list.json holds no JSON objects"),
    ("train 'part-*.csv' -t rich", "part-2.csv has no column 'age', which part-1.csv has"),
    ("train people.csv -t rich --example wine", "give either a source, or --query, or --example"),
    ("train --query 'select' -t rich", "--query"),
    ("train --query \"copy (select 1) to 'x.csv'\" -t rich", "--query must be one SELECT statement"),
    ("train --query 'select 1; select 2' -t rich", "--query must be one SELECT statement"),
    ("train --query \"select * from 'nowhere.csv'\" -t rich", "nowhere.csv"),
    ("train --query \"select rihc from 'people.csv'\" -t rich", "rihc"),
    ("train --query \"select * from 'https://example.org/a.csv'\" -t rich", "--query"),
    ("train --example win", "Did you mean 'wine'?"),
]
TARGETS = [
    ("train people.csv", "no column to predict is named; choose one with --target"),
    ("train people.csv -t rihc", "the table has no column 'rihc'. Did you mean 'rich'?"),
    ("train people.csv -t rich -t rich", "rich"),
    ("train people.csv -t same", "same"),
    ("train people.csv -t none", "target 'none' is missing in every row"),
    ("train people.csv -t infinite", "infinite"),
    ("train people.csv -t name", "name"),
    ("train people.csv -t city --task regression", "city"),
    ("train people.csv -t city --task binary", "city"),
    ("train people.csv -t age --task multilabel", "age"),
    ("train people.csv -t rich --positive perhaps", "perhaps"),
    ("train people.csv -t rich --task bynary", "Did you mean 'binary'?"),
    ("train people.csv -t rich --columns rich", "the network would see the answer"),
    ("train one.csv -t rich", "target 'rich' is yes in every row"),
    ("train people.csv -t rich --class-weight perhaps=2", "class_weight names a class 'perhaps'"),
    ("train people.csv -t rich --class-weight balancd", "class"),
    ("train people.csv -t age --class-weight balanced", "class_weight needs classes"),
]
COLUMNS = [
    ("train people.csv -t rich --drop aeg", "the table has no column 'aeg'. Did you mean 'age'?"),
    ("train people.csv -t rich --columns aeg", "Did you mean 'age'?"),
    ("train people.csv -t rich --keep naem", "Did you mean 'name'?"),
    ("train people.csv -t rich --columns age --drop age", "column 'age' is both in columns and in drop"),
    ("train people.csv -t rich --columns ,", "--columns"),
    ("train people.csv -t rich --kind age=numbr", "Did you mean 'number'?"),
    ("train people.csv -t rich --kind age", "--kind must be NAME=VALUE"),
    ("train people.csv -t rich --kind aeg=number", "Did you mean 'age'?"),
    ("train people.csv -t rich --weight below", "row weights must be numbers of at least 0"),
    ("train people.csv -t rich --weight city", "row weights must be numbers of at least 0"),
    ("train people.csv -t rich --weight zero", "weight column 'zero' is 0 in every row"),
    ("train people.csv -t rich --weight holes", "weight column 'holes'"),
    ("train people.csv -t rich --weight first --test weightless.csv", "'first' is 0 in every test row"),
    ("train people.csv -t rich --time city", "time must be a column of dates or numbers"),
    ("train people.csv -t rich --time agee", "Did you mean 'age'?"),
    ("train people.csv -t rich --group naem", "Did you mean 'name'?"),
    ("train people.csv -t rich --group rich", "'rich' is the target and cannot be in group too"),
    (
        "train people.csv -t rich --class-weight yes=-1",
        "class_weight of 'yes' must be a number of at least 0",
    ),
    ("train people.csv -t rich --group same", "group column 'same' has 1 groups"),
    (
        "train people.csv -t rich --drop name,age,city,height,same,none,infinite,below,zero,holes,first",
        "no column is left",
    ),
    ("train alone.csv -t rich", "the table has no other than the target"),
]
SETTINGS = [
    ("train people.csv -t rich --epochs 0", "epochs must be a whole number of at least 1"),
    ("train people.csv -t rich --epochs many", "--epochs must be a whole number, but it is 'many'"),
    ("train people.csv -t rich --learning-rate -1", "learning_rate must be"),
    ("train people.csv -t rich --learning-rate nan", "--learning-rate must be a number, but it is 'nan'"),
    ("train people.csv -t rich --dropout 1", "dropout must be"),
    ("train people.csv -t rich --test-share 0.6 --validation-share 0.5", "together must be below 1"),
    ("train people.csv -t rich --folds 1", "folds must be 0 (one split) or at least 2"),
    ("train people.csv -t rich --folds 500", "fold"),
    ("train people.csv -t rich --hidden wide", "--hidden must be widths such as 128,64"),
    ("train people.csv -t rich --hidden 1000000000", "hidden"),
    ("train people.csv -t rich --batch-size -5", "batch_size must be"),
    ("train people.csv -t rich --loss hubber", "no loss is called 'hubber'. Did you mean 'huber'?"),
    ("train people.csv -t rich --optimizer adm", "Did you mean 'adam'?"),
    ("train people.csv -t rich --activation rleu", "Did you mean 'relu'?"),
    ("train people.csv -t rich --schedule cosin", "Did you mean 'cosine'?"),
    ("train people.csv -t rich --metric acuracy", "Did you mean 'accuracy'?"),
    ("train people.csv -t rich --metric rmse", "rmse"),
    ("train people.csv -t rich --engine esger", "Did you mean 'eager'?"),
    ("train people.csv -t rich --network nuron", "Did you mean 'neuron'?"),
    ("train people.csv -t rich --recipe nuron", "Did you mean 'neuron'?"),
    ("train people.csv -t rich --time-limit 0", "time_limit must be"),
    ("train people.csv -t rich --seed -1", "seed must be"),
    ("train people.csv -t rich --delimiter ''", "delimiter"),
    ("train people.csv -t rich --quote ab", "quote must be"),
    ("train people.csv -t rich --escape ab", "escape must be"),
    ("train people.csv -t rich --comment ''", "comment must be"),
    ("train people.csv -t rich --header maybe", "header must be one of yes, no, 1, 2, 3"),
    ("train people.csv -t rich --encoding utf-9", "utf-9"),
    ("train latin.csv -t rich --encoding utf-8", "latin.csv"),
    ("train people.csv -t rich --skip-lines 5000", "people.csv has no rows"),
    ("train people.csv -t rich --decimal ;", "decimal must be one of ., ,"),
    ("train people.csv -t rich --epoch 3", "--epochs"),
    ("trian people.csv -t rich", "Did you mean 'train'?"),
    ("train people.csv -t rich --effort max", "effort must be one of fast, best, or auto, but it is 'max'"),
    ("train people.csv -t rich --momentum 0.9", "momentum 0.9 has no effect: the optimizer is adamw"),
    ("train people.csv -t rich --dates %d.%m.%Y", "no column's cells are all dates of this format"),
    ("train people.csv -t rich --rows 50", "--rows 50 has no effect: it is for tables that are made"),
    ("train --example wine --rows 50", "example wine is a table as it is, and not made"),
    ("train people.csv -t age --threshold 0.3 --dry-run", "threshold 0.3 needs a target of two classes"),
    ("train people.csv -t rich --records perhaps", "--records must be yes or no"),
]
PLACES = [
    ("train people.csv -t rich --out people.csv", "--out people.csv is a file"),
    ("train people.csv -t rich --out folder", "--out folder exists and is not empty"),
    ("train people.csv -t rich --out /proc/run", "/proc"),
    ("train people.csv -t rich --out people.csv/run", "people.csv"),
    ("train people.csv -t rich --plot loss.bmp", "--plot draws to .png, .svg, .pdf"),
    ("train people.csv -t rich --plot nowhere/loss.png", "nowhere"),
    ("train people.csv -t rich --test nowhere.csv", "there is no file nowhere.csv"),
    ("train people.csv -t rich --test part-1.csv", "have no column 'rich' to compare with"),
    ("train people.csv -t rich --validation people.csv --folds 3", "give no validation rows"),
    ("train --settings nowhere.json", "there is no file nowhere.json"),
    ("train --settings people.csv", "people.csv is no run.json"),
    ("train --settings list.json", "list.json is no run.json"),
    ("predict nowhere.glassnet people.csv", "nowhere.glassnet does not exist"),
    ("predict people.csv people.csv", "people.csv is no safetensors file"),
    ("predict empty.glassnet people.csv", "empty.glassnet is empty"),
    ("predict cut.glassnet people.csv", "cut.glassnet is damaged"),
    ("predict flipped.glassnet people.csv", "flipped.glassnet is damaged"),
    ("predict newer.glassnet people.csv", "newer.glassnet"),
    ("predict pack.zip people.csv", "pack.zip is a zip file"),
    ("predict rows.pkl people.csv", "rows.pkl is a pickle"),
    ("predict folder people.csv", "folder folder holds no model.glassnet"),
    ("predict RUN nowhere.csv", "there is no file nowhere.csv"),
    ("predict RUN part-2.csv", "the table to read has no column 'age'. Did you mean 'aeg'?"),
    ("predict RUN people.csv --keep naem", "Did you mean 'name'?"),
    ("predict RUN people.csv --out rows.txt", "rows are written to .csv or .parquet"),
    ("predict RUN people.csv --out nowhere/rows.csv", "nowhere/rows.csv cannot be written"),
    ("predict RUN people.csv --out people.csv", "people.csv is a file that is read"),
    ("predict RUN people.csv --out folder", "folder"),
    ("evaluate RUN part-1.csv", "have no column 'rich' to compare with"),
    ("evaluate RUN none.csv", "none of the given rows in none.csv has a target"),
    ("describe nowhere.csv", "there is no file nowhere.csv"),
    ("describe", "name a SOURCE"),
    ("report RUN --out nowhere/report.html", "nowhere"),
    ("doctor nowhere", "nowhere"),
    ("code nowhere", "nowhere"),
    ("predict RUN list.json --delimiter ;", "delimiter ';' has no effect: it is for text files"),
    ("evaluate RUN people.csv --rows 50", "--rows 50 has no effect"),
    ("read --example moons --features 3", "example moons takes --rows, --noise, --data-seed only"),
    ("describe RUN --target rich --delimiter ;", "of a model all is known"),
    ("describe people.csv --test-share 0.3", "without --target no rows are parted"),
    ("describe people.csv --drop aeg", "Did you mean 'age'?"),
    ("describe people.csv --kind age=numbr", "Did you mean 'number'?"),
    ("train people.csv -t rich --quiet --json", "--quiet and --json each say what is printed"),
    ("train people.csv -t rich --quiet --dry-run", "--quiet and --dry-run each say what is printed"),
    ("code RUN --notebook --verify", "--notebook has no effect: --verify prints no notebook"),
    ("explain 'a**2' a=1 --seed 3", "--seed has no effect: no value is randn or rand"),
    ("why RUN people.csv --row 0", "row"),
    ("why RUN people.csv --row 10000", "row"),
    ("explain 'a +'", "column"),
    ("explain 'a**2'", "a has no value"),
    ("explain '__import__(\"os\")' a=1", "column"),
]  # fmt: skip
CASES = [*SOURCES, *TARGETS, *COLUMNS, *SETTINGS, *PLACES]


def write_people(path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = 90
    age = generator.integers(18, 80, rows)
    pl.DataFrame(
        {
            "name": [f"person {n}" for n in range(rows)],
            "age": age,
            "city": generator.choice(["Aachen", "Bonn", "Celle"], rows),
            "height": generator.normal(170, 10, rows).round(1),
            "rich": np.where(age > 45, "yes", "no"),
            "same": ["x"] * rows,
            "none": [None] * rows,
            "infinite": ["inf"] * rows,
            "below": np.linspace(-1, 1, rows),
            "zero": [0] * rows,
            "holes": [None if n % 7 == 3 else 1.5 + n % 2 for n in range(rows)],
            "first": [1.5] * rows,
        }
    ).write_csv(path)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, finished: Path) -> Path:
    """A folder of files of which most are unusable."""
    folder = tmp_path_factory.mktemp("shelf")
    write_people(folder / "people.csv")
    good = (folder / "people.csv").read_bytes()
    noise = np.random.default_rng(0).bytes(3000)
    model = (finished / "model.glassnet").read_bytes()
    flipped = bytearray(model)
    flipped[len(model) // 2] ^= 1
    contents = {
        "empty.csv": b"",
        "blank.csv": b"\n\n\n",
        "head.csv": b"age,rich\n",
        "word.csv": b"hello\n",
        "noise.csv": noise,
        "picture.csv": b"\x89PNG\r\n\x1a\n" + noise,
        "paper.csv": b"%PDF-1.7\n" + noise,
        "rows.pkl": b"\x80\x04\x95" + noise,
        "uneven.csv": b"a,b,rich\n1,2,yes\n" + b"1\n1,2\n1,2,3,4\n1,2,3,4,5\n" * 9,
        "cut.csv.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + noise[:50],
        "fake.csv.gz": good,
        "broken.parquet": b"PAR1" + noise + b"PAR1",
        "broken.arrow": b"ARROW1\0\0" + noise,
        "alone.csv": b"rich\n" + b"1\n2\n3\n4\n" * 20,
        "broken.xlsx": b"PK\x03\x04" + noise,
        "broken.db": b"SQLite format 3\0" + noise,
        "broken.json": b'{"age": 1, "rich": ',
        "list.json": b"[1, 2, 3]",
        "part-1.csv": b"age,city\n1,Bonn\n2,Celle\n",
        "part-2.csv": b"city,aeg\nBonn,1\nCelle,2\n",
        "one.csv": b"age,rich\n1,yes\n",
        "weightless.csv": good.replace(b",1.5\n", b",0\n"),
        "none.csv": b"id,age,city,height,rich\np1,20,Bonn,170,\np2,30,Celle,180,perhaps\n",
        "latin.csv": "age,city,rich\n1,Düren,yes\n2,Köln,no\n".encode("latin-1") * 1,
        "empty.glassnet": b"",
        "cut.glassnet": model[:-100],
        "flipped.glassnet": bytes(flipped),
        "newer.glassnet": model.replace(b'format_version\\":1', b'format_version\\":9', 1),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "pack.zip", "w") as pack:
        pack.writestr("people.csv", good)
        pack.writestr("more.csv", good)
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.executescript(
            "create table people (age, rich); create table orders (n); insert into people values (1, 2)"
        )
    (folder / "folder").mkdir()
    (folder / "folder" / "dear.txt").write_text("dear")
    (folder / "loop.csv").symlink_to("loop.csv")
    return folder


def everything(folder: Path) -> dict[str, int]:
    return {str(one): one.lstat().st_size for one in sorted(folder.rglob("*"))}


@pytest.mark.parametrize(("command", "says"), CASES, ids=lambda one: str(one)[:70])
def test_it_is_refused_in_a_sentence(
    run: Run, shelf: Path, finished: Path, monkeypatch: pytest.MonkeyPatch, command: str, says: str
) -> None:
    monkeypatch.chdir(shelf)
    before = everything(shelf)
    words = [str(finished) if word == "RUN" else word for word in shlex.split(command)]
    done = run(words[0], *(QUICK if words[0] == "train" else []), *words[1:])
    assert done.code == 2, done.out + done.err
    assert done.out == ""
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.err.strip().endswith((".", "?", "?)"))
    assert everything(shelf) == before


def test_there_are_sixty() -> None:
    assert len({command for command, _ in CASES}) == len(CASES) >= 60
