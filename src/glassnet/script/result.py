"""The code after training: the loss plot, predictions and how good they are."""

from __future__ import annotations

from typing import Final

from glassnet.script.loop import all_train
from glassnet.script.loss import link_code
from glassnet.script.values import Run, Section, block
from glassnet.table.values import Task

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


def plot_section(run: Run) -> Section:
    """Return the code that draws the losses."""
    several = run.members > 1
    label = ', label="training"' if run.has_validation and not several else ""
    code = block(
        f"plt.plot(training_loss{label})",
        f'plt.plot(validation_loss{label.replace("training", "validation")})' if run.has_validation else "",
        'plt.xlabel("epoch")',
        'plt.ylabel("loss")',
        "plt.legend()" if label else "",
        'plt.savefig("loss.png")',
    )
    return Section(title="The loss", code=code)


def result_section(run: Run) -> Section:
    """Return the code that predicts the test rows (or the training rows) and says how good that is."""
    rows = "test" if len(run.rows.test) else "train"
    first = "[:, 0]" if run.fitted.outputs == 1 else ""
    threads = run.fitted.facts.threads
    one_thread = "torch.set_num_threads(1)\n" if threads > 1 else ""
    if run.members == 1:
        made = block(f"output = outputs_of({rows}){first}", link_code(run))
        helpers = OUTPUTS.format(network="")
    else:
        link = "\n".join(f"    {line}" for line in link_code(run).split("\n"))
        helpers = block(
            OUTPUTS.format(network="network, "), "\n", "\n", PREDICT.format(first=first, link=link)
        )
        made = f"predicted = sum(predict(network, {rows}) for network in networks) / len(networks)"
    code = block("network.eval()" if _needs_eval(run) else "", helpers, "\n", "\n", one_thread + made, *_score(run, rows))
    return Section(title="How good it is", code=code, says=_says(run))


def _needs_eval(run: Run) -> bool:
    """Return whether the loop leaves the network in training mode."""
    architecture = run.fitted.recipe.architecture
    return bool(architecture.dropout and architecture.hidden) and not run.has_validation


def _says(run: Run) -> str:
    if all_train(run) or not len(run.rows.test):
        return "No rows were kept for a test, so this is how well it knows the rows it was trained on."
    return ""


def _score(run: Run, rows: str) -> list[str]:
    """Return the lines that print one or two figures."""
    task = run.fitted.schema.task
    where = f"{{len({rows}):,}} {'test' if rows == 'test' else 'training'} rows"
    truth = f"y[{rows}]"
    if task is Task.REGRESSION:
        return [
            f"error = predicted - {truth}",
            f'print(f"on {where}: RMSE {{np.sqrt(np.mean(error**2)):.5g}},"',
            f'      f" R2 {{1 - np.mean(error**2) / np.var({truth}):.4f}}")',
        ]
    right = {
        Task.BINARY: "predicted > 0.5" if run.fitted.outputs == 1 else "predicted.argmax(axis=1)",
        Task.MULTICLASS: "predicted.argmax(axis=1)",
        Task.MULTILABEL: "predicted >= 0.5",
    }[task]
    compared = f"({right}) == {truth}" if ">" in right else f"{right} == {truth}"
    return [f'print(f"accuracy on {where}: {{np.mean({compared}):.4f}}")']
