"""A server that speaks Rasa's HTTP interface as far as the assistant uses it, with every trouble a test asks for.

It reads messages from a table and follows the domain's rules of one intent and its actions; it fills no form and
learns nothing. What a real Rasa makes of the same requests is held to in test_conformance.py.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote

import httpx

from bot.dialogue.domain import Domain

Trouble = Literal["late", "html", "other json", "refuses", "hangs up", "hangs up afterwards"]
"""``late``: does what it is asked only once it is let go. ``hangs up afterwards``: when the actions were run."""

_COMMAND = re.compile(r"/(\w+)@([\d.]+)(\{.*\})?", re.DOTALL)
_TROUBLE_PLACES = ("/status", "/domain", "/model/parse", "/tracker/events", "/tracker", "/webhooks/rest/webhook")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is read as: its intent, and the entity each of its phrases is."""

    intent: str
    phrases: Mapping[str, str] = field(default_factory=dict)


class RasaStandIn:
    """The server's state and its troubles: for every address, those of the requests to come, in their order."""

    def __init__(self, domain: Domain, readings: Mapping[str, Reading], actions_port: int) -> None:
        self.domain = domain
        self.readings = readings
        self.actions_port = actions_port
        self.model_id = "m1"
        self.served: dict[str, Any] = {
            "intents": sorted(domain.intents),
            "actions": sorted(domain.actions),
            "forms": {name: {} for name in domain.forms},
            "slots": {name: {} for name in domain.slots},
        }
        self.trouble: defaultdict[str, list[Trouble]] = defaultdict(list)
        self.let_go = threading.Event()
        self.late_ones_done = threading.Semaphore(0)
        self.parsed: list[str] = []
        self.said: list[str] = []
        self.action_answers: list[int] = []
        self.call_twice = False
        self.unruled: set[str] = set()
        self._slots: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._listening: defaultdict[str, str | None] = defaultdict(lambda: None)

    def forget_conversations(self) -> None:
        """As after a restart, because trackers are kept in memory."""
        self._slots.clear()
        self._listening.clear()

    def answer(self, method: str, path: str, body: Any) -> object:
        """Do what is asked and return the answer's JSON; raises KeyError for an address nobody has."""
        match method, path.partition("?")[0].split("/")[1:]:
            case "GET", ["status"]:
                return {
                    "model_id": self.model_id,
                    "model_file": f"{self.model_id}.tar.gz",
                    "num_active_training_jobs": 0,
                }
            case "GET", ["domain"]:
                return self.served
            case "POST", ["model", "parse"]:
                return self._parse(body["text"])
            case "GET", ["conversations", sender, "tracker"]:
                return self._tracker(unquote(sender))
            case "POST", ["conversations", sender, "tracker", "events"]:
                self._append(unquote(sender), body)
                return self._tracker(unquote(sender))
            case "POST", ["webhooks", "rest", "webhook"]:
                return self._talk(body["sender"], body["message"], body.get("metadata") or {})
        raise KeyError(path)

    def _parse(self, text: str) -> object:
        self.parsed.append(text)
        reading = self.readings.get(text.strip(), Reading("nlu_fallback"))
        found = [
            {"entity": entity, "start": text.index(phrase), "end": text.index(phrase) + len(phrase), "value": phrase}
            for phrase, entity in reading.phrases.items()
        ]
        intent = {"name": reading.intent, "confidence": 0.98}
        return {"text": text, "intent": intent, "entities": found, "intent_ranking": [intent]}

    def _tracker(self, sender: str) -> object:
        return {
            "sender_id": sender,
            "slots": dict.fromkeys(self.domain.slots) | self._slots[sender],
            "active_loop": {},
            "latest_action_name": self._listening[sender],
            "paused": False,
        }

    def _append(self, sender: str, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["event"] == "restart":
                self._slots[sender].clear()
            elif event["event"] == "slot":
                self._slots[sender][event["name"]] = event["value"]
            elif event["event"] == "action":
                self._listening[sender] = event["name"]

    def _talk(self, sender: str, message: str, metadata: Any) -> list[dict[str, Any]]:
        self.said.append(message)
        command = _COMMAND.fullmatch(message)
        assert command is not None, f"the assistant says readings only, not {message!r}"
        rule = self.domain.rule_for(command[1], form=None, slots={})
        assert rule is not None, command[1]
        answers: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = [{"event": "user", "text": message}]
        for action in ("action_fallback",) * 10 if command[1] in self.unruled else rule.actions:
            tracker = {
                "sender_id": sender,
                "slots": dict(self._slots[sender]),
                "active_loop": {},
                "latest_message": {"text": message, "metadata": metadata},
                "events": list(events),
            }
            call = {"next_action": action, "sender_id": sender, "tracker": tracker, "domain": {}, "version": "3.6.21"}
            outcome = self._call(call)
            if outcome is None:
                return []  # as Rasa does when an action fails: an empty answer
            if self.call_twice:
                outcome = self._call(call) or outcome
            self._append(sender, outcome["events"])
            events += [{"event": "action", "name": action}, *outcome["events"]]
            for response in outcome["responses"]:
                said = {"recipient_id": sender, "text": response.get("text"), "custom": response.get("custom")}
                answers.append(said | {"buttons": response.get("buttons") or []})
        self._listening[sender] = "action_listen"
        return answers

    def _call(self, call: Any) -> Any:
        try:
            answer = httpx.post(f"http://127.0.0.1:{self.actions_port}/webhook", json=call, timeout=30, trust_env=False)
        except httpx.ConnectError:
            self.action_answers.append(0)
            return None
        self.action_answers.append(answer.status_code)
        return answer.json() if answer.is_success else None


@contextmanager
def serving(rasa: RasaStandIn, port: int) -> Iterator[ThreadingHTTPServer]:
    """The stand-in behind a real socket of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            place = next(place for place in _TROUBLE_PLACES if self.path.partition("?")[0].endswith(place))
            trouble = rasa.trouble[place].pop(0) if rasa.trouble[place] else None
            match trouble:
                case "html":
                    self._send(200, b"<html><body>It works!</body></html>")
                case "other json":
                    self._send(200, b'{"cats": [1, 2, 3]}')
                case "refuses":
                    self._send(500, b'{"status": "failure"}')
                case "hangs up":
                    self.close_connection = True
                case "hangs up afterwards":
                    rasa.answer(self.command, self.path, body)
                    self.close_connection = True
                case "late":
                    rasa.let_go.wait(60)
                    answer = rasa.answer(self.command, self.path, body)
                    rasa.late_ones_done.release()
                    self._send(200, json.dumps(answer).encode())
                case None:
                    self._send(200, json.dumps(rasa.answer(self.command, self.path, body)).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nobody waits for what comes too late."""

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, name="rasa-stand-in")
    thread.start()
    try:
        yield server
    finally:
        rasa.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
