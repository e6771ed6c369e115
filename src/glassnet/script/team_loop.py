"""The code of a team's training loop: every member its own rows, one step and one choice for all of them."""

from __future__ import annotations

import re
from typing import Final

from glassnet.script import average
from glassnet.script.loop import (
    EVALUATED_ROWS,
    constant_lines,
    epochs_line,
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
from glassnet.script.schedule import schedule_code
from glassnet.script.values import Run, Section, block

MEAN_LOSS: Final = '''def mean_loss(output, rows):
    """Return the mean loss of one member's outputs for some rows."""
    return row_loss(output, {target}).mean()'''

WEIGHTED_LOSS: Final = '''def mean_loss(output, rows):
    """Return the mean loss of one member's outputs for some rows, each row counting as its class does."""
    w = weight[rows].to(output.dtype)
    return (row_loss(output, {target}).flatten() * w).sum() / w.sum()'''

SAYS: Final = " A step's loss is the mean of the members' losses{own}."
OWN_ORDER: Final = ", and each of them sees the rows in an order of its own"


def team_loop_section(run: Run) -> Section:
    """Return the code that trains, and records every member's `training_loss` and `validation_loss`."""
    space = ["\n", "\n"]
    define = loss_code(run).define
    parts = [
        *constant_lines(run),
        *(["\n", "\n", schedule, *space] if (schedule := schedule_code(run)) else ["\n"]),
        *([*space, average.moved_code(run), *space] if average.averages(run) else []),
        *([*space, define, *space] if define.startswith("def ") else [define]),
        *weight_lines(run),
        *space,
        _mean_loss(run),
        *space,
        *optimizer_lines(run),
        "\n",
        *record_lines(run),
        epochs_line(run),
        *indented(1, _epoch(run)),
        *_end(run),
    ]
    says = SAYS.format(own=OWN_ORDER if run.steps_per_epoch > 1 else "")
    code = re.sub(r"\n{4,}", "\n\n\n", block(*parts))
    return Section(title="Training", code=code, says=loop_says(run) + says)


def _mean_loss(run: Run) -> str:
    """Return the function that gives a member's loss, with the target in the outputs' precision."""
    target = "target[rows]" if by_class(run) else "target[rows].to(output.dtype)"
    is_weighted = run.fitted.settings.class_weight != "none"
    return (WEIGHTED_LOSS if is_weighted else MEAN_LOSS).format(target=target)


def _epoch(run: Run) -> list[str]:
    """Return the lines of one epoch."""
    by_rows = run.fitted.recipe.training.training_loss == "rows"
    lines = ["network.train()"] if has_modes(run) else []
    lines += _whole_step(run, by_rows) if run.steps_per_epoch == 1 else _steps(run, by_rows)
    if by_rows:
        lines += [
            "with torch.no_grad():",
            f"    outputs = {_forward(run, 'train')}",
            "training_loss.append([mean_loss(output, train).item() for output in outputs])",
        ]
    return lines + (_look(run) if run.has_validation else [])


def _whole_step(run: Run, by_rows: bool) -> list[str]:
    """Return the lines of an epoch of one step, in which every member sees the same rows."""
    return [
        "draw_dropout(epoch, 0, len(train))" if has_dropout(run) else "",
        "losses = torch.stack([mean_loss(output, train) for output in network(x[train])])",
        "loss = losses.mean()",
        *update_lines(run),
        "" if by_rows else "training_loss.append(losses.detach().numpy())",
    ]


def _steps(run: Run, by_rows: bool) -> list[str]:
    """Return the lines of an epoch's steps."""
    batches = "np.split(np.stack(orders), range(BATCH, len(train), BATCH), axis=1)"
    numbered = f"for step, rows in enumerate({batches}):" if has_dropout(run) else f"for rows in {batches}:"
    step = [
        "draw_dropout(epoch, step, rows.shape[1])" if has_dropout(run) else "",
        "outputs = network(x[rows])  # rows of each member",
        "losses = torch.stack([mean_loss(output, own) for output, own in zip(outputs, rows)])",
        "loss = losses.mean()",
        *update_lines(run),
        "" if by_rows else "total += losses.detach().numpy() * rows.shape[1]",
    ]
    return [
        "" if by_rows else "total = np.zeros(MEMBERS)",
        "orders = [train[random_order(ORDER, len(train), member, epoch)] for member in range(MEMBERS)]",
        numbered,
        *indented(1, step),
        "" if by_rows else "training_loss.append(total / len(train))",
    ]


def _forward(run: Run, rows: str) -> str:
    """Return the outputs of all members for many rows, in parts where the run takes parts."""
    count = len(run.rows.fit[0]) if rows == "train" else len(run.rows.validation[0])
    call = "average" if average.averages(run) else "network"
    if count <= EVALUATED_ROWS:
        return f"{call}(x[{rows}])"
    return f"torch.cat([{call}(part) for part in x[{rows}].split({EVALUATED_ROWS})], dim=1)"


def _look(run: Run) -> list[str]:
    """Return the lines that score an epoch on the validation rows and keep the best weights."""
    state = average.STATE if average.averages(run) else "network.state_dict()"
    lines = [
        "\n",
        "network.eval()" if has_modes(run) else "",
        "with torch.no_grad():",
        f"    outputs = {_forward(run, 'validation')}.double()",
        "validation_loss.append([mean_loss(output, validation).item() for output in outputs])",
        "together = mean_loss(outputs.mean(dim=0), validation).item()  # one choice for all",
        "if together < best_loss:",
        "    best_loss, best_epoch = together, epoch",
        f"    best_weights = copy.deepcopy({state})",
    ]
    return lines + (["if epoch - best_epoch >= PATIENCE:", "    break"] if has_patience(run) else [])


def _end(run: Run) -> list[str]:
    """Return the line that puts the weights that predict into the network."""
    if run.has_validation:
        return ["network.load_state_dict(best_weights)"]
    return [f"network.load_state_dict({average.STATE})"] if average.averages(run) else []
