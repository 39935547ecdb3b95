"""What the bot says, in English: short, friendly, concrete. Gaps and their marks are those of `_filling`."""

from collections.abc import Mapping

from bot.chat.words._keys import Key
from bot.jobs.reasons import Reason

SENTENCES: Mapping[Key, str] = {
    Key.QUEUED: "Waiting in the queue",
    Key.GRACE: "Starting in a moment",
    Key.WAITING_ACCOUNT: "Waiting for the provider's account",
    Key.WAITING_CREDIT: "Waiting for credit",
    Key.WAITING_PROVIDER: "Waiting for the provider",
    Key.WAITING_PAUSED: "Paused",
    Key.WAITING_REST: "Waiting for some minutes",
    Key.SENDING: "Sending to the provider",
    Key.RENDERING: "Rendering",
    Key.RENDERING_LATE: "Still rendering",
    Key.FETCHING: "Fetching",
    Key.POSTING: "Posting",
    Key.UNCERTAIN: "Not sure whether the provider took it",
    Key.DELIVERED: "Posted",
    Key.REMOVED: "Deleted",
    Key.REMOVED_BY_MODERATOR: "Deleted by a moderator",
    Key.REFUSED: "Refused by the provider",
    Key.FAILED: "Failed",
    Key.CANCELLED: "Cancelled",
    Key.KEPT: "Not posted, but kept",
    Key.LOST: "Lost",
    Key.UNDELIVERABLE: "Could not be posted",
    Key.LENGTH_SECONDS: "{seconds} s",
    Key.DEFAULT_MODEL: "default model",
    Key.DEFAULT_SIZE: "default size",
    Key.DEFAULT_LENGTH: "default length",
    Key.ONE_PICTURE: "1 picture",
    Key.PICTURES: "{count} pictures",
    Key.ASKED_BY: "Requested by {user!m} {when!t}",
    Key.REMIX_OF: "Remix of {video}",
    Key.REMIX_OF_LINKED: "Remix of [{video}]({link!v})",
    Key.TOOK: "took {seconds!d}",
    Key.PROGRESS: "{bar!v} {percent} %",
    Key.SHORT_ID: "{video!n}",
    Key.REPLY_HINT: "Reply to this message to change the video · {video!n}",
    Key.PLACE_IN_QUEUE: "Number {position} in the queue.",
    Key.GRACE_REMARK: "Starting {when!t}. Cancel now and it's free.",
    Key.ACCOUNT_REMARK: "This bot's account there needs attention. Its owner has been told; this goes on by itself.",
    Key.CREDIT_REMARK: "The bot is out of credit. Its owner knows; this one continues once there is credit again.",
    Key.PROVIDER_REMARK: "The provider is busy or can't be reached. I keep trying.",
    Key.PAUSED_REMARK: "Those who run this bot have paused it. Nothing is charged meanwhile; this goes on by itself.",
    Key.REST_REMARK: "Several of your videos failed or were blocked, so this one has to wait a few minutes.",
    Key.LATE_REMARK: "This one takes longer than usual. It will be posted when it's done.",
    Key.UNCERTAIN_REMARK: "If it turns up after all, it is posted.",
    Key.WITHHELD_REMARK: "It won't be posted. It will be kept, and **Post it** in `/status` posts it after all.",
    Key.KEPT_REMARK: "**Post it** in `/status` posts it; nothing is rendered anew.",
    Key.VIDEO_READY: "{user!m} Your video is ready.",
    Key.REMIX_READY: "{user!m} Your remix is ready.",
    Key.VIDEO_LINK: (
        "{user!m} Your video is ready, but at {size_bytes!b} it is over the {limit_bytes!b} that can be posted here. "
        "Watch it here, before the link expires:"
    ),
    Key.VIDEO_LINK_REFUSED: (
        "{user!m} Your video is ready, but {size_bytes!b} are more than can be posted here. "
        "Watch it here, before the link expires:"
    ),
    Key.VIDEO_LINK_EXPLICIT: (
        "{user!m} Your video is ready, but Discord's filter for explicit content blocks it here. "
        "Watch it here, before the link expires:"
    ),
    Key.VIDEO_LINK_UPLOADS: (
        "{user!m} Your video is ready, but Discord has limited file uploads in this server for now. "
        "Watch it here, before the link expires:"
    ),
    Key.FAILURE_LINK: "Watch it here, before the link expires: {link!v}",
    Key.FAILURE: "{user!m} {cause!v} {charge!v} {next_step!v}",
    Key.FAILURE_PRIVATE: "{user!m} Your video wasn't made. {charge!v}",
    Key.CHARGED_NO: "You weren't charged.",
    Key.CHARGED_YES: "The provider charged for it.",
    Key.CHARGED_UNKNOWN: "The provider may have charged for it.",
    Key.COUNTED: "It counts towards your daily limit.",
    Key.NOT_COUNTED: "It doesn't use up your daily limit.",
    Key.LATE: (
        "{user!m} Your video takes longer than usual. It will be posted here as soon as the provider has it ready. You "
        "need not do anything."
    ),
    Key.SLOW: (
        "{user!m} Your video is finished, but the provider isn't handing it over yet. I keep trying, and post it here "
        "as soon as I have it."
    ),
    Key.UNSURE: (
        "{user!m} I got no clear answer when I sent your video, so I can't know whether the provider took it. "
        "**Request again** sends it once more and may be charged twice; **Dismiss** does nothing. If the video turns "
        "up after all, it is posted here either way."
    ),
    Key.UNSURE_ANSWERED: (
        "{user!m} I can't know whether the provider took this video, and you have answered what to do. If it turns up "
        "after all, it is posted here."
    ),
    Key.UNSURE_SETTLED: (
        "{user!m} I got no clear answer when I sent your video, but the provider had taken it after all. There is "
        "nothing left to decide."
    ),
    Key.OFFER_FORM: "I can't read replies that don't ping me. Press the button to say what should change.",
    Key.OFFER_FORM_PICTURES: "What should I do with that? Press the button to say it.",
    Key.OFFER_FORM_RIGHT: "I can't check your permissions in this thread. Use the button to go on.",
    Key.OFFER_QUESTION: "Remix this video with {prompt}?",
    Key.OFFER_QUESTION_NEW: "Make a new video with {prompt}?",
    Key.REPLY_TO_RUNNING: (
        "This video is still being made. Reply to it once it's posted, or use `/video` to start another one."
    ),
    Key.DM_HINT: "I make videos. Use `/video` to start one, or `/remix` to change one of yours.",
    Key.ANSWER_CANCELLED: "{video} is cancelled. Nothing was sent, and it doesn't count.",
    Key.ANSWER_WITHHELD: (
        "{video} won't be posted. It was sent to the provider, so it counts. The video will be kept, and **Post it** "
        "in `/status` posts it after all."
    ),
    Key.ASK_DELETE: "Delete this video? It can't be undone.",
    Key.ANSWER_NOT_DELETED: "OK, I'll keep it.",
    Key.ANSWER_DELETED: "{video} is deleted and can't be remixed any more.",
    Key.ANSWER_SENDING_AGAIN: "{video} is on its way to its channel. Nothing is rendered anew.",
    Key.ANSWER_LEFT: "All right, I leave {video} alone. If it turns up after all, it is posted.",
    Key.ANSWER_MADE: "{video} is in the queue.",
    Key.ANSWER_MADE_BEFORE: "{video} was asked for by an earlier press. `/status` shows how it stands.",
    Key.UNEXPECTED: "Something went wrong on my side. `/status` shows whether your video was taken; if not, try again.",
    Key.OWNER_PAUSED: (
        "Paused: no video is paid for until `/owner resume`, also after a restart. What the provider has already is "
        "still fetched and posted; what waits in the queue waits on."
    ),
    Key.OWNER_PAUSED_FOR_NOW: (
        "Paused, but only until I am restarted: I can't keep the file `PAUSED` in my data folder. Put it there by hand."
    ),
    Key.OWNER_RESUMED: "Going on: videos are paid for again, those that waited first.",
    Key.OWNER_BLOCKED: (
        "{user!m} can't request videos any more, in any server. Cancelled from their queue, not charged: {count}. "
        "Videos that the provider already has are still posted. `/owner unblock` undoes this."
    ),
    Key.OWNER_UNBLOCKED: "{user!m} can request videos again.",
    Key.OWNER_NOT_BLOCKED: "{user!m} isn't blocked.",
    Key.OWNER_USAGE: "**Last {days} days:** {jobs} requests, {videos} videos, reported cost {cost!v}",
    Key.OWNER_USAGE_NONE: "No requests in the last {days} days.",
    Key.OWNER_USAGE_SERVER: "Server {server}: {jobs} requests, {videos} videos, cost {cost!v}",
    Key.OWNER_USAGE_DIRECT: "Direct messages: {jobs} requests, {videos} videos, cost {cost!v}",
    Key.OWNER_USAGE_PERSON: "{user!m}: {jobs} requests, {videos} videos, cost {cost!v}",
    Key.OWNER_ADOPTED: "{video} goes on with that id, and is posted where it was asked for. Nothing is sent again.",
    Key.ALARM_ACCOUNT: (
        "The Videos API takes no work from this bot: its key is refused, its credit is used up, or its address has "
        "moved. No new videos are taken; one that waits is tried again every ten minutes."
    ),
    Key.ALARM_CLOCK: (
        "My machine's clock is more than a day behind what I have stored, so I don't believe it and go on from there. "
        "Times that I show are off until it's put right."
    ),
    Key.ALARM_KEY: (
        "The Videos API refuses this bot's key when I ask how a video is doing. Videos under way are not lost; I ask "
        "again every five minutes."
    ),
    Key.ALARM_MODEL: (
        "The Videos API doesn't offer a model that this bot does, or not with this key. Check `VIDEOS_MODELS`; the log "
        "names the video."
    ),
    Key.ALARM_RESTORED: (
        "My database is a copy, or was put back from a backup, so I'm paused and make no videos. Requests that waited "
        "were ended and not charged. Videos and messages that it doesn't know of may be posted already: I look in each "
        "channel before I post, and send nothing to the provider again. `/owner resume` ends this."
    ),
    Key.ALARM_ROOM: (
        "My disk has no room for a finished video. It is fetched as soon as there is; until then it and those after it "
        "wait. `RETENTION_DAYS` says how long I keep files."
    ),
    Key.ALARM_ROOM_PICTURES: "My disk is nearly full, so I turn away requests with pictures. Please free some space.",
    Key.ALARM_STORE: (
        "I can't write to my database: its disk may be full, or something else holds it. No new videos are taken until "
        "I can; those under way are still looked after. The log says more."
    ),
    Key.ALARM_SERVER_BUDGET: (
        "The server with the id {guild} has used {percent} % of the {limit} videos that it can make in 24 hours "
        "(`MAX_JOBS_PER_GUILD_PER_DAY`). `/owner usage` shows who made them."
    ),
    Key.ALARM_BOT_BUDGET: (
        "{percent} % of the {limit} videos that I can make in 24 hours are used (`MAX_JOBS_PER_DAY`). "
        "`/owner usage` shows who made them."
    ),
    Key.ALARM_STUCK: (
        "I could not carry on a video, however often I tried; I try again about once an hour. Nothing is sent a second "
        "time. The log names it and says why."
    ),
    Key.ALARM_TWICE: (
        "The Videos API gave two videos the same id, so I can't tell them apart. The second one's requester is asked "
        "what to do. The log names it."
    ),
    Key.LIST_TITLE: "Your videos",
    Key.LIST_EMPTY: "You have no videos yet. `/video` makes one.",
    Key.LIST_LINE: "**{status!v}** · {when!t} · {video}",
    Key.LIST_LINK: "[Go to it]({link!v})",
    Key.SENT_WHEN: "Sent to the provider {when!t}",
    Key.ENDED_WHEN: "Ended {when!t}",
    Key.CHOICE: "{prompt!v} · {status!n}, {age!d} ago",
    Key.LABEL_CANCEL: "Cancel",
    Key.LABEL_WITHHOLD: "Don't post",
    Key.LABEL_REMIX: "Remix",
    Key.LABEL_AGAIN: "Make another",
    Key.LABEL_DELETE: "Delete",
    Key.LABEL_RETRY: "Retry",
    Key.LABEL_EDIT_RETRY: "Edit & retry",
    Key.LABEL_WHY: "Why?",
    Key.LABEL_EDIT: "Edit",
    Key.LABEL_TRY_AGAIN: "Request again",
    Key.LABEL_LEAVE: "Dismiss",
    Key.LABEL_SEND_AGAIN: "Post it",
    Key.LABEL_OPEN_FORM: "Describe the change",
    Key.LABEL_MAKE_IT: "Remix",
    Key.LABEL_NO_THANKS: "No thanks",
    Key.LABEL_KEEP: "Keep it",
    Key.LABEL_WITH_ID: "{label!n} {video!n}",
    Key.FORM_VIDEO: "Make a video",
    Key.FORM_REMIX: "Remix a video",
    Key.FORM_PROMPT: "What should the video show?",
    Key.FORM_PROMPT_HINT: "A red fox trots through fresh snow at dawn, camera low",
    Key.FORM_CHANGE: "What should change?",
    Key.FORM_CHANGE_HINT: "The same, but at night, with falling stars",
    Key.FORM_PICTURES: "Pictures to start from",
    Key.FORM_PICTURES_HINT: "Up to {limit}: PNG, JPEG or WebP.",
    Key.FORM_PICTURES_KEPT: "{count} pictures are kept. Leave this empty to keep them; new files replace them all.",
    Key.FORM_PICTURE_KEPT: "1 picture is kept. Leave this empty to keep it; new files replace it.",
    Key.FORM_PICTURES_DROPPED: "The last pictures aren't kept. Leave this empty for none, or attach up to {limit}.",
    Key.FORM_MODEL: "Model",
    Key.FORM_SIZE: "Size",
    Key.FORM_LENGTH: "Length",
    Key.CHOICE_DEFAULT: "default",
    Key.CHOICE_MODEL_DEFAULT: "{model!n} (default)",
    Key.CHOICE_LANDSCAPE: "{size!n} (landscape)",
    Key.CHOICE_PORTRAIT: "{size!n} (portrait)",
    Key.CHOICE_SQUARE: "{size!n} (square)",
}

