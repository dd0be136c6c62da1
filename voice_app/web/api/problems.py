"""What a program is told when something cannot be: RFC 9457 (`application/problem+json`).

`type` is `about:blank` and `title` the words of the status, as the RFC says for problems that have no page of their
own; `code` is our stable word, `detail` a sentence for the person who writes the program, without anything secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from quart import Response

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """The request is answered by a problem. `errors`: what is wrong with which field."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def problem_response(problem: Problem) -> Response:
    """Give the answer that tells a problem."""
    told: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
    }
    if problem.detail:
        told["detail"] = problem.detail
    if problem.errors:
        told["errors"] = [dict(each) for each in problem.errors]
    return Response(json.dumps(told), problem.status, headers=problem.headers, content_type=CONTENT_TYPE)
