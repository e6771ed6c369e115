"""Autograd explained: every value, local derivative and gradient of an expression or of a torch graph."""

from glassnet.autograd.differences import Difference as Difference
from glassnet.autograd.differences import check_expression as check_expression
from glassnet.autograd.explanation import Explanation as Explanation
from glassnet.autograd.expression import explain_expression as explain_expression
from glassnet.autograd.forward import watching as watching
from glassnet.autograd.values import Edge as Edge
from glassnet.autograd.values import Node as Node
from glassnet.autograd.walk import explain as explain
