"""Why a job ended, in English: the cause in one sentence, and the one next step."""

from collections.abc import Mapping

from bot.chat.words._keys import Ending

ENDINGS: Mapping[Ending, tuple[str, str]] = {
    Ending.CONTENT: ("The provider's content rules don't allow this video.", "Change the prompt and ask again."),
    Ending.CONTENT_PROMPT: (
        "The provider's content rules don't allow this prompt.",
        "Put it differently and ask again.",
    ),
    Ending.CONTENT_PICTURE: (
        "The provider's content rules don't allow one of the pictures.",
        "Use another picture and ask again.",
    ),
    Ending.INPUT: (
        "The provider could not work with this request.",
        "Change the prompt, the settings or the pictures and ask again.",
    ),
    Ending.INPUT_PROMPT: ("The provider could not work with this prompt.", "Put it more simply and ask again."),
    Ending.INPUT_PICTURE: (
        "The provider could not work with one of the pictures.",
        "Use another picture and ask again.",
    ),
    Ending.INPUT_GONE: (
        "This video could not be started: a picture was not kept, or what it changes is at another provider.",
        "Ask again with `/video`, and attach the pictures once more.",
    ),
    Ending.SIZE: ("The provider can't make this video in that size or length.", "Choose another one and ask again."),
    Ending.SIZE_PICTURE: (
        "One of the pictures doesn't fit the size of the video.",
        "Choose the size that the picture has and ask again.",
    ),
    Ending.LENGTH: ("The provider can't make a video of that length.", "Choose another length and try again."),
    Ending.MODEL: ("The provider doesn't offer this model.", "Choose another one and try again."),
    Ending.SOURCE_GONE: (
        "The provider no longer has the video to change.",
        "Describe the whole video and make a new one with `/video`.",
    ),
    Ending.UNSUPPORTED: (
        "This provider can't change videos.",
        "Describe the whole video and make a new one with `/video`.",
    ),
    Ending.CREDIT: (
        "The provider's account that makes the videos has no credit or no access.",
        "Try again when the owner of this bot has seen to it.",
    ),
    Ending.KEY: (
        "The provider doesn't let this bot in.",
        "The owner of this bot has to look at that. Try again later.",
    ),
    Ending.BLOCKED: (
        "The provider refused this video without saying why.",
        "Change the prompt or the pictures and try again.",
    ),
    Ending.RATE: ("The provider had too much to do and did not take this video.", "Press *Retry* in a few minutes."),
    Ending.PROVIDER: (
        "The provider had a fault of its own and could not make this video.",
        "Press *Retry*; if that fails as well, wait a while.",
    ),
    Ending.NOT_STARTED: (
        "This video could not be started in time, so nothing was sent.",
        "Press *Retry* to queue it again.",
    ),
    Ending.RESTORED: (
        "The bot was restored from a backup, so this request was ended before it was sent.",
        "If its video isn't here already, press *Retry*.",
    ),
    Ending.PLACE: (
        "I can't post in the place where you requested this video, so nothing was sent.",
        "Ask again in another channel.",
    ),
    Ending.PLACE_GONE: (
        "The place where you requested this video is gone, so nothing was sent.",
        "Ask again in another channel.",
    ),
    Ending.PLACE_AUTOMOD: (
        "The AutoMod rules of that server block this prompt, so nothing was sent.",
        "Change the prompt and ask again.",
    ),
    Ending.FAILED: ("This video could not be made.", "Press *Retry* to ask for it again."),
    Ending.EXPIRED: (
        "The provider no longer has your video.",
        "Press *Retry* to make it again.",
    ),
    Ending.LOST_UNFINISHED: (
        "The provider did not finish this video in all the time that I waited.",
        "Press *Retry* to have it made anew.",
    ),
    Ending.LOST_UNKNOWN: ("The provider doesn't know this video any more.", "Press *Retry* to have it made anew."),
    Ending.LOST_UNSURE: (
        "It never became clear whether the provider took this video, and it did not turn up.",
        "Press *Retry* to have it made anew.",
    ),
    Ending.UNPOSTED_PERMISSION: (
        "The video is finished and kept, but I may not post in its channel any more.",
        "**Post it** here or in `/status` posts it once I may, or else to your DMs; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_GONE: (
        "The video is finished and kept, but the place where you requested it is gone.",
        "**Post it** here or in `/status` sends it to your DMs; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_CLOSED: (
        "The video is finished and kept, but its thread is locked.",
        "**Post it** here or in `/status` posts it there once I may, or else to your DMs; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_AUTOMOD: (
        "The video is finished and kept, but the AutoMod rules of the server block its prompt.",
        "**Post it** here or in `/status` sends it to your DMs; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_EXPLICIT: (
        "The video is finished and kept, but Discord's filter for explicit content blocks it in its channel.",
        "If the moderators relax it, **Post it** here or in `/status` posts it; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_UPLOADS: (
        "The video is finished and kept, but Discord has limited file uploads in its server for now.",
        "Later, **Post it** here or in `/status` posts it; nothing is rendered anew.",
    ),
    Ending.UNPOSTED_SIZE: (
        "The video is finished and kept, but it is larger than what can be posted in its channel.",
        "When larger files are allowed there, **Post it** here or in `/status` posts it; nothing is rendered anew.",
    ),
    Ending.UNFETCHED_SIZE: (
        "The video is finished, but it is larger than this bot may fetch.",
        "Ask for a shorter or smaller one.",
    ),
    Ending.UNPOSTED: (
        "The video is finished and kept, but it could not be posted.",
        "**Post it** here or in `/status` posts it; nothing is rendered anew.",
    ),
    Ending.UNFETCHED: (
        "The video is finished and kept at the provider, but it was not handed over.",
        "**Post it** here or in `/status` fetches and posts it; nothing is rendered anew.",
    ),
}
