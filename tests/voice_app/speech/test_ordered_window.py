"""A percentile of the newest values is numpy's, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_app.speech.ordered_window import OrderedWindow

LEVELS = st.floats(-96, 0)


@settings(deadline=None)
@given(st.lists(LEVELS, min_size=1, max_size=60), st.integers(1, 20), st.sampled_from([0, 10, 50, 90, 100]))
def test_the_percentile_is_that_of_the_newest_values(values: list[float], most: int, percentile: int) -> None:
    window = OrderedWindow(most)

    for value in values:
        window.add(value)

    assert len(window) == min(most, len(values))
    assert window.percentile(percentile) == pytest.approx(np.percentile(values[-most:], percentile))


def test_nothing_of_before_is_left_after_clearing() -> None:
    window = OrderedWindow(3, [5.0, 6.0])

    window.clear()
    window.add(1.0)

    assert window.percentile(90) == 1.0
