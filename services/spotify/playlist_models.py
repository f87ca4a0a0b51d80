"""What we keep of Spotify's playlists. Like everything of Spotify's, it reaches no language model.

Since 2026 the contents of a playlist are only for people who own it or may change it; of all
others a Development-Mode app is told the name, the owner and the picture.
"""

import msgspec


class SpotifyPlaylist(msgspec.Struct, frozen=True, kw_only=True):
    """A playlist without its tracks.

    Attributes:
        spotify_id: Base62, 22 characters.
        name: As its owner wrote it.
        url: Its page on open.spotify.com.
        owner: The owner's display name; empty where Spotify tells none.
        owner_id: The owner's id.
        description: Plain text; empty for none.
        image_url: The largest picture, unaltered, or None.
        is_public: Shown on the owner's profile; None where Spotify does not tell.
        track_count: None when the contents are not ours to see.
        snapshot_id: Stands for this very state; empty where Spotify tells none.
    """

    spotify_id: str
    name: str
    url: str
    owner: str = ""
    owner_id: str = ""
    description: str = ""
    image_url: str | None = None
    is_public: bool | None = None
    track_count: int | None = None
    snapshot_id: str = ""


class PlaylistPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the playlists that a person has made or follows, and how many there are."""

    playlists: tuple[SpotifyPlaylist, ...]
    total: int


class PlaylistTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a playlist.

    Attributes:
        name: The title; empty for what was taken down.
        uri: ``spotify:track:…``; of a file on somebody's disk, ``spotify:local:…``.
        url: Its page, or None.
        artists: Names in Spotify's order.
        duration_ms: Milliseconds, or None.
    """

    name: str
    uri: str
    url: str | None = None
    artists: tuple[str, ...] = ()
    duration_ms: int | None = None


class PlaylistTracks(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines of a playlist in its order, and how many there are."""

    tracks: tuple[PlaylistTrack, ...]
    total: int
