"""Alerts about the operator's daily ceilings."""

from collections.abc import Iterable

from bot.engine.owner_alerts import OwnerAlerts
from bot.jobs.alerts import AlertKind
from bot.jobs.budgets import Budget


def alert_ceilings(alerts: OwnerAlerts, budgets: Iterable[Budget]) -> None:
    """Alert the owners once a day when a daily ceiling is nearly or fully used."""
    for budget in budgets:
        if (percent := budget.used_percent) is None:
            continue
        limit = budget.limit
        if budget.guild_id is None:
            alerts.alert(AlertKind.BOT_BUDGET, str(percent), percent=percent, limit=limit)
        else:
            guild = str(budget.guild_id)
            alerts.alert(AlertKind.SERVER_BUDGET, f"{guild} {percent}", guild=guild, percent=percent, limit=limit)
