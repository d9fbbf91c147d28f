"""Forms, shortcuts, links and the home page, used as people use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.channels.slack.blocks import check_view
from crm_store.models import Deal, Task
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario
from tests.slack.standin.workspace import BOT_USER, TEAM

DEAL = '/log_deal{"account": "Initech", "amount": "41234", "date": "2027-03-31"}'


def values(view: dict[str, Any], **entered: str) -> dict[str, Any]:
    """What Slack sends of a modal's fields: what they were opened with, and what was entered since."""
    found: dict[str, Any] = {}
    for block in view["blocks"]:
        if "element" not in block:
            continue
        name, element = block["block_id"].partition(".")[0], block["element"]
        kind = element["type"]
        given = entered.get(name)
        if kind == "static_select":
            option = element.get("initial_option")
            if given is not None:
                option = next(each for each in element["options"] if each["value"] == given)
            state: dict[str, Any] = {"type": kind, "selected_option": option}
        elif kind == "datepicker":
            state = {"type": kind, "selected_date": given or element.get("initial_date")}
        else:
            state = {"type": kind, "value": given if given is not None else element.get("initial_value")}
        found[block["block_id"]] = {element["action_id"]: state}
    return found


def elements_of(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for block in card["blocks"] if block["type"] == "actions" for element in block["elements"]]


async def deal_card(together: InSlack) -> tuple[dict[str, Any], str, list[dict[str, Any]], dict[str, Any]]:
    """The card of a new deal, its channel, what can be used on it, and the button that opens its form."""
    card = await together.answer("U1", DEAL)
    elements = elements_of(card)
    opens = next(each for each in elements if each["action_id"].startswith("open:edit_deal"))
    return card, together.standin.workspace.direct("U1").id, elements, opens


async def submit(together: InSlack, user: str, view: dict[str, Any], **entered: str) -> Any:
    """Send a modal off; what the app answers."""
    shown = {**view, "team_id": TEAM, "state": {"values": values(view, **entered)}}
    payload = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "view": shown,
        "trigger_id": together.standin.trigger(),
    }
    return (await together.standin.send("interactive", payload)).answer


async def shortcut(together: InSlack, user: str, name: str, *, message: dict[str, Any] | None = None) -> dict[str, Any]:
    """Use a shortcut; the modal it opens."""
    before = len(together.standin.workspace.modals)
    payload: dict[str, Any] = {
        "type": "message_action" if message else "shortcut",
        "callback_id": name,
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "trigger_id": together.standin.trigger(),
        "action_ts": together.standin.workspace.ts(),
    }
    if message:
        payload |= {"message": message, "channel": {"id": "C1"}, "message_ts": message["ts"]}
    await together.standin.send("interactive", payload)
    await together.standin.until(lambda: len(together.standin.workspace.modals) > before)
    return together.standin.workspace.modals[-1]


def named(together: InSlack, amount: int) -> list[Deal]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(Deal).where(Deal.amount == amount)))


@scenario
async def test_a_form_says_what_is_wrong_and_logs_the_deal_once(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database, mode="http") as together:
        together.colleague("U1", "dana")
        view = await shortcut(together, "U1", "log_deal")
        wrong = await submit(together, "U1", view, account="Initech", amount="a lot")
        assert wrong["response_action"] == "errors"
        assert len(wrong["errors"]) == 1
        for _ in range(2):
            assert await submit(together, "U1", view, account="Initech", amount="41,234") in {"", None}
        await together.standin.until(lambda: together.direct("U1"))
        await together.service.settle()
        assert len(named(together, 41_234)) == 1
        assert len(together.direct("U1")) == 1


