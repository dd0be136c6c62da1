"""The only place that knows who is behind which port: opens the adapters, wires a conversation, makes the web app."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from quart import Quart

from audio_content.loader import load
from audio_content.model import Content
from engine.adaptive import compile_bank
from engine.model import Channel as ChannelKind
from voice_app.access import Access, Rates
from voice_app.attesting import attestation_paper
from voice_app.audio import Sound
from voice_app.certification import centre_said, centres_nearby, eligibility
from voice_app.chores import EmbeddedChores
from voice_app.conversation import Conversation, Voices
from voice_app.dialogue.context import DialogueContext, Rules
from voice_app.dialogue.paths import policy_of
from voice_app.ear_places import EarPlaces
from voice_app.exchange import Exchange, content_in_use, open_exchange
from voice_app.feeds import Feeds
from voice_app.live_feed import LocalFeed
from voice_app.operations.metrics import Metrics
from voice_app.operations.readiness import EAR, Readiness
from voice_app.operations.watched import TurnWatch, watched_voice
from voice_app.organizations import Accounts, Organizations
from voice_app.outward import backlogs_of, chores_of, house_chores
from voice_app.own_access import OwnAccess
from voice_app.pilot.recordings import PilotFolder
from voice_app.pilot.words import words as pilot_words
from voice_app.ports import CallerLine, Channel, Recognizer, Store, Synthesizer
from voice_app.privacy import Privacy
from voice_app.results import Results
from voice_app.session_memory import ContextOf
from voice_app.session_report import session_report
from voice_app.settings import InvalidSetting, Settings
from voice_app.speaking import Recordings
from voice_app.speech.earcons import earcon
from voice_app.speech.endpointing import StreamEndpointer
from voice_app.speech.recognizer import LocalRecognizer
from voice_app.speech.synthesizer import LocalSynthesizer
from voice_app.speech.wav import parse_wav
from voice_app.speech.welcome_recordings import at_pace
from voice_app.sso.identity import IdentityProvider
from voice_app.store.notify_feed import NotifyFeed
from voice_app.store.rates import SqlRates
from voice_app.store.sql_access import SqlAccess
from voice_app.store.sql_accounts import SqlAccounts
from voice_app.store.sql_accreditation import SqlAccreditation
from voice_app.store.sql_comparisons import SqlComparisons
from voice_app.store.sql_contacts import SqlContacts
from voice_app.store.sql_facts import SqlFacts
from voice_app.store.sql_feeds import SqlFeeds
from voice_app.store.sql_invitations import SqlInvitations
from voice_app.store.sql_learners import SqlLearners
from voice_app.store.sql_organizations import SqlOrganizations
from voice_app.store.sql_outlets import SqlOutlets
from voice_app.store.sql_own_access import SqlOwnAccess
from voice_app.store.sql_privacy import SqlPrivacy
from voice_app.store.sql_results import SqlResults
from voice_app.store.sql_sittings import SqlSittings
from voice_app.store.sql_store import SqlStore
from voice_app.store.sql_webhooks import SqlWebhooks
from voice_app.store.sql_welcomes import SqlWelcomes
from voice_app.sync.hub_desk import HubDesk
from voice_app.ways_in import identity_provider, passkeys_here
from voice_app.web.api.routes import add_api
from voice_app.web.attestation import attestation_blueprint
from voice_app.web.bounded import BoundedRequest
from voice_app.web.certification import Eligibility, certification_blueprint
from voice_app.web.help import help_blueprint
from voice_app.web.hub_pages import hub_blueprint
from voice_app.web.kiosk import ConversationRequest, kiosk_blueprint
from voice_app.web.learner import learner_blueprint
from voice_app.web.operations import operations_door, readiness_blueprint
from voice_app.web.organization.pages import organization_blueprint
from voice_app.web.pilot import pilot_blueprint
from voice_app.web.privacy import privacy_blueprint
from voice_app.web.sync_hub import sync_blueprint

if TYPE_CHECKING:
    from voice_app.sso.passkeys import Passkeys

log = logging.getLogger(__name__)

REPORT_DESK = "report"
"""Who asks the store for a session in order to print it; its codes come from conversations and are right."""


@dataclass(frozen=True, slots=True)
class Service:
    """The opened adapters of one process. Close it when done."""

    settings: Settings
    context: DialogueContext
    recognizer: Recognizer
    synthesizer: Synthesizer
    store: Store
    organizations: Organizations
    accounts: Accounts
    results: Results
    privacy: Privacy
    accreditation: SqlAccreditation
    access: Access
    rates: Rates
    feeds: Feeds
    own_access: OwnAccess
    provider: IdentityProvider | None
    passkeys: Passkeys | None
    facts: SqlFacts
    invitations: SqlInvitations
    contacts: SqlContacts
    context_of: ContextOf
    outlets: SqlOutlets
    webhooks: SqlWebhooks
    ear_places: EarPlaces
    metrics: Metrics
    readiness: Readiness
    live: NotifyFeed | None
    sittings: SqlSittings
    exchange: Exchange
    learners: SqlLearners
    welcomes: SqlWelcomes
    comparisons: SqlComparisons

    @property
    def content(self) -> Content:
        return self.context.content

    def conversation(
        self,
        channel: Channel,
        *,
        asker: str,
        resume_code: str | None = None,
        seed: int | None = None,
        line: CallerLine | None = None,
        path: str | None = None,
    ) -> Conversation:
        """Give a conversation over this channel. `asker`: whom wrong codes count for; `path`: the one to begin with."""
        seat = self.ear_places.seat()
        recognizer = seat if channel.kind is ChannelKind.KIOSK else self.recognizer  # the telephone has its own places
        outside = Voices(recognizer, self.synthesizer, StreamEndpointer(), earcon, self.store)
        watched, outside = TurnWatch(self.metrics, channel.kind.value, seat.leave).watch(channel, outside)
        return Conversation(
            watched,
            self.context,
            outside,
            seed=secrets.randbits(32) if seed is None else seed,
            asker=asker,
            rules=self.settings.conversation,
            resume_code=resume_code,
            line=line,
            context_of=self.context_of,
            desk=self.sittings,
            learners=self.learners,
            recordings=recordings_of(self.welcomes),
            path=path,
        )

    async def close(self) -> None:
        await self.exchange.stop()
        if self.live is not None:
            await self.live.close()
        await self.recognizer.close()
        await self.synthesizer.close()
        await self.store.close()


def recordings_of(welcomes: SqlWelcomes) -> Recordings:
    """Give what says a recorded welcome, at the pace that the person chose."""

    async def recording(name: str, rate: float) -> Sound | None:
        body = await welcomes.of_name(name)
        return None if body is None else await asyncio.to_thread(lambda: at_pace(parse_wav(body), rate))

    return recording


def dialogue_context(settings: Settings, content: Content | None = None, path: str | None = None) -> DialogueContext:
    """Give what every conversation of these settings shares: content, compiled bank, policy, rules.

    `path` is the settings' own by default. Raises InvalidSetting for a path that the content has not.
    """
    chosen = content_in_use(settings) if content is None else content
    path = path or settings.assessment.path
    try:
        chosen.skill_map.skills_of(path)
    except KeyError as fault:
        known = sorted((*chosen.skill_map.paths, *chosen.skill_map.modules))
        raise InvalidSetting(f"the assessment path {path!r} is not one of {', '.join(known)}") from fault
    bank = compile_bank(chosen.skill_map.spec_of(path), chosen.engine_items(path))
    rules = Rules(path=path, max_items=settings.assessment.max_items)
    return DialogueContext(content=chosen, bank=bank, policy=policy_of(path, chosen.skill_map), rules=rules)


def contexts(settings: Settings, usual: DialogueContext) -> ContextOf:
    """Give the contexts of all paths, each compiled when it is first asked for."""

    @cache
    def context_of(path: str) -> DialogueContext | None:
        if path == usual.rules.path:
            return usual
        try:
            return replace(dialogue_context(settings, usual.content, path), centres=usual.centres)
        except InvalidSetting:
            log.error("the content has no path %r", path)
            return None

    return context_of


async def open_service(settings: Settings) -> Service:
    """Open content, ear, voice and store, all or none. Raises the families' own errors, each with its remedy."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as opened:
        centres = centre_said(settings.documents.commune, settings.data_folder)
        context = replace(dialogue_context(settings), centres=centres)
        store = await SqlStore.open(settings.database_url, rules=settings.store)
        opened.push_async_callback(store.close)
        organizations = SqlOrganizations(store.engine, settings.organization)
        accounts = SqlAccounts(store.engine, settings.organization)
        results = SqlResults(store.engine)
        access = SqlAccess(store.engine, settings.organization)
        exchange = open_exchange(settings, store, context.bank.version)
        cache_limit_bytes = settings.speech.voice_cache_mb * 1_000_000
        synthesizer = LocalSynthesizer(settings.speech_folder, cache_limit_bytes=cache_limit_bytes)
        opened.push_async_callback(synthesizer.close)
        recognizer = LocalRecognizer(settings.models_folder)
        opened.push_async_callback(recognizer.close)
        await synthesizer.start()
        await recognizer.start()
        metrics = Metrics()

        async def voice() -> bool:
            return synthesizer.available

        async def ear() -> bool:
            return recognizer.available

        readiness = Readiness(
            {"store": store.answers, "voice": voice, EAR: ear},
            metrics,
            ear_required=settings.operations.ear_required,
            limit_s=settings.operations.check_limit_s,
        )
        live = None if settings.database_url.startswith("sqlite") else NotifyFeed(settings.database_url)
        if live is not None:
            live.start()
        opened.pop_all()  # all of them stand: from here on the service closes them
    return Service(
        settings=settings,
        context=context,
        recognizer=recognizer,
        synthesizer=watched_voice(synthesizer, metrics),
        store=exchange.store,
        organizations=organizations,
        accounts=accounts,
        results=results,
        accreditation=SqlAccreditation(store.engine),
        privacy=SqlPrivacy(store, settings.organization),
        access=access,
        rates=SqlRates(store.engine),
        feeds=SqlFeeds(store.engine, organizations),
        own_access=SqlOwnAccess(store.engine, settings.organization),
        provider=identity_provider(settings.sso),
        passkeys=passkeys_here(settings.organization),
        facts=SqlFacts(store.engine),
        invitations=SqlInvitations(store.engine),
        contacts=SqlContacts(store.engine),
        context_of=contexts(settings, context),
        outlets=SqlOutlets(store.engine, settings.store),
        webhooks=SqlWebhooks(store.engine, settings.store),
        ear_places=EarPlaces(
            recognizer,
            settings.speech.ear_places,
            settings.speech.ear_idle_s,
            note_full=metrics.ear_full.inc,
        ),
        metrics=metrics,
        readiness=readiness,
        sittings=SqlSittings(store.engine, live or LocalFeed()),
        live=live,
        exchange=exchange,
        welcomes=SqlWelcomes(store.engine),
        comparisons=SqlComparisons(store.engine),
        learners=SqlLearners(store.engine, settings.organization, settings.store),
    )


