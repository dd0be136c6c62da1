"""catsim through the protocol: its numerical maximum-likelihood search and maximum information."""

from __future__ import annotations

import numpy as np
from catsim import irt
from catsim.estimation import NumericalSearchEstimator
from catsim.item_bank import ItemBank
from catsim.selection import MaxInfoSelector
from protocol import MOST, STOP_SE, arguments, bank, measure, tell

size, some = arguments()
a, b = bank(size)
items = ItemBank(np.column_stack([a, b, np.zeros(size), np.ones(size)]))
selector, estimator = MaxInfoSelector(), NumericalSearchEstimator()


def run(_person, answer):
    theta, given, told = 0.0, [], []
    while len(given) < MOST:
        item = int(selector.select(item_bank=items, administered_items=given, est_theta=theta))
        given.append(item)
        told.append(answer(item))
        theta = float(
            estimator.estimate(item_bank=items, administered_items=given, response_vector=told, est_theta=theta)
        )
        if irt.see(theta, items.items[given]) <= STOP_SE:
            break
    return theta, len(given)


tell(measure(size, some, run))
