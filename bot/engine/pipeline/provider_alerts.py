"""Alerts about a provider, and what shows that their cause is gone."""

from bot.engine.context import EngineContext
from bot.jobs.alerts import AlertKind, Present
from bot.jobs.model import Job
from bot.videos.providers import Provider


def alert_of(context: EngineContext, kind: AlertKind, provider: Provider, **named: float) -> None:
    """Alert the owners of that provider, which is named if there are several."""
    context.owner_alerts.alert(kind, provider.name, **_named(context, provider), **named)


def alert_of_model(context: EngineContext, provider: Provider, job: Job) -> None:
    """Alert the owners that the provider doesn't make the job's model."""
    model = job.request.model
    named = _named(context, provider) | ({} if model is None else {"model": model})
    context.owner_alerts.alert(AlertKind.MODEL, _model_at(provider, job), **named)


def note_answered(context: EngineContext, provider: Provider) -> None:
    """The provider has answered a request with its key as it should."""
    context.owner_alerts.over(AlertKind.PROVIDER_DOWN, provider.name)
    context.owner_alerts.over(AlertKind.KEY, provider.name)


def note_judged(context: EngineContext, provider: Provider) -> None:
    """The provider has refused a request for what is in it, so the account is in order."""
    context.owner_alerts.over(AlertKind.ACCOUNT, provider.name)


def note_took_work(context: EngineContext, provider: Provider, job: Job) -> None:
    """The provider has accepted that job."""
    note_answered(context, provider)
    note_judged(context, provider)
    context.owner_alerts.over(AlertKind.MODEL, _model_at(provider, job))


def present_in(context: EngineContext, *, has_backups: bool) -> Present:
    """What alerts can be about by the settings of this process."""
    providers = context.providers
    return Present(
        providers={provider.name for provider in providers},
        models={
            _subject_of(route.provider, model)
            for model in (*providers.models, *((None,) if providers.models else ()))
            for route in providers.routes(model)
        },
        is_shared=context.database.is_shared,
        has_backups=has_backups,
    )


def _model_at(provider: Provider, job: Job) -> str:
    return _subject_of(provider, job.request.model)


def _subject_of(provider: Provider, model: str | None) -> str:
    return f"{provider.name} {model or ''}"


def _named(context: EngineContext, provider: Provider) -> dict[str, str]:
    return {"provider": provider.name} if len(list(context.providers)) > 1 else {}
