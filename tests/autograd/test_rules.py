"""Every rule that is written out: it gives torch's gradient, and a thousandth more is found."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from glassnet.autograd.rules.book import RULES
from glassnet.autograd.walk import explain


def flat(call):
    return lambda x, w: call(x).sum()


# Rules whose node bears the name of a torch function.
NAMED = [
    "Exp", "Expm1", "Log", "Log2", "Log10", "Sqrt", "Rsqrt", "Sin", "Cos", "Tan",
    "Asin", "Acos", "Atan", "Sinh", "Cosh", "Tanh", "Sigmoid", "Erf", "Relu", "Neg",
    "Reciprocal", "Abs", "Sign", "Floor", "Ceil", "Round", "Clone", "Trace", "Diagonal", "T",
]  # fmt: skip

# A program that uses the rule, on two positive 3x3 matrices below 1.
PROGRAMS = {
    **{
        f"{name}Backward0": flat(getattr(torch, name.lower()))
        for name in NAMED
    },
    "Log1PBackward0": flat(torch.log1p),
    "SgnBackward0": flat(torch.sgn),
    "LeakyReluBackward0": lambda x, w: functional.leaky_relu(x - 0.5, 0.2).sum(),
    "EluBackward0": lambda x, w: functional.selu(x - 0.5).sum(),
    "GeluBackward0": lambda x, w: functional.gelu(x).sum() + functional.gelu(w, approximate="tanh").sum(),
    "SiluBackward0": flat(functional.silu),
    "SoftplusBackward0": lambda x, w: functional.softplus(x, beta=3, threshold=1).sum(),
    "LogSigmoidBackward0": flat(functional.logsigmoid),
    "AddBackward0": lambda x, w: torch.add(x, w, alpha=3).sum(),
    "SubBackward0": lambda x, w: torch.sub(x, w, alpha=3).sum(),
    "RsubBackward1": lambda x, w: (1 - x).sum(),
    "MulBackward0": lambda x, w: (x * w).sum(),
    "DivBackward0": lambda x, w: (x / w + 2 / w).sum() + torch.div(2.5, x).sum(),
    "PowBackward0": lambda x, w: (x**2.5 + w**0 + w**1).sum(),
    "PowBackward1": lambda x, w: (x**w).sum(),
    "PowBackward2": lambda x, w: (2.5**x).sum(),
    "ClampBackward1": lambda x, w: x.clamp(0.3, 0.6).sum(),
    "ClampMinBackward0": lambda x, w: torch.clamp_min(x, 0.5).sum(),
    "ClampMaxBackward0": lambda x, w: torch.clamp_max(x, 0.5).sum(),
    "MaximumBackward0": lambda x, w: torch.maximum(x, w).sum() + torch.maximum(x, x * 1).sum(),
    "MinimumBackward0": lambda x, w: torch.minimum(x, w).sum(),
    "WhereBackward0": lambda x, w: torch.where(x > 0.5, x, w).sum(),
    "MaskedFillBackward0": lambda x, w: x.masked_fill(x > 0.5, 1.0).sum(),
    "LerpBackward0": lambda x, w: torch.lerp(x, w, 0.3).sum(),
    "AliasBackward0": flat(torch.ops.aten.alias),
    "ToCopyBackward0": lambda x, w: x.float().sum(),
    "SumBackward0": lambda x, w: x.sum(),
    "SumBackward1": lambda x, w: (x.sum(dim=1) * x.sum(dim=(0, 1)) * x.sum(dim=-1, keepdim=True)).sum(),
    "MeanBackward0": lambda x, w: x.mean(),
    "MeanBackward1": lambda x, w: (x.mean(dim=0) * w).sum(),
    "MaxBackward0": lambda x, w: (x.max(dim=1).values ** 2).sum(),
    "MinBackward0": lambda x, w: (x.min(dim=0, keepdim=True).values ** 2).sum(),
    "MaxBackward1": lambda x, w: x.max(),
    "MinBackward1": lambda x, w: x.min(),
    "AmaxBackward0": lambda x, w: (x.amax(dim=(0, 1)) * w).sum(),
    "AminBackward0": lambda x, w: (x.amin(dim=1) * w).sum(),
    "VarBackward0": lambda x, w: x.var() + x.var(dim=0, correction=0).sum(),
    "StdBackward0": lambda x, w: x.std() + x.std(dim=1, keepdim=True).prod(),
    "ProdBackward0": lambda x, w: x.prod(),
    "ProdBackward1": lambda x, w: x.prod(dim=1).sum(),
    "LinalgVectorNormBackward0": lambda x, w: x.norm() + x.norm(p=3, dim=1).sum() + w.norm(p=1),
    "SoftmaxBackward0": lambda x, w: (x.softmax(dim=1) * w).sum(),
    "LogSoftmaxBackward0": lambda x, w: (x.log_softmax(dim=0) * w).sum(),
    "LogsumexpBackward0": lambda x, w: (x.logsumexp(dim=1) * w).sum() + x.logsumexp(dim=(0, 1)),
    "CumsumBackward0": lambda x, w: (x.cumsum(dim=1) * w).sum(),
    "NativeLayerNormBackward0": lambda x, w: (functional.layer_norm(x, (3,), w[0], w[1]) * x).sum(),
    "MmBackward0": lambda x, w: (x @ w * x).sum(),
    "BmmBackward0": lambda x, w: torch.bmm(x[None], w[None]).pow(2).sum(),
    "MvBackward0": lambda x, w: (x @ w[0]).pow(2).sum(),
    "DotBackward0": lambda x, w: x[0] @ w[1],
    "AddmmBackward0": lambda x, w: torch.addmm(x, x, w, beta=2, alpha=3).pow(2).sum(),
    "ViewBackward0": lambda x, w: x.view(9).pow(2).sum(),
    "UnsafeViewBackward0": lambda x, w: (torch.stack([x, w]) @ w).pow(2).sum(),
    "ReshapeAliasBackward0": lambda x, w: torch.ops.aten._reshape_alias(x, [9], [1]).pow(2).sum(),
    "UnsqueezeBackward0": lambda x, w: (x.unsqueeze(1) * w).sum(),
    "SqueezeBackward0": lambda x, w: (x[:1].squeeze() * w).sum(),
    "SqueezeBackward1": lambda x, w: (x[:1].squeeze(0) * w).sum(),
    "SqueezeBackward2": lambda x, w: (x[:1, :1].squeeze((0, 1)) * w).sum(),
    "SqueezeBackward3": lambda x, w: ((x[:1] * 1).squeeze_() * w).sum(),
    "SqueezeBackward4": lambda x, w: ((x[:1] * 1).squeeze_(0) * w).sum(),
    "SqueezeBackward5": lambda x, w: ((x[:1] * 1).squeeze_((0,)) * w).sum(),
    "AddBackward1": lambda x, w: torch.ops.aten.add.Scalar(x, 2).sum(),
    "SubBackward1": lambda x, w: torch.ops.aten.sub.Scalar(x, 2).sum(),
    "ExpandBackward0": lambda x, w: (x[:1].expand(3, 3) * w).sum(),
    "TransposeBackward0": lambda x, w: (x.transpose(0, -1) * w).sum(),
    "PermuteBackward0": lambda x, w: (x.permute(1, 0) * w).sum(),
    "SelectBackward0": lambda x, w: x[-1].pow(2).sum(),
    "SliceBackward0": lambda x, w: x[:, ::2].pow(2).sum(),
    "IndexBackward0": lambda x, w: x[:, torch.tensor([0, 0, 2])].pow(2).sum(),
    "EmbeddingBackward0": lambda x, w: functional.embedding(torch.tensor([[0, 1], [0, 2]]), x).pow(2).sum(),
    "CatBackward0": lambda x, w: torch.cat([x, w[:, :1]], dim=-1).pow(2).sum(),
    "StackBackward0": lambda x, w: torch.stack([x, w], dim=-1).pow(2).sum(),
    "MseLossBackward0": functional.mse_loss,
    "HuberLossBackward0": lambda x, w: functional.huber_loss(x, w, delta=0.2),
    "SmoothL1LossBackward0": lambda x, w: functional.smooth_l1_loss(x, w, beta=0.2, reduction="sum"),
    "BinaryCrossEntropyBackward0": functional.binary_cross_entropy,
    "BinaryCrossEntropyWithLogitsBackward0": functional.binary_cross_entropy_with_logits,
    "NllLossBackward0": lambda x, w: functional.nll_loss(x, torch.tensor([0, 2, 1])),
}  # fmt: skip
FLAT = {"SignBackward0", "SgnBackward0", "FloorBackward0", "CeilBackward0", "RoundBackward0"}  # slope 0


def values():
    generator = torch.Generator().manual_seed(4)
    return [
        (0.05 + 0.9 * torch.rand((3, 3), dtype=torch.float64, generator=generator)).requires_grad_(True)
        for _ in "xw"
    ]


def test_every_rule_has_its_program():
    assert set(PROGRAMS) == set(RULES)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_rule_is_torchs_and_a_thousandth_more_is_found(name):
    x, w = values()
    output = PROGRAMS[name](x, w)
    seen = explain(output, names={"x": x, "w": w})
    assert name in {node.torch_name for node in seen.nodes}, {node.torch_name for node in seen.nodes}
    assert seen.agrees, seen.mismatches
    assert all(edge.recomputed for edge in seen.edges if seen.nodes[edge.target].torch_name == name)
    wrong = explain(output, rules={**RULES, name: scaled(RULES[name])})
    assert wrong.agrees is (name in FLAT)


def scaled(rule):
    def local(op, slot):
        right = rule.local(op, slot)
        return replace(right, pass_on=lambda gradient: 1.001 * right.pass_on(gradient))

    return replace(rule, local=local)


def test_losses_of_a_module_in_float32():
    network = nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 2))
    rows = torch.rand(6, 3, generator=torch.Generator().manual_seed(0))
    seen = explain(functional.cross_entropy(network(rows), torch.tensor([0, 1, 0, 1, 1, 0])))
    assert seen.agrees
    assert all(edge.recomputed for edge in seen.edges)
