"""Accept, confirm or ask again: whichever is expected to cost the person least.

It knows evidence and costs, no engine, no grammar and no wording. Because the evidence is calibrated (of the answers
said to be 0.9 likely, nine in ten are right), one policy serves every engine and channel. The unit of cost is one
question of confirmation ("you said two?", "yes": about four seconds of a person's life).

    accept the best meaning, likelihood p:   (1 - p) * wrong                 it may be wrong, and nobody notices
    ask about it:                            1 + (1 - p) * again             answered "no", it is all to be said again
    ask about it, then about the second, q:  1 + (1 - p) + (1 - p - q) * again
    ask to say it again:                     again                           always the whole turn once more

So nothing is rejected silently: between accepting and asking again the person is asked. The theory is that of the
Bayes decision with a reject option (Chow 1970, "On optimum recognition error and reject tradeoff"), with two kinds of
rejection. The costs stand in `calibration_tables/costs.toml`, with the reason for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from voice_app.hearing import HearingOutcome
from voice_app.speech.calibration import load_document

CONFIRMATION = 1.0


@dataclass(frozen=True, slots=True)
class Costs:
    """`wrong`: a wrong meaning accepted; `again`: the person has to say it again. In questions of confirmation.

    Raises ValueError where confirming would never be worth its question.
    """

    wrong: float
    again: float

    def __post_init__(self) -> None:
        if not CONFIRMATION < self.again < self.wrong - CONFIRMATION:
            raise ValueError(f"the costs must rise from {CONFIRMATION} (confirm) over again to wrong: {self}")


@cache
def load_costs() -> Costs:
    """Give the costs of the service."""
    values = load_document("costs")
    return Costs(wrong=float(values["wrong"]), again=float(values["again"]))


def decide(best: float, second: float, costs: Costs) -> HearingOutcome:
    """Give the outcome that costs least, for the likelihoods of the best meaning and of the one after it."""
    accept = (1.0 - best) * costs.wrong
    ask_once = CONFIRMATION + (1.0 - best) * costs.again
    ask_twice = CONFIRMATION + (1.0 - best) * CONFIRMATION + max(0.0, 1.0 - best - second) * costs.again
    ask = min(ask_once, ask_twice)
    if accept <= min(ask, costs.again):
        return HearingOutcome.MATCH
    return HearingOutcome.DOUBTFUL if ask < costs.again else HearingOutcome.NO_MATCH
