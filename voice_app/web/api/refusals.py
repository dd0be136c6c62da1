"""Whatever cannot be, told as a problem: our own refusals, fields that are not as described, faults.

A fault of ours is logged with its trace and told without it.
"""

from __future__ import annotations

import logging

from quart import Response, request
from quart_schema.validation import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException

from engine.organization.campaigns import InvalidCampaign
from engine.organization.scopes import InvalidScope
from voice_app.errors import StoreError
from voice_app.organizations import InvalidMember
from voice_app.web.api.grants import TOKEN_PATH, refused
from voice_app.web.api.problems import Problem, problem_response

log = logging.getLogger(__name__)


async def tell(problem: Problem) -> Response:
    """Tell a problem that was raised as such."""
    return problem_response(problem)


async def tell_fields(fault: RequestSchemaValidationError) -> Response:
    """Tell which fields are not as described."""
    if request.path.endswith(TOKEN_PATH):
        return refused("invalid_request", "the form is not as described")
    told = getattr(fault.validation_error, "errors", None)
    listed = told(include_input=False, include_url=False) if callable(told) else []
    errors = [{"field": ".".join(map(str, each["loc"])), "reason": str(each["msg"])} for each in listed]
    return problem_response(Problem(400, "api.invalid", "the request is not as described", errors=errors))


async def tell_status(fault: HTTPException) -> Response:
    """Tell what the server itself refuses."""
    status = fault.code or 500
    return problem_response(Problem(status, f"api.http_{status}"))


async def tell_store(fault: StoreError) -> Response:
    """Tell that the database does not answer."""
    log.error("the API: %s", fault)
    return problem_response(Problem(503, fault.code, "nothing was changed; try again in a moment"))


async def tell_fault(fault: Exception) -> Response:
    """Turn our own refusals into problems; anything else is a fault of ours, told as such and logged."""
    match fault:
        case InvalidCampaign():
            errors = [{"field": fault.field, "reason": fault.reason}]
            return problem_response(Problem(400, fault.code, "this is no campaign", errors=errors))
        case InvalidMember() if fault.reason == "last_admin":
            return problem_response(Problem(409, fault.code, "the organisation would have no admin"))
        case InvalidMember():
            errors = [{"field": "member", "reason": fault.reason}]
            return problem_response(Problem(400, fault.code, str(fault), errors=errors))
        case UnicodeDecodeError():
            return problem_response(Problem(400, "api.invalid", "the body is no UTF-8"))
        case InvalidScope():
            return problem_response(Problem(400, fault.code, str(fault)))
        case _:
            log.exception("the API broke", exc_info=fault)
            return problem_response(Problem(500, "api.fault", "a fault of ours"))
