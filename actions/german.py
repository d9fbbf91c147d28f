"""German, as far as an English-speaking assistant may go: what is plainly one of a customer's own tasks is done, German
articles answer, and for everything else it says honestly that it is not sure and shows the ways to go on.
"""

from __future__ import annotations

import re

from actions.call import Command
from actions.quoting import offer_article
from actions.said import own_words
from actions.sign_in_first import is_visitor
from actions.turn import Turn
from crm_store.models import Article

LANGUAGE = "de"
_WORD = re.compile(r"[^\W\d_]+")
_GERMAN = frozenset(
    """ich wir ihr mir mich uns euch sie ihnen mein meine meinen meinem meiner unser unsere ihre wo wann wie wer warum
    wieso welche welcher ist sind war waren wird werden kann kannst können könnt könnte möchte muss müssen darf
    habe habt haben hatte nicht kein keine keinen und oder aber mit ohne für von bei nach auf aus noch immer
    schon jetzt heute morgen bitte danke hallo guten tag der das den dem ein eine einen einem einer zu zum zur
    zurück geht gibt es seit sich jemand bestellung bestellungen lieferung paket sendung rechnung rechnungen
    passwort kennwort konto adresse anrufen rückruf mensch menschen mitarbeiter öffnungszeiten geöffnet
    funktioniert kaputt defekt kündigen hilfe geld erstattung drucker bekomme bekommen brauche komme kommt meins
    setze ändern preis kostet sprechen""".split()
)
_ENGLISH = frozenset(
    """the is are my our your you i we it to and or of for in on at with please can could where when what how who why
    do does did not no yes this that was will be have has get send want need me us an order invoice
    ticket call""".split()
)
_TASKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("order_status", re.compile(r"\b(?:bestellung|lieferung|paket|sendung|auftrag)\w*", re.IGNORECASE)),
    ("invoice_copy", re.compile(r"\brechnung\w*", re.IGNORECASE)),
    ("show_tickets", re.compile(r"\b(?:tickets?|vorgang|anfragen?)\b", re.IGNORECASE)),
    (
        "opening_hours",
        re.compile(r"\bgeöffnet\b|\böffnungszeiten\b|\b(?:ihr|sie) (?:heute |morgen )?(?:auf|offen)\b", re.I),
    ),
    ("request_call", re.compile(r"\brückruf\w*|\b(?:zurück|an)rufen\b|\bruf\w*\b.*\b(?:zurück|an)\b", re.IGNORECASE)),
    ("talk_to_human", re.compile(r"\bmensch\w*|\bmitarbeiter\w*|\bmit jemande?[mn]?\b|\bberater\w*", re.IGNORECASE)),
)
_GREETING = re.compile(
    r"\W*(?:(?:hallo|guten (?:tag|morgen|abend))|(?P<thanks>(?:vielen |besten )?dank(?:e(?:schön)?)?))\W*",
    re.IGNORECASE,
)
_ASKS_WHERE = re.compile(
    r"\b(?:wo|wann)\b.*\b(?:ist|sind|bleib\w*|komm\w*|wird|werden)\b|\bstatus\b"
    r"|\bnoch nicht (?:da|angekommen|erhalten)\b",
    re.IGNORECASE,
)
_ASKS_FOR_IT = re.compile(
    r"\b(?:schick\w*|send\w*|brauche|möchte|hätte|bekomm\w*|erhalten|kopie|nochmal|noch mal)\b"
    r"|\brechnung\W*(?:bitte)?\W*$",
    re.I,
)
_PLAINLY = {
    "order_status": _ASKS_WHERE,
    "invoice_copy": _ASKS_FOR_IT,
    "show_tickets": re.compile(r"\b(?:mein\w*|status|was ist)\b", re.IGNORECASE),
    "opening_hours": re.compile(""),
    "talk_to_human": re.compile(
        r"\b(?:sprech\w*|red\w*|spreche|chat\w*|verbind\w*|möchte|will|bitte)\b", re.IGNORECASE
    ),
}
"""What has to be said beside the thing before a task is done unasked. No task that changes anything is among them."""
_IN_ENGLISH = {
    "passwort": "password", "kennwort": "password", "zurück": "reset", "zurücksetzen": "reset",
    "vergessen": "forgot", "rechnung": "invoice", "rechnungen": "invoices", "kündigen": "cancel subscription",
    "kündigung": "cancel subscription", "abo": "subscription", "lieferung": "delivery",
    "lieferzeit": "delivery time", "versand": "shipping", "versandkosten": "shipping costs",
    "rückgabe": "return", "zurückgeben": "return", "zurückschicken": "return", "erstattung": "refund",
    "geld": "refund money", "zahlung": "payment", "bezahlen": "pay", "adresse": "change address",
    "konto": "account", "drucker": "label printer", "etiketten": "labels", "garantie": "warranty",
    "rabatt": "discount", "anmelden": "sign in", "einloggen": "sign in", "exportieren": "export data",
    "löschen": "delete", "nutzer": "user", "benutzer": "user", "sprache": "language", "preis": "price",
    "preise": "prices", "kaputt": "broken", "defekt": "broken",
}  # fmt: skip
_LEAST_WORDS = 2
_MOST_ARTICLES = 2
_PLAUSIBLE = 0.25
_KEPT = 500


