"""What Rapport says in Slack: replies, modals and the App Home as Block Kit. Pure; nothing here talks to Slack."""

from bot.channels.slack.blocks.limits import check_message, check_view
from bot.channels.slack.blocks.messages import Audience, Block, FileUpload, SlackMessage
from bot.channels.slack.blocks.modals import answer_submission, form_view, read_submission
from bot.channels.slack.blocks.replies import render_reply, spoken_text

__all__ = [
    "Audience",
    "Block",
    "FileUpload",
    "SlackMessage",
    "answer_submission",
    "check_message",
    "check_view",
    "form_view",
    "read_submission",
    "render_reply",
    "spoken_text",
]
