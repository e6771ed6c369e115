"""The code of the training loop, for one network or for several side by side."""

from __future__ import annotations

from typing import Final

from glassnet.script.loss import by_class, loss_code
from glassnet.script.optimizer import optimizer_code
from glassnet.script.schedule import is_constant, schedule_code
from glassnet.script.target import cast_in_step
from glassnet.script.values import Run, Section, block
from glassnet.table.values import Task

EVALUATED_ROWS: Final = 8192  # rows that the eager engine puts through the network at once


def loop_section(run: Run) -> Section:
    """Return the code that trains, and records `training_loss` and `validation_loss`."""
    several = run.members > 1
    code = block(
        *_constants(run),
        "\n",
        *([schedule, "\n", "\n"] if (schedule := schedule_code(run)) else []),
        *_loss(run),
        *_weights(run),
        *(_several_optimizers(run) if several else _one_optimizer(run)),
        "\n",
        *_records(run),
        *(_several(run) if several else _one(run)),
    )
    return Section(title="Training", code=code.strip("\n"), says=_says(run))


def _says(run: Run) -> str:
    trained = run.fitted.trained
    says = "One pass over the training rows is an epoch."
    if run.steps_per_epoch == 1:
        says = "Each step sees all training rows."
    if run.has_validation:
        says += " The weights with the least loss on the validation rows are kept."
        if trained.history.epochs < run.fitted.recipe.training.epochs:
            says += f" The run ended after epoch {trained.history.epochs}: {trained.stopped}."
    return says


def _constants(run: Run) -> list[str]:
    training = run.fitted.recipe.training
    lines = [f"EPOCHS = {training.epochs}"]
    if run.steps_per_epoch > 1:
        lines.append(f"BATCH = {run.batch_size}  # rows of a step")
    if not is_constant(run):
        per_epoch = " * math.ceil(len(train) / BATCH)" if run.steps_per_epoch > 1 else ""
        lines.append(f"STEPS = EPOCHS{per_epoch}")
    if _patience(run):
        lines.append(f"PATIENCE = {training.patience}  # epochs without a better one before it stops")
    return lines


def _patience(run: Run) -> bool:
    return run.has_validation and run.fitted.recipe.training.patience > 0


def _is_plain(run: Run) -> bool:
    """Return whether `criterion`, torch's own mean over all rows, gives the same bits."""
    return not run.has_validation and run.fitted.settings.class_weight == "none"


def _loss(run: Run) -> list[str]:
    code = loss_code(run)
    if _is_plain(run) and code.plain:
        return [code.plain]
    return [code.define, *(["\n", "\n"] if code.define.startswith("def ") else [])]


def _weights(run: Run) -> list[str]:
    """Return the lines that weigh the classes."""
    wanted, labels = run.fitted.settings.class_weight, run.fitted.schema.targets[0].labels
    if wanted == "none":
        return []
    if wanted == "balanced":
        return [
            "count = np.bincount(y.astype(int))",
            f"weight = torch.from_numpy((len(y) / ({len(labels)} * count))[y.astype(int)])  # rare classes more",
        ]
    given = dict(wanted) if not isinstance(wanted, str) else {}
    each = [float(given.get(str(label), 1.0)) for label in labels]
    return [f"weight = torch.from_numpy(np.array({each})[y.astype(int)])  # of each class"]


def _one_optimizer(run: Run) -> list[str]:
    lines = [f"optimizer = {optimizer_code(run)}"]
    return lines + ([] if is_constant(run) else [f"scheduler = {SCHEDULER}"])


SCHEDULER: Final = "torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor)"


def _several_optimizers(run: Run) -> list[str]:
    call = optimizer_code(run).replace("\n", "\n    ")
    lines = [
        "optimizers = [",
        f"    {call}",
        "    for network in networks",
        "]",
    ]
    if is_constant(run):
        return lines
    return [*lines, f"schedulers = [{SCHEDULER} for optimizer in optimizers]"]


