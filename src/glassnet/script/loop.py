"""The code of the training loop, for one network or for several side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from glassnet.script import average
from glassnet.script.folds import length_code, parts_of
from glassnet.script.loss import by_class, loss_code
from glassnet.script.optimizer import group_lines, optimizer_code
from glassnet.script.schedule import is_constant, schedule_code
from glassnet.script.target import cast_in_step
from glassnet.script.values import Run, Section, block, cannot
from glassnet.table.values import Task

SCHEDULER: Final = "torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor)"
WRITTEN_OUT: Final = '''def criterion(output, target):
    """Return the mean squared error."""
    return ((output - target) ** 2).mean()'''
REAL: Final = "real = rows[: len(train) - step * BATCH]  # those that fill up do not count"
EVALUATED_ROWS: Final = 8192  # rows that the eager engine puts through the network at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """What the two styles write differently in the loop."""

    call: str  # gives the outputs: "network", or "forward"
    before: Callable[[Run], list[str]]  # what is made before the first epoch, such as an optimiser
    draw: Callable[[Run, str, str, str], list[str]]  # masks of a step: (run, step, rows, member)
    outputs: Callable[[Run, str], str]  # a step's outputs of some inputs
    update: Callable[[Run], list[str]]  # what follows the loss in a step
    is_scratch: bool  # whether everything is written out: the learning rate, the loss, no modes
    keep: str  # a copy of the weights
    restore: str  # puts the copy back


def loop_section(run: Run, voice: Voice | None = None) -> Section:
    """Return the code that trains, and records `training_loss` and `validation_loss`."""
    voice = voice or MODULES
    if run.has_empty_step:
        raise cannot("one of its folds has no row in the last step of an epoch; choose another --batch-size")
    code = block(
        *constant_lines(run, voice.is_scratch),
        *(["\n", "\n", schedule, "\n", "\n"] if (schedule := schedule_code(run)) else ["\n"]),
        *(["\n", "\n", average.moved_code(run), "\n", "\n"] if average.averages(run) else []),
        *_loss(run, voice),
        *weight_lines(run),
        *voice.before(run),
        "\n",
        *record_lines(run),
        *(_several(run, voice) if run.networks > 1 else _one(run, voice)),
    )
    return Section(title="Training", code=re.sub(r"\n{4,}", "\n\n\n", code), says=loop_says(run))


def loop_says(run: Run) -> str:
    """Return what a reader is told of the loop."""
    trained = run.fitted.trained
    says = "One pass over the training rows is an epoch."
    if run.steps_per_epoch == 1:
        says = "Each step sees all training rows."
    says += average.SAYS if average.averages(run) else ""
    if run.has_validation:
        says += f" {_kept(run)}."
        if trained.history.epochs < run.fitted.recipe.training.epochs:
            says += f" The run ended after epoch {trained.history.epochs}: {trained.stopped}."
    return says


def _kept(run: Run) -> str:
    """Return in words which weights are kept."""
    refined = ", at its best temperature," if run.is_refined else ""
    if run.has_folds and run.is_team:
        return (
            "All folds keep the weights of one epoch: that at which their teams' mean outputs have the least"
            f" loss{refined} on the rows held out"
        )
    whose = "The weights whose mean output has" if run.is_team else "The weights with"
    return f"{whose} the least loss{refined} on the validation rows are kept"


def constant_lines(run: Run, is_scratch: bool = False) -> list[str]:
    """Return the lines that set how long training is."""
    training = run.fitted.recipe.training
    lines = [f"EPOCHS = {training.epochs}"]
    if run.steps_per_epoch > 1:
        lines.append(f"BATCH = {run.batch_size}  # rows of a step")
    if is_scratch:
        lines.append(f"LEARNING_RATE = {training.learning_rate}")
    if run.has_folds and (run.steps_per_epoch > 1 or fills_up(run)):
        lines.append("LONGEST = max(len(rows) for rows, _ in folds)  # training rows of the largest fold")
    if not is_constant(run):
        per_epoch = f" * math.ceil({length_code(run)} / BATCH)" if run.steps_per_epoch > 1 else ""
        lines.append(f"STEPS = EPOCHS{per_epoch}")
    if has_patience(run):
        lines.append(f"PATIENCE = {training.patience}  # epochs without a better one before it stops")
    return lines


def fills_up(run: Run) -> bool:
    """Return whether a fold with less rows than another has rows twice, those at the end without a weight."""
    return run.is_ragged and (run.steps_per_epoch > 1 or has_dropout(run))


def has_patience(run: Run) -> bool:
    """Return whether training may stop before its epochs are done."""
    return run.has_validation and run.fitted.recipe.training.patience > 0


def _is_plain(run: Run) -> bool:
    """Return whether `criterion`, torch's own mean over all rows, gives the same bits."""
    return not run.has_validation and run.fitted.settings.class_weight == "none"


