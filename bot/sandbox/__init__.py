"""Offline stand-ins for every service the bot talks to, over real loopback sockets."""
