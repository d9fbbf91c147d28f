// The page: ties the connection, the transcript and the message box together. docs/web.md describes the protocol.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { byId, element } from "./dom.js";
import { showPerson } from "./people.js";
import { promptsFor, welcomeFor } from "./prompts.js";
import { greeting } from "./times.js";
import { Transcript } from "./transcript.js";
import { Unsent } from "./unsent.js";

const LONGEST_TYPING = 60_000;
const TRY_AGAIN_AFTER = 3;
const REFUSALS = { too_long: "Not sent: this is longer than 20,000 characters.", empty: "Not sent: there is nothing in it." };

const { you, demo, people, embedded } = JSON.parse(byId("session").textContent);
const unsent = new Unsent(you.key);
const answered = new Set(); // inbox ids that have a reply
let inFlight = null; // the id sent over the present socket and not yet answered
let ready = false; // the history of the present socket is in
let holding = 0; // timer; until it ends nothing is sent
let typingTimer = 0;

const transcript = new Transcript({
  list: byId("transcript"),
  scroller: byId("scroller"),
  newer: byId("newer"),
  press: (token, label) => submit({ token, label }),
});

const composer = new Composer({
  form: byId("composer"),
  box: byId("say"),
  send: byId("send"),
  count: byId("count"),
  say: (text) => submit({ text }),
  lastSaid: () => transcript.lastSaid,
});

// ---- sending

function submit(content) {
  const message = { id: crypto.randomUUID?.() ?? randomId(), order: Date.now(), ...content };
  unsent.add(message);
  showUnsent(message);
  showPrompts(false);
  welcome();
  flush();
}

// randomUUID exists on https and localhost only.
const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function showUnsent({ id, text, label, token, order }) {
  transcript.addOwn({ event: id, text: text ?? label, token, order });
  if (!ready) transcript.setFate(id, "Waiting for the connection");
}

// One at a time: were the next one on its way already when this one is refused for now, it could overtake it.
function flush() {
  const [next] = unsent.all();
  if (!ready || holding || inFlight || !next) return;
  const { id, text, token } = next;
  const sent = connection.send(token ? { type: "press", id, token } : { type: "say", id, text });
  if (!sent) return;
  inFlight = id;
  transcript.setFate(id, "");
}

function settled(id) {
  unsent.remove(id);
  if (inFlight === id) inFlight = null;
  flush();
}

function holdBack(id, seconds, why) {
  if (inFlight === id) inFlight = null;
  transcript.setFate(id, why);
  clearTimeout(holding);
  holding = setTimeout(() => {
    holding = 0;
    flush();
  }, seconds * 1000);
}

function refuse(id, code) {
  const message = unsent.all().find((each) => each.id === id);
  const discard = () => {
    transcript.discard(id);
    byId("say").focus();
  };
  const edit = () => {
    transcript.discard(id);
    composer.put(message.text);
  };
  settled(id);
  const choices = message?.text ? [["Edit", edit], ["Discard", discard]] : [["Discard", discard]];
  transcript.setFate(id, REFUSALS[code] ?? "Not sent.", { failed: true, choices });
}

// ---- receiving

const RECEIVERS = {
  history({ lines, earlier }) {
    transcript.fill(() => {
      for (const line of lines) RECEIVERS[line.type](line);
    });
    byId("earlier").hidden = !earlier;
    ready = true;
    setState("online", "Connected");
    welcome();
    flush();
  },
  received({ id, inbox_id: inboxId, at }) {
    RECEIVERS.own({ event: id, id: inboxId, at });
  },
  own(line) {
    transcript.addOwn(line);
    settled(line.event);
    welcome();
  },
  message(line) {
    if (line.inbox_id) answered.add(line.inbox_id);
    setTyping(false);
    transcript.addMessage(line);
    welcome();
  },
  typing({ inbox_id: inboxId }) {
    if (!answered.has(inboxId)) setTyping(true);
  },
  error({ code, id, retry_after: seconds }) {
    if (code === "signed_out") signedOut();
    else if (code === "too_fast") holdBack(id, seconds, "Waiting: many messages in a short time");
    else if (code === "try_again") id && holdBack(id, TRY_AGAIN_AFTER, "Waiting for the server");
    else if (id) refuse(id, code);
  },
};

function setTyping(on) {
  clearTimeout(typingTimer);
  byId("typing").hidden = !on;
  if (!on) return;
  typingTimer = setTimeout(() => setTyping(false), LONGEST_TYPING);
}

// ---- around the conversation

let notice = "";

// The page loads anew as whoever this browser is now. Without cookies it would do so for ever.
function signedOut() {
  const last = Number(sessionStorage.getItem("rapport.signed-out"));
  sessionStorage.setItem("rapport.signed-out", Date.now());
  if (Date.now() - last > 10_000) location.reload();
  else {
    notice = "You are not signed in, and this browser keeps no cookie for this page. Allow cookies and reload.";
    setState("signed-out", "Not signed in");
  }
}

function setState(state, text) {
  byId("state").dataset.state = state;
  byId("state-text").textContent = text;
  const lost = "The connection is lost. What you write is kept and sent when it is back.";
  const banner = state === "offline" ? lost : notice;
  byId("banner").textContent = banner;
  byId("banner").hidden = !banner;
}

function welcome() {
  const first = ready && transcript.isEmpty;
  if (first && byId("welcome").hidden) showPrompts(true);
  byId("welcome").hidden = !first;
  byId("page").classList.toggle("first", first);
}

function showPrompts(shown) {
  byId("prompts").hidden = !shown;
  byId("ideas").setAttribute("aria-expanded", String(shown));
}

function preparePage() {
  const firstName = you.name.split(" ")[0];
  byId("greeting").textContent = firstName ? `${greeting()}, ${firstName}` : greeting();
  byId("welcome-text").textContent = welcomeFor(you.role);
  for (const text of promptsFor(you.role)) {
    const button = element("button", { className: "choice", text, attributes: { type: "button" } });
    button.addEventListener("click", () => {
      submit({ text });
      byId("say").focus();
    });
    byId("prompts").append(button);
  }
  byId("ideas").addEventListener("click", () => showPrompts(byId("prompts").hidden));
  byId("viewer-close").addEventListener("click", () => byId("viewer").close());
  byId("viewer").addEventListener("click", (event) => event.target === byId("viewer") && byId("viewer").close());
  if (new URLSearchParams(location.search).get("sign-in") === "invalid") {
    notice = "This sign-in link was used already or is too old. Ask for a new one.";
    history.replaceState(null, "", "/");
  }
  // On a phone the focus would open the keyboard over half of the page.
  if (matchMedia("(hover: hover)").matches) byId("say").focus();
}

document.body.classList.toggle("embedded", Boolean(embedded));
preparePage();
showPerson({ you, demo, people, leaving: () => unsent.clear() });
transcript.fill(() => unsent.all().forEach(showUnsent));
setState("connecting", "Connecting");

const connection = new Connection(embedded ? "/widget/ws" : "/ws", {
  open() {
    inFlight = null;
    connection.send({ type: "hello", after: transcript.lastMessage, after_own: transcript.lastOwn });
  },
  frame: (frame) => RECEIVERS[frame.type]?.(frame),
  closed() {
    ready = false;
    setTyping(false);
    setState("offline", "Offline");
    for (const { id } of unsent.all()) transcript.setFate(id, "Waiting for the connection");
  },
  signedOut,
});
