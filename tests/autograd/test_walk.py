"""`explain(tensor)` for programs of torch: views, in-place operations, broadcasting, dead branches."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from glassnet.autograd.forward import watching
from glassnet.autograd.values import Kind
from glassnet.autograd.walk import explain
from glassnet.errors import GlassnetError


def leaf(*shape, seed=0):
    drawn = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return drawn.requires_grad_(True)


def check(output, **names):
    seen = explain(output, names=names)
    assert seen.agrees, seen.mismatches
    wanted = [tensor for tensor in names.values() if tensor.requires_grad]
    for name, gradient in zip(names, torch.autograd.grad(output, wanted, retain_graph=True), strict=True):
        torch.testing.assert_close(seen.gradients[name], gradient)
    str(seen)
    return seen


TARGET = torch.tensor([0, 2, 1])
PROGRAMS = {
    "0-d": lambda x, w: x[0, 0] * w[1, 1] ** 2,
    "one entry of shape (1, 1)": lambda x, w: x[:1, :1] * w[:1, :1],
    "views": lambda x, w: (x.T.reshape(-1)[2:7].view(5, 1) * w.flatten()[0]).sum(),
    "strided slices": lambda x, w: (x[::2, 1:] ** 2).sum() + w[:, -1].sum(),
    "index": lambda x, w: (x[torch.tensor([0, 0, 2])] * w).sum() + x[x > 0].sum(),
    "broadcasting": lambda x, w: (x[:, :1] + w[:1] * x.mean(dim=0, keepdim=True)).exp().mean(),
    "expand": lambda x, w: (x[:1].expand(3, 3) * w).sum(),
    "permute": lambda x, w: (torch.einsum("ij,kj->ik", x, w) ** 2).sum(),
    "batches": lambda x, w: torch.stack([x, w]).matmul(w).pow(2).mean(),
    "cat and split": lambda x, w: sum(p.sum() * i for i, p in enumerate(torch.cat([x, w]).split(2))),
    "unbind": lambda x, w: (x.unbind(0)[1] * w.unbind(1)[2]).sum(),
    "in place": lambda x, w: (x * 2).add_(w).mul_(3).relu_().sum(),
    "in place on a view": lambda x, w: _written(x, w).sum(),
    "detach": lambda x, w: (x * (x.detach() * 2) + w).sum(),
    "used often": lambda x, w: (x * x * x + x).sum() * x.sum() + w.sum(),
    "softmax": lambda x, w: functional.cross_entropy(x @ w, TARGET),
    "losses": lambda x, w: (
        functional.huber_loss(x, w) + functional.smooth_l1_loss(x, w) + functional.mse_loss(x, w)
    ),
    "binary": lambda x, w: (
        functional.binary_cross_entropy(x.sigmoid(), w.sigmoid())
        + functional.binary_cross_entropy_with_logits(x, w)
    ),
    "mixed dtypes": lambda x, w: (x.float() * 2).sum() + w.sum(),
    "clamp and where": lambda x, w: torch.where(x > 0, x.clamp(-0.5, 0.5), w.clamp(min=0)).sum(),
    "masks": lambda x, w: x.masked_fill(w > 0, 0.0).sum() + w.trace() + x.diagonal().sum(),
    "norms": lambda x, w: (
        x.norm(p=3) + w.norm(p=1) + torch.linalg.vector_norm(x, ord=float("inf"), dim=1).sum()
    ),
    "no rule written": lambda x, w: functional.layer_norm(x, (3,)).pow(3).sum() + torch.linalg.det(w),
    "layer norm": lambda x, w: functional.layer_norm(x, (3,), w[0], w[1]).pow(3).sum(),
    "linear": lambda x, w: functional.linear(x, w, x[0]).sigmoid().prod(dim=1).sum(),
    "embedding": lambda x, w: (functional.embedding(torch.tensor([0, 0, 2]), x) * w).sum(),
    "max along": lambda x, w: x.max(dim=1).values.sum() + w.amin(dim=0).prod() + x.logsumexp(1).sum(),
}


def _written(x, w):
    y = x * 1
    y[0] = w[1] * 2
    y[:, 2].mul_(5)
    return y * y


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("watched", [False, True])
def test_programs(name, watched):
    x, w = leaf(3, 3), leaf(3, 3, seed=1)
    if not watched:
        check(PROGRAMS[name](x, w), x=x, w=w)
        return
    with watching():
        output = PROGRAMS[name](x, w)
    seen = check(output, x=x, w=w)
    unkept = {node.torch_name for node in seen.nodes if None in node.values}
    assert unkept <= {"CopySlices"}, unkept


def test_every_watched_value_is_the_right_one():
    x = leaf(3, 2)
    with watching():
        first = x * 2
        second = first.exp()
        third = second + 1
        copies = [one.detach().clone() for one in (first, second, third)]
        third.mul_(0)
        output = third.sum()
    values = [node.value for node in explain(output, names={"x": x}).nodes if node.kind is Kind.OPERATION]
    for kept, copy in zip(
        values, [*copies, torch.zeros(3, 2).double(), torch.tensor(0.0).double()], strict=True
    ):
        assert torch.equal(kept, copy)


def test_what_is_not_kept_is_said():
    a = leaf()
    seen = explain((a + 1) + (a + 2), names={"a": a})
    assert seen.node("u1").value is None
    assert "does not keep the value of u1, u2: run the program inside `with glassnet.watching():`" in str(
        seen
    )
    assert "a + constant" in str(seen)


def test_a_rule_that_is_not_written_is_said():
    x = leaf(3, 3)
    seen = explain(torch.linalg.det(x), names={"x": x})
    assert "no local rule is written out here for LinalgDetBackward0" in seen.notes[-1]
    assert seen.agrees
    assert not seen.edges[0].recomputed


def test_own_function_and_float32_and_half():
    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 3 * x

        @staticmethod
        def backward(ctx, gradient):
            return 3 * gradient

    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        x = torch.tensor([1.0, 2.0], dtype=dtype, requires_grad=True)
        seen = explain((Triple.apply(x) * x.tanh()).sum(), names={"x": x})
        assert seen.agrees
        assert "TripleBackward" in str(seen)


def test_a_module_by_its_parameters_names():
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
    with watching():
        loss = functional.mse_loss(network(torch.ones(5, 4)), torch.zeros(5, 1))
    seen = explain(loss, names=dict(network.named_parameters()))
    loss.backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(seen.gradients[name], parameter.grad)
    assert all(edge.recomputed for edge in seen.edges)
    assert "0.bias + " in str(seen)


def test_a_leaf_alone_and_a_dead_branch_and_a_constant():
    a, b, c = leaf(), leaf(seed=1), torch.tensor(2.0, dtype=torch.float64)
    alone = explain(a, names={"a": a})
    assert float(alone.gradients["a"]) == 1.0
    dead = b * 5  # never used
    seen = explain(a * c, names={"a": a, "b": b, "dead": dead, "c": c})
    assert "b does not reach out: no gradient flows to it, and torch leaves its .grad at None." in seen.notes
    assert "dead does not reach out" in str(seen)
    assert seen.node("c").kind is Kind.CONSTANT
    assert seen.node("c").gradient is None
    assert "not asked for" in str(seen)


def test_a_hook_that_changes_the_gradient_is_flagged():
    a = leaf()
    y = a * 2
    y.register_hook(lambda gradient: gradient * 10)
    seen = explain(y * 3, names={"a": a})
    assert not seen.agrees
    assert "a hook changed one" in str(seen)


def test_nothing_of_torchs_is_changed():
    a = leaf()
    y = a**2
    explain(y)
    assert a.grad is None
    y.backward()
    assert float(a.grad) == pytest.approx(2 * float(a.detach()))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: x * 2, r"3 numbers; take its sum or mean first"),
        (lambda x: x.detach().sum(), "nothing to explain"),
        (lambda x: "x", "needs a torch tensor, but it was given str"),
        (lambda x: _freed(x), "the graph of this tensor is gone"),
        (lambda x: _overwritten(x), "overwritten in place"),
        (lambda x: torch.view_as_complex(torch.stack([x[0], x[1]])), "complex"),
    ],
)
def test_refused_in_words(make, message):
    with pytest.raises(GlassnetError, match=message):
        explain(make(leaf(3)))


def _freed(x):
    y = (x * x).sum()
    y.backward()
    return y


def _overwritten(x):
    y = x * 2
    z = (y**2).sum()
    y.add_(1)
    return z


def test_deep_graphs_need_no_recursion():
    x = leaf()
    y = x
    for _ in range(3000):
        y = y + x
    assert float(explain(y).gradients["leaf1"]) == 3001.0


def test_the_unknown_name_is_answered():
    a = leaf()
    with pytest.raises(GlassnetError, match="no value is called 'alpha'"):
        explain(a * 2, names={"a": a}).node("alpha")
