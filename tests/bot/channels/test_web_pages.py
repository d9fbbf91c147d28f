from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import httpx
import pytest
from sqlalchemy import select

from actions.reply import Document, Picture
from bot.channels.web import WebSettings
from bot.channels.web.pages import STATIC
from bot.channels.web.sign_in import LINK_LIFETIME, TooManyLinks, UnknownAddress, create_sign_in_link
from crm_store.models import Base, Contact, SignInLink
from crm_store.store import Store
from tests.bot.channels.browsing import PATIENCE, browser
from tests.bot.channels.scripted import PNG, ScriptedChat, ScriptedGateway, system_clock
from tests.bot.channels.served import SECRET, ServedChat


class Postbox:
    """A mailer whose letters can be read. They are sent after the page was answered, so one waits for them."""

    def __init__(self) -> None:
        self.letters: SimpleQueue[tuple[str, str]] = SimpleQueue()

    async def send_sign_in_link(self, email: str, url: str) -> None:
        self.letters.put((email, url))


class Clock:
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def private_chat(store: Store, tmp_path: Path, postbox: Postbox, clock: Clock) -> Iterator[ScriptedChat]:
    """A chat that is no demo: people sign in."""
    with ServedChat(ScriptedGateway(store, tmp_path, clock), demo=False, mailer=postbox) as chat:
        yield chat


def shown(page: httpx.Response) -> dict[str, str]:
    """Whom the page believes to be looking at it."""
    found = re.search(r'<script type="application/json" id="session">(.*?)</script>', page.text)
    assert found is not None
    you: dict[str, str] = json.loads(found[1])["you"]
    return you


def ask_for_link(page: httpx.Client, postbox: Postbox, email: str) -> str:
    """The path of the link that was mailed."""
    assert page.post("/sign-in", json={"email": email}).json() == {"ok": True}
    _, url = postbox.letters.get(timeout=PATIENCE)
    return url.removeprefix(str(page.base_url).rstrip("/"))


def test_a_link_signs_in_once(private_chat: ScriptedChat, postbox: Postbox) -> None:
    with browser(private_chat) as dana, browser(private_chat) as somebody:
        path = ask_for_link(dana.http, postbox, "Dana@Rapport.test")
        assert dana.http.get(path).status_code == 200, "opening the link alone must not use it up"
        answer = dana.http.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert shown(dana.http.get("/"))["key"] == "user:1"
        again = somebody.http.post(path)
        assert again.headers["location"] == "/?sign-in=invalid"
        assert shown(somebody.http.get("/"))["role"] == "visitor"


def test_a_customer_signs_in_too(private_chat: ScriptedChat, postbox: Postbox) -> None:
    with browser(private_chat) as jane:
        jane.http.post(ask_for_link(jane.http, postbox, "jane@globex.test"))
        assert shown(jane.http.get("/")) == {
            "key": "contact:1", "name": "Jane Doe", "role": "customer", "detail": "Globex",
        }  # fmt: skip


def test_a_link_expires(private_chat: ScriptedChat, postbox: Postbox, clock: Clock) -> None:
    with browser(private_chat) as dana:
        path = ask_for_link(dana.http, postbox, "dana@rapport.test")
        clock.now += LINK_LIFETIME
        assert dana.http.post(path).headers["location"] == "/?sign-in=invalid"


def test_an_invented_link_signs_nobody_in(private_chat: ScriptedChat) -> None:
    with browser(private_chat) as somebody:
        assert somebody.http.post("/sign-in/invented").headers["location"] == "/?sign-in=invalid"


def test_known_and_unknown_addresses_get_the_same_answer(private_chat: ScriptedChat, postbox: Postbox) -> None:
    with browser(private_chat) as somebody:
        unknown = somebody.http.post("/sign-in", json={"email": "nobody@rapport.test"})
        known = somebody.http.post("/sign-in", json={"email": "dana@rapport.test"})
        assert known.content == unknown.content
        assert known.status_code == unknown.status_code
        known_headers, unknown_headers = dict(known.headers), dict(unknown.headers)
        known_headers.pop("date"), unknown_headers.pop("date")
        assert known_headers == unknown_headers
    assert postbox.letters.get(timeout=PATIENCE)[0] == "dana@rapport.test"
    assert postbox.letters.empty()


