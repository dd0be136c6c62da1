"""How the sites stand, in sentences: the spoken form of the operator's page, and what the page shows.

The most urgent first: what is in custody, who was not heard of for long, then the others by name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from voice_app.store.sql_overview import Incident, InCustody, SiteStatus

WORDS = Path(__file__).parent / "words"
QUIET_AFTER_S = 24 * 3600
"""A village that connects twice a day is not late before a day is over."""


def operator_sentences(
    sites: Sequence[SiteStatus],
    custody: Sequence[InCustody],
    incidents: Sequence[Incident],
    moment: datetime,
    locale: str,
) -> list[str]:
    """Give the view as sentences, to be read aloud or shown."""
    words = view_words(locale)
    if not sites:
        return [words["none"]]
    open_sites = [site for site in sites if not site.closed]
    late = [site for site in open_sites if is_late(site, moment)]
    told = [
        words["summary"].format(sites=len(open_sites), late=len(late), backlog=sum(s.backlog for s in open_sites)),
        words["custody"].format(count=len(custody)) if custody else words["no_custody"],
    ]
    told += [words[f"incident_{each.kind}"].format(site=_name_of(sites, each.site_id)) for each in incidents]
    return told + [site_sentence(site, moment, locale) for site in sites]


def site_sentence(site: SiteStatus, moment: datetime, locale: str) -> str:
    """Give how one site stands, in one or two sentences."""
    words = view_words(locale)
    if site.closed:
        return words["closed"].format(name=site.name)
    contact = site.contact_at
    if contact is None:
        return words["never"].format(name=site.name)
    told = words["contact"].format(name=site.name, ago=ago(contact, moment, words))
    if site.backlog:
        oldest = words["unknown"] if site.oldest_at is None else ago(site.oldest_at, moment, words)
        told += " " + words["backlog"].format(count=site.backlog, ago=oldest)
    else:
        told += " " + words["nothing_waits"]
    if site.custody:
        told += " " + words["site_custody"].format(count=site.custody)
    if site.erased:
        told += " " + words["site_erased"].format(count=site.erased)
    return told + " " + words["versions"].format(app=site.chains[0].app_version or words["unknown"])


def is_late(site: SiteStatus, moment: datetime) -> bool:
    """Tell whether a site should have been heard of by now."""
    contact = site.contact_at
    return contact is None or (moment - contact).total_seconds() > QUIET_AFTER_S


def ago(then: datetime, moment: datetime, words: Mapping[str, str]) -> str:
    """Give how long ago something was, in words: minutes, hours, days."""
    minutes = max(0, int((moment - then).total_seconds() // 60))
    for unit, length in (("days", 2 * 24 * 60), ("hours", 2 * 60), ("minutes", 2)):
        if minutes >= length:
            return words[unit].format(count=minutes // (length // 2))
    return words["just_now"]


@cache
def view_words(locale: str) -> Mapping[str, str]:
    """Give the words of a language."""
    return tomllib.loads((WORDS / f"operator.{locale}.toml").read_text(encoding="utf-8"))


def _name_of(sites: Sequence[SiteStatus], chain: str) -> str:
    return next((site.name for site in sites for each in site.chains if each.site_id == chain), chain or "?")
