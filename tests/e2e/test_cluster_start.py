"""Two processes that start at once, with leases and turns as in life."""

from pathlib import Path

import pytest

from tests.e2e.cluster_scene import a_cluster, all_end
from tests.postgres import Databases

pytestmark = pytest.mark.slow
APART_SECONDS = 5.0


async def test_they_identify_in_turns_and_one_syncs_the_commands(tmp_path: Path, postgres: Databases) -> None:
    """Discord refuses two IDENTIFYs within five seconds, and counts each sync of the commands."""
    database = str(postgres.new().database)
    async with a_cluster(tmp_path, postgres.server, database, start=False, lease_seconds=None) as cluster:
        identifies = cluster.chat.identifies
        identifies.apart_seconds = APART_SECONDS
        await cluster.stage.start_all()
        assert identifies.too_early == []
        assert sorted(shard for shard, _at in identifies.taken_at) == [0, 1]
        synced = [request for request in cluster.chat.requests if request.kind == "command_sync"]
        assert len(synced) == 1
        for number, place in enumerate(cluster.places):
            await cluster.ada.slash(place, "video", prompt=f"A heron {number}")
            await cluster.video(f"A heron {number}")
        await all_end(cluster)
