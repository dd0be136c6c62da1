"""What the addresses of an organisation's tokens do: list, make, revoke.

A token makes none that can do more than itself: its scopes are some of its maker's, and it does not last longer. A
partner's client belongs to no organisation, and makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, Field
from quart import Response

from engine.organization.scopes import Scope, read_scopes
from voice_app.access import Access, ApiToken
from voice_app.organizations import InvalidMember
from voice_app.web.api.asking import here_of, program_of, wrong_field
from voice_app.web.api.feed_models import Asked, told_moment
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, not_found

LONGEST_NAME = 80
MOST_DAYS = 3_650


class TokenDesk(Protocol):
    """What these addresses need of the opened service."""

    @property
    def access(self) -> Access: ...


class NewToken(Asked):
    """A token to make. `days`: until it ends by itself; not given: as long as its maker, as the settings allow."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description="What it is for.")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=50, description="Some of this token's own.")]
    days: Annotated[int | None, Field(ge=1, le=MOST_DAYS)] = None


class ApiTokenAnswer(BaseModel):
    """A token as it is listed, without itself; `hint` is its last four characters."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    made_by: Annotated[str, Field(description="The member who made it; empty for a program or the command line.")]

    @classmethod
    def of(cls, token: ApiToken) -> ApiTokenAnswer:
        used, revoked = token.used_at, token.revoked_at
        return cls(
            id=token.id,
            name=token.name,
            hint=token.hint,
            scopes=sorted(token.scopes),
            created_at=told_moment(token.created_at),
            expires_at=told_moment(token.expires_at),
            used_at=None if used is None else told_moment(used),
            revoked_at=None if revoked is None else told_moment(revoked),
            made_by=token.made_by,
        )


class NewTokenAnswer(BaseModel):
    """A new token, which is not told again, and what is listed of it."""

    token: str
    listed: ApiTokenAnswer


class ApiTokenList(BaseModel):
    """The tokens of the organisation, newest first, those that no longer open included."""

    items: list[ApiTokenAnswer]


def token_routes(desk: Callable[[], TokenDesk], here: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `here`: the address of an organisation."""
    work, path = TokenWork(desk), f"{here}/tokens"
    return (
        ApiRoute(path, "GET", Scope.TOKENS_READ, work.tokens, answer=ApiTokenList),
        ApiRoute(path, "POST", Scope.TOKENS_WRITE, work.make_token, answer=NewTokenAnswer, body=NewToken, status=201),
        ApiRoute(f"{path}/<token>", "DELETE", Scope.TOKENS_WRITE, work.revoke_token, status=NO_CONTENT),
    )


class TokenWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], TokenDesk]) -> None:
        self._desk = desk

    async def tokens(self, call: Call, organization: str) -> ApiTokenList:
        """List the tokens of the organisation, without themselves."""
        del organization
        found: Sequence[ApiToken] = await self._desk().access.tokens(here_of(call).organization.id)
        return ApiTokenList(items=[ApiTokenAnswer.of(each) for each in found])

    async def make_token(self, call: Call, organization: str, data: NewToken) -> Any:
        """Make a token that can do no more than this one, and lasts no longer. It comes with the answer, once."""
        del organization
        if call.caller is None:
            raise not_found()
        chosen = read_scopes(data.scopes, call.caller.scopes)
        here, by = here_of(call).organization.id, program_of(call)
        try:
            token, made = await self._desk().access.make_token(here, data.name, chosen, by, data.days or 0)
        except InvalidMember as invalid:
            raise wrong_field("name", invalid.reason, invalid.code) from invalid
        return NewTokenAnswer(token=token, listed=ApiTokenAnswer.of(made)), 201

    async def revoke_token(self, call: Call, organization: str, token: str) -> Response:
        """End a token at once; a program may end its own."""
        del organization
        here = here_of(call).organization.id
        if not await self._desk().access.revoke_token(here, token, program_of(call)):
            raise not_found()
        return Response("", NO_CONTENT)
