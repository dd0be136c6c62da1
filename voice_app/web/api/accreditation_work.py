"""What the addresses of an organisation's file for accreditation do: tell it with what it lacks, keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field, StrictBool

from engine.organization.accreditation import (
    LONGEST,
    MOST_PARTNERS,
    AccreditationFile,
    Partner,
    Way,
    lacking,
)
from engine.organization.scopes import Scope
from voice_app.store.sql_accreditation import SqlAccreditation
from voice_app.web.api.asking import here_of, program_of
from voice_app.web.api.feed_models import Asked
from voice_app.web.api.gate import ApiRoute, Call

AdjustmentName = Literal["extra_time", "screen_reader", "quiet_room", "human_reader", "large_print", "sign_language"]
Sentence = Annotated[str, Field(max_length=LONGEST)]


class AccreditationDesk(Protocol):
    """What these addresses need of the opened service."""

    @property
    def accreditation(self) -> SqlAccreditation: ...


class PartnerShape(Asked):
    """An organisation of the network."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    training: Annotated[StrictBool, Field(description="A training organisation.")] = False


class AccreditationShape(Asked):
    """The file: who answers for it, whom learners ask for adjustments, where sessions can be held."""

    referent: Sentence = ""
    access_contact: Sentence = ""
    places: Sentence = ""
    adjustments: Annotated[list[AdjustmentName], Field(max_length=20)] = Field(default_factory=list)
    partners: Annotated[list[PartnerShape], Field(max_length=MOST_PARTNERS)] = Field(default_factory=list)

    def of(self) -> AccreditationFile:
        """Give the file that is to be kept."""
        return AccreditationFile(
            referent=self.referent,
            access_contact=self.access_contact,
            places=self.places,
            adjustments=tuple(self.adjustments),
            partners=tuple(Partner(each.name, each.training) for each in self.partners),
        )


class AccreditationAnswer(BaseModel):
    """The file, the way that is open (`alone` for training organisations, else `network`), what the file lacks."""

    file: AccreditationShape
    way: Literal["alone", "network"]
    lacking: list[str]

    @classmethod
    def of(cls, file: AccreditationFile, way: Way) -> AccreditationAnswer:
        shape = AccreditationShape.model_validate(file.to_data())
        return cls(file=shape, way=way.value, lacking=list(lacking(file, way)))


def accreditation_routes(desk: Callable[[], AccreditationDesk], here: str) -> tuple[ApiRoute, ...]:
    """Give the addresses, each with its scope. `here`: the address of an organisation."""
    work, path = AccreditationWork(desk), f"{here}/accreditation"
    return (
        ApiRoute(path, "GET", Scope.ACCREDITATION_READ, work.accreditation, answer=AccreditationAnswer),
        ApiRoute(
            path,
            "PUT",
            Scope.ACCREDITATION_WRITE,
            work.keep_accreditation,
            answer=AccreditationAnswer,
            body=AccreditationShape,
        ),
    )


class AccreditationWork:
    """The work of the addresses, on an opened service."""

    def __init__(self, desk: Callable[[], AccreditationDesk]) -> None:
        self._desk = desk

    async def accreditation(self, call: Call, organization: str) -> AccreditationAnswer:
        """Give the organisation's file for becoming an accredited centre; it is decided elsewhere."""
        del organization
        return await self._told(call)

    async def keep_accreditation(self, call: Call, organization: str, data: AccreditationShape) -> AccreditationAnswer:
        """Keep the whole file in place of the one before."""
        del organization
        await self._desk().accreditation.keep(here_of(call).organization.id, data.of(), program_of(call))
        return await self._told(call)

    async def _told(self, call: Call) -> AccreditationAnswer:
        return AccreditationAnswer.of(*await self._desk().accreditation.file(here_of(call).organization.id))
