"""Spotify's answers against its OpenAPI description, less what Development Mode removed."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from harness.sandbox_clients import SpotifyApi

_SPEC = Path(__file__).parents[5] / "shared" / "specs" / "spotify-openapi.yml"
_REMOVED = {"available_markets", "album_group", "label", "popularity"}

pytestmark = pytest.mark.skipif(not _SPEC.exists(), reason=f"no OpenAPI description at {_SPEC}")


def _as_json_schema(node: Any) -> Any:  # noqa: ANN401  # a node of any YAML document
    """Turn OpenAPI 3.0 into JSON Schema: `nullable`, and removed fields are not required."""
    if isinstance(node, list):
        return [_as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _as_json_schema(value) for key, value in node.items() if key != "example"}
    if isinstance(schema.get("required"), list):
        schema["required"] = [name for name in schema["required"] if name not in _REMOVED]
    if schema.get("nullable") is True and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


@pytest.fixture(scope="module")
def components() -> dict[str, Any]:
    spec = yaml.load(_SPEC.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    converted: dict[str, Any] = _as_json_schema(spec["components"])
    return converted


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        pytest.param("album", "PagingSimplifiedAlbumObject", id="albums"),
        pytest.param("track", "PagingTrackObject", id="tracks"),
        pytest.param("artist", "PagingArtistObject", id="artists"),
    ],
)
async def test_search_pages_fit_the_description(
    spotify_api: SpotifyApi, components: dict[str, Any], kind: str, schema: str
) -> None:
    _, body = await spotify_api.get("/search", q="the", type=kind, market="FR", limit="10")

    page = body[f"{kind}s"]
    assert page["items"]
    _validate(page, schema, components)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        pytest.param("album", "AlbumObject", id="album"),
        pytest.param("track", "TrackObject", id="track"),
        pytest.param("artist", "ArtistObject", id="artist"),
        pytest.param("playlist", "SimplifiedPlaylistObject", id="playlist"),
    ],
)
async def test_single_objects_fit_the_description(
    spotify_api: SpotifyApi, components: dict[str, Any], kind: str, schema: str
) -> None:
    words = "jazz" if kind == "playlist" else "miles davis"
    _, found = await spotify_api.get("/search", q=words, type=kind)

    _, body = await spotify_api.get(found[f"{kind}s"]["items"][0]["href"])

    _validate(body, schema, components)


def test_description_would_notice_a_wrong_field(components: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        _validate({"name": 7}, "ArtistObject", components)


def _validate(value: object, schema: str, components: dict[str, Any]) -> None:
    root = {"$ref": f"#/components/schemas/{schema}", "components": components}
    jsonschema.Draft7Validator(root).validate(value)
