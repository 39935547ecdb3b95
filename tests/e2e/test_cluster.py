"""Two processes on one database: what people get from both, as from one bot."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.cluster_scene import Cluster, a_cluster, a_corner, all_end
from tests.e2e.messages import job_id_of
from tests.e2e.scene import picture
from tests.postgres import Databases

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes for all tests of this file."""
    url = postgres.new()
    async with a_cluster(tmp_path_factory.mktemp("cluster"), postgres.server, str(url.database)) as cluster:
        yield cluster
        await all_end(cluster)


@pytest.fixture
def cluster(shared_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """A server on each shard, and a person, of this test's own."""
    return a_corner(shared_cluster.stage, shared_cluster.server, shared_cluster.database, request.node.name)


async def test_each_server_gets_its_videos_once(cluster: Cluster) -> None:
    """Commands in servers of both shards, with and without pictures, and in a direct message."""
    prompts: list[str] = []
    for number, place in enumerate([*cluster.places, cluster.chat.dm(cluster.ada)]):
        for options in ({}, {"reference": picture()}):
            prompt = f"Heron {number} at dawn with {len(options)} pictures"
            prompts.append(prompt)
            await cluster.ada.slash(place, "video", prompt=prompt, **options)
    for prompt in prompts:
        await cluster.video(prompt)
        assert (await cluster.job_in(prompt, "delivered"))["owner"] is None
    with_pictures = [one for one in cluster.studio.requests if one.fields.get("prompt") in prompts and one.files]
    assert len(with_pictures) == 3


async def test_replies_and_remixes_change_videos_of_either_process(cluster: Cluster) -> None:
    """A reply and a `/remix` in each server, whichever process fetched and posted the video; each is paid once."""
    for number, place in enumerate(cluster.places):
        await cluster.ada.slash(place, "video", prompt=f"A fox in server {number}")
    for number, place in enumerate(cluster.places):
        video = await cluster.video(f"A fox in server {number}")
        await cluster.ada.reply(video, f"Make the fox of server {number} jump")
        prompt = f"Let it snow on the fox of server {number}"
        await cluster.ada.slash(place, "remix", video=job_id_of(video), prompt=prompt)
        for remix in (f"Make the fox of server {number} jump", prompt):
            assert (await cluster.video(remix)).channel is place
    assert sum(one.operation == "remix" for one in cluster.studio.requests) == 4


async def test_the_owner_sees_the_names_of_all_servers(cluster: Cluster) -> None:
    """`/owner usage` reaches one process, and has the servers of the other ones by name, too."""
    for number, place in enumerate(cluster.places):
        for name in range(3):
            await cluster.ada.slash(place, "video", prompt=f"Owl {name} of server {number}")
    for number in range(len(cluster.places)):
        for name in range(3):
            await cluster.video(f"Owl {name} of server {number}")
    chat = cluster.chat
    usage = await (await chat.owner.slash(chat.dm(chat.owner), "owner usage")).wait_state("message")
    assert all(place.guild.name in usage.content for place in cluster.places), usage.content
