"""Backstage with two providers: a choice above the dials that are one provider's."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sandbox.providers import StudioPlan
from sandbox.studio import Ending
from tests.browser.visit import Visit, a_visit
from tests.e2e.scene import openrouter_plan, quick_dials

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_dials_are_those_of_the_chosen_provider(browser: Browser, tmp_path: Path) -> None:
    """What a person turns goes to the chosen one alone; what the other has is shown when it is chosen again."""
    providers = {"main": StudioPlan("openai", quick_dials()), "backup": openrouter_plan()}
    async with a_visit(tmp_path, browser, providers=providers, with_bot=False) as visit:
        main, backup = visit.stage.studios.values()
        backstage = await visit.visitor.backstage()
        choice = backstage.get_by_role("region", name="Provider", exact=True)
        outcomes = backstage.get_by_role("region", name="Next render", exact=True)
        await expect(choice.get_by_label("main")).to_be_checked()
        await choice.get_by_label("backup").check()
        await outcomes.get_by_label("Hangs").check()
        await expect(backstage.get_by_text("backup: The next render is accepted")).to_be_visible()
        faults = backstage.get_by_role("region", name="The provider", exact=True)
        await visit.visitor.press(re.compile("^Response lost"), faults)
        await expect(backstage.get_by_text("1 × backup: create or remix")).to_be_visible()
        assert [outcome.ending for outcome in backup.dials.next_render] == [Ending.NEVER]
        assert (main.dials.next_render, len(main.faults.planned), len(backup.faults.planned)) == ([], 0, 1)
        await choice.get_by_label("main").check()
        await expect(outcomes.get_by_label("Succeeds")).to_be_checked()
        await choice.get_by_label("backup").check()
        await expect(outcomes.get_by_label("Hangs")).to_be_checked()


async def test_with_one_provider_there_is_no_choice(visit: Visit) -> None:
    """The dials are its own."""
    backstage = await visit.visitor.backstage()
    await expect(backstage.get_by_role("region", name="The provider", exact=True)).to_be_visible()
    await expect(backstage.get_by_role("region", name="Provider", exact=True)).to_be_hidden()
