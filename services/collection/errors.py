"""Why something cannot be done to a copy, where Discogs was not even asked."""


class CollectionRefusal(Exception):  # noqa: N818  # says what is so
    """What is asked for cannot be done; a subclass says why."""


class NoSuchCopy(CollectionRefusal):
    """The person has no copy of that number (any more)."""


class NoSuchWant(CollectionRefusal):
    """The release is not on the person's wantlist (any more)."""


class ChangedMeanwhile(CollectionRefusal):
    """The copy is not any more what the person was shown when they began to change it."""


class ReadOnlyLink(CollectionRefusal):
    """It is on Discogs, and the person has not allowed the bot to change anything there."""


class OwnersOnly(CollectionRefusal):
    """Discogs tells it to the owner alone, who has not allowed the bot to ask."""