def _loss(run: Run, voice: Voice) -> list[str]:
    code = loss_code(run)
    if _is_plain(run) and code.plain:
        return [WRITTEN_OUT, "\n", "\n"] if voice.is_scratch else [code.plain]
    return [code.define, *(["\n", "\n"] if code.define.startswith("def ") else [])]


def weight_lines(run: Run) -> list[str]:
    """Return the lines that weigh the classes."""
    wanted, labels = run.fitted.settings.class_weight, run.fitted.schema.targets[0].labels
    if wanted == "none":
        return []
    if wanted == "balanced":
        return [
            "count = np.bincount(y.astype(int))",
            f"weight = len(y) / ({len(labels)} * count)  # of each class: all classes count the same",
            "weight = torch.from_numpy(weight[y.astype(int)])",
        ]
    given = dict(wanted) if not isinstance(wanted, str) else {}
    each = [float(given.get(str(label), 1.0)) for label in labels]
    return [f"weight = torch.from_numpy(np.array({each})[y.astype(int)])  # of each class"]


def optimizer_lines(run: Run) -> list[str]:
    """Return the lines that make the optimiser and what moves its rate, or one of each per member."""
    if run.networks > 1:
        return [*group_lines(run), *_several_optimizers(run)]
    lines = [*group_lines(run), f"optimizer = {optimizer_code(run)}"]
    lines += [] if is_constant(run) else [f"scheduler = {SCHEDULER}"]
    return lines + ([f"average = {average.MAKE}"] if average.averages(run) else [])


def _several_optimizers(run: Run) -> list[str]:
    call = optimizer_code(run).replace("\n", "\n    ")
    lines = [
        "optimizers = [",
        f"    {call}",
        "    for network in networks",
        "]",
    ]
    if not is_constant(run):
        lines.append(f"schedulers = [{SCHEDULER} for optimizer in optimizers]")
    if average.averages(run):
        lines += ["averages = [", f"    {average.MAKE}", "    for network in networks", "]"]
    return lines


def record_lines(run: Run) -> list[str]:
    """Return the lines that make room for losses and the best weights."""
    if not run.has_validation:
        return ["training_loss = []"]
    best = "best_loss = math.inf"
    if run.networks > 1 and not run.is_team:
        each = f"[math.inf] * {run.members}, [0] * {run.members}, [None] * {run.members}"
        best = f"best_loss, best_epoch, best_weights = {each}"
    return ["training_loss, validation_loss = [], []", best]


def epochs_line(run: Run) -> str:
    """Return the line that counts epochs: fewer where the run was ended before it was done."""
    trained, training = run.fitted.trained, run.fitted.recipe.training
    done = trained.history.epochs
    waited = training.patience and done - max(trained.best_epoch_K) >= training.patience
    if done == training.epochs or waited:
        return "for epoch in range(EPOCHS):"
    return f"for epoch in range({done}):  # of {training.epochs}: {trained.stopped}"


# ---- one network ----


def _one(run: Run, voice: Voice) -> list[str]:
    lines = [epochs_line(run), *indented(1, _epoch_body(run, voice, ""))]
    if has_patience(run):
        lines += indented(1, ["if epoch - best_epoch >= PATIENCE:", "    break"])
    if run.has_validation:
        lines.append(voice.restore)
    elif average.averages(run):
        lines.append(f"network.load_state_dict({average.STATE})")
    return lines


