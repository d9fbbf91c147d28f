"""What Rapport says in Slack: replies, modals and the App Home as Block Kit. Pure; nothing here talks to Slack."""

from bot.channels.slack.blocks.home import home_view, plain_home
from bot.channels.slack.blocks.limits import check_message, check_view
from bot.channels.slack.blocks.messages import Audience, Block, FileUpload, SlackMessage
from bot.channels.slack.blocks.modals import answer_refused, answer_submission, form_view, read_submission
from bot.channels.slack.blocks.replies import render_reply, spoken_text
from bot.channels.slack.blocks.unfurls import unfurl
from bot.channels.slack.blocks.used import command_of_action, form_of_action

__all__ = [
    "Audience",
    "Block",
    "FileUpload",
    "SlackMessage",
    "answer_refused",
    "answer_submission",
    "check_message",
    "check_view",
    "command_of_action",
    "form_of_action",
    "form_view",
    "home_view",
    "plain_home",
    "read_submission",
    "render_reply",
    "spoken_text",
    "unfurl",
]
