"""The ids that are stored with jobs, and the providers that they mean."""

from typing import Any

import pytest

from bot.jobs.offered_models import OfferedModel, Route
from bot.videos.provider_setup import Abilities, ProviderSetup
from bot.videos.providers import Provider, Providers, stored_ids

URL, OTHER = "https://api.test/v1", "https://other.test/v1"


def set_up(*setups: ProviderSetup) -> Providers:
    ids: Any = stored_ids(setups)
    client: Any = None
    return Providers([Provider(ids[setup.name], setup.name, client) for setup in setups])


def test_an_address_of_its_own_is_the_id() -> None:
    """As it was before there were several: the rows of older versions stay valid."""
    assert stored_ids([ProviderSetup("a", URL, "k"), ProviderSetup("b", OTHER, "k")]) == {"a": URL, "b": OTHER}


def test_two_keys_at_one_address_are_told_apart() -> None:
    """By their names; which of them an older row was of is unknown."""
    setups = [ProviderSetup("a", URL, "k"), ProviderSetup("b", URL, "l")]
    assert stored_ids(setups) == {"a": f"{URL}#a", "b": f"{URL}#b"}
    providers = set_up(*setups)
    a, b = providers
    assert (providers.of(f"{URL}#a"), providers.of(f"{URL}#b"), providers.of(URL)) == (a, b, None)


def test_the_one_that_is_left_keeps_its_jobs() -> None:
    """The other key's jobs aren't asked for with this one."""
    providers = set_up(ProviderSetup("a", URL, "k"), ProviderSetup("c", OTHER, "m"))
    a, _ = providers
    assert (providers.of(URL), providers.of(f"{URL}#a"), providers.of(f"{URL}#b")) == (a, a, None)
    assert a.ids == (URL, f"{URL}#a")


def test_a_model_has_its_own_name_at_each_provider() -> None:
    """In the order of the settings; the name is left out where none was chosen."""
    client: Any = None
    one, two = Provider(URL, "one", client), Provider(OTHER, "two", client)
    routes = (Route("two", "x/cinema"), Route("one", "cinema"))
    providers = Providers([one, two], [OfferedModel("cinema", "Cinema", routes, ("1280x720",), ("8",))])
    assert providers.routes("cinema") == ((two, "x/cinema"), (one, "cinema"))
    assert providers.routes(None) == ((two, None), (one, None))
    assert providers.routes("gone") == ()
    assert providers.models == ("cinema",)


def test_there_is_at_least_one() -> None:
    """Without any nothing could be made."""
    with pytest.raises(ValueError, match="At least one provider"):
        Providers([])


def test_only_a_provider_that_can_change_videos_gets_remixes() -> None:
    """And only for a model that it makes; without a model the remix has that of its source."""
    client: Any = None
    one = Provider(URL, "one", client, Abilities(remix=True))
    two = Provider(OTHER, "two", client, Abilities())
    routes = (Route("one", "cinema"), Route("two", "x/cinema"))
    providers = Providers([one, two], [OfferedModel("cinema", "Cinema", routes, ("1280x720",), ("8",))])
    assert providers.remix_routes(URL, "cinema") == ((one, "cinema"),)
    assert providers.remix_routes(URL, None) == ((one, None),)
    assert [providers.remix_routes(*asked) for asked in ((OTHER, None), (URL, "gone"), ("gone", None))] == [(), (), ()]
