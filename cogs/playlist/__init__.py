"""``/playlist``: the asker's own playlists on Spotify."""

from cogs.playlist._cog import Playlist, setup

__all__ = ["Playlist", "setup"]
