"""Which steps are recorded, and what is said of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.telemetry import FREE_SECONDS, QUANTITIES, Record, Recorder, collect, thinning


def record(epoch, step):
    return Record(epoch=epoch, step=step, value_KLQ=np.zeros((1, 1, len(QUANTITIES)), np.float32))


def recorded(recorder, calls):
    """The recorded (epoch, step) pairs; `calls` are steps taken at a time, and the seconds looking cost."""
    found, first = [], 0
    for count, cost in calls:
        found += [divmod(step, recorder.steps_per_epoch) for step in recorder.steps(first, count)]
        recorder.took(cost, 1.0)
        first += count
    return found


def test_the_sentence_counts_what_was_recorded_however_often_recording_was_thinned():
    recorder = Recorder(steps_per_epoch=40, epochs=30)
    pairs = recorded(recorder, [(40, 0.5)] * 30)
    assert recorder.step_stride > 1024  # what the sentence once called the first epoch's stride
    first = sum(epoch == 0 for epoch, _ in pairs)
    told = thinning([record(*pair) for pair in pairs], 40, 30)
    assert first == 40
    assert told == (
        f"40 of 40 steps of the first epoch and {len(pairs) - 40} of 29 later epochs' ends are recorded"
    )


def test_the_share_is_what_recording_took():
    recorder = Recorder(steps_per_epoch=4, epochs=2)
    assert recorder.share == 0.0
    recorder.took(FREE_SECONDS, 2.0)
    recorder.took(0.0, 2.0)
    assert recorder.share == FREE_SECONDS / 4
    records = collect([record(0, 0)], ["last"], 1, "1 of 1 steps", recorder.share)
    assert records.share == FREE_SECONDS / 4
    assert records.thinning == "1 of 1 steps"


@given(st.integers(1, 60), st.integers(1, 40), st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_how_steps_are_cut_into_calls_does_not_change_what_is_recorded(per_epoch, epochs, cuts):
    steps = per_epoch * epochs
    whole = Recorder(per_epoch, epochs).steps(0, steps)
    parts, first = [], 0
    cut = Recorder(per_epoch, epochs)
    while first < steps:
        count = min(cuts[first % len(cuts)], steps - first)
        parts += cut.steps(first, count)
        first += count
    assert parts == whole
