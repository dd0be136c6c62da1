"""The shapes of the API: what is asked for, what is given. Moments are RFC 3339 in UTC; skills and areas are ids.

What belongs to one resource alone is beside its work (`house_models`, ...).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool

from engine.model import MAX_LEVEL
from engine.organization.campaigns import LONGEST_LABEL, LONGEST_TITLE, LONGEST_WELCOME
from voice_app.access import Caller
from voice_app.feeds import Participation, Result
from voice_app.organizations import Campaign, CampaignChange, Member, ShownOrganization
from voice_app.outlets.webhooks import Delivery, Webhook
from voice_app.web.api.feed_models import Asked, AskedMoment, Page, told_moment

KindName = Literal["assessment", "profile_collection", "diagnostic"]
RoleName = Literal["admin", "mediator", "viewer"]


Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
Welcome = Annotated[
    dict[Annotated[str, Field(pattern="^(fr|en)$")], Annotated[str, Field(max_length=LONGEST_WELCOME)]],
    Field(description="Words of welcome by language; the voice says them."),
]
Tags = Annotated[list[str], Field(max_length=10, description="Words of your own.")]


class NewCampaign(Asked):
    """A campaign to create."""

    title: Title
    kind: Annotated[KindName, Field(description="What is asked of people; a diagnostic sends nothing.")] = "assessment"
    path: Annotated[
        str | None,
        Field(max_length=80, description="One of the paths of the content; none with `targets` or for profiles."),
    ] = None
    targets: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(max_length=100, description="A target set instead of a path: competences, topics (tubes), skills."),
    ] = Field(default_factory=list)
    level: Annotated[int, Field(ge=1, le=MAX_LEVEL, description="The highest level of `targets`.")] = MAX_LEVEL
    welcome: Welcome = Field(default_factory=dict)
    opens: AskedMoment | None = None
    closes: AskedMoment | None = None
    locales: Annotated[
        list[Literal["fr", "en"]], Field(max_length=2, description="The languages of the campaign; none: all.")
    ] = Field(default_factory=list)
    number_label: Annotated[
        dict[Annotated[str, Field(pattern="^(fr|en)$")], Annotated[str, Field(max_length=LONGEST_LABEL)]],
        Field(description="What your own number of a person is called, by language. People may go on without it."),
    ] = Field(default_factory=dict)
    repeated: Annotated[StrictBool, Field(description="Who shared a result may take part again, some days later.")] = (
        False
    )
    tags: Tags = Field(default_factory=list)


class ChangedCampaign(Asked):
    """What of a campaign changes; what is not named stays. A recording of words that are others now is removed."""

    title: Title | None = None
    welcome: Welcome | None = None
    opens: Annotated[AskedMoment | None, Field(description="null: open from now on.")] = None
    closes: Annotated[AskedMoment | None, Field(description="null: without an end.")] = None
    tags: Tags | None = None

    def of(self, campaign: Campaign) -> CampaignChange:
        """Give the whole of what may change, from what is there and what is named."""
        named = self.model_fields_set
        return CampaignChange(
            title=campaign.title if self.title is None else self.title,
            welcome=campaign.welcome if self.welcome is None else self.welcome,
            opens=self.opens if "opens" in named else campaign.opens,
            closes=self.closes if "closes" in named else campaign.closes,
            tags=campaign.tags if self.tags is None else tuple(self.tags),
        )


class NewInvitation(Asked):
    """Somebody to invite."""

    email: Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]
    role: RoleName


class MemberChange(Asked):
    """What a member shall be."""

    role: RoleName
    active: StrictBool


class NewWebhook(Asked):
    """An address to tell, from now on."""

    url: Annotated[str, Field(min_length=9, max_length=500, description="https://, on the public internet.")]


class TokenRequest(BaseModel):
    """A client asks for a token (RFC 6749, section 4.4). Id and secret come here or by HTTP Basic."""

    grant_type: Annotated[str, Field(max_length=40)] = ""
    scope: Annotated[str | None, Field(max_length=400)] = None
    client_id: Annotated[str | None, Field(max_length=100)] = None
    client_secret: Annotated[str | None, Field(max_length=200)] = None


class TokenAnswer(BaseModel):
    """A token of a client."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - its kind
    expires_in: int
    scope: str


class TokenRefusal(BaseModel):
    """Why a client is given no token (RFC 6749, section 5.2)."""

    error: Literal["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"]
    error_description: str


class FieldFault(BaseModel):
    """What is wrong with a field."""

    field: str
    reason: str


