"""``/account``: the asker's linked accounts."""

from cogs.account._cog import Account, setup

__all__ = ["Account", "setup"]
