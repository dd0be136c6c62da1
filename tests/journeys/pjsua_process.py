"""A telephone made by PJSIP, in a process of its own: orders come as JSON lines, what its calls do goes out as such.

Baresip 1.0 can transfer a call but knows no Replaces (RFC 3891); PJSIP carries the attended transfer at both ends. It
takes every call, has no sound card, so that it sends no sound, and presses keys by INFO.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Any

import pjsua2 as pj

MOST_CALLS = 4
LOOK_EVERY_S = 0.02
CALLS: list[pj.Call] = []
"""Kept: PJSIP forgets a call whose object is gone. Nothing is asked of PJSIP before the first one is taken: its own
thread comes to us with the call while it holds the lock that a question waits for."""


class Telephone(pj.Account):  # type: ignore[misc]
    """Takes every call."""

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - PJSIP's name
        call = pj.Call(self, prm.callId)
        call.answer(_wish(pj.StatusCode.OK))
        CALLS.append(call)


def _wish(status: Any = None) -> Any:
    wish = pj.CallOpParam(True)
    if status is not None:
        wish.statusCode = status
    return wish


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def obey(telephone: Telephone, order: dict[str, Any]) -> None:
    match order["do"]:
        case "dial":
            call = pj.Call(telephone)
            CALLS.append(call)
            call.makeCall(order["to"], _wish())
        case "press":
            pressed = pj.CallSendDtmfParam()
            pressed.method = pj.DtmfMethod.SIP_INFO
            pressed.digits = order["keys"]
            pj.Call.lookup(order["call"]).sendDtmf(pressed)
        case "hang_up":
            pj.Call.lookup(order["call"]).hangup(_wish())
        case "attended":
            pj.Call.lookup(order["call"]).xferReplaces(pj.Call.lookup(order["other"]), _wish())


def states() -> dict[int, tuple[str, bool]]:
    """Give the state of each call, and whether its sound flows."""
    found = {}
    for number in range(MOST_CALLS):
        call = pj.Call.lookup(number)
        if call is not None and call.active:
            info = call.info
            flows = any(media.status == pj.CallMediaStatus.ACTIVE for media in info.media)
            found[number] = (info.stateText, flows)
    return found


def main() -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    endpoint.libInit(config)
    endpoint.audDevManager.setNullDev()
    transport = pj.TransportConfig()
    transport.boundAddress = "127.0.0.1"
    number = endpoint.transportCreate(pj.TransportType.UDP, transport)
    endpoint.libStart()
    address = endpoint.transportGetInfo(number).localName
    account = pj.AccountConfig()
    account.idUri = f"sip:{sys.argv[1]}@{address}"
    telephone = Telephone()
    telephone.create(account)
    tell(address=address)
    before: dict[int, tuple[str, bool]] = {}
    while True:
        if select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            obey(telephone, json.loads(line))
        after = states() if CALLS else {}
        if after != before:
            before = after
            tell(calls=after)


if __name__ == "__main__":
    main()
