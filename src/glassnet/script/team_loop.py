"""The code of a team's training loop: every member its own rows, one step and one choice for all of them."""

from __future__ import annotations

import re
from typing import Final

from glassnet.loss.refined import LEAST, MOST, TIMES
from glassnet.script import average
from glassnet.script.folds import length_code, parts_of
from glassnet.script.loop import (
    EVALUATED_ROWS,
    constant_lines,
    epochs_line,
    fills_up,
    has_dropout,
    has_modes,
    has_patience,
    indented,
    loop_says,
    optimizer_lines,
    record_lines,
    update_lines,
    weight_lines,
)
from glassnet.script.loss import by_class, loss_code
from glassnet.script.schedule import is_constant, schedule_code
from glassnet.script.values import Run, Section, block
from glassnet.validation import LEVEL

MEAN_LOSS: Final = '''def mean_loss(output, rows):
    """Return the mean loss of one member's outputs for some rows."""
    return row_loss(output, {target}){mean}'''

WEIGHTED_LOSS: Final = '''def mean_loss(output, rows):
    """Return the mean loss of one member's outputs for some rows, each row counting as its class does."""
    w = weight[rows].to(output.dtype)
    return (row_loss(output, {target}).flatten() * w).sum() / w.sum(){least}'''

REFINED_LOSS: Final = '''def refined_loss(output, rows):
    """Return the least mean loss that outputs reach when all of them are multiplied by one number.

    Such a temperature is fitted after training: what counts before is what it cannot mend. Golden sections
    come nearer to the number from both sides.
    """
    golden, low, high = (math.sqrt(5) - 1) / 2, math.log({least}), math.log({most})
    for _ in range({times}):
        left, right = high - golden * (high - low), low + golden * (high - low)
        losses = [mean_loss(output * math.exp(place), rows).item() for place in (left, right)]
        low, high = (low, right) if losses[0] <= losses[1] else (left, high)
    return min(losses)'''

SAYS: Final = " A step's loss is the mean of the members' losses{own}."
OWN_ORDER: Final = ", and each of them sees the rows in an order of its own"


def team_loop_section(run: Run) -> Section:
    """Return the code that trains, and records every member's `training_loss` and `validation_loss`."""
    space = ["\n", "\n"]
    define = loss_code(run).define
    parts = [
        *constant_lines(run),
        f"SLACK = {run.fitted.recipe.training.slack}  # within it of the best the loss is level"
        if _has_slack(run)
        else "",
        *(["\n", "\n", schedule, *space] if (schedule := schedule_code(run)) else ["\n"]),
        *([*space, average.moved_code(run), *space] if average.averages(run) else []),
        *([*space, define, *space] if define.startswith("def ") else [define]),
        *weight_lines(run),
        *space,
        _mean_loss(run),
        *space,
        *([REFINED_LOSS.format(least=LEAST, most=MOST, times=TIMES + 1), *space] if run.is_refined else []),
        *optimizer_lines(run),
        f"teams = list(zip({', '.join(f'{name}s' for name in _trained(run))}))" if run.has_folds else "",
        "\n",
        *record_lines(run),
        epochs_line(run),
        *indented(1, _epochs_of_folds(run) if run.has_folds else _epoch(run)),
        *_end(run),
    ]
    says = SAYS.format(own=OWN_ORDER if run.steps_per_epoch > 1 else "")
    code = re.sub(r"\n{4,}", "\n\n\n", block(*parts))
    return Section(title="Training", code=code, says=loop_says(run) + says)


def _mean_loss(run: Run) -> str:
    """Return the function that gives a member's loss, with the target in the outputs' precision."""
    target = "target[rows]" if by_class(run) else "target[rows].to(output.dtype)"
    is_weighted = run.fitted.settings.class_weight != "none"
    mean = ".sum() / max(len(rows), 1)" if run.has_empty_step else ".mean()"
    least = ".clamp(min=1e-30)" if run.has_empty_step else ""
    return (WEIGHTED_LOSS if is_weighted else MEAN_LOSS).format(target=target, mean=mean, least=least)


def _trained(run: Run) -> list[str]:
    """Return the names of what each team has of its own while it trains."""
    names = ["network", "optimizer"]
    names += [] if is_constant(run) else ["scheduler"]
    return names + (["average"] if average.averages(run) else [])


def _epochs_of_folds(run: Run) -> list[str]:
    """Return the lines of one epoch of every fold, and of the choice that they make together."""
    keep = f"[{average.STATE} for average in averages]"
    if not average.averages(run):
        keep = "[network.state_dict() for network in networks]"
    joint = "np.mean(together)"
    if run.is_refined:
        joint = "refined_loss(torch.cat(together), np.concatenate(held_out))"
    return [
        "trained, looked, together = [], [], []",
        f"for fold, ({', '.join(_trained(run))}) in enumerate(teams):",
        *indented(1, [f"{parts_of(run)} = prepared[fold]", *_epoch(run)]),
        "\n",
        "training_loss.append(np.stack(trained, axis=1).flatten())",
        "validation_loss.append(np.stack(looked, axis=1).flatten())",
        f"joint = {joint}  # one choice for all",
        "if joint < best_loss:",
        "    best_loss, best_epoch = joint, epoch",
        f"    best_weights = copy.deepcopy({keep})",
        *_patience(run),
    ]


