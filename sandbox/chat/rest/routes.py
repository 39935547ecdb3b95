"""The table of all REST routes of this Discord, with the names that tests use."""

from sandbox.chat.rest import accounts, channels, commands, interactions, messages, pins, polls, reactions, stickers
from sandbox.chat.rest.server import Route

_COMMANDS = "/applications/{application}/commands"
_GUILD_COMMANDS = "/applications/{application}/guilds/{guild}/commands"
_CHANNEL = "/channels/{channel}"
_MESSAGE = "/channels/{channel}/messages/{message}"
_REACTIONS = "/channels/{channel}/messages/{message}/reactions"
_HOOK = "/webhooks/{application}/{token}"
_MEMBERS = "/channels/{channel}/thread-members"

ROUTES = (
    Route("GET", "/users/@me", "account", accounts.get_self),
    Route("GET", "/oauth2/applications/@me", "application", accounts.get_application),
    Route("GET", "/applications/@me", "application", accounts.get_application),
    Route("GET", "/gateway/bot", "gateway", accounts.get_gateway),
    Route("GET", "/users/@me/guilds", "guild_list", accounts.list_guilds),
    Route("POST", "/users/@me/channels", "dm_open", accounts.open_dm),
    Route("GET", "/users/{user}", "user_get", accounts.get_user),
    Route("GET", "/guilds/{guild}", "guild_get", accounts.get_guild),
    Route("GET", "/guilds/{guild}/channels", "channel_list", accounts.list_channels),
    Route("GET", "/guilds/{guild}/roles", "role_list", accounts.list_roles),
    Route("GET", "/guilds/{guild}/members/{user}", "member_get", accounts.get_member),
    Route("GET", "/guilds/{guild}/threads/active", "thread_list", accounts.list_active_threads),
    Route("GET", "/stickers/{sticker}", "sticker_get", stickers.get),
    Route("GET", "/guilds/{guild}/stickers", "sticker_list", stickers.list_own_everywhere),
    Route("GET", "/guilds/{guild}/stickers/{sticker}", "sticker_get", stickers.get_own),
    *(
        route
        for path in (_COMMANDS, _GUILD_COMMANDS)
        for route in (
            Route("GET", path, "command_list", commands.get_all),
            Route("PUT", path, "command_sync", commands.put),
            Route("POST", path, "command_create", commands.post),
            Route("GET", path + "/{command}", "command_get", commands.get),
            Route("PATCH", path + "/{command}", "command_edit", commands.edit),
            Route("DELETE", path + "/{command}", "command_delete", commands.delete),
        )
    ),
    Route("POST", "/interactions/{interaction}/{token}/callback", "callback", interactions.respond, needs_token=False),
    Route("POST", _HOOK, "followup_create", interactions.follow_up, needs_token=False),
    *(
        route
        for which, kind in (("@original", "original"), ("{message}", "followup"))
        for route in (
            Route("GET", f"{_HOOK}/messages/{which}", f"{kind}_get", interactions.get_answer, needs_token=False),
            Route("PATCH", f"{_HOOK}/messages/{which}", f"{kind}_edit", interactions.edit_answer, needs_token=False),
            Route(
                "DELETE", f"{_HOOK}/messages/{which}", f"{kind}_delete", interactions.delete_answer, needs_token=False
            ),
        )
    ),
    Route("GET", _CHANNEL, "channel_get", channels.get),
    Route("PATCH", _CHANNEL, "channel_edit", channels.edit),
    Route("DELETE", _CHANNEL, "channel_delete", channels.delete),
    Route("POST", _CHANNEL + "/typing", "typing", messages.typing),
    Route("GET", _CHANNEL + "/messages", "history", messages.history),
    Route("POST", _CHANNEL + "/messages", "message_create", messages.create),
    Route("POST", _CHANNEL + "/messages/bulk-delete", "bulk_delete", messages.delete_many),
    Route("GET", _CHANNEL + "/messages/pins", "pin_list", pins.get),
    Route("GET", _CHANNEL + "/pins", "pin_list", pins.get_first),
    *(
        route
        for path in (_CHANNEL + "/messages/pins/{message}", _CHANNEL + "/pins/{message}")
        for route in (Route("PUT", path, "pin_create", pins.put), Route("DELETE", path, "pin_delete", pins.take))
    ),
    Route("POST", _MESSAGE + "/crosspost", "crosspost", messages.crosspost),
    Route("GET", _MESSAGE, "message_get", messages.get),
    Route("PATCH", _MESSAGE, "message_edit", messages.edit),
    Route("DELETE", _MESSAGE, "message_delete", messages.delete),
    Route("DELETE", _REACTIONS, "reaction_clear", reactions.clear),
    Route("GET", _REACTIONS + "/{emoji}", "reaction_users", reactions.who),
    Route("DELETE", _REACTIONS + "/{emoji}", "reaction_clear", reactions.clear),
    Route("PUT", _REACTIONS + "/{emoji}/@me", "reaction_create", reactions.put),
    Route("DELETE", _REACTIONS + "/{emoji}/@me", "reaction_delete", reactions.take_own),
    Route("DELETE", _REACTIONS + "/{emoji}/{user}", "reaction_delete", reactions.take),
    Route("GET", _CHANNEL + "/polls/{message}/answers/{answer}", "poll_voters", polls.voters),
    Route("POST", _CHANNEL + "/polls/{message}/expire", "poll_end", polls.end),
    Route("POST", _CHANNEL + "/threads", "thread_create", channels.start_thread),
    Route("POST", _MESSAGE + "/threads", "thread_create", channels.start_thread_at),
    Route("GET", _MEMBERS, "thread_members", channels.list_members),
    Route("GET", _MEMBERS + "/{user}", "thread_member_get", channels.get_member),
    Route("PUT", _MEMBERS + "/{user}", "thread_member_add", channels.add_member),
    Route("DELETE", _MEMBERS + "/{user}", "thread_member_remove", channels.remove_member),
)