def create_app(settings: Settings, is_leaving: Callable[[], bool] = lambda: False) -> Quart:
    """Give the web application. Adapters open when it starts to serve and close when it stops.

    `is_leaving` tells that it is about to stop: it is not ready for anybody new then.
    """
    app = Quart("voice_app", static_folder=None)  # the pages bring their own
    app.request_class = BoundedRequest
    opened: list[Service] = []

    async def run_conversation(channel: Channel, request: ConversationRequest) -> None:
        service = opened[0]
        await service.conversation(channel, asker=request.asker, resume_code=request.resume, path=request.path).run()

    async def speak(text: str, locale: str) -> Sound:
        return await opened[0].synthesizer.speak(text, locale)

    async def make_report(code: str, locale: str) -> bytes:
        service = opened[0]
        return await session_report(
            service.store,
            service.context,
            settings.documents,
            settings.data_folder,
            code=code,
            asker=REPORT_DESK,
            locale=locale,
            address=settings.web.public_address,
            context_of=service.context_of,
        )

    app.register_blueprint(
        kiosk_blueprint(
            run_conversation,
            speak=speak,
            make_report=make_report,
            note_refusal=lambda: opened[0].metrics.refused.labels("kiosk").inc(),
            rules=settings.web,
            channel_rules=settings.kiosk,
        )
    )

    if settings.pilot.enabled:
        vocabularies = load().vocabularies
        said = {locale: [word.text for word in pilot_words(vocabularies[locale])] for locale in vocabularies}
        app.register_blueprint(pilot_blueprint(PilotFolder(settings.pilot_folder), said, speak, settings.pilot))

    app.register_blueprint(learner_blueprint(lambda: opened[0]))
    app.register_blueprint(
        organization_blueprint(lambda: opened[0], settings.organization, settings.web.public_address)
    )

    async def ready(code: str, asker: str, locale: str) -> Eligibility:
        service = opened[0]
        return await eligibility(
            service.store, service.context, service.context_of, code=code, asker=asker, locale=locale
        )

    def centres(postal_code: str, locale: str) -> Sequence[str]:
        return centres_nearby(postal_code, settings.data_folder, locale)

    app.register_blueprint(certification_blueprint(ready, centres))
    app.register_blueprint(attestation_blueprint(lambda wanted, asker: attestation_paper(opened[0], wanted, asker)))
    app.register_blueprint(help_blueprint(lambda: opened[0]))
    app.register_blueprint(privacy_blueprint(lambda: opened[0], settings.organization, settings.store))

    add_api(app, lambda: opened[0], settings.organization)
    app.register_blueprint(readiness_blueprint(lambda: opened[0].readiness if opened else None))
    if settings.sync.hub:
        app.register_blueprint(sync_blueprint(lambda: _desk(opened[0])))
        app.register_blueprint(hub_blueprint(lambda: _desk(opened[0]), settings.sync.operator_token))
    door = AsyncExitStack()

    @app.before_serving
    async def _open() -> None:
        service = await open_service(settings)
        service.readiness.is_leaving = is_leaving
        opened.append(service)
        service.exchange.start()
        await door.enter_async_context(operations_door(settings.operations, lambda: service.readiness, service.metrics))
        if settings.database_url.startswith("sqlite"):  # on PostgreSQL a worker does it
            work = await chores_of(settings, service.content, service.outlets, service.webhooks)
            work += house_chores(service.privacy, service.comparisons, lambda: service.context_of)
            chores = EmbeddedChores(work)
            chores.start()
            service.readiness.backlogs |= backlogs_of(settings, service.outlets)
            door.push_async_callback(chores.close)

    @app.after_serving
    async def _close() -> None:
        await door.aclose()
        while opened:
            await opened.pop().close()

    return app


def _desk(service: Service) -> HubDesk:
    desk = service.exchange.desk
    if desk is None:
        raise InvalidSetting("this service is no hub: set VOICE_APP_SYNC_HUB")
    return desk
