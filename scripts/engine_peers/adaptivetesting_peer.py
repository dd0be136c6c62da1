"""adaptivetesting through the protocol: expected a posteriori under N(0, 1), maximum information."""

from __future__ import annotations

from adaptivetesting.implementations import TestAssembler
from adaptivetesting.math.estimators import ExpectedAPosteriori, NormalPrior
from adaptivetesting.models import ItemPool, TestItem
from protocol import MOST, STOP_SE, arguments, bank, measure, tell

size, some = arguments()
a, b = bank(size)


def item_of(number):
    item = TestItem()
    item.id, item.a, item.b, item.c, item.d = number, float(a[number]), float(b[number]), 0.0, 1.0
    return item


pool = ItemPool([item_of(number) for number in range(size)])


class Sitting(TestAssembler):
    answer = None

    def get_response(self, item):
        return int(self.answer(item.id))


def run(person, answer):
    sitting = Sitting(
        pool,
        "bench",
        str(person),
        ExpectedAPosteriori,
        {"prior": NormalPrior(0, 1), "optimization_interval": (-4, 4)},
        simulation=False,
    )
    sitting.answer = answer
    while True:
        sitting.run_test_once()
        if sitting.standard_error <= STOP_SE or len(sitting.answered_items) >= MOST:
            return float(sitting.ability_level), len(sitting.answered_items)


tell(measure(size, some, run))
