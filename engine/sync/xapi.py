"""Events as xAPI statements (1.0.3 and 2.0): the profile of docs/xapi.md. Pure: no clock, no network, no content.

| event | verb | object |
|---|---|---|
| session_started | initialized | the path |
| item_answered | answered | the item |
| answer_withdrawn | voided | the statement of the answer that is taken back |
| session_paused, session_resumed | suspended, resumed | the path |
| session_finished | completed | the path |
| result_shared | shared | the path, with what the person agreed to share |

Others tell nothing about learning (preferences, practice, a question that could not be heard) and give no statement.

- *Identity.* A statement's id is a UUID of version 5 made from its event's id: the same event gives the same statement,
  whoever sends it and however often. Nothing in a statement depends on when it was made.
- *Time.* Nothing is timed: there is no duration, and `timestamp` is the day (00:00 UTC), so that no time between two
  answers can be reckoned. The order is told by an extension, the event's number.
- *Person.* The actor is a pseudonym of the session. Only the statement `shared`, made by the person's own yes, names
  the participation as the organisation knows it.
- *Result.* `success` is told of answers that left no doubt. "I don't know" is an answer without success or failure; a
  half-heard one carries its likelihoods. There is no score.

Sources: ADL xAPI-Spec 1.0.3, part 2; IEEE 9274.1.1-2023 (xAPI 2.0).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from engine.model import Aid
from engine.sync.events import Envelope

VOCABULARY = "https://voice-app.example/xapi"
"""Names, not addresses: what begins with it is an identifier of this profile."""
PROFILE = f"{VOCABULARY}/profile/v1"
VERBS = {
    name: f"http://adlnet.gov/expapi/verbs/{name}"
    for name in ("initialized", "answered", "voided", "suspended", "resumed", "completed", "shared")
}
ASSESSMENT = "http://adlnet.gov/expapi/activities/assessment"
INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
OBJECTIVE = "http://adlnet.gov/expapi/activities/objective"
PROFILE_TYPE = "http://adlnet.gov/expapi/activities/profile"

STARTED, ANSWERED, WITHDRAWN, PAUSED, RESUMED, FINISHED, SHARED = (
    "session_started",
    "item_answered",
    "answer_withdrawn",
    "session_paused",
    "session_resumed",
    "session_finished",
    "result_shared",
)
VERB_OF = {
    STARTED: "initialized",
    ANSWERED: "answered",
    WITHDRAWN: "voided",
    PAUSED: "suspended",
    RESUMED: "resumed",
    FINISHED: "completed",
    SHARED: "shared",
}
TOLD_KINDS = frozenset(VERB_OF)
"""Kinds of events that give a statement."""
_NAMESPACE = uuid5(NAMESPACE_URL, PROFILE)
_OUTCOMES = ("correct", "incorrect", "dont_know")

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What a statement tells of an item: its competence and skill, its stem by locale."""

    competence: str
    skill: str
    stems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells: `home` is the site's address, `secret` what its pseudonyms are made with."""

    home: str
    secret: bytes
    item: Callable[[str], ItemFacts | None]
    """None for an item that the content has no more: its statement has the id alone."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a statement tells of the session of its event. `path` and `locale` are those of its first record.

    `withdrawn`: for answer_withdrawn, the event of the answer that is taken back; `participation`: for result_shared.
    """

    path: str
    locale: str
    withdrawn: str | None = None
    participation: str | None = None


def statement_id(event_id: str) -> str:
    """Give the id of the statement of an event."""
    return str(uuid5(_NAMESPACE, event_id))


def registration_of(session_id: str) -> str:
    """Give the registration: one session, wherever and however often it was taken up again."""
    return str(uuid5(_NAMESPACE, f"registration {session_id}"))


def statement_of(event: Envelope, session: SessionFacts, teller: Teller) -> Statement | None:
    """Give the statement of an event; None when it tells nothing, or takes back an answer that was never told."""
    verb = VERB_OF.get(event.kind)
    if verb is None or (event.kind == WITHDRAWN and session.withdrawn is None):
        return None
    statement: Statement = {
        "id": statement_id(event.id),
        "actor": _actor(event, session, teller),
        "verb": {"id": VERBS[verb], "display": {"en": verb}},
        "object": _object(event, session, teller),
        "context": _context(event, session, teller),
        "timestamp": f"{event.recorded_at[:10]}T00:00:00.000Z",
    }
    if event.kind == WITHDRAWN:
        for name in ("revision", "platform"):  # only where the object is an activity
            del statement["context"][name]
    result = _result(event)
    if result:
        statement["result"] = result
    return statement