def _several(run: Run, voice: Voice) -> list[str]:
    """Return the loop over members within an epoch."""
    names = ["network", "optimizer", *([] if is_constant(run) else ["scheduler"])]
    names += ["average"] if average.averages(run) else []
    lists = ", ".join(f"{name}s" for name in names)
    lines = [
        epochs_line(run),
        "    training_loss.append([])",
        "    validation_loss.append([])" if run.has_validation else "",
        f"    for member, ({', '.join(names)}) in enumerate(zip({lists})):",
        f"        {parts_of(run)} = prepared[member % len(folds)]" if run.has_folds else "",
        *indented(2, _epoch_body(run, voice, "[member]")),
    ]
    if has_patience(run):
        lines += indented(1, ["if all(epoch - best >= PATIENCE for best in best_epoch):", "    break"])
    if run.has_validation:
        lines.append(
            "for network, weights in zip(networks, best_weights):\n    network.load_state_dict(weights)"
        )
    elif average.averages(run):
        lines.append(
            f"for network, average in zip(networks, averages):\n    network.load_state_dict({average.STATE})"
        )
    return lines


def indented(depth: int, lines: list[str]) -> list[str]:
    """Return the lines indented."""
    pad = "    " * depth
    return [
        line if line in ("", "\n") else "\n".join(pad + part if part else "" for part in line.split("\n"))
        for line in lines
    ]


def _epoch_body(run: Run, voice: Voice, mine: str) -> list[str]:
    """Return the lines of one epoch of one member; `mine` is the index of its records."""
    record = "training_loss[-1]" if mine else "training_loss"
    by_rows = run.fitted.recipe.training.training_loss == "rows"
    lines = ["network.train()"] if has_modes(run, voice.is_scratch) else []
    if run.steps_per_epoch == 1:
        lines += [*_step(run, voice, "0", mine), "" if by_rows else f"{record}.append({_item(run)})"]
    else:
        member = "member, " if mine else ""
        lines += [
            "" if by_rows else "total = 0.0",
            f"order = train[random_order(ORDER, len(train), {member}epoch)]",
            "order = np.resize(order, LONGEST)" if run.is_ragged else "",
            _enumerated(run),
            *indented(1, _step(run, voice, "step", mine)),
            "" if by_rows else f"    total += {_item(run)} * len(rows)",
            "" if by_rows else f"{record}.append(total / {length_code(run)})",
        ]
    if by_rows:
        after = _mean_loss(run, _forward(run, voice, "train"), "train")
        lines += ["with torch.no_grad():", f"    {record}.append({after}.item())"]
    return lines + (_look(run, voice, mine) if run.has_validation else [])


def _item(run: Run) -> str:
    """Return a step's loss as a number: the run keeps 32 bits of it."""
    return "loss.float().item()" if run.fitted.recipe.training.precision == "float64" else "loss.item()"


def has_dropout(run: Run) -> bool:
    """Return whether units are dropped in training."""
    architecture = run.fitted.recipe.architecture
    return bool(architecture.dropout and architecture.hidden)


def has_modes(run: Run, is_scratch: bool = False) -> bool:
    """Return whether the network is told when it trains and when it is looked at."""
    # Averaged weights are looked at in a network of their own, which never drops a unit.
    return not (is_scratch or average.averages(run)) and has_dropout(run) and run.has_validation


def _enumerated(run: Run) -> str:
    parts = f"np.split(order, range(BATCH, {length_code(run)}, BATCH))"
    is_numbered = has_dropout(run) or run.is_ragged
    return f"for step, rows in enumerate({parts}):" if is_numbered else f"for rows in {parts}:"


def all_train(run: Run) -> bool:
    """Return whether every row of the table trains, so that `x` needs no rows."""
    return not run.has_validation and not len(run.rows.test)


def _mean_loss(run: Run, output: str, rows: str) -> str:
    """Return the mean loss of outputs as code."""
    target = "target" if all_train(run) and rows == "train" else f"target[{rows}]"
    target += cast_in_step(run)
    if run.fitted.settings.class_weight != "none":
        flat = "" if by_class(run) or run.fitted.outputs > 1 else ".flatten()"
        weight = (
            f"weight[{rows}].float()"
            if run.fitted.recipe.training.precision == "float32"
            else f"weight[{rows}]"
        )
        return f"(row_loss({output}, {target}){flat} * {weight}).sum() / {weight}.sum()"
    if _is_plain(run) and loss_code(run).plain:
        return f"criterion({output}, {target})"
    return f"row_loss({output}, {target}).mean()"


