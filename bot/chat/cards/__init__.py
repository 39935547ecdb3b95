"""From a job to its messages. Pure but for `to_discord`."""

from bot.chat.cards._batch import batch
from bot.chat.cards._button import Button, PageButton
from bot.chat.cards._composing import AS_IT_IS, card, failure, late, slow, unsure, video, video_link
from bot.chat.cards._drill import drill, drill_direct, drill_report
from bot.chat.cards._layout import Block, Layout, Picture
from bot.chat.cards._lines import (
    job_button,
    length_text,
    lines,
    origin_line,
    place_line,
    progress_line,
    prompt_file,
    prompt_line,
    retry_actions,
    settings_line,
    stopping_action,
)
from bot.chat.cards._message import (
    GREY,
    TEXT_FILE_NAME,
    Embed,
    Message,
    as_layout,
    files_of,
    to_discord,
    video_file,
    without_pictures,
)
from bot.chat.cards._offers import ask_delete, offer_form, offer_question
from bot.chat.cards._private import private_no, prompt_choice

__all__ = [
    "AS_IT_IS",
    "GREY",
    "TEXT_FILE_NAME",
    "Block",
    "Button",
    "Embed",
    "Layout",
    "Message",
    "PageButton",
    "Picture",
    "as_layout",
    "ask_delete",
    "batch",
    "card",
    "drill",
    "drill_direct",
    "drill_report",
    "failure",
    "files_of",
    "job_button",
    "late",
    "length_text",
    "lines",
    "offer_form",
    "offer_question",
    "origin_line",
    "place_line",
    "private_no",
    "progress_line",
    "prompt_choice",
    "prompt_file",
    "prompt_line",
    "retry_actions",
    "settings_line",
    "slow",
    "stopping_action",
    "to_discord",
    "unsure",
    "video",
    "video_file",
    "video_link",
    "without_pictures",
]
