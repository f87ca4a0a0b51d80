"""From stored rows to schedules."""

from typing import Any

from services.digests.models import Cadence, PauseReason, Schedule, Timing, WhenNothing
from services.storage.digests import DigestRow


def schedule_of(row: DigestRow) -> Schedule:
    """Return what the row describes."""
    return Schedule(
        digest_id=row.digest_id,
        guild_id=row.guild_id,
        channel_id=row.channel_id,
        creator_id=row.creator_id,
        timing=timing_of(row),
        when_nothing=WhenNothing(row.when_nothing),
        locale=row.locale,
        is_paused=row.is_paused,
        pause_reason=None if row.pause_reason is None else PauseReason(row.pause_reason),
        next_at=row.next_at,
        last_posted_at=row.last_posted_at,
        told_until=row.told_until,
        failures=row.failures,
        edition=row.edition,
        created_at=row.created_at,
    )


def timing_of(row: DigestRow) -> Timing:
    """Return when the row's digest is due."""
    return Timing(
        cadence=Cadence(row.cadence),
        hour=row.hour,
        zone=row.zone,
        weekday=row.weekday,
        day=row.day,
    )


def timing_values(timing: Timing) -> dict[str, Any]:
    """Return the columns that keep ``timing``."""
    return {
        "cadence": timing.cadence,
        "hour": timing.hour,
        "zone": timing.zone,
        "weekday": timing.weekday,
        "day": timing.day,
    }
