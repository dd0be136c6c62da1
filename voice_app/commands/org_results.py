"""`voice-app org compare`: whether one way of answering is harder than another, campaign by campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from voice_app.app import contexts, dialogue_context
from voice_app.commands.org_database import with_database
from voice_app.commands.terminal import console, messages, print_json, progress, settings_here
from voice_app.comparing import compare as compare_channels
from voice_app.mode_effects import Compared
from voice_app.store.rules import OrganizationRules
from voice_app.store.sql_comparisons import SqlComparisons

Json = Annotated[bool, typer.Option("--json", help="One JSON line a campaign, for programs.")]


def compare(
    code: Annotated[str, typer.Argument(help="A campaign's code of nine digits; all campaigns without one.")] = "",
    json: Json = False,
) -> None:
    """Compare the answers given by voice, by keys and by telephone; the page of results shows what was found."""
    context_of = contexts(settings_here(), dialogue_context(settings_here()))

    async def work(engine: AsyncEngine, _rules: OrganizationRules) -> list[tuple[Compared, Mapping[str, Any]]]:
        comparisons = SqlComparisons(engine)
        wanted = [each for each in await comparisons.campaigns() if code in ("", each.code)]
        made = []
        with progress("Comparing") as move:
            for number, campaign in enumerate(wanted, start=1):
                found = await compare_channels(comparisons, campaign, context_of)
                if found is not None:
                    made.append((campaign, found))
                move(number, len(wanted))
        return made

    made = with_database(work)
    if code and not made:
        messages.print(f"there is no campaign {code}", style="bold red", highlight=False, markup=False)
        raise typer.Exit(1)
    for campaign, found in made:
        if json:
            print_json({"code": campaign.code, **found})
            continue
        console.print(f"{campaign.code}  {campaign.title}: {found['answers']} answers", highlight=False, markup=False)
        for each in found["groups"]:
            against = f"  {each['group']} beside {found['reference']}: "
            few = f"too few: {each['most_answers']} answers at most, {found['fewest']} are needed"
            enough = f"{each['flagged']} of {each['enough']} questions differ, by {each['largest']:.1f} levels at most"
            console.print(against + (enough if each["enough"] else few), highlight=False, markup=False, soft_wrap=True)