def _records(run: Run) -> list[str]:
    if not run.has_validation:
        return ["training_loss = []"]
    best = "best_loss = math.inf"
    if run.members > 1:
        best = f"best_loss, best_epoch, best_weights = [math.inf] * {run.members}, [0] * {run.members}, [None] * {run.members}"
    return ["training_loss, validation_loss = [], []", best]


def _epochs(run: Run) -> str:
    """Return the line that counts epochs: fewer where the run was ended before it was done."""
    trained, training = run.fitted.trained, run.fitted.recipe.training
    done = trained.history.epochs
    waited = training.patience and done - max(trained.best_epoch_K) >= training.patience
    if done == training.epochs or waited:
        return "for epoch in range(EPOCHS):"
    return f"for epoch in range({done}):  # of {training.epochs}: {trained.stopped}"


# ---- one network ----


def _one(run: Run) -> list[str]:
    lines = [_epochs(run), *_in(1, _epoch_body(run, ""))]
    if _patience(run):
        lines += _in(1, ["if epoch - best_epoch >= PATIENCE:", "    break"])
    if run.has_validation:
        lines.append("network.load_state_dict(best_weights)")
    return lines


def _several(run: Run) -> list[str]:
    """Return the loop over members within an epoch."""
    names = ["network", "optimizer", *([] if is_constant(run) else ["scheduler"])]
    lists = ", ".join(f"{name}s" for name in names)
    lines = [
        _epochs(run),
        "    training_loss.append([])",
        "    validation_loss.append([])" if run.has_validation else "",
        f"    for member, ({', '.join(names)}) in enumerate(zip({lists})):",
        *_in(2, _epoch_body(run, "[member]")),
    ]
    if _patience(run):
        lines += _in(1, ["if all(epoch - best >= PATIENCE for best in best_epoch):", "    break"])
    if run.has_validation:
        lines.append("for network, weights in zip(networks, best_weights):\n    network.load_state_dict(weights)")
    return lines


def _in(depth: int, lines: list[str]) -> list[str]:
    """Return the lines indented."""
    pad = "    " * depth
    return [
        line if line in ("", "\n") else "\n".join(pad + part if part else "" for part in line.split("\n"))
        for line in lines
    ]


def _epoch_body(run: Run, mine: str) -> list[str]:
    """Return the lines of one epoch of one member; `mine` is the index of its records."""
    has_dropout = bool(run.fitted.recipe.architecture.dropout and run.fitted.recipe.architecture.hidden)
    record = "training_loss[-1]" if mine else "training_loss"
    lines = ["network.train()"] if has_dropout and run.has_validation else []
    if run.steps_per_epoch == 1:
        lines += [*_step(run, "0", mine), f"{record}.append(loss.item())" if not _by_rows(run) else ""]
    else:
        member = "member, " if mine else ""
        lines += [
            "total = 0.0" if not _by_rows(run) else "",
            f"order = train[random_order(ORDER, len(train), {member}epoch)]",
            _enumerated(run, has_dropout),
            *_in(1, _step(run, "step", mine)),
            "    total += loss.item() * len(rows)" if not _by_rows(run) else "",
            f"{record}.append(total / len(train))" if not _by_rows(run) else "",
        ]
    if _by_rows(run):
        lines += [
            "with torch.no_grad():",
            f"    {record}.append({_mean_loss(run, _forward(run, 'train'), 'train')}.item())",
        ]
    return lines + (_look(run, mine, has_dropout) if run.has_validation else [])


def _enumerated(run: Run, has_dropout: bool) -> str:
    parts = "np.split(order, range(BATCH, len(train), BATCH))"
    return f"for step, rows in enumerate({parts}):" if has_dropout else f"for rows in {parts}:"


def _by_rows(run: Run) -> bool:
    return run.fitted.recipe.training.training_loss == "rows"


