"""When rendering jobs are polled: a due queue for each provider, so that one that is throttled delays no other's."""

from collections.abc import Collection

from bot.engine.due_queue import DueQueue
from bot.jobs.model import Job, JobId
from bot.videos.providers import Providers


class PollQueue:
    """The rendering jobs of this process, by their providers; those of providers that aren't set up are under None."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self._due: dict[str | None, DueQueue[JobId]] = {}
        self._jobs: dict[str | None, set[JobId]] = {}
        self._provider_of: dict[JobId, str | None] = {}

    def put(self, job: Job, due_at: float | None) -> None:
        """The job renders, and is polled at that time."""
        provider_id = self._key(job)
        if self._provider_of.get(job.id, provider_id) != provider_id:
            self.drop(job.id)
        self._provider_of[job.id] = provider_id
        self._jobs.setdefault(provider_id, set()).add(job.id)
        self._due.setdefault(provider_id, DueQueue()).put(job.id, due_at)

    def taken(self, job_id: JobId) -> None:
        """The job's poll is started; it still renders."""
        self._due[self._provider_of[job_id]].drop(job_id)

    def drop(self, job_id: JobId) -> None:
        """The job doesn't render."""
        if job_id in self._provider_of:
            provider_id = self._provider_of.pop(job_id)
            self._jobs[provider_id].discard(job_id)
            self._due[provider_id].drop(job_id)

    def due_at(self, job_id: JobId) -> float | None:
        """When the job is polled; None if that isn't planned."""
        return self._due[self._provider_of[job_id]].due_at(job_id) if job_id in self._provider_of else None

    def providers(self) -> Collection[str | None]:
        """The ids of the providers with such jobs."""
        return tuple(self._due)

    def first(self, provider_id: str | None) -> tuple[float, JobId] | None:
        """The job that is due first at that provider, and when."""
        return self._due[provider_id].first()

    def rendering_beside(self, job: Job) -> int:
        """How many jobs render at the job's provider."""
        return len(self._jobs.get(self._key(job), ()))

    def _key(self, job: Job) -> str | None:
        provider = self._providers.of(job.provider)
        return None if provider is None else provider.id
