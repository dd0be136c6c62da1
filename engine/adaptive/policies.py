"""The ready policies, as data. `POLICIES` lists them by name; `dataclasses.replace` makes variants.

| policy | for whom | target | ends |
|---|---|---|---|
| abc_diag | a first contact: gentle, 8 to 15 questions | level of each area | 10, three failures, or area SD 0.67 |
| abc_pix | somebody who learns: the next step, success 0.65 to 0.75 | outer fringe | 15 questions |
| positioning | the whole map, over several sittings of 20 | every competence | competence SD 0.6, or 60 questions |
| mediator | a helper's own skills, no wish to spare them | every competence | SD 0.7, or 40 |
| job_seeker | a path for work, over two sittings | every competence | SD 0.75, or 30 |
| rehearsal | like a certification: no aid, no floor | levels reached, yes or no | all cuts at 95 %, or 32 |
| pix_rules | comparison: the published tube rules (`tubes`) | knowledge of each tube | their natural end, or 15 |
| max_information | comparison: the most informative test, without guards | level of each area | 15 questions |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.adaptive.stopping import Balance, Policy, Target

ABC_DIAG = Policy(floor=0.45, near_tie=0.03, stop_sd=0.67)

ABC_PIX = Policy(
    name="abc_pix", max_items=15, target=Target.FRINGE, start_floor=0.75, start_max_level=2, stop_after=4, randomesque=3
)

POSITIONING = Policy(
    name="positioning",
    max_items=60,
    target=Target.COMPETENCE,
    balance=Balance.NONE,
    floor=0.40,
    recover_floor=0.70,
    recover_after=2,
    stop_after=None,
    stop_sd=0.60,
    per_sitting=20,
    one_per_tube=True,
)

MEDIATOR = replace(
    POSITIONING,
    name="mediator",
    max_items=40,
    floor=0.30,
    start_floor=0.60,
    start_max_level=4,
    stop_sd=0.70,
    per_sitting=None,
)

JOB_SEEKER = replace(POSITIONING, name="job_seeker", max_items=30, stop_sd=0.75, per_sitting=15)

REHEARSAL = Policy(
    name="rehearsal",
    max_items=32,
    target=Target.CUT,
    balance=Balance.COMPETENCE,
    start_floor=0.0,
    start_max_level=8,
    floor=0.0,
    recover_floor=0.0,
    stop_after=None,
    cuts=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    one_per_tube=True,
    aid_allowed=False,
    own_evidence=True,
)

PIX_RULES = Policy(name="pix_rules", max_items=15, target=Target.TUBES, stop_after=None, balance=Balance.NONE)

MAX_INFORMATION = Policy(
    name="max_information",
    max_items=15,
    start_floor=0.0,
    start_max_level=8,
    floor=0.0,
    recover_floor=0.0,
    stop_after=None,
)

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (ABC_DIAG, ABC_PIX, POSITIONING, MEDIATOR, JOB_SEEKER, REHEARSAL, PIX_RULES, MAX_INFORMATION)
    }
)