@pytest.mark.parametrize("body", ["", "{}", '{"email":"dana"}', '{"email":5}', '{"email":"a b@c"}', "x" * 300])
def test_what_is_no_address_is_refused(private_chat: ScriptedChat, body: str) -> None:
    with browser(private_chat) as somebody:
        assert somebody.http.post("/sign-in", content=body).status_code == 400


def test_only_the_hash_of_a_link_is_kept(store: Store) -> None:
    path = create_sign_in_link(store, "dana@rapport.test", system_clock())
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        kept = uow.session.scalars(select(SignInLink)).one()
    assert path.removeprefix("/sign-in/") not in (kept.token_hash, kept.email)
    assert len(path.removeprefix("/sign-in/")) >= 43


def test_no_link_for_an_unknown_ambiguous_or_inactive_address(store: Store) -> None:
    now = system_clock()
    with store.unit_of_work(now=now) as uow:
        for _ in range(2):
            uow.add(Contact(name="Kim Lee", name_key="kim lee", email="kim@example.test"))
        uow.commit()
    for email in ("nobody@example.test", "kim@example.test", ""):
        with pytest.raises(UnknownAddress):
            create_sign_in_link(store, email, now)


def test_one_address_gets_five_links_in_a_quarter_of_an_hour(store: Store) -> None:
    now = system_clock()
    for _ in range(5):
        create_sign_in_link(store, "dana@rapport.test", now)
    with pytest.raises(TooManyLinks):
        create_sign_in_link(store, "dana@rapport.test", now)
    create_sign_in_link(store, "dana@rapport.test", now + timedelta(minutes=15))


