"""The web chat: one page, one WebSocket, no build step and no request to anywhere else."""

from bot.channels.web.app import create_app
from bot.channels.web.hub import WebChannel
from bot.channels.web.server import create_server
from bot.channels.web.settings import WebSettings
from bot.channels.web.sign_in import UnknownAddress, create_sign_in_link
from bot.mail import LogMailer, Mailer, SmtpMailer, mailer_from_environment

__all__ = [
    "LogMailer",
    "Mailer",
    "SmtpMailer",
    "UnknownAddress",
    "WebChannel",
    "WebSettings",
    "create_app",
    "create_server",
    "create_sign_in_link",
    "mailer_from_environment",
]
