"""Every local rule that is written out, keyed by the name of torch's node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from glassnet.autograd.rules.elementwise import ELEMENTWISE
from glassnet.autograd.rules.local import Rule
from glassnet.autograd.rules.losses import LOSS_RULES
from glassnet.autograd.rules.matrices import MATRICES
from glassnet.autograd.rules.reductions import REDUCTIONS

RULES: Final[Mapping[str, Rule]] = {**ELEMENTWISE, **REDUCTIONS, **MATRICES, **LOSS_RULES}