@scenario
async def test_a_shortcut_on_a_message_makes_a_task_of_it(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_channel("C1", {"U1"})
        message = {"type": "message", "user": "U1", "text": "Ring <mailto:kim@x.example|kim@x.example>", "ts": "1.1"}
        view = await shortcut(together, "U1", "create_task", message=message)
        await submit(together, "U1", view)
        await together.standin.until(lambda: together.direct("U1"))
        with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
            tasks = uow.session.scalars(select(Task).where(Task.subject == "Ring kim@x.example")).all()
        assert len(tasks) == 1


@scenario
async def test_a_request_half_said_goes_on_in_a_form_that_holds_what_was_said(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        question = await together.answer("U1", '/log_deal{"account": "Initech", "date": "2031-03-31"}')
        room = together.standin.workspace.direct("U1").id
        await together.standin.press("U1", question, "Fill in a form", channel=room)
        await together.standin.until(lambda: together.standin.workspace.modals)
        view = together.standin.workspace.modals[0]
        opened = {block["block_id"].partition(".")[0]: block["element"] for block in view["blocks"]}
        assert opened["account"]["initial_value"] == "Initech"
        assert opened["close_date"]["initial_date"] == "2031-03-31"
        await submit(together, "U1", view, amount="43,210 USD")
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        assert "Logged" in together.direct("U1")[1]["text"]
        (deal,) = named(together, 43_210)
        assert str(deal.close_date) == "2031-03-31"


@scenario
async def test_a_card_shows_what_its_form_and_its_calendar_changed(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        card, room, elements, opens = await deal_card(together)
        await together.standin.act("U1", opens, message=card, channel=room)
        await together.standin.until(lambda: together.standin.workspace.modals)
        await submit(together, "U1", together.standin.workspace.modals[0], amount="52,345 USD")
        await together.standin.until(lambda: "52,345" in card["text"])
        date = next(e for e in elements if e["type"] == "datepicker")
        await together.standin.act("U1", {**date, "selected_date": "2027-05-31"}, message=card, channel=room)
        await together.standin.until(lambda: "May 31, 2027" in card["text"])
        assert str(named(together, 52_345)[0].close_date) == "2027-05-31"
        assert len(together.direct("U1")) == 1


@scenario
async def test_who_presses_for_a_form_that_opens_too_late_is_told_so(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        card, room, _, opens = await deal_card(together)
        together.standin.api.fail("views.open", "refused")
        await together.standin.act("U1", opens, message=card, channel=room)
        await together.standin.until(lambda: together.standin.workspace.whispers)
        assert "once more" in together.standin.workspace.whispers[0].payload["text"]


@scenario
async def test_a_card_stays_its_askers_when_somebody_else_uses_its_calendar(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        # Two accounts of one colleague: each may see what the other may.
        together.colleague("U1", "dana")
        together.colleague("U2", "dana")
        together.standin.workspace.add_channel("C1", {"U1", "U2"})
        await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="C1")
        await together.standin.until(lambda: together.posted("C1"))
        card = together.posted("C1")[0]
        before = dict(card)
        elements = elements_of(card)
        date = {**next(e for e in elements if e["type"] == "datepicker"), "selected_date": "2027-05-31"}
        await together.standin.act("U2", date, message=card, channel="C1")
        await together.standin.until(lambda: len(together.posted("C1")) == 2)
        assert card == before
        await together.standin.act("U1", {**date, "selected_date": "2027-06-30"}, message=card, channel="C1")
        await together.standin.until(lambda: "Jun 30, 2027" in card["text"])


@scenario
async def test_a_card_that_one_person_sees_is_replaced_by_what_its_form_changed(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_member("U9", "Guest", restricted=True)
        workspace.add_channel("C1", {"U1", "U9"})
        await together.standin.say("U1", f"<@{BOT_USER}> {DEAL}", channel="C1")
        await together.standin.until(lambda: workspace.whispers)
        card = workspace.whispers[0].payload
        elements = elements_of(card)
        opens = next(e for e in elements if e["action_id"].startswith("open:edit_deal"))
        await together.standin.act("U1", opens, message=card, channel="C1", whispered=True)
        await together.standin.until(lambda: workspace.modals)
        await submit(together, "U1", workspace.modals[0], amount="52,345 USD")
        await together.standin.until(lambda: len(workspace.whispers) == 2)
        assert "52,345" in workspace.whispers[1].payload["text"]
        assert workspace.whispers[1].payload["replace_original"] is True


@scenario
async def test_a_form_opened_on_an_answer_to_a_slash_command_is_answered_to_its_writer_alone(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        await together.standin.command("U1", DEAL, channel="C1")
        await together.standin.until(lambda: workspace.whispers)
        card = {**workspace.whispers[0].payload, "ts": workspace.ts()}
        elements = elements_of(card)
        opens = next(e for e in elements if e["action_id"].startswith("open:log_activity"))
        await together.standin.act("U1", opens, message=card, channel="C1", whispered=True)
        await together.standin.until(lambda: workspace.modals)
        await submit(together, "U1", workspace.modals[0], note="She wants a quote")
        await together.standin.until(lambda: len(workspace.whispers) == 2)
        assert workspace.whispers[1].payload["replace_original"] is False
        date = next(e for e in elements if e["type"] == "datepicker")
        chosen = {**date, "selected_date": "2027-05-31"}
        await together.standin.act("U1", chosen, message=card, channel="C1", whispered=True)
        await together.standin.until(lambda: len(workspace.whispers) == 3)
        assert "May 31, 2027" in workspace.whispers[2].payload["text"]
        assert together.posted("C1") == together.direct("U1") == []


@scenario
async def test_what_a_form_made_of_a_card_that_shows_something_else_is_a_message_of_its_own(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        card = await together.answer("U1", DEAL)
        before = dict(card)
        room = together.standin.workspace.direct("U1").id
        elements = elements_of(card)
        opens = next(e for e in elements if e["action_id"].startswith("open:log_activity"))
        await together.standin.act("U1", opens, message=card, channel=room)
        await together.standin.until(lambda: together.standin.workspace.modals)
        await submit(together, "U1", together.standin.workspace.modals[0], note="She wants a quote")
        await together.standin.until(lambda: len(together.direct("U1")) == 2)
        assert card == before


@scenario
async def test_a_form_on_a_deal_that_is_gone_says_so_and_gives_back_what_was_typed(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database, mode="http") as together:
        together.colleague("U1", "dana")
        card, room, _, opens = await deal_card(together)
        await together.standin.act("U1", opens, message=card, channel=room)
        await together.standin.until(lambda: together.standin.workspace.modals)
        with together.store.unit_of_work(now=running_clock()) as uow:
            uow.session.scalars(select(Deal).where(Deal.amount == 41_234)).one().deleted_at = running_clock()
            uow.commit()
        answer = await submit(together, "U1", together.standin.workspace.modals[0], amount="52,345 USD")
        assert answer["response_action"] == "update"
        assert check_view(answer["view"]) == []
        assert "isn't there any more" in str(answer["view"]["blocks"])
        assert "52,345 USD" in str(answer["view"]["blocks"])


@scenario
async def test_a_link_shows_its_card_only_where_all_may_see_it(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U3", "sam")
        workspace = together.standin.workspace
        workspace.add_channel("C1", {"U1"})
        workspace.add_channel("C2", {"U1", "U3"})
        await together.answer("U1", DEAL)
        (deal,) = named(together, 41_234)
        url = f"http://crm.example.com/r/deal/{deal.id}"
        for user, channel in (("U1", "C2"), ("U3", "C2"), ("U1", "C1")):
            link = {"domain": "crm.example.com", "url": url}
            event = {"type": "link_shared", "user": user, "channel": channel, "message_ts": "1.1", "links": [link]}
            await together.standin.event("link_shared", {**event, "event_ts": "1.2"})
        await together.standin.until(lambda: workspace.unfurls)
        await together.service.settle()
        assert [each["channel"] for each in workspace.unfurls] == ["C1"]
        assert "Initech" in str(workspace.unfurls[0]["unfurls"][url])

        of_account = f"http://crm.example.com/r/account/{deal.account_id}"
        event = {"type": "link_shared", "user": "U1", "channel": "C1", "message_ts": "1.1", "event_ts": "1.3"}
        await together.standin.event(
            "link_shared", {**event, "links": [{"domain": "crm.example.com", "url": of_account}]}
        )
        await together.standin.until(lambda: len(workspace.unfurls) == 2)
        assert "Open deals" in str(workspace.unfurls[1]["unfurls"][of_account])


@scenario
async def test_the_home_page_is_ones_own_and_its_buttons_answer_directly(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.standin.workspace.add_member("U9", "Stranger", "stranger@example.com")
        views = together.standin.workspace.home_views
        for user in ("U1", "U9"):
            await together.standin.event(
                "app_home_opened", {"type": "app_home_opened", "user": user, "tab": "home", "channel": "D1"}
            )
        await together.standin.until(lambda: len(views) == 2)
        assert "Dana" in str(views["U1"]["blocks"])
        assert "Send me a message" in str(views["U9"]["blocks"])


@scenario
async def test_the_home_page_shows_what_was_done_on_it(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        views = together.standin.workspace.home_views
        await together.standin.event(
            "app_home_opened", {"type": "app_home_opened", "user": "U1", "tab": "home", "channel": "D1"}
        )
        await together.standin.until(lambda: views)
        first = views["U1"]
        menus = [block["accessory"] for block in first["blocks"] if "accessory" in block]
        zone = next(each for each in menus if "Tokyo" in str(each.get("options")))
        tokyo = next(each for each in zone["options"] if "Tokyo" in str(each))
        await together.standin.act_at_home("U1", {**zone, "selected_option": tokyo})
        await together.standin.until(lambda: views["U1"] is not first)
        assert "Tokyo" in str(
            [block["accessory"].get("initial_option") for block in views["U1"]["blocks"] if "accessory" in block]
        )

        second = views["U1"]
        opens = next(e for block in second["blocks"] for e in block.get("elements", ()) if e.get("value") == "log_deal")
        await together.standin.act_at_home("U1", opens)
        await together.standin.until(lambda: together.standin.workspace.modals)
        await submit(together, "U1", together.standin.workspace.modals[0], account="Initech", amount="61,234 USD")
        await together.standin.until(lambda: "61,234" in str(views["U1"]) or views["U1"] is not second)
        assert len(named(together, 61_234)) == 1


@scenario
async def test_somebody_unknown_who_uses_a_shortcut_is_asked_who_they_are(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana", known=False)
        payload = {
            "type": "shortcut",
            "callback_id": "log_deal",
            "team": {"id": TEAM},
            "user": {"id": "U1", "team_id": TEAM},
            "trigger_id": together.standin.trigger(),
            "action_ts": "1.1",
        }
        await together.standin.send("interactive", payload)
        await together.standin.until(lambda: together.direct("U1"))
        assert "are you Dana" in together.direct("U1")[0]["text"]
        assert together.standin.workspace.modals == []