def _actor(event: Envelope, session: SessionFacts, teller: Teller) -> dict[str, Any]:
    if event.kind == SHARED and session.participation is not None:
        home = f"{teller.home}/campaigns/{event.payload['campaign']}"
        return {"objectType": "Agent", "account": {"homePage": home, "name": session.participation}}
    name = hmac.new(teller.secret, event.session_id.encode(), hashlib.sha256).hexdigest()[:32]
    return {"objectType": "Agent", "account": {"homePage": teller.home, "name": name}}


def _object(event: Envelope, session: SessionFacts, teller: Teller) -> dict[str, Any]:
    if event.kind == WITHDRAWN and session.withdrawn is not None:
        return {"objectType": "StatementRef", "id": statement_id(session.withdrawn)}
    if event.kind != ANSWERED:
        return _activity(f"paths/{session.path}", ASSESSMENT, {"en": session.path})
    item = str(event.payload["item"])
    facts = teller.item(item)
    named = dict(facts.stems) if facts is not None else {"en": item}
    activity = _activity(f"items/{item}", INTERACTION, named)
    activity["definition"]["interactionType"] = "choice"
    return activity


def _context(event: Envelope, session: SessionFacts, teller: Teller) -> dict[str, Any]:
    profile = {"objectType": "Activity", "id": PROFILE, "definition": {"type": PROFILE_TYPE}}
    grouped: dict[str, Any] = {"category": [profile]}
    extensions: dict[str, Any] = {_extension("channel"): event.channel, _extension("sequence"): event.sequence}
    if event.kind == ANSWERED:
        grouped["parent"] = [_activity(f"paths/{session.path}", ASSESSMENT, {"en": session.path})]
        extensions[_extension("input_mode")] = str(event.payload["input_mode"])
        extensions[_extension("aid")] = Aid(event.payload["aid"]).name.lower()
        facts = teller.item(str(event.payload["item"]))
        if facts is not None:
            grouped["grouping"] = [
                _activity(f"competences/{facts.competence}", OBJECTIVE, {"en": facts.competence}),
                _activity(f"skills/{facts.skill}", OBJECTIVE, {"en": facts.skill}),
            ]
    return {
        "registration": registration_of(event.session_id),
        "platform": "voice-app",
        "language": session.locale,
        "revision": event.bank_version,
        "contextActivities": grouped,
        "extensions": extensions,
    }


def _result(event: Envelope) -> dict[str, Any]:
    match event.kind:
        case "item_answered":
            return _answer(event.payload)
        case "session_finished":
            return {"completion": True}
        case "result_shared":
            shared = event.payload["snapshot"]
            told = {name: shared[name] for name in ("profile", "areas", "next_step") if shared.get(name) is not None}
            return {"completion": True, "extensions": {_extension(name): value for name, value in told.items()}}
        case _:
            return {}


def _answer(payload: Mapping[str, Any]) -> dict[str, Any]:
    """An answer: success where it is certain, its likelihoods where it was half heard."""
    evidence = payload["evidence"]
    told = [name for name in _OUTCOMES if evidence[name] > 0]
    option = payload["option"]
    result: dict[str, Any] = {"response": option if option is not None else "dont_know"}
    if len(told) == 1 and told[0] != "dont_know":
        result["success"] = told[0] == "correct"
    elif len(told) > 1:
        result["extensions"] = {_extension("evidence"): {name: evidence[name] for name in _OUTCOMES}}
    return result


def _activity(path: str, kind: str, named: Mapping[str, str]) -> dict[str, Any]:
    return {
        "objectType": "Activity",
        "id": f"{VOCABULARY}/{path}",
        "definition": {"type": kind, "name": dict(named)},
    }


def _extension(name: str) -> str:
    return f"{VOCABULARY}/extensions/{name}"