def is_german(text: str) -> bool:
    """Whether a message is German for sure: more German than English words, and two at least or hardly any other."""
    words = [word.casefold() for word in _WORD.findall(text)]
    german, english = sum(word in _GERMAN for word in words), sum(word in _ENGLISH for word in words)
    return german > english and (
        german >= _LEAST_WORDS or (german == len(words) and len(max(words, key=len, default="")) > 3)
    )


def task_meant(text: str) -> str | None:
    """The intent of the one task a German message plainly asks for; None when it may be several, or a question."""
    greeting = _GREETING.fullmatch(text)
    if greeting is not None:
        return "thank" if greeting["thanks"] else "greet"
    named = [intent for intent, pattern in _TASKS if pattern.search(text)]
    if len(named) != 1 or named[0] not in _PLAINLY:
        return None
    return named[0] if _PLAINLY[named[0]].search(text) else None


def answered_by_article(turn: Turn) -> bool:
    """Whether a German article answers the message."""
    found = turn.help_centre.search(turn.session, turn.call.text, limit=1)
    article = turn.session.get(Article, found[0].article_id) if found and found[0].answers else None
    return article is not None and article.language == LANGUAGE


def show_ways_on(turn: Turn) -> None:
    """Say in German that this is not understood for sure, and offer what it may be about and a person to read it."""
    words = own_words(turn)
    turn.say("utter_german")
    named = [intent for intent, pattern in _TASKS if pattern.search(words)]
    for article in _articles(turn, words):
        offer_article(turn, article.key, article.title, question=words[:_KEPT])
    usual = ("opening_hours",) if is_visitor(turn) else ("order_status", "invoice_copy")
    for intent in dict.fromkeys((*named, *usual)):
        if intent != "talk_to_human":
            turn.offer(turn.words.label(f"german_{intent}"), intent)
    pass_on = Command("open_ticket", {"subject": words[:_KEPT], "note": words, "answer": "anyway"})
    turn.offer_command(turn.words.label("german_pass_on"), pass_on, once=True)
    turn.offer(turn.words.label("german_talk_to_human"), "talk_to_human")


def _articles(turn: Turn, text: str) -> list[Article]:
    """What the help centre has under the English words for what is named: offered, never quoted as the answer."""
    english = [_IN_ENGLISH[word] for each in _WORD.findall(text) if (word := each.casefold()) in _IN_ENGLISH]
    if not english:
        return []
    found = turn.help_centre.search(turn.session, " ".join(dict.fromkeys(english)), limit=_MOST_ARTICLES)
    articles = [turn.session.get(Article, hit.article_id) for hit in found if hit.confidence >= _PLAUSIBLE]
    return [each for each in articles if each is not None]
