"""What the provider reports of a video beside its state, as columns of its job."""

from bot.jobs.model import Job
from bot.jobs.settings_made import as_column, merged
from bot.videos.values import RemoteState, RemoteVideo


def reported(job: Job, remote: RemoteVideo) -> dict[str, object]:
    """The cost and the settings; what isn't reported is left out, so that an earlier value stays.

    Many servers report a cost of zero until the video has ended.
    """
    columns: dict[str, object] = {}
    if remote.cost_micros is not None and (remote.cost_micros or remote.state is not RemoteState.RUNNING):
        columns["cost_micros"] = remote.cost_micros
    if remote.reported:
        columns["reported"] = as_column(merged(job.reported, remote.reported))
    return columns
