"""What can go wrong with the database; one boundary (``database.py``) translates to these."""


class StorageError(Exception):
    """Something is wrong with the database; the text names no credential."""


class DatabaseUnavailable(StorageError):
    """It cannot be reached, or another process locks it; a later try may work."""


class DatabaseDamaged(StorageError):
    """The file is no database, or a broken one; only a backup helps."""


class DatabaseTooNew(StorageError):
    """A newer version of the bot has written it; this version must not touch it."""


class BackupUnusable(StorageError):
    """The file is no complete, unchanged backup of this bot."""