REFUSALS: Mapping[Reason, str] = {
    Reason.PROMPT_EMPTY: "Your prompt is empty. Describe what the video should show.",
    Reason.PROMPT_TOO_LONG: "That prompt has {given} characters; at most {limit} fit. Shorten it and try again.",
    Reason.MODEL_UNKNOWN: "I don't know a model {given}. Choose {choices!o}.",
    Reason.SIZE_UNKNOWN: "{given} is not a size I can make. Choose {choices!o}.",
    Reason.SECONDS_UNKNOWN: "{given} is not a length I can make. Choose {choices!o} seconds.",
    Reason.REFERENCES_TOO_MANY: "That is too many pictures: at most {limit} per video. Leave some out and try again.",
    Reason.REFERENCE_EMPTY: "{file} is empty. Attach it again, or another picture.",
    Reason.REFERENCE_TOO_LARGE: "{file} is too large: a picture may have up to {limit_bytes!b}. Attach a smaller one.",
    Reason.REFERENCE_TYPE: "{file} is not a picture I can use. Attach a PNG, JPEG or WebP.",
    Reason.REFERENCE_DAMAGED: "{file} is damaged: part of it is missing. Attach it again, or another picture.",
    Reason.REFERENCE_DIMENSIONS: (
        "{file} has too many pixels: up to 12,000 a side and 64 megapixels work. Attach a smaller picture."
    ),
    Reason.REFERENCE_UNREADABLE: "{file} could not be read from Discord. Attach it again.",
    Reason.UPLOADS_GONE: "I can't get your pictures from Discord any more. Attach your pictures again.",
    Reason.REFERENCES_LIMIT: (
        "You can attach up to {limit_bytes!b} of pictures in 24 hours. Try again later, or leave the pictures out."
    ),
    Reason.REFERENCES_GONE: (
        "The pictures of that video are not kept any more. Use `/video` or `/remix` and attach them again."
    ),
    Reason.VIDEO_UNKNOWN: (
        "I don't know that video. Pick one from the list that `/remix` and `/status` offer while you type, or give "
        "the short id that stands under it."
    ),
    Reason.VIDEO_UNFINISHED: "{video} isn't finished. Wait until it is posted, or pick another video.",
    Reason.VIDEO_REMOVED: "{video} was deleted and can't be used any more. Pick another video.",
    Reason.VIDEO_ELSEWHERE: (
        "{video} was made by another provider than today's, so it can't be changed here. Make a new one with `/video`."
    ),
    Reason.VIDEO_NONE_HERE: (
        "You have no finished video in this channel. Make one with `/video`, or name one in the option `video`."
    ),
    Reason.PLACE_UNPOSTABLE: (
        "I could not post the video here: I lack {permissions!p}. Ask somebody who manages this server to allow it, "
        "or ask me in another channel."
    ),
    Reason.PLACE_UNSUITABLE: "I can't post in this kind of channel. Use a text channel, a thread or a DM with me.",
    Reason.PLACE_PRIVATE: (
        "I'm not in this private thread, so I can't post the video here. Mention me in the thread to add me, then try "
        "again."
    ),
    Reason.PLACE_LOCKED: "This thread is locked, so I can't post the video here. Use another channel or thread.",
    Reason.NOT_INSTALLED: "I am not a member of this server, so I could not post here. Ask somebody to add me to it.",
    Reason.SERVER_CLOSED: (
        "I don't work in this server: the people who run me chose the servers I work in. Ask them to add this one."
    ),
    Reason.DIRECT_MESSAGES_OFF: "I don't take requests in direct messages. Use `/video` in a server that we share.",
    Reason.BLOCKED: "The people who run this bot have blocked you from using it. If that is a mistake, contact them.",
    Reason.SERVER_BUDGET: (
        "This server can make {limit} videos in 24 hours, and they are used up. There is room again {free_at!t}."
    ),
    Reason.BOT_BUDGET: "I can make {limit} videos in 24 hours, and they are used up. There is room again {free_at!t}.",
    Reason.ACTIVE_LIMIT: (
        "You can have {limit} videos under way at once. Wait for one to finish, or cancel one in `/status`."
    ),
    Reason.DAILY_LIMIT: "You can make {limit} videos in 24 hours. Try again {free_at!t}.",
    Reason.ACCOUNT_PAUSED: (
        "The provider takes no videos from this bot at the moment; its owner has been told. Try again later."
    ),
    Reason.PROVIDER_DOWN: "The provider can't be reached at the moment. Try again in a few minutes.",
    Reason.PAUSED: (
        "Those who run this bot have paused it, so I take no new videos. Those under way go on. Try again later."
    ),
    Reason.QUEUE_FULL: "The queue is full: {limit} videos are waiting already. Try again in a few minutes.",
    Reason.RESTING: "Several of your videos failed or were blocked. Try again {free_at!t}.",
    Reason.STOPPING: "I am just restarting. Try again in a minute.",
    Reason.STORE_UNAVAILABLE: "I can't take videos at the moment, as my storage is in trouble. Try again later.",
    Reason.DISK_FULL: "I'm short of disk space for pictures. Try again later, or leave the pictures out.",
    Reason.NOT_YOURS: ("Only the person who requested this video can do that. Make your own with `/video`."),
    Reason.NOT_ALLOWED: (
        "Only the person who asked for this video, or somebody who may manage messages here, can do that. "
        "Make your own with `/video`."
    ),
    Reason.NOT_YOUR_REPLY: "Only the person who replied can use this button.",
    Reason.COMMANDS_DENIED: (
        "You need the **Use Application Commands** permission in this channel to make videos. Ask a server admin."
    ),
    Reason.TOO_LATE_TO_CANCEL: "It is too late for that: this one has ended. `/status` shows how.",
    Reason.SETTLED: "That is settled: the provider had taken this video after all. `/status` shows how it stands.",
    Reason.NOTHING_TO_SEND: (
        "There is no kept video to send: it is on its way already, or kept no longer. `/status` shows how it stands."
    ),
    Reason.NOT_DELETED: "I can't reach Discord to delete the message. Press *Delete* again in a minute.",
    Reason.CLIENT_STALE: (
        "Your Discord has an outdated version of my commands, so nothing was started. Reload Discord (Ctrl+R, or "
        "restart the app) and try again."
    ),
    Reason.OWNER_ONLY: "Only those who run this bot can do that. `/video` makes a video.",
    Reason.SWITCH_STUCK: (
        "I am still paused: I can't take the file `PAUSED` out of my data folder. Remove it by hand; the log says why."
    ),
    Reason.NOT_ADOPTABLE: (
        "{video} can't be given an id: only a video can that got no clear answer or was lost, and that has no other "
        "id. `/status` shows how it stands."
    ),
    Reason.ADOPT_ELSEWHERE: (
        "{video} was sent to another provider than today's, so it can't be looked up. Set its address again first."
    ),
    Reason.REMOTE_UNKNOWN: (
        "The provider doesn't know a video {given}. Nothing has changed; check the id in the provider's own list."
    ),
    Reason.REMOTE_OWNED: "{given} belongs to {video} already. Nothing has changed; check the id.",
    Reason.REMOTE_OLDER: "{given} was made before this video was requested. Nothing has changed; check the id.",
    Reason.REMOTE_UNASKED: "The provider can't be asked at the moment. Nothing has changed; try again in a while.",
    Reason.DRAFT_GONE: "That form expired. Please start again.",
}