def all_train(run: Run) -> bool:
    """Return whether every row of the table trains, so that `x` needs no rows."""
    return not run.has_validation and not len(run.rows.test)


def _mean_loss(run: Run, output: str, rows: str) -> str:
    """Return the mean loss of outputs as code."""
    target = "target" if all_train(run) and rows == "train" else f"target[{rows}]"
    target += cast_in_step(run)
    if run.fitted.settings.class_weight != "none":
        flat = "" if by_class(run) or run.fitted.outputs > 1 else ".flatten()"
        weight = f"weight[{rows}].float()" if run.fitted.recipe.training.precision == "float32" else f"weight[{rows}]"
        return f"(row_loss({output}, {target}){flat} * {weight}).sum() / {weight}.sum()"
    if _is_plain(run) and loss_code(run).plain:
        return f"criterion({output}, {target})"
    return f"row_loss({output}, {target}).mean()"


def _step(run: Run, step: str, mine: str) -> list[str]:
    """Return the lines of one step: forward, backward, update."""
    training, architecture = run.fitted.recipe.training, run.fitted.recipe.architecture
    rows = "train" if run.steps_per_epoch == 1 else "rows"
    inputs = "x" if all_train(run) and rows == "train" else f"x[{rows}]"
    member = "network, member, " if mine else ""
    lines = []
    if architecture.dropout and architecture.hidden:
        lines.append(f"draw_dropout({member}epoch, {step}, len({rows}))")
    lines += [
        f"loss = {_mean_loss(run, f'network({inputs})', rows)}",
        "optimizer.zero_grad()",
        "loss.backward()",
    ]
    if training.clip:
        lines.append(f"nn.utils.clip_grad_norm_({_clipped(run)}, {training.clip})")
    return [*lines, "optimizer.step()", *([] if is_constant(run) else ["scheduler.step()"])]


def _clipped(run: Run) -> str:
    """Return the parameters whose gradients are clipped together."""
    architecture = run.fitted.recipe.architecture
    if architecture.normalization == "layer" and len(architecture.hidden):
        # In the order of the run's network, because sums of squares are rounded in the order of summing.
        return "[p for kind in (Embed, nn.Linear, LayerNorm) for p in parameters_of(kind)]"
    return "network.parameters()"


def _forward(run: Run, rows: str) -> str:
    """Return the outputs for many rows, in parts where the run takes parts."""
    count = len(run.rows.fit[0]) if rows == "train" else len(run.rows.validation[0])
    inputs = "x" if all_train(run) else f"x[{rows}]"
    if count <= EVALUATED_ROWS:
        return f"network({inputs})"
    return f"torch.cat([network(part) for part in {inputs}.split({EVALUATED_ROWS})])"


def _double(run: Run) -> str:
    """Return the cast of the target where it is not in float64 or a class number already."""
    training = run.fitted.recipe.training
    kept = by_class(run) or run.fitted.schema.task is Task.REGRESSION or training.precision == "float64"
    return "" if kept else ".double()"


def _look(run: Run, mine: str, has_dropout: bool) -> list[str]:
    """Return the lines that score an epoch on the validation rows and keep the best weights."""
    record = "validation_loss[-1]" if mine else "validation_loss"
    last = f"{record}[-1]"
    losses = f"row_loss({_forward(run, 'validation')}.double(), target[validation]{_double(run)})"
    if run.fitted.settings.class_weight != "none":
        weighted = [
            f"    losses = {losses}.flatten().numpy() * weight[validation].numpy()",
            f"{record}.append(losses.sum() / weight[validation].numpy().sum())",
        ]
    else:
        weighted = [f"    {record}.append({losses}.numpy().mean())"]
    return [
        "\n",
        "network.eval()" if has_dropout else "",
        "with torch.no_grad():",
        *weighted,
        f"if {last} < best_loss{mine}:",
        f"    best_loss{mine}, best_epoch{mine} = {last}, epoch",
        f"    best_weights{mine} = copy.deepcopy(network.state_dict())",
    ]