def test_signing_out_makes_a_visitor(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana:
        assert shown(dana.http.get("/"))["key"] == "user:1"
        dana.http.post("/sign-out", json={})
        assert shown(dana.http.get("/"))["role"] == "visitor"


def test_a_demo_opens_as_its_first_rep(chat: ScriptedChat) -> None:
    with browser(chat) as somebody:
        assert shown(somebody.http.get("/"))["key"] == "user:1"


def test_a_visitor_stays_the_same_visitor(private_chat: ScriptedChat) -> None:
    with browser(private_chat) as visitor:
        assert shown(visitor.http.get("/"))["role"] == "visitor"
        assert shown(visitor.http.get("/")) == shown(visitor.http.get("/"))


def test_nobody_can_switch_people_outside_a_demo(private_chat: ScriptedChat) -> None:
    with browser(private_chat) as somebody:
        assert somebody.http.post("/demo/become", json={"person": "user:1"}).status_code == 404
        assert shown(somebody.http.get("/"))["role"] == "visitor"


@pytest.mark.parametrize("person", ["user:99", "visitor:abc", "contact:0", "", "user:1 OR 1=1"])
def test_a_demo_offers_its_own_people_only(chat: ScriptedChat, person: str) -> None:
    with browser(chat) as somebody:
        assert somebody.http.post("/demo/become", json={"person": person}).status_code == 404


@pytest.mark.parametrize("address", ["/demo/become", "/sign-in", "/sign-out", "/sign-in/abc"])
@pytest.mark.parametrize("origin", ["http://evil.test", "null", None])
def test_a_request_from_another_page_is_refused(chat: ScriptedChat, address: str, origin: str | None) -> None:
    headers = {"Origin": origin} if origin is not None else {}
    answer = httpx.post(chat.url + address, json={"person": "user:1", "email": "dana@rapport.test"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_foreign_host_name_is_refused_except_for_the_health_check(chat: ScriptedChat) -> None:
    assert httpx.get(chat.url, headers={"Host": "evil.test"}).status_code == 421
    assert httpx.get(f"{chat.url}/healthz", headers={"Host": "10.0.0.7"}).json() == {"status": "ok"}


def test_health_fails_without_the_database(store: Store, tmp_path: Path) -> None:
    Base.metadata.drop_all(store.engine)
    gateway = ScriptedGateway(store, tmp_path)
    gateway.pause()
    with ServedChat(gateway) as chat:
        assert httpx.get(f"{chat.url}/healthz").status_code == 503


def test_every_answer_carries_the_strict_headers(chat: ScriptedChat) -> None:
    for address in ("/", "/static/app.js", "/sign-in/abc", "/nowhere", "/files/1/0", "/healthz"):
        headers = httpx.get(chat.url + address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(chat: ScriptedChat) -> None:
    cookie = httpx.get(chat.url).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie.replace("samesite", "")


def test_a_name_cannot_end_the_script_element_it_is_written_into(chat: ScriptedChat, store: Store) -> None:
    name = "</script><script>alert(1)</script>"
    with store.unit_of_work(now=system_clock()) as uow:
        uow.session.get_one(Contact, 1).name = name
        uow.commit()
    with browser(chat, "contact:1") as jane:
        page = jane.http.get("/")
    assert name not in page.text
    assert shown(page)["name"] == name


def test_the_page_asks_nobody_else_for_anything() -> None:
    for file in STATIC.iterdir():
        addresses = re.findall(r"https?://[^\s\"'`)]+", file.read_text())
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, file.name


def test_scripts_never_turn_text_into_markup() -> None:
    for script in STATIC.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text())


# ---- files


def test_a_document_is_for_its_own_reader_only(chat: ScriptedChat) -> None:
    with browser(chat, "contact:1") as jane, browser(chat, "user:1") as dana, browser(chat) as visitor:
        with jane.tab() as tab:
            tab.say("the invoice, please")
            (part,) = tab.wait_for("message")["body"]["parts"]
        with dana.tab() as tab:
            tab.say("hello")
            tab.wait_for("message")
        answer = jane.http.get(part["href"])
        assert answer.content == b"%PDF-1.4 an invoice"
        assert answer.headers["content-disposition"] == 'attachment; filename="INV-2041.pdf"'
        assert "sandbox" in answer.headers["content-security-policy"]
        assert dana.http.get(part["href"]).status_code == 404
        visitor.http.get("/")
        assert visitor.http.get(part["href"]).status_code == 404
        assert httpx.get(chat.url + part["href"]).status_code == 404


def test_where_a_file_lies_on_our_disk_is_not_told(chat: ScriptedChat, tmp_path: Path) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("pipeline as a chart")
        live = tab.wait_for("message")["body"]["parts"]
        history = tab.history()[1]["body"]["parts"]
        assert live == history == [{"type": "picture", "alt": "Open deals by stage", "href": live[0]["href"]}]
        answer = dana.http.get(live[0]["href"])
        assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")


@pytest.mark.parametrize("place", ["{home}/crm.db", "{home}/files/../crm.db", "/etc/passwd", "{home}/files/link"])
def test_a_file_outside_the_files_directory_is_not_served(chat: ScriptedChat, tmp_path: Path, place: str) -> None:
    (tmp_path / "files" / "link").symlink_to("/etc/passwd")
    path = Path(place.format(home=tmp_path))
    assert path.exists()
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("hello")
        tab.wait_for("message")
        chat.gateway.tell("user:1", Document(path=path, name="x", media_type="text/plain"), Picture(path=path, alt=""))
        chat.call(chat.gateway.go_on)
        for part in tab.wait_for("message")["body"]["parts"]:
            assert dana.http.get(part["href"]).status_code == 404


@pytest.mark.parametrize("address", ["/files/1/7", "/files/99/0", "/files/x/0", "/files/1", "/files/../crm.db"])
def test_a_file_that_is_not_there_is_not_found(chat: ScriptedChat, address: str) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("pipeline as a chart")
        tab.wait_for("message")
        assert dana.http.get(address).status_code == 404


# ---- settings


def test_loopback_counts_under_all_its_names() -> None:
    settings = WebSettings(base_url="http://localhost:8000", secret_key=SECRET)
    assert settings.origins() == {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"}


def test_a_default_port_is_not_part_of_an_origin() -> None:
    settings = WebSettings(
        base_url="https://Chat.Example.com:443/", secret_key=SECRET, allowed_origins=("http://10.0.0.7:8080",)
    )
    assert settings.origins() == {"https://chat.example.com", "http://10.0.0.7:8080"}
    assert settings.hosts() == {"chat.example.com", "10.0.0.7:8080"}
    assert settings.secure


@pytest.mark.parametrize(
    ("base_url", "secret"), [("http://localhost", "short"), ("ftp://localhost", SECRET), ("localhost:8000", SECRET)]
)
def test_unsafe_settings_are_refused(base_url: str, secret: str) -> None:
    with pytest.raises(ValueError):
        WebSettings(base_url=base_url, secret_key=secret)