def _epoch(run: Run) -> list[str]:
    """Return the lines of one epoch of a team."""
    by_rows = run.fitted.recipe.training.training_loss == "rows"
    lines = ["network.train()"] if has_modes(run) else []
    lines += _whole_step(run, by_rows) if run.steps_per_epoch == 1 else _steps(run, by_rows)
    if by_rows:
        lines += [
            "with torch.no_grad():",
            f"    outputs = {_forward(run, 'train')}",
            f"{_losses(run)}.append([mean_loss(output, train).item() for output in outputs])",
        ]
    return lines + (_look(run) if run.has_validation else [])


def _whole_step(run: Run, by_rows: bool) -> list[str]:
    """Return the lines of an epoch of one step, in which every member sees the same rows."""
    outputs = "network(x[train])"
    if fills_up(run):  # units are drawn for as many rows as the largest fold has
        outputs = "network(x[np.resize(train, LONGEST)])[:, : len(train)]"
    return [
        f"draw_dropout({_fold(run)}epoch, 0, {length_code(run)})" if has_dropout(run) else "",
        f"losses = torch.stack([mean_loss(output, train) for output in {outputs}])",
        "loss = losses.mean()",
        *update_lines(run),
        "" if by_rows else f"{_losses(run)}.append(losses.detach().numpy())",
    ]


def _losses(run: Run) -> str:
    """Return the name of the list that an epoch's training losses go to."""
    return "trained" if run.has_folds else "training_loss"


def _fold(run: Run) -> str:
    return "fold, " if run.has_folds else ""


def _steps(run: Run, by_rows: bool) -> list[str]:
    """Return the lines of an epoch's steps."""
    length = length_code(run)
    batches = f"np.split(np.stack(orders), range(BATCH, {length}, BATCH), axis=1)"
    is_numbered = has_dropout(run) or run.is_ragged
    numbered = f"for step, rows in enumerate({batches}):" if is_numbered else f"for rows in {batches}:"
    mean, real = "mean_loss(output, own)", ""
    if run.is_ragged:
        mean = "mean_loss(output[:real], own[:real])"
        real = "real = len(train) - step * BATCH  # those that fill up do not count"
    step = [
        f"draw_dropout({_fold(run)}epoch, step, rows.shape[1])" if has_dropout(run) else "",
        "outputs = network(x[rows])  # rows of each member",
        real,
        f"losses = torch.stack([{mean} for output, own in zip(outputs, rows)])",
        "loss = losses.mean()",
        *update_lines(run),
        "" if by_rows else "total += losses.detach().numpy() * rows.shape[1]",
    ]
    return [
        "" if by_rows else "total = np.zeros(MEMBERS)",
        *_orders(run),
        numbered,
        *indented(1, step),
        "" if by_rows else f"{_losses(run)}.append(total / {length})",
    ]


def _orders(run: Run) -> list[str]:
    """Return the lines that order the rows of each member; a fold with a row less is filled up."""
    order = "train[random_order(ORDER, len(train), member, epoch)]"
    if not run.has_folds:
        return [f"orders = [{order} for member in range(MEMBERS)]"]
    lines = [f"orders = [{order} for member in members_of(fold)]"]
    return lines + (["orders = [np.resize(rows, LONGEST) for rows in orders]"] if run.is_ragged else [])


def _forward(run: Run, rows: str) -> str:
    """Return the outputs of all members for many rows, in parts where the run takes parts."""
    count = run.longest if rows == "train" else len(run.rows.validation[0])
    call = "average" if average.averages(run) else "network"
    if count <= EVALUATED_ROWS:
        return f"{call}(x[{rows}])"
    return f"torch.cat([{call}(part) for part in x[{rows}].split({EVALUATED_ROWS})], dim=1)"


def _look(run: Run) -> list[str]:
    """Return the lines that score an epoch on the validation rows and keep the best weights."""
    state = average.STATE if average.averages(run) else "network.state_dict()"
    together = "mean_loss(outputs.mean(dim=0), validation).item()"
    if run.is_refined:
        together = "outputs.mean(dim=0)" if run.has_folds else "refined_loss(outputs.mean(dim=0), validation)"
    lines = [
        "\n",
        "network.eval()" if has_modes(run) else "",
        "with torch.no_grad():",
        f"    outputs = {_forward(run, 'validation')}.double()",
    ]
    each = "[mean_loss(output, validation).item() for output in outputs]"
    if run.has_folds:
        return [*lines, f"looked.append({each})", f"together.append({together})"]
    return [
        *lines,
        f"validation_loss.append({each})",
        f"together = {together}  # one choice for all",
        "if together < best_loss:",
        "    best_loss, best_epoch = together, epoch",
        f"    best_weights = copy.deepcopy({state})",
        *_patience(run),
    ]


def _has_slack(run: Run) -> bool:
    """Return whether training waits longer while the held-out loss is level."""
    return has_patience(run) and run.fitted.recipe.training.slack > 0.0


def _patience(run: Run) -> list[str]:
    if not _has_slack(run):
        return ["if epoch - best_epoch >= PATIENCE:", "    break"] if has_patience(run) else []
    return [
        "is_level = joint <= best_loss + SLACK * abs(best_loss)",
        f"if epoch - best_epoch >= PATIENCE * ({LEVEL} if is_level else 1):",
        "    break",
    ]


def _end(run: Run) -> list[str]:
    """Return the line that puts the weights that predict into the network."""
    if run.has_folds:
        return [
            "for network, weights in zip(networks, best_weights):",
            "    network.load_state_dict(weights)",
        ]
    if run.has_validation:
        return ["network.load_state_dict(best_weights)"]
    return [f"network.load_state_dict({average.STATE})"] if average.averages(run) else []
