"""The bot's owners, from Discord's data on its application."""

import discord

from bot.jobs.model import UserId


def owners_of(application: discord.AppInfo) -> tuple[UserId, ...]:
    """The application's owner, or its team's admins and developers."""
    if application.team is None:
        return (UserId(application.owner.id),)
    return tuple(UserId(member.id) for member in application.team.members if _runs_it(member, application.team))


def _runs_it(member: discord.TeamMember, team: discord.Team) -> bool:
    """Whether the member has joined and may change the application; others were invited, or are read-only."""
    joined = member.membership_state is discord.TeamMembershipState.accepted
    changes = member.role in (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)
    return joined and (changes or member.id == team.owner_id)
