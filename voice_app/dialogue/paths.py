"""Which policy conducts a path, as data, and how many questions that makes at most.

| path | policy | for |
|---|---|---|
| abc_diag, chosen competences, any path not named here | abc_diag | the quick diagnostic: 8 to 15 questions |
| abc_pix, every module | abc_pix | the next step of somebody who learns |
| positionnement | positioning | every competence, in sittings of 20 |
| mediateur | mediator | a helper's own skills |
| emploi | job_seeker | a path for work, in sittings of 15 |
| repetition | rehearsal | as in the certification: no help, no easy beginning |

A session keeps the name of its policy and its number of questions in its first record, so that this table may change
without changing any session. Sessions of before there was a choice say nothing of it: they were quick diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from audio_content.model import CHOSEN, REHEARSAL_PATH, SkillMap
from engine.adaptive import ABC_DIAG, POLICIES, Bank, Policy

QUICK = ABC_DIAG.name
"""The policy whose number of questions a setting chooses."""
OF_MODULES = "abc_pix"
POLICY_OF: Mapping[str, str] = MappingProxyType(
    {
        "abc_diag": QUICK,
        "abc_pix": OF_MODULES,
        "positionnement": "positioning",
        "mediateur": "mediator",
        "emploi": "job_seeker",
        REHEARSAL_PATH: "rehearsal",
    }
)


def policy_of(path: str, skill_map: SkillMap) -> Policy:
    """Give the policy that conducts a path, a module or chosen nodes."""
    if path in POLICY_OF:
        return POLICIES[POLICY_OF[path]]
    is_module = not path.startswith(CHOSEN) and path in skill_map.modules and path not in skill_map.paths
    return POLICIES[OF_MODULES if is_module else QUICK]


def kept_policy(name: str, max_items: int, own: Policy) -> Policy:
    """Give the policy of a session that was begun under this name, with its number of questions.

    `own` is the path's own, also taken for a name that is not known.
    """
    policy = own if name == own.name else POLICIES.get(name, own)
    return replace(policy, max_items=max_items)


def most_questions(policy: Policy, bank: Bank) -> int:
    """Give how many questions a session may have: no more than the bank has for it (one a skill, or one a tube)."""
    askable = bank.tube if policy.one_per_tube else bank.skill
    return max(1, min(policy.max_items, len(set(askable.tolist()))))
