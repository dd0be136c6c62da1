"""Whether a half-heard answer is worth a question: only when knowing it for sure would matter to the estimate.

"You said two?" costs a person a turn. Between two wrong options, or late in a session, the reply changes nothing that
the engine would say or do: then the answer is recorded with its uncertain evidence, said back, and can be corrected as
any other. It knows no sound: the evidence comes calibrated from the ear, the worth of certainty from the engine.

Only answers to a question are settled so. A command, and whatever may not have been an answer at all, is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

from audio_content.model import OptionId
from engine.model import Aid, InputMode, Observation
from voice_app.dialogue.context import DialogueContext
from voice_app.dialogue.interpret import Meant, evidence_of
from voice_app.dialogue.messages import option_meaning
from voice_app.dialogue.state import DialogueState, Phase
from voice_app.dialogue.turn import DONT_KNOW
from voice_app.hearing import MeaningId, Recognition


def settled_without_asking(
    context: DialogueContext, state: DialogueState, candidates: Sequence[MeaningId], recognition: Recognition
) -> Meant | None:
    """Give the answer to take as it was half heard (`candidates`: likeliest first); None when it is worth asking."""
    asked, assessment = state.session.asked, state.session.assessment
    if state.phase is not Phase.QUESTION or state.doubt is not None or asked is None or assessment is None:
        return None
    item = context.content.items[asked.item]
    answers = {DONT_KNOW, *map(option_meaning, item.option_ids)}
    best = candidates[0]
    answered = sum(scored.likelihood for scored in recognition.ranked if scored.meaning in answers)
    everything = recognition.none_of_these + sum(scored.likelihood for scored in recognition.ranked)
    if best not in answers or answered < (1.0 - context.rules.doubt_elsewhere_max) * everything:
        return None
    meant = Meant(best, InputMode.VOICE, recognition)
    option = None if best == DONT_KNOW else OptionId(best.partition(".")[2])
    aid = Aid.REPHRASED if asked.item in state.session.explained else Aid.NONE
    doubt = assessment.doubt(
        Observation(asked.item, evidence_of(item, option, meant), aid, state.channel, InputMode.VOICE)
    )
    if doubt.decisive or doubt.spread > context.rules.doubt_worth_levels:
        return None
    return meant
