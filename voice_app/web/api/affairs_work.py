"""What the addresses of an organisation's own affairs do: facts, invitations that wait, log, retention, telephone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from quart import Response

from engine.organization.scopes import Scope
from voice_app.feeds import Feeds
from voice_app.organizations import InvalidMember
from voice_app.privacy import Privacy
from voice_app.settings import Settings
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.telephony.contacts import BadContact, PhoneContact
from voice_app.telephony.hours import BadHours, Hours
from voice_app.web.api import affairs_models as shapes
from voice_app.web.api.asking import here_of, program_of, since_of, wrong_field
from voice_app.web.api.feed_models import PageQuery, ends
from voice_app.web.api.gate import NO_CONTENT, ApiRoute, Call, not_found
from voice_app.web.api.models import OrganizationAnswer
from voice_app.web.organization.phone_pages import Contacts

FIELDS = {"name_missing": "name", "legal_id": "legal_id", "too_many_tags": "tags"}
"""The field of each thing that an organisation cannot say of itself."""


class AffairsDesk(Protocol):
    """What these addresses need of the opened service."""

    @property
    def facts(self) -> SqlFacts: ...

    @property
    def invitations(self) -> SqlInvitations: ...

    @property
    def feeds(self) -> Feeds: ...

    @property
    def privacy(self) -> Privacy: ...

    @property
    def contacts(self) -> Contacts: ...

    @property
    def settings(self) -> Settings: ...


def affairs_routes(desk: Callable[[], AffairsDesk], here: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `here`: the address of an organisation."""
    work = AffairsWork(desk)
    waiting, retention, phone = f"{here}/invitations", f"{here}/retention", f"{here}/phone"
    return (
        ApiRoute(
            here,
            "PATCH",
            Scope.ORGANIZATION_WRITE,
            work.change_organization,
            answer=OrganizationAnswer,
            body=shapes.ChangedOrganization,
        ),
        ApiRoute(waiting, "GET", Scope.MEMBERS_READ, work.invitations, answer=shapes.WaitingList),
        ApiRoute(f"{waiting}/<invitation>", "DELETE", Scope.MEMBERS_WRITE, work.withdraw_invitation, status=NO_CONTENT),
        ApiRoute(f"{here}/log", "GET", Scope.LOG_READ, work.log, answer=shapes.LogPage, query=PageQuery),
        ApiRoute(retention, "GET", Scope.RETENTION_READ, work.retention, answer=shapes.RetentionAnswer),
        ApiRoute(
            retention,
            "PUT",
            Scope.RETENTION_WRITE,
            work.set_retention,
            answer=shapes.RetentionAnswer,
            body=shapes.NewRetention,
        ),
        ApiRoute(phone, "GET", Scope.PHONE_READ, work.phone_person, answer=shapes.PhonePersonAnswer),
        ApiRoute(
            phone,
            "PUT",
            Scope.PHONE_WRITE,
            work.set_phone_person,
            answer=shapes.PhonePersonAnswer,
            body=shapes.NewPhonePerson,
        ),
        ApiRoute(phone, "DELETE", Scope.PHONE_WRITE, work.remove_phone_person, status=NO_CONTENT),
    )


class AffairsWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], AffairsDesk]) -> None:
        self._desk = desk

    async def change_organization(
        self, call: Call, organization: str, data: shapes.ChangedOrganization
    ) -> OrganizationAnswer:
        """Change what an organisation says of itself. Its name is spoken to people."""
        del organization
        shown, facts = here_of(call), self._desk().facts
        here = shown.organization.id
        try:
            await facts.describe(here, data.of(shown), program_of(call), data.name)
        except InvalidMember as invalid:
            raise wrong_field(FIELDS.get(invalid.reason, "kind"), invalid.reason, invalid.code) from invalid
        changed = await facts.shown(here)
        if changed is None:
            raise not_found()
        return OrganizationAnswer.of(changed)

    async def invitations(self, call: Call, organization: str) -> shapes.WaitingList:
        """List the invitations that wait for an answer."""
        del organization
        waiting = await self._desk().invitations.waiting(here_of(call).organization.id)
        return shapes.WaitingList(items=[shapes.WaitingAnswer.of(each) for each in waiting])

    async def withdraw_invitation(self, call: Call, organization: str, invitation: str) -> Response:
        """Withdraw an invitation: its address and its code open nothing more."""
        del organization
        here = here_of(call).organization.id
        if not await self._desk().invitations.withdraw(here, invitation, program_of(call)):
            raise not_found()
        return Response("", NO_CONTENT)

    async def log(self, call: Call, organization: str, query_args: PageQuery) -> shapes.LogPage:
        """List who did what, oldest first. An entry is told ten seconds after it was written."""
        del organization
        here = here_of(call).organization.id
        piece = await self._desk().feeds.log(here, since_of(query_args), query_args.limit)
        return shapes.LogPage(items=[shapes.LogEntryAnswer.of(each) for each in piece.items], **ends(piece))

    async def retention(self, call: Call, organization: str) -> shapes.RetentionAnswer:
        """Tell for how many months what people sent is kept."""
        del organization
        return await self._kept(call)

    async def set_retention(self, call: Call, organization: str, data: shapes.NewRetention) -> shapes.RetentionAnswer:
        """Set for how many months what people sent is kept; what is older is erased within a day."""
        del organization
        here, privacy = here_of(call).organization.id, self._desk().privacy
        if not await privacy.keep_for(here, data.months, program_of(call)):
            raise wrong_field("months", "longer than may be chosen")
        return await self._kept(call)

    async def phone_person(self, call: Call, organization: str) -> shapes.PhonePersonAnswer:
        """Tell who takes over callers of the organisation's campaigns."""
        del organization
        return shapes.PhonePersonAnswer.of(await self._desk().contacts.of(here_of(call).organization.id))

    async def set_phone_person(
        self, call: Call, organization: str, data: shapes.NewPhonePerson
    ) -> shapes.PhonePersonAnswer:
        """Name who takes over callers, and when."""
        del organization
        try:
            contact = PhoneContact(data.person.strip(), data.hours.strip())
            if not Hours.read(contact.hours).spans:
                raise BadHours("no day and no time is named")
        except (BadContact, BadHours) as fault:
            field = "person" if isinstance(fault, BadContact) else "hours"
            raise wrong_field(field, str(fault), fault.code) from fault
        await self._desk().contacts.set(here_of(call).organization.id, contact, program_of(call))
        return shapes.PhonePersonAnswer.of(contact)

    async def remove_phone_person(self, call: Call, organization: str) -> Response:
        """Name nobody: who asks for a person is handed over to the service's own."""
        del organization
        await self._desk().contacts.set(here_of(call).organization.id, None, program_of(call))
        return Response("", NO_CONTENT)

    async def _kept(self, call: Call) -> shapes.RetentionAnswer:
        desk = self._desk()
        months = await desk.privacy.retention(here_of(call).organization.id)
        return shapes.RetentionAnswer(months=months, longest=desk.settings.organization.longest_retention_months)
