"""The limits of Block Kit, and how long a text is by its count. Source: docs.slack.dev/reference/block-kit.

Where Slack does not say how it counts, the stricter reading is taken: UTF-16 units, as its clients count them, and text
in the escaped form in which Slack keeps it.
"""

from __future__ import annotations

BLOCKS_OF_MESSAGE = 50
BLOCKS_OF_VIEW = 100
ATTACHMENTS_OF_MESSAGE = 100
MESSAGE_TEXT = 4_000
"""Characters of a message's own text; Slack cuts at 40,000 and advises this."""
MESSAGE_CHARACTERS = 9_000
"""All text in a message's blocks. Slack refuses about 12,000 (msg_blocks_too_long), counting in a way it does not
publish: 11,341 were refused (slackapi/bolt-js issue 2867). This stays clear of it."""
TABLES_OF_MESSAGE = 1
TEXT_OBJECT = 3_000
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
ACTIONS_ELEMENTS = 25
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2_000
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
OVERFLOW_OPTIONS = 5
RADIO_OPTIONS = 10
PLACEHOLDER = 150
ALT_TEXT = 2_000
ACTION_ID = 255
BLOCK_ID = 255
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
INPUT_LABEL = 2_000
INPUT_VALUE = 3_000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_ANSWER = 30
VIEW_TITLE = 24
VIEW_BUTTON = 24
PRIVATE_METADATA = 3_000
CALLBACK_ID = 255
EXTERNAL_ID = 255
FILE_ALT_TEXT = 1_000
FILE_TITLE = 255

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str) -> str:
    """The text as Slack's markup wants it: it can then hold no mention, link or date of its own."""
    return text.translate(_ESCAPED)


def units(text: str) -> int:
    """How long Slack counts a text that is sent as it is: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def kept_length(text: str) -> int:
    """How long Slack counts a plain text, which it keeps escaped."""
    return units(escape(text))
