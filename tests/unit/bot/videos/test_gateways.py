"""A gateway is recognised by its headers, or by what only its list of models has."""

import pytest

from bot.videos.gateways import recognise

LITELLM_CREATED = 1_677_610_602


@pytest.mark.parametrize(
    ("headers", "models", "name"),
    [
        (["X-LiteLLM-Version"], None, "LiteLLM"),
        (["x-oneapi-request-id"], None, "New API"),
        (["date", "x-portkey-trace-id"], None, "Portkey"),
        ([], {"data": [{"id": "a", "created": LITELLM_CREATED}, {"id": "b", "created": LITELLM_CREATED}]}, "LiteLLM"),
        ([], {"data": [{"id": "a"}, {"id": "b", "supported_endpoint_types": ["openai"]}]}, "New API"),
        ([], {"data": [{"id": "a", "created": LITELLM_CREATED}, {"id": "b", "created": 1}]}, None),
        ([], {"data": [{"id": "a"}]}, None),
        ([], {"data": ["a", None]}, None),
        ([], {"data": {"id": "a"}}, None),
        ([], {"data": []}, None),
        ([], [], None),
        ([], None, None),
        (["my-x-litellm-version", "date"], None, None),
    ],
)
def test_a_gateway_is_known_by_its_signs(headers: list[str], models: object, name: str | None) -> None:
    """One header is enough; of a list of models, LiteLLM's time has to be that of all."""
    found = recognise(headers, [models])
    assert (found and found.name) == name


def test_a_later_list_is_looked_at_too() -> None:
    """A provider can have two lists, and only one of them a sign."""
    found = recognise([], [{"data": [{"id": "a"}]}, {"data": [{"id": "b", "supported_endpoint_types": []}]}])
    assert found is not None
    assert found.name == "New API"
