"""What the cogs are handed: the services, and what renders for them."""

from dataclasses import dataclass

from bot.delivery.door import Door
from bot.digests.joining import Digests
from bot.digests.previews import DigestPreviews
from bot.errors import Answers
from bot.operators import Operators
from bot.playlists import Playing
from bot.ui.linked_message import LinkedMessages
from bot.ui.music_message import MusicMessages
from bot.ui.pictures import Pictures
from bot.ui.stream import ProgressiveMessages
from bot.ui.sync_message import SyncMessages
from bot.ui.written_message import WrittenMessages
from services.accounts.discogs import DiscogsLinks
from services.accounts.preferences import Preferences
from services.accounts.spotify import SpotifyLinks
from services.catalogue.music_suggestions import MusicSuggestions
from services.catalogue.releases import ReleaseLookup
from services.catalogue.service import CatalogueService
from services.catalogue.suggestions import Suggestions
from services.collection.editing import CollectionEditing
from services.collection.service import CollectionService
from services.collection.sharing import SharedRecords
from services.collection.statistics import CollectionStatistics
from services.collection.sync import CollectionSync
from services.collection.values import CollectionValues
from services.collection.views import CollectionViews
from services.collection.wantlist import WantlistService
from services.descriptions.discovering import Discovery
from services.descriptions.later import Promises
from services.descriptions.service import DescriptionService
from services.digests.additions import Additions
from services.digests.content_models import DigestContent
from services.digests.hiding import DigestHiding
from services.digests.members import DigestMembers
from services.digests.posting import DigestPosting
from services.digests.schedules import DigestSchedules
from services.health import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a cog may ask for; made in ``bot/app.py``."""

    catalogue: CatalogueService
    music_messages: MusicMessages
    music_suggestions: MusicSuggestions
    linked_messages: LinkedMessages
    releases: ReleaseLookup
    suggestions: Suggestions
    descriptions: DescriptionService
    late_descriptions: Promises
    digests: Digests
    discovery: Discovery
    health: Health
    messages: ProgressiveMessages
    collection: CollectionService
    collection_statistics: CollectionStatistics
    collection_values: CollectionValues
    collection_sync: CollectionSync
    collection_views: CollectionViews
    collection_editing: CollectionEditing
    wantlist: WantlistService
    shared_records: SharedRecords
    discogs_links: DiscogsLinks
    spotify_links: SpotifyLinks
    playlists: Playing
    preferences: Preferences
    discogs_callback: str | None
    sync_messages: SyncMessages
    pictures: Pictures
    written_messages: WrittenMessages
    operators: Operators
    door: Door
    answers: Answers

    @property
    def digest_schedules(self) -> DigestSchedules:
        """What servers decide."""
        return self.digests.schedules

    @property
    def digest_members(self) -> DigestMembers:
        """Who joined which digest."""
        return self.digests.members

    @property
    def digest_posting(self) -> DigestPosting[DigestContent]:
        """What posts digests by hand."""
        return self.digests.posting

    @property
    def digest_preview(self) -> DigestPreviews[DigestContent]:
        """What a digest would say now."""
        return self.digests.previews

    @property
    def digest_additions(self) -> Additions:
        """Everything that a digest tells of."""
        return self.digests.additions

    @property
    def digest_hiding(self) -> DigestHiding:
        """What takes members out of a posted digest."""
        return self.digests.hiding
