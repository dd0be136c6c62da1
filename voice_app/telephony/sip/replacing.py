"""A call that takes the place of another one: the second half of an attended transfer (RFC 3891; RFC 5589, section 7).

    mediator ---- first call ------ learner       The mediator asks the learner's telephone (REFER) to call us with
        |                              |          `Replaces: <the second call>`. Our conversation of the second call
        +-- second call -- we <--------+          goes on with the learner, and the mediator's own call ends.

Who may do that: who may call us at all, and knows Call-ID and both tags of the call. The tags are drawn at random, one
by each side, and told to nobody else; there is no other way to find or to guess a call.
"""

from __future__ import annotations

from collections.abc import Iterable

from aiosipua import SipRequest

from voice_app.telephony.sip.call import Call, CallState
from voice_app.telephony.sip.messages import BadMessage, tag_of


class NotReplaced(Exception):
    """The call cannot take another one's place; `status` is what section 3 answers."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Replaces: {status}")
        self.status = status


def replaced_by(invite: SipRequest, calls: Iterable[Call]) -> Call | None:
    """Give the call whose place an INVITE takes, None when it is a call of its own. Raises NotReplaced.

    A call that rings or waits for its ACK cannot be taken over: nobody talks in it.
    """
    values = [value for value in invite.headers.get("replaces") if value.strip()]
    if not values:
        return None
    if len(values) > 1:
        raise NotReplaced(400)
    call_id, *parameters = (each.strip() for each in values[0].split(";"))
    named = {name.strip().lower(): value.strip() for name, _, value in (each.partition("=") for each in parameters)}
    to_tag, from_tag = named.get("to-tag"), named.get("from-tag")
    if not call_id or not to_tag or not from_tag:
        raise NotReplaced(400)
    for call in calls:
        if call.call_id == call_id and call.local_tag == to_tag and _peer_tag(call) == from_tag:
            break
    else:
        raise NotReplaced(481)
    if "early-only" in named:
        raise NotReplaced(486)
    if call.state is not CallState.CONFIRMED:
        raise NotReplaced(481)
    return call


def _peer_tag(call: Call) -> str | None:
    try:
        return tag_of(call.peer.address)
    except BadMessage:
        return None
