"""The addresses of the API below /api/v1, each one line of `routes` with its scope; how a request comes to its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart import Blueprint, Quart, Response, request
from quart_schema import DataSource, validate_querystring, validate_request, validate_response
from quart_schema.validation import RequestSchemaValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from engine.organization.scopes import Scope
from voice_app.errors import StoreError
from voice_app.store.rules import OrganizationRules
from voice_app.web.api import models as shapes
from voice_app.web.api import refusals
from voice_app.web.api.accreditation_work import accreditation_routes
from voice_app.web.api.affairs_work import affairs_routes
from voice_app.web.api.campaign_files import campaign_file_routes
from voice_app.web.api.document import BLUEPRINT, describe
from voice_app.web.api.feed_models import PageQuery
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, Open, enter, not_found
from voice_app.web.api.grants import TOKEN_PATH
from voice_app.web.api.problems import Problem
from voice_app.web.api.result_work import result_routes
from voice_app.web.api.sitting_work import sitting_routes
from voice_app.web.api.token_work import token_routes
from voice_app.web.api.webhook_work import webhook_routes
from voice_app.web.api.work import ApiDesk, Work
from voice_app.web.guard import HEADERS

PREFIX = "/api/v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def add_api(app: Quart, desk: Callable[[], ApiDesk], rules: OrganizationRules) -> None:
    """Add the API to an app, with its description."""
    api = _Api(desk, rules)
    blueprint = Blueprint(BLUEPRINT, __name__, url_prefix=PREFIX)
    plain = {"provide_automatic_options": False}  # the answer to OPTIONS would name every method there is
    for route in api.routes:
        blueprint.add_url_rule(route.path, _endpoint(route), api.served(route), methods=[route.method], **plain)
    for rest in ("/", "/<path:rest>"):
        blueprint.add_url_rule(rest, "nowhere", api.nowhere, methods=[*METHODS, "OPTIONS"], **plain)
    blueprint.register_error_handler(Problem, refusals.tell)
    blueprint.register_error_handler(RequestSchemaValidationError, refusals.tell_fields)
    blueprint.register_error_handler(HTTPException, refusals.tell_status)
    blueprint.register_error_handler(StoreError, refusals.tell_store)
    blueprint.register_error_handler(Exception, refusals.tell_fault)
    blueprint.after_request(_add_headers)
    app.register_blueprint(blueprint)
    described = {f"{BLUEPRINT}.{_endpoint(route)}": route for route in api.routes if route.is_described}
    describe(app, described, PREFIX, TOKEN_PATH)


class _Api:
    """The addresses and what they share."""

    def __init__(self, desk: Callable[[], ApiDesk], rules: OrganizationRules) -> None:
        self._desk = desk
        self._rules = rules
        work = Work(desk)
        here = "/organizations/<organization>"
        campaign = f"{here}/campaigns/<campaign>"
        self.routes = (
            ApiRoute("/openapi.json", "GET", Open.TO_ALL, work.openapi),
            ApiRoute(
                TOKEN_PATH,
                "POST",
                Open.TO_ALL,
                work.token,
                answer=shapes.TokenAnswer,
                body=shapes.TokenRequest,
                form=True,
            ),
            ApiRoute("/token", "GET", Open.TO_TOKENS, work.own_token, answer=shapes.CallerAnswer),
            ApiRoute(
                "/organizations",
                "GET",
                Scope.ORGANIZATION_READ,
                work.organizations,
                answer=shapes.OrganizationPage,
            ),
            ApiRoute(here, "GET", Scope.ORGANIZATION_READ, work.organization, answer=shapes.OrganizationAnswer),
            ApiRoute(
                f"{here}/members",
                "GET",
                Scope.MEMBERS_READ,
                work.members,
                answer=shapes.MemberPage,
                query=PageQuery,
            ),
            ApiRoute(
                f"{here}/members/<member>",
                "PATCH",
                Scope.MEMBERS_WRITE,
                work.change_member,
                answer=shapes.MemberAnswer,
                body=shapes.MemberChange,
            ),
            ApiRoute(
                f"{here}/invitations",
                "POST",
                Scope.MEMBERS_WRITE,
                work.invite,
                answer=shapes.InvitationAnswer,
                body=shapes.NewInvitation,
                status=201,
            ),
            ApiRoute(
                f"{here}/campaigns",
                "GET",
                Scope.CAMPAIGNS_READ,
                work.campaigns,
                answer=shapes.CampaignPage,
                query=PageQuery,
            ),
            ApiRoute(
                f"{here}/campaigns",
                "POST",
                Scope.CAMPAIGNS_WRITE,
                work.create_campaign,
                answer=shapes.CampaignAnswer,
                body=shapes.NewCampaign,
                status=201,
            ),
            ApiRoute(campaign, "GET", Scope.CAMPAIGNS_READ, work.campaign, answer=shapes.CampaignAnswer),
            ApiRoute(
                campaign,
                "PATCH",
                Scope.CAMPAIGNS_WRITE,
                work.change_campaign,
                answer=shapes.CampaignAnswer,
                body=shapes.ChangedCampaign,
            ),
            ApiRoute(f"{campaign}/archive", "POST", Scope.CAMPAIGNS_WRITE, work.archive, answer=shapes.CampaignAnswer),
            ApiRoute(
                f"{campaign}/recording/<locale>",
                "PUT",
                Scope.CAMPAIGNS_WRITE,
                work.record_welcome,
                answer=shapes.CampaignAnswer,
                upload=True,
            ),
            ApiRoute(
                f"{campaign}/recording/<locale>",
                "DELETE",
                Scope.CAMPAIGNS_WRITE,
                work.unrecord_welcome,
                status=NO_CONTENT,
            ),
            *result_routes(desk, campaign),
            *campaign_file_routes(desk, campaign),
            *accreditation_routes(desk, here),
            *affairs_routes(desk, here),
            *sitting_routes(desk, here),
            *token_routes(desk, here),
            *webhook_routes(desk, here),
        )
        self._known = Map([Rule(f"{PREFIX}{route.path}", methods=[route.method]) for route in self.routes])

    def served(self, route: ApiRoute) -> Callable[..., Any]:
        """Give the handler of a route: let in first, then its body and its query are read, then it works."""

        async def work(**parts: Any) -> Any:
            call: Call = parts.pop("call")
            return await route.work(call, **parts)

        checked: Any = work
        if route.query is not None:
            checked = validate_querystring(route.query)(checked)
        if route.body is not None:
            source = DataSource.FORM if route.form else DataSource.JSON
            checked = validate_request(route.body, source=source)(checked)
        if route.answer is not None:
            checked = validate_response(route.answer, route.status)(checked)

        async def served(**parts: Any) -> Any:
            desk = self._desk()
            per_minute = self._rules.api_requests_per_minute
            call = await enter(request, route.needs, desk.access, desk.rates, per_minute)
            if route.query is None and not route.form and request.args:
                raise Problem(400, "api.invalid", "this address takes no query")
            return await checked(call=call, **parts)

        served.__dict__.update(checked.__dict__)  # what the description is made of
        served.__name__, served.__doc__ = route.name, route.work.__doc__
        return served

    async def nowhere(self, rest: str = "") -> Response:
        """What is no address of the API, or not by this method."""
        del rest
        allowed = set(self._known.bind("").allowed_methods(request.path)) & set(METHODS)
        if allowed and request.method == "OPTIONS":
            return Response("", 204, headers={"Allow": ", ".join(sorted(allowed))})
        if allowed:
            raise Problem(405, "api.method", headers={"Allow": ", ".join(sorted(allowed))})
        raise not_found()


def _endpoint(route: ApiRoute) -> str:
    return f"{route.method.lower()}_{route.name}"


async def _add_headers(response: Response) -> Response:
    response.headers.update({**HEADERS, "Cache-Control": "no-store"})
    return response