def _step(run: Run, voice: Voice, step: str, mine: str) -> list[str]:
    """Return the lines of one step: forward, backward, update."""
    rows = "train" if run.steps_per_epoch == 1 else "rows"
    inputs = "x" if all_train(run) and rows == "train" else f"x[{rows}]"
    outputs, counted = voice.outputs(run, inputs), rows
    filled = ["rows, real = np.resize(train, LONGEST), train"] if rows == "train" else [REAL]
    if fills_up(run):
        outputs, counted, rows = f"{voice.outputs(run, 'x[rows]')}[: len(real)]", "real", "rows"
    return [
        *(filled if fills_up(run) else []),
        *(voice.draw(run, step, rows, "network, member, " if mine else "") if has_dropout(run) else []),
        f"loss = {_mean_loss(run, outputs, counted)}",
        *voice.update(run),
    ]


def _draw(run: Run, step: str, rows: str, member: str) -> list[str]:
    del run
    return [f"draw_dropout({member}epoch, {step}, len({rows}))"]


def update_lines(run: Run) -> list[str]:
    """Return the lines by which torch's optimiser takes a step."""
    lines = ["optimizer.zero_grad()", "loss.backward()"]
    if clip := run.fitted.recipe.training.clip:
        lines.append(f"nn.utils.clip_grad_norm_({_clipped(run)}, {clip})")
    lines += ["optimizer.step()", *([] if is_constant(run) else ["scheduler.step()"])]
    return lines + ([average.UPDATE] if average.averages(run) else [])


MODULES: Final = Voice(
    call="network",
    before=optimizer_lines,
    draw=_draw,
    outputs=lambda run, inputs: f"network({inputs})",
    update=update_lines,
    is_scratch=False,
    keep="copy.deepcopy(network.state_dict())",
    restore="network.load_state_dict(best_weights)",
)


def _clipped(run: Run) -> str:
    """Return the parameters whose gradients are clipped together."""
    architecture = run.fitted.recipe.architecture
    if architecture.normalization == "layer" and architecture.hidden and not (run.is_team or run.is_scaled):
        return "in_order(network)"
    return "network.parameters()"


def _forward(run: Run, voice: Voice, rows: str) -> str:
    """Return the outputs for many rows, in parts where the run takes parts."""
    count = len(run.rows.fit[0]) if rows == "train" else len(run.rows.validation[0])
    inputs = "x" if all_train(run) else f"x[{rows}]"
    call = "average" if average.averages(run) else voice.call
    if count <= EVALUATED_ROWS:
        return f"{call}({inputs})"
    return f"torch.cat([{call}(part) for part in {inputs}.split({EVALUATED_ROWS})])"


def _double(run: Run) -> str:
    """Return the cast of the target where it is not in float64 or a class number already."""
    training = run.fitted.recipe.training
    kept = by_class(run) or run.fitted.schema.task is Task.REGRESSION or training.precision == "float64"
    return "" if kept else ".double()"


def _keep(run: Run, voice: Voice) -> str:
    return f"copy.deepcopy({average.STATE})" if average.averages(run) else voice.keep


def _look(run: Run, voice: Voice, mine: str) -> list[str]:
    """Return the lines that score an epoch on the validation rows and keep the best weights."""
    record = "validation_loss[-1]" if mine else "validation_loss"
    last = f"{record}[-1]"
    outputs = f"{_forward(run, voice, 'validation')}.double()"
    mean = "losses.numpy().mean()"
    if run.fitted.settings.class_weight != "none":
        mean = "(losses.flatten() * w).numpy().sum() / w.numpy().sum()"
    return [
        "\n",
        "network.eval()" if has_modes(run, voice.is_scratch) else "",
        "with torch.no_grad():",
        f"    losses = row_loss({outputs}, target[validation]{_double(run)})",
        "w = weight[validation]" if " * w)" in mean else "",
        f"{record}.append({mean})",
        f"if {last} < best_loss{mine}:",
        f"    best_loss{mine}, best_epoch{mine} = {last}, epoch",
        f"    best_weights{mine} = {_keep(run, voice)}",
    ]
