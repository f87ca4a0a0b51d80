"""The records every stand-in knows, their ids, the search over them and the collections of them."""

from bot.sandbox.catalogue.collections import Collection, collection, wantlist
from bot.sandbox.catalogue.copies import CollectionItem
from bot.sandbox.catalogue.living import LivingCollection
from bot.sandbox.catalogue.loading import load_albums
from bot.sandbox.catalogue.model import Album, Credit, Edition, Track
from bot.sandbox.catalogue.search_index import SearchIndex, normalised, words_of
from bot.sandbox.catalogue.shelf import Catalogue, Pressing, Song, default_catalogue

__all__ = [
    "Album",
    "Catalogue",
    "Collection",
    "CollectionItem",
    "Credit",
    "Edition",
    "LivingCollection",
    "Pressing",
    "SearchIndex",
    "Song",
    "Track",
    "collection",
    "default_catalogue",
    "load_albums",
    "normalised",
    "wantlist",
    "words_of",
]
