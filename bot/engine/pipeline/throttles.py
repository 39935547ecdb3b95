"""The throttles of all providers, and which of them a job goes to now."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, cast

from bot.engine.pipeline.fair_queue import Lane
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.user_shares import UserShares
from bot.jobs.attempts import open_routes
from bot.jobs.model import Job, JobId, UserId, VideoRequest, as_new_video
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.route_choice import Choice, RouteFacts, choose
from bot.ops.clock import Clock
from bot.videos.providers import Provider, ProviderRoute, Providers

_FACTS = "providers"


class Throttles:
    """One throttle for each provider. Shares of people are common to all."""

    def __init__(
        self,
        providers: Providers,
        throttles: Mapping[str, ProviderThrottle],
        is_provider_paused: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`throttles` by the ids of the providers; `is_provider_paused` returns whether the owner has paused one."""
        self._providers = providers
        self._throttles = throttles
        self._is_provider_paused = is_provider_paused

    @classmethod
    def of_all(
        cls,
        providers: Providers,
        clock: Clock,
        is_paused: Callable[[], bool],
        submits_per_minute: int,
        is_provider_paused: Callable[[str], bool] = lambda _: False,
    ) -> "Throttles":
        """A new throttle for each provider; `is_paused` returns whether the owner has stopped all spending."""
        shares = UserShares(clock, submits_per_minute)

        def throttle_of(provider_id: str) -> ProviderThrottle:
            def is_stopped() -> bool:
                return is_paused() or is_provider_paused(provider_id)

            return ProviderThrottle(clock, is_stopped, submits_per_minute, shares)

        throttles = {provider.id: throttle_of(provider.id) for provider in providers}
        return cls(providers, throttles, is_provider_paused)

    def of(self, provider: Provider) -> ProviderThrottle:
        """The provider's throttle."""
        return self._throttles[provider.id]

    def of_id(self, provider_id: str) -> ProviderThrottle:
        """The throttle of the provider with that id."""
        return self._throttles[provider_id]

    def routes_of(self, job: Job) -> tuple[ProviderRoute, ...]:
        """The providers that can take the job, the preferred one first.

        A remix stays where its source is, unless it is made as a new video; and a job that got a clean 500 where it got
        that: it may hide a video, and only there a repeat has the same idempotency key.
        """
        request = job.request if job.fallback is None else as_new_video(job.request, job.frame)
        routes = self._routes(request, job.provider)
        if not job.clean_refusals:
            return routes
        return tuple(route for route in routes if route.provider is self._providers.of(job.provider))

    def lane_of(self, job: Job, now: float) -> Lane:
        """The ids of those of them that have not just refused the job."""
        return open_routes([route.provider.id for route in self.routes_of(job)], job.closed_routes, now)

    def choose(self, lane: Lane, user_id: UserId | None = None) -> Choice:
        """The provider that the next job of the lane goes to, of that person if one is given."""
        return choose([self._facts_of(provider_id, user_id) for provider_id in lane])

    def times_refused(self, job_id: JobId) -> int:
        """How often the job was refused for the account of a provider; others are tried before it."""
        return max(throttle.account.times_refused(job_id) for throttle in self._throttles.values())

    def held(self) -> set[UserId]:
        """The people whose requests to some provider are held now, while others' aren't."""
        return {user_id for each in self._throttles.values() for user_id in each.users.held() | each.account.held()}

    def end_submit(self, job_id: JobId) -> None:
        """The paid request for that job was answered, or not sent."""
        for throttle in self._throttles.values():
            throttle.end_submit(job_id)

    def forget(self, job_id: JobId) -> None:
        """The job has ended."""
        for throttle in self._throttles.values():
            throttle.account.forget(job_id)

    def refusal(
        self, user_id: UserId | None = None, request: VideoRequest | None = None, provider_id: str | None = None
    ) -> Refusal | None:
        """Why no new command of that person is accepted now; None if one provider may take it.

        Without a request, any provider will do; a remix must stay at that of `provider_id`, its stored id.
        """
        if request is None:
            routes: Iterable[Provider] = self._providers
        else:
            routes = [route.provider for route in self._routes(request, provider_id)]
        refusals = [self.of(provider).refusal(user_id) for provider in routes]
        if not refusals or None in refusals:
            return None
        # The owner's own pause first, as it is said for all.
        return min((refusal for refusal in refusals if refusal is not None), key=_is_not_pause)

    def find_facts(self) -> dict[str, object]:
        """What the other processes that share the database have to heed, as JSON's values."""
        return {_FACTS: {provider_id: throttle.find_facts() for provider_id, throttle in self._throttles.items()}}

    def heed_facts(self, others: Collection[Mapping[str, Any]]) -> None:
        """Take over what other processes found out; what a newer version says in other words is passed over."""
        shared = [facts[_FACTS] for facts in others if isinstance(facts.get(_FACTS), dict)]
        for provider_id, throttle in self._throttles.items():
            of_this = [known.get(provider_id) for known in shared]
            throttle.heed_facts([cast("dict[str, Any]", facts) for facts in of_this if isinstance(facts, dict)])

    def _routes(self, request: VideoRequest, provider_id: str | None) -> tuple[ProviderRoute, ...]:
        if request.parent_id is None or provider_id is None:
            return self._providers.routes_for(request)
        return self._providers.remix_routes(provider_id, request.model)

    def _facts_of(self, provider_id: str, user_id: UserId | None) -> RouteFacts:
        throttle = self._throttles[provider_id]
        seconds: float | None = throttle.seconds_until_submit()
        if user_id is not None and not seconds:
            seconds = throttle.seconds_until_submit_of(user_id)
        return RouteFacts(provider_id, seconds, throttle.is_open or self._is_provider_paused(provider_id))


def _is_not_pause(refusal: Refusal) -> bool:
    return refusal.reason is not Reason.PAUSED
