"""`voice-app org phone`: who of an organisation takes over its callers, and when."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voice_app.commands.org_database import with_database
from voice_app.commands.terminal import console, print_json
from voice_app.organizations import OrganizationId
from voice_app.store.sql_contacts import SqlContacts
from voice_app.telephony.contacts import BadContact, PhoneContact
from voice_app.telephony.hours import BadHours

USUAL_HOURS = "1-5 09:00-12:00 14:00-17:00"


def phone(
    organization: Annotated[str, typer.Argument(help="The organisation's id (voice-app org list).")],
    person: Annotated[str, typer.Option(help="A telephone number or a SIP address.")] = "",
    hours: Annotated[str, typer.Option(help="When they answer: days (1 Monday) and times.")] = USUAL_HOURS,
    nobody: Annotated[bool, typer.Option("--nobody", help="Leave its callers to the service's person.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line for programs.")] = False,
) -> None:
    """Name who takes over the callers of an organisation's campaigns. Without options it is only told."""
    try:
        contact = PhoneContact(person, hours) if person else None
    except (BadContact, BadHours) as fault:
        raise typer.BadParameter(str(fault)) from fault

    async def work(engine: Any, _rules: Any) -> tuple[bool, PhoneContact | None]:
        contacts, here = SqlContacts(engine), OrganizationId(organization)
        known = await contacts.set(here, contact, None) if contact is not None or nobody else True
        return known, await contacts.of(here)

    known, now = with_database(work)
    if not known:
        raise typer.BadParameter(f"there is no organisation {organization}; voice-app org list tells the ids")
    if json:
        print_json({"id": organization, "person": now.person if now else None, "hours": now.hours if now else None})
    else:
        told = f"{now.person}  {now.hours}" if now else "nobody of its own: the service's person"
        console.print(told, highlight=False, markup=False, soft_wrap=True)
