"""Two engines heard the same utterance: one piece of evidence from both.

The lead (Vosk, where its model is installed) gives one result, and no measure of how sure it is; the second (the
keyword head and the closed-set scorer) gives calibrated evidence for every meaning. They look at the same sound, so
that their mistakes are not independent, and the second counts less than a witness of its own:

    p(m) ~ lead(m) * second(m) ** SECOND_COUNTS              over the meanings and "none of these" (log-linear pool)

Agreement makes sure, disagreement makes a doubt that is asked about. It knows no engine by name.
Source of the pool: Genest and Zidek 1986, "Combining probability distributions", section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from voice_app.hearing import HearingOutcome, MeaningId, Recognition
from voice_app.speech import policy
from voice_app.speech.calibration import rank

SECOND_COUNTS = 0.7
"""Judgement: to be measured with the first installed French Vosk model (scripts/bench_listening.py prints the row)."""
LEAST = 1e-3
"""No engine is so sure that the other one cannot be heard any more."""


NOBODY_SPOKE = 0.9
"""`none_of_these` of an engine that heard nobody speak: words found in noise by the other one are doubtful."""


def pooled(lead: Recognition, second: Recognition, costs: policy.Costs) -> Recognition:
    """Give the evidence and the outcome of both."""
    if not lead.ranked and not second.ranked:
        return lead
    meanings = [scored.meaning for scored in (lead if lead.ranked else second).ranked]
    by_lead, by_second = (_evidence(heard, meanings) for heard in (lead, second))
    shares = {m: by_lead[m] * by_second[m] ** SECOND_COUNTS for m in (*meanings, None)}
    none = shares.pop(None)
    total = sum(shares.values()) + none
    ranked = rank({meaning: share / total for meaning, share in shares.items() if meaning is not None})
    runner_up = ranked[1].likelihood if len(ranked) > 1 else 0.0
    outcome = policy.decide(ranked[0].likelihood, runner_up, costs)
    alone = {lead.outcome, second.outcome}
    if outcome is HearingOutcome.NO_MATCH and (HearingOutcome.MATCH in alone or not alone & NOTHING_HEARD):
        outcome = HearingOutcome.DOUBTFUL  # one was sure, or both heard something: it is asked about, never dropped
    return Recognition(outcome, ranked, none / total, f"{lead.engine}+{second.engine}", lead.audio_ms)


NOTHING_HEARD = frozenset({HearingOutcome.NO_MATCH, HearingOutcome.NO_INPUT})


def _evidence(heard: Recognition, meanings: Sequence[MeaningId]) -> dict[MeaningId | None, float]:
    """Give the likelihood of every meaning, and of none of them (key None)."""
    if heard.ranked:
        known = {scored.meaning: scored.likelihood for scored in heard.ranked}
        none = heard.none_of_these
    else:
        known, none = dict.fromkeys(meanings, (1.0 - NOBODY_SPOKE) / len(meanings)), NOBODY_SPOKE
    likelihoods: dict[MeaningId | None, float] = {meaning: max(known.get(meaning, 0.0), LEAST) for meaning in meanings}
    likelihoods[None] = max(none, LEAST)
    return likelihoods
