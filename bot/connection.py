"""Being connected to Discord, from logging in to the orderly end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.client import AimeBot
from bot.state import StartError
from services.secret import Secret


@asynccontextmanager
async def connected(bot: AimeBot, token: Secret) -> AsyncIterator[asyncio.Task[None]]:
    """Be connected inside the block; the task ends only with an error.

    Awaiting it raises StartError when Discord refuses the token or cannot be reached.
    """
    connection = asyncio.create_task(_connect(bot, token), name="discord")
    try:
        yield connection
    finally:
        await bot.close()
        connection.cancel()
        with contextlib.suppress(asyncio.CancelledError, StartError):
            await connection


async def _connect(bot: AimeBot, token: Secret) -> None:
    try:
        await bot.start(token.reveal())
    except discord.LoginFailure as error:
        raise StartError(
            "DISCORD_TOKEN: Discord does not accept this token. Reset it in the developer portal "
            "(Bot > Reset Token) and put the new one into .env."
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise StartError(
            f"Discord cannot be reached ({type(error).__name__}). Check the network, a proxy, and "
            "DISCORD_API_URL."
        ) from error
    except discord.HTTPException as error:
        raise StartError(
            f"Discord refused the start with status {error.status}. Try again in a minute; "
            "https://discordstatus.com tells whether it is down."
        ) from error