class ProblemAnswer(BaseModel):
    """A problem (RFC 9457). `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldFault] | None = None


class CallerAnswer(BaseModel):
    """Who the token belongs to, and what it opens."""

    id: str
    name: str
    scopes: list[str]
    organization: str | None
    tags: list[str]

    @classmethod
    def of(cls, caller: Caller) -> CallerAnswer:
        return cls(
            id=caller.program.id,
            name=caller.program.name,
            scopes=sorted(caller.scopes),
            organization=caller.organization,
            tags=sorted(caller.tags),
        )


class OrganizationAnswer(BaseModel):
    """An organisation."""

    id: str
    name: str
    kind: str
    tags: list[str]
    legal_id: str
    training: bool
    created_at: datetime

    @classmethod
    def of(cls, shown: ShownOrganization) -> OrganizationAnswer:
        facts = shown.facts
        return cls(
            id=shown.organization.id,
            name=shown.organization.name,
            kind=facts.kind,
            tags=list(facts.tags),
            legal_id=facts.legal_id,
            training=facts.training,
            created_at=told_moment(shown.created_at),
        )


class MemberAnswer(BaseModel):
    """A member of the team."""

    id: str
    name: str
    email: str
    role: RoleName
    active: bool

    @classmethod
    def of(cls, member: Member) -> MemberAnswer:
        return cls(id=member.id, name=member.name, email=member.email, role=member.role.value, active=member.active)


class InvitationAnswer(BaseModel):
    """The page where the invited person chooses a password, and a code for it to say aloud; not shown again."""

    path: str
    code: Annotated[str, Field(description="Twelve digits. When it has served, the page's address opens no more.")]


class CountsAnswer(BaseModel):
    """People who began, who reached the result, who shared it."""

    begun: int
    completed: int
    shared: int


class CampaignAnswer(BaseModel):
    """A campaign with its counts."""

    id: str
    code: str
    title: str
    path: str
    welcome: dict[str, str]
    kind: KindName
    locales: list[str]
    number_label: dict[str, str]
    repeated: bool
    tags: list[str]
    opens: datetime | None
    closes: datetime | None
    entry: Literal["open", "not_yet", "closed", "archived"]
    published: Annotated[bool, Field(description="Anybody may see its figures, small counts left out.")]
    created_at: datetime
    counts: CountsAnswer

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignAnswer:
        counts = campaign.counts
        return cls(
            id=campaign.id,
            code=campaign.code,
            title=campaign.title,
            path=campaign.path,
            welcome=dict(campaign.welcome),
            kind=campaign.kind.value,
            locales=list(campaign.locales),
            number_label=dict(campaign.number_label),
            repeated=campaign.repeated,
            tags=list(campaign.tags),
            opens=None if campaign.opens is None else told_moment(campaign.opens),
            closes=None if campaign.closes is None else told_moment(campaign.closes),
            entry=campaign.entry.value,
            published=campaign.published,
            created_at=told_moment(campaign.created_at),
            counts=CountsAnswer(begun=counts.begun, completed=counts.completed, shared=counts.shared),
        )


class ParticipationAnswer(BaseModel):
    """A participation that its person shared. Of the others there are counts only."""

    id: str
    campaign: str
    begun_at: datetime
    completed_at: datetime
    shared_at: datetime
    changed_at: datetime
    again_of: Annotated[str | None, Field(description="The participation that this one repeats.")]

    @classmethod
    def of(cls, told: Participation) -> ParticipationAnswer:
        return cls(
            id=told.id,
            campaign=told.campaign,
            begun_at=told_moment(told.begun_at),
            completed_at=told_moment(told.completed_at),
            shared_at=told_moment(told.shared_at),
            changed_at=told_moment(told.changed_at),
            again_of=told.again_of,
        )


class ResultAnswer(BaseModel):
    """A shared result, frozen: `result` as the export has it (profile, channel, areas with skill ids)."""

    participation: ParticipationAnswer
    result: dict[str, Any]
    number: Annotated[int | None, Field(description="Its number in the campaign, first shared first.")]
    group: Annotated[str, Field(description="The group that you put it in, or empty.")]
    person_number: Annotated[str, Field(description="Your own number of the person, who gave it; or empty.")]

    @classmethod
    def of(cls, told: Result) -> ResultAnswer:
        return cls(
            participation=ParticipationAnswer.of(told.participation),
            result=told.snapshot.to_data(),
            number=told.number,
            group=told.group,
            person_number=told.person_number,
        )


class WebhookAnswer(BaseModel):
    """An address that is told. `stopped_because` is empty while it is told, `disabled` when you stopped it."""

    id: str
    url: str
    stopped_because: str
    created_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookAnswer:
        made = webhook.created_at
        return cls(
            id=webhook.id,
            url=webhook.url,
            stopped_because=webhook.stopped_because,
            created_at=None if made is None else told_moment(made),
        )


class WebhookSecretAnswer(BaseModel):
    """An address with its newest secret, which is not told again."""

    webhook: WebhookAnswer
    secret: str

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookSecretAnswer:
        return cls(webhook=WebhookAnswer.of(webhook), secret=webhook.secrets[0])


class WebhookList(BaseModel):
    """All addresses, oldest first."""

    items: list[WebhookAnswer]


class DeliveryAnswer(BaseModel):
    """One try. `id` is its `webhook-id`; `status` what was answered, null for nothing, then `fault` says why."""

    id: str
    type: str
    at: datetime
    status: int | None
    fault: str


class DeliveryList(BaseModel):
    """The last tries, newest first."""

    items: list[DeliveryAnswer]

    @classmethod
    def of(cls, deliveries: Sequence[Delivery]) -> DeliveryList:
        return cls(
            items=[
                DeliveryAnswer(
                    id=each.id, type=each.told, at=told_moment(each.at), status=each.status, fault=each.fault
                )
                for each in deliveries
            ]
        )


class OrganizationPage(BaseModel):
    """The organisations that the token reaches, all of them."""

    items: list[OrganizationAnswer]


class MemberPage(Page):
    """Members, as they last changed."""

    items: list[MemberAnswer]


class CampaignPage(Page):
    """Campaigns, as they were made and archived."""

    items: list[CampaignAnswer]


class ParticipationPage(Page):
    """Shared participations, as they last changed, and the counts of all."""

    items: list[ParticipationAnswer]
    counts: CountsAnswer


class ResultPage(Page):
    """Shared results, as they last changed."""

    items: list[ResultAnswer]
