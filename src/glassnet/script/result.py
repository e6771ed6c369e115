"""The code after training: the loss plot, predictions and how good they are."""

from __future__ import annotations

from typing import Final

from glassnet.script.average import averages
from glassnet.script.folds import parts_in_use
from glassnet.script.loop import all_train, has_dropout
from glassnet.script.loss import link_code
from glassnet.script.network import indented_code
from glassnet.script.values import Run, Section, block
from glassnet.table.values import Task

SMALL: Final = 32  # inputs of a layer whose sums the tests find the same in blocks of any size

OUTPUTS: Final = '''@torch.no_grad()
def outputs_of({network}rows):
    """Return the network's outputs, in blocks of 1,024 rows: sums round by the size of a block."""
    padded = nn.functional.pad(x[rows], (0, 0, 0, -len(rows) % 1024))
    return torch.cat([network(block) for block in padded.split(1024)])[: len(rows)].double().numpy()'''

PREDICT: Final = '''def predict(network, rows):
    """Return one member's predictions."""
    output = outputs_of(network, rows){first}
{link}
    return predicted'''

OUTPUTS_OF_TEAM: Final = '''@torch.no_grad()
def outputs_of(rows):
    """Return the outputs of every member for some rows."""
    return torch.cat([network(part) for part in x[rows].split(1024)], dim=1).double().numpy()


def prediction(output):
    """Return what one member's outputs say."""
{link}
    return predicted'''

TEAM: Final = "predicted = sum(prediction(output{first}) for output in outputs_of({rows})) / MEMBERS"

OF_MEMBERS: Final = """total = 0
for member, network in enumerate(networks):
    {parts} = prepared[member % len(folds)]
    total += predict(network, {rows})
predicted = total / len(networks)"""

TEAMS: Final = """total = 0
for network, ({parts}) in zip(networks, prepared):
    total += sum(prediction(output{first}) for output in outputs_of({rows}))
predicted = total / (len(folds) * MEMBERS)"""


OUT_OF_FOLD: Final = """told = [[] for _ in folds]
for member, network in enumerate(networks):
    {parts} = prepared[member % len(folds)]
    told[member % len(folds)].append(predict(network, validation))
in_order = np.argsort(np.concatenate([rows for _, rows in folds]))
predicted = np.concatenate([np.mean(fold, axis=0) for fold in told])[in_order]"""

TEAMS_OUT_OF_FOLD: Final = """told = []
for network, ({parts}) in zip(networks, prepared):
    told.append(sum(prediction(output{first}) for output in outputs_of(validation)) / MEMBERS)
in_order = np.argsort(np.concatenate([rows for _, rows in folds]))
predicted = np.concatenate(told)[in_order]"""


def plot_section(run: Run) -> Section:
    """Return the code that draws the losses."""
    several = run.members > 1
    label = ', label="training"' if run.has_validation and not several else ""
    code = block(
        f"plt.plot(training_loss{label})",
        f"plt.plot(validation_loss{label.replace('training', 'validation')})" if run.has_validation else "",
        'plt.xlabel("epoch")',
        'plt.ylabel("loss")',
        "plt.legend()" if "label" in label else "",
        'plt.savefig("loss.png")',
    )
    return Section(title="The loss", code=code)


def result_section(run: Run, call: str = "network") -> Section:
    """Return the code that predicts the test rows (or the training rows) and says how good that is."""
    one_thread = "torch.set_num_threads(1)" if run.fitted.facts.threads > 1 else ""
    if run.is_team:
        made = _team_prediction(run)
    else:
        made = _one_prediction(run, call) if run.members == 1 else _mean_prediction(run)
    before = [line for line in (_eval(run, call), one_thread) if line]
    before += ["\n", "\n"] if before and made[0].startswith("@") else []
    code = block(*before, *made, *_score(run))
    return Section(title="How good it is", code=code, says=_says(run))


def _rows(run: Run) -> str:
    if len(run.rows.test):
        return "test"
    if run.has_folds:
        return "known"
    return "validation" if run.has_validation else "train"


def _is_out_of_fold(run: Run) -> bool:
    return run.has_folds and not len(run.rows.test)


