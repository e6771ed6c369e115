"""The code of the random numbers that a script uses."""

from __future__ import annotations

import re
from typing import Final

from glassnet.chance import Purpose
from glassnet.script.values import Section, block

WORDS: Final = '''def random_words(purpose, count, {member}epoch=0, step=0{seed}):
    """Return `count` random whole numbers of 64 bits."""
    philox = np.random.Philox(key=[{key}, purpose], counter=[0, step, epoch, {counter}])
    return philox.random_raw(count)'''

ORDER_ALONE: Final = '''def random_order(purpose, count, {member}epoch=0):
    """Return the numbers from 0 to count - 1 in random order."""
    philox = np.random.Philox(key=[SEED, purpose], counter=[0, 0, epoch, {counter}])
    return np.argsort(philox.random_raw(count), kind="stable")'''

ORDER: Final = '''def random_order(purpose, count, {member}epoch=0):
    """Return the numbers from 0 to count - 1 in random order."""
    return np.argsort(random_words(purpose, count, {given}epoch), kind="stable")'''

UNIFORM: Final = '''def uniform(purpose, count, {member}epoch=0, step=0{seed}):
    """Return `count` random numbers from 0 to 1."""
    return (random_words(purpose, count, {given}epoch, step{given_seed}) >> np.uint64(11)) * 2.0**-53'''

NORMAL: Final = '''def normal(purpose, count{normal_member}{normal_epoch}{seed}):
    """Return `count` random numbers with mean 0 and deviation 1 (Box and Muller's method)."""
    radius, angle = np.split(uniform(purpose, count + count % 2{given_last}{given_epoch}{given_seed}), 2)
    radius, angle = np.sqrt(-2 * np.log1p(-radius)), 2 * np.pi * angle
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]'''

SAYS: Final = (
    "Chance has no history here. Philox turns a key and a counter into random numbers, so that every draw of"
    " the run can be made again: the key is the seed and what the draw is for, the counter says where in the"
    " run it is made."
)


def chance_section(code: str, seed: int, has_members: bool) -> Section | None:
    """Return the functions that draw random numbers, those that `code` uses; None where it uses none.

    `has_members` says that draws name the member they are for.
    """
    has_normal = "normal(" in code
    has_uniform = has_normal or "uniform(" in code
    has_order = "random_order(" in code
    if not (has_order or has_uniform or "random_words(" in code):
        return None
    purposes = [one for one in Purpose if re.search(rf"\b{one.name}\b", code)]
    names, numbers = ", ".join(one.name for one in purposes), ", ".join(str(int(one)) for one in purposes)
    blanks = _blanks(has_members, code)
    if has_uniform or "random_words(" in code:
        wanted = {WORDS: True, ORDER: has_order, UNIFORM: has_uniform, NORMAL: has_normal}
        parts = [template.format(**blanks) for template, is_used in wanted.items() if is_used]
    else:
        parts = [ORDER_ALONE.format(**blanks)]
    spaced = [line for part in parts for line in ("\n", "\n", part)]
    head = [f"SEED = {seed}", f"{names} = {numbers}  # what a draw is for"]
    return Section(title="Random numbers", code=block(*head, *spaced), says=SAYS)


def _blanks(several: bool, code: str) -> dict[str, str]:
    """Return what goes into the blanks of the templates: what only some scripts need, only there."""
    has_seed = "seed=" in code
    has_epoch = bool(re.search(r"\bnormal\([^\n]*epoch=", code))
    return {
        "member": "member=0, " if several else "",
        "normal_member": ", member=0" if several else "",
        "given": "member, " if several else "",
        "given_last": ", member" if several else "",
        "normal_epoch": ", epoch=0" if has_epoch else "",
        "given_epoch": ", epoch" if has_epoch else "",
        "counter": "member" if several else "0",
        "seed": ", seed=SEED" if has_seed else "",
        "given_seed": ", seed=seed" if has_seed else "",
        "key": "seed" if has_seed else "SEED",
    }
