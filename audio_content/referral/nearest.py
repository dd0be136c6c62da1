"""Which places to name: near first, and among those equally near the ones prepared for people who do not see or read.

Nearness is a band, so that a prepared place a few kilometres further comes before an unprepared one next door, and
never before a whole district: nobody is sent across the country.

| band | coordinates known on both sides | otherwise |
|---|---|---|
| 0 | up to 10 km | the same commune |
| 1 | up to 30 km | the same EPCI |
| 2 | up to 60 km | the same arrondissement |
| 3 | up to 120 km | the same département |
| 4 | up to 300 km | the same region |

Inside a band: prepared places, then those that can be called, then by distance (places of unknown distance last). A
place that receives nobody is never named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from audio_content.referral.place import Access, Place
from audio_content.referral.territory import Closeness, Commune, Territory, closeness

BANDS_KM = (10.0, 30.0, 60.0, 120.0, 300.0)
EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody is: a commune, a point, or both."""

    commune: Commune | None = None
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A place that is near. `distance_km` None: only how the communes belong together is known."""

    place: Place
    band: int
    distance_km: float | None
    closeness: Closeness | None


def nearest(places: Iterable[Place], origin: Origin, territory: Territory | None, count: int = 2) -> tuple[Near, ...]:
    """Give the places to name, best first; none when nothing lies in reach."""
    found = [near for place in places if place.open_to_public and (near := _near(place, origin, territory))]
    return tuple(sorted(found, key=_order)[:count])


def _near(place: Place, origin: Origin, territory: Territory | None) -> Near | None:
    if place.point is not None and origin.point is not None:
        distance = distance_km(place.point, origin.point)
        band = next((band for band, limit in enumerate(BANDS_KM) if distance <= limit), None)
        return None if band is None else Near(place, band, round(distance, 1), None)
    commune = territory.commune(place.insee) if territory is not None and place.insee else None
    if commune is None or origin.commune is None:
        return None
    tie = closeness(origin.commune, commune)
    return None if tie is Closeness.ELSEWHERE else Near(place, int(tie), None, tie)


def _order(near: Near) -> tuple[int, bool, bool, float, str]:
    callable_ = bool(near.place.phones) and (not near.place.access or Access.CALL in near.place.access)
    distance = math.inf if near.distance_km is None else near.distance_km
    return near.band, not near.place.prepared, not callable_, distance, near.place.id


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Give the distance over the ground between two points in degrees (haversine, on a sphere)."""
    north, south = math.radians(one[0]), math.radians(other[0])
    turn, rise = math.radians(other[1] - one[1]), south - north
    chord = math.sin(rise / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(turn / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(chord))