def _parts(run: Run) -> str:
    """Return the names of what is prepared for a fold that a prediction needs."""
    parts = parts_in_use(run)
    return parts.replace("_, _,", "_, validation,", 1) if _is_out_of_fold(run) else parts


def is_small(run: Run) -> bool:
    """Return whether sums in the network are so short that the size of a block does not change them."""
    shape = run.fitted.preparation
    widths = (shape.dense, *run.fitted.recipe.architecture.hidden)
    return not shape.embedded and max(widths) < SMALL and run.members == 1


def _one_prediction(run: Run, call: str) -> list[str]:
    first = "[:, 0]" if run.fitted.outputs == 1 else ""
    if is_small(run):
        inputs = "x" if all_train(run) else f"x[{_rows(run)}]"
        made = ["with torch.no_grad():", f"    output = {call}({inputs}).double().numpy(){first}"]
        return [*made, link_code(run)]
    helper = OUTPUTS.format(network="").replace("network(", f"{call}(")
    return [helper, "\n", "\n", f"output = outputs_of({_rows(run)}){first}", link_code(run)]


def _mean_prediction(run: Run) -> list[str]:
    """Return the lines that average the members' predictions."""
    first = "[:, 0]" if run.fitted.outputs == 1 else ""
    link = indented_code(link_code(run))
    predict = PREDICT.format(first=first, link=link)
    mean = f"predicted = sum(predict(network, {_rows(run)}) for network in networks) / len(networks)"
    if run.has_folds:
        mean = OUT_OF_FOLD if _is_out_of_fold(run) else OF_MEMBERS
        mean = mean.format(parts=_parts(run), rows=_rows(run))
    return [OUTPUTS.format(network="network, "), "\n", "\n", predict, "\n", "\n", mean]


def _team_prediction(run: Run) -> list[str]:
    """Return the lines that average the predictions of a team."""
    first = "[:, 0]" if run.fitted.outputs == 1 else ""
    mean = TEAMS if run.has_folds else TEAM
    mean = TEAMS_OUT_OF_FOLD if _is_out_of_fold(run) else mean
    return [
        OUTPUTS_OF_TEAM.format(link=indented_code(link_code(run))),
        "\n",
        "\n",
        mean.format(first=first, rows=_rows(run), parts=_parts(run)),
    ]


def _eval(run: Run, call: str) -> str:
    """Return the line that ends training mode, where the loop leaves it on."""
    if call != "network" or not has_dropout(run) or (run.has_validation and not averages(run)):
        return ""
    return "network.eval()" if run.networks == 1 else "for network in networks:\n    network.eval()"


def _says(run: Run) -> str:
    if len(run.rows.test):
        return ""
    if run.has_folds:
        return "No rows were kept for a test: each is predicted by the networks that were not trained on it."
    if run.has_validation:
        return "No rows were kept for a test: these are the rows that chose the epoch."
    return "No rows were kept for a test, so this is how well it knows the rows it was trained on."


def _score(run: Run) -> list[str]:
    """Return the lines that print one or two figures."""
    task = run.fitted.schema.task
    truth = "y" if all_train(run) else f"y[{_rows(run)}]"
    kind = "held-out" if run.has_validation else "training"
    where = f"{{len(predicted):,}} {'test' if len(run.rows.test) else kind} rows"
    if task is Task.REGRESSION:
        return [
            f"error = predicted - {truth}",
            f"rmse, r2 = np.sqrt(np.mean(error**2)), 1 - np.mean(error**2) / np.var({truth})",
            f'print(f"on {where}: RMSE {{rmse:.5g}}, R2 {{r2:.4f}}")',
        ]
    right = {
        Task.BINARY: "predicted > 0.5" if run.fitted.outputs == 1 else "predicted.argmax(axis=1)",
        Task.MULTICLASS: "predicted.argmax(axis=1)",
        Task.MULTILABEL: "predicted >= 0.5",
    }[task]
    compared = f"({right}) == {truth}" if ">" in right else f"{right} == {truth}"
    return [f'print(f"accuracy on {where}: {{np.mean({compared}):.4f}}")']
