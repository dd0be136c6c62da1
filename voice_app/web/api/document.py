"""The description of the API, OpenAPI 3.1: made from the route table and the shapes, by quart-schema.

Only the routes of the API are described; its pages for people load scripts from elsewhere and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from quart import Quart
from quart_schema import Info, QuartSchema
from quart_schema.conversion import model_schema
from quart_schema.openapi import OpenAPIProvider
from werkzeug.routing.rules import Rule

from audio_content.model import LOCALES
from engine.organization.scopes import Scope
from voice_app.documents.kit import PAPERS
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Open
from voice_app.web.api.models import ProblemAnswer, TokenRefusal
from voice_app.web.api.problems import CONTENT_TYPE

BLUEPRINT = "api"
BEARER, CLIENT = "token", "client"
TITLE = "voice-app"
VERSION = "1"
ABOUT = (
    "Organisations, campaigns and shared results for programs. Everything is an oral estimation aligned with the CRCN, "
    "no certification. Feeds are read by cursor: ask again with the `next` of the last page."
)
_PROBLEMS = {
    400: "The request is not as described.",
    401: "No token, or one that does not open.",
    403: "The token lacks the scope.",
    404: "It is not there, or the token does not reach it.",
    409: "It would break what must stay (the last admin, the number of webhooks), or it comes too late.",
    413: "The body is too large.",
    415: "The body is not of the kind that is described.",
    429: "Too many requests: `Retry-After` tells when to come back.",
    503: "The database does not answer; nothing was changed.",
}
NAMED = {"locale": LOCALES, "paper": PAPERS}
"""Parts of addresses that have names, and which."""
_PART = re.compile(r"<(?:[^:>]*:)?([^>]+)>")


class ApiDocument(OpenAPIProvider):
    """The routes of the API, each with its scope and its problems. `routes`: by endpoint."""

    routes: Mapping[str, ApiRoute] = {}

    def generate_rules(self) -> Iterable[Rule]:
        """Give the rules of the described routes, by path."""
        rules = (rule for rule in self._app.url_map.iter_rules() if rule.endpoint in self.routes)
        return sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ())))

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give one route's operation and the shapes that it uses."""
        route = self.routes[rule.endpoint]
        paths, shapes = super().build_paths(rule)
        for path in paths.values():
            for operation in path.values():
                self._complete(operation, route)
        shapes["Problem"] = _schema(ProblemAnswer)
        return paths, shapes

    def operation_id(self, method: str, path: str, func: Any) -> str | None:
        """Give a name by which generated clients call the operation."""
        del path
        return f"{method.lower()}_{func.__name__.strip('_')}"

    def _complete(self, operation: dict[str, Any], route: ApiRoute) -> None:
        responses = {str(status): told for status, told in operation["responses"].items()}
        for part in operation.get("parameters", ()):
            if part["in"] == "path" and part["name"] in NAMED:
                part["schema"] = {"type": "string", "enum": list(NAMED[part["name"]])}
        if route.media:
            kind = "object" if route.media == "application/json" else "string"
            responses["200"] = {"description": "The file.", "content": {route.media: {"schema": {"type": kind}}}}
        if route.upload:
            content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            operation["requestBody"] = {"content": content, "required": True}
        if route.status == NO_CONTENT:
            responses = {str(NO_CONTENT): {"description": "Done."}}
        codes = {400, 429, 503}
        if route.needs is not Open.TO_ALL:
            codes |= {401}
        if isinstance(route.needs, Scope):
            codes |= {403, 404}
        if route.upload:
            codes |= {413}
        if route.body is not None:
            codes |= {409, 413, 415}
            operation["requestBody"]["required"] = True
        if route.form:
            codes -= {400, 409, 415}
            refusal = {"application/json": {"schema": _schema(TokenRefusal)}}
            for refused in ("400", "401"):
                responses[refused] = {"description": "No token (RFC 6749, section 5.2).", "content": refusal}
        for status in sorted(codes):
            content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            responses[str(status)] = {"description": _PROBLEMS[status], "content": content}
        operation["responses"] = dict(sorted(responses.items()))
        if route.form:
            operation["security"] = [{"clientSecret": []}, {}]
        elif route.needs is Open.TO_ALL:
            operation["security"] = []
        else:
            needed = [route.needs.value] if isinstance(route.needs, Scope) else []
            operation["security"] = [{BEARER: []}, {CLIENT: needed}]


def describe(app: Quart, routes: Mapping[str, ApiRoute], prefix: str, token_path: str) -> QuartSchema:
    """Join quart-schema to the app: bodies and answers are checked by the shapes, the document is at hand."""
    scopes = {scope.value: scope.name.lower().replace("_", " ") for scope in Scope}
    document = type("Document", (ApiDocument,), {"routes": routes})
    return QuartSchema(
        app,
        openapi_path=None,
        info=Info(title=TITLE, version=VERSION, description=ABOUT),
        conversion_preference="pydantic",
        openapi_provider_class=document,
        security_schemes={
            BEARER: {"type": "http", "scheme": "bearer"},
            "clientSecret": {"type": "http", "scheme": "basic"},
            CLIENT: {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": f"{prefix}{token_path}", "scopes": scopes}},
            },
        },
    )


def _schema(model: type[Any]) -> dict[str, Any]:
    """Give a shape with its own definitions inlined by reference to nothing: these have one level."""
    schema: dict[str, Any] = model_schema(model, preference="pydantic", schema_mode="serialization")
    definitions = schema.pop("$defs", {})
    return _inlined(schema, definitions)  # type: ignore[no-any-return]


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(definitions[value["$ref"].rsplit("/", 1)[-1]], definitions)
        return {name: _inlined(each, definitions) for name, each in value.items()}
    if isinstance(value, list):
        return [_inlined(each, definitions) for each in value]
    return value
