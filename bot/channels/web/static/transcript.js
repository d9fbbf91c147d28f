// The conversation on the page: lines in the order of the talk, each shown once.

import { element } from "./dom.js";
import { renderButtons, renderMenus, renderPart, renderText, spendButton } from "./parts.js";
import { clock, dayLabel, exact, sameDay } from "./times.js";

const NEAR_THE_END = 80;
const STAYS_TOGETHER = 3 * 60_000;
const NOT_YET = "~"; // sorts after every time

export class Transcript {
  lastMessage = 0;
  lastOwn = 0;
  #lines = [];
  #byKey = new Map();
  #list;
  #scroller;
  #newer;
  #press;
  #filling = false;
  #mayLag = false;

  constructor({ list, scroller, newer, press }) {
    this.#list = list;
    this.#scroller = scroller;
    this.#newer = newer;
    this.#press = press;
    newer.addEventListener("click", () => this.toEnd());
    scroller.addEventListener("scroll", () => this.#atEnd() && (newer.hidden = true), { passive: true });
    // What grows later (a picture that loads) must not push the end out of sight.
    new ResizeObserver(() => this.#mayLag || this.#scrollToEnd()).observe(list);
    scroller.addEventListener("scroll", () => (this.#mayLag = !this.#atEnd()), { passive: true });
  }

  get isEmpty() {
    return this.#lines.length === 0;
  }

  get lastSaid() {
    return this.#lines.findLast((line) => line.own && !line.token)?.text ?? "";
  }

  // Many lines at once: screen readers are not told, and nothing moves.
  fill(add) {
    this.#filling = true;
    this.#list.setAttribute("aria-live", "off");
    add();
    this.#filling = false;
    requestAnimationFrame(() => this.#list.setAttribute("aria-live", "polite"));
    if (!this.#mayLag) this.#scrollToEnd();
  }

  addMessage({ id, body, at }) {
    this.lastMessage = Math.max(this.lastMessage, id);
    const key = `message ${id}`;
    if (this.#byKey.has(key)) return;
    const parts = body.parts.map(renderPart);
    // A menu saves the question that a button of the same name would lead to.
    const menus = body.menus ?? [];
    const buttons = body.buttons.filter(({ label }) => !menus.some((menu) => menu.label === label));
    if (buttons.length) parts.push(renderButtons(buttons, this.#press));
    if (menus.length) parts.push(renderMenus(menus, this.#press));
    this.#insert({ key, at, rank: 1, id, own: false, node: lineNode(false, parts) });
  }

  // A line of one's own, first perhaps unsent (no id and time yet), later as the server has it.
  addOwn({ event, id, at, text, token, order }) {
    if (id) this.lastOwn = Math.max(this.lastOwn, id);
    if (token) this.#spend(token);
    const known = this.#byKey.get(`own ${event}`);
    if (known) {
      if (id && !known.id) this.#confirm(known, id, at);
      return;
    }
    const node = lineNode(true, [renderText({ text }), element("p", { className: "fate" })]);
    node.classList.toggle("pressed", Boolean(token));
    node.classList.toggle("unsent", !id);
    const place = at ?? NOT_YET;
    this.#insert({ key: `own ${event}`, at: place, rank: 0, id, order: order ?? 0, own: true, text, token, node });
  }

  // Say under an own line what holds it up; choices are [label, action] pairs.
  setFate(event, text, { failed = false, choices = [] } = {}) {
    const line = this.#byKey.get(`own ${event}`);
    if (!line || line.id) return;
    line.node.classList.toggle("failed", failed);
    const fate = line.node.querySelector(".fate");
    fate.replaceChildren(...(text ? [element("span", { text })] : []));
    for (const [label, action] of choices) {
      const button = element("button", { className: "quiet", text: label, attributes: { type: "button" } });
      button.addEventListener("click", action);
      fate.append(button);
    }
  }

  discard(event) {
    const line = this.#byKey.get(`own ${event}`);
    if (!line || line.id) return;
    const next = this.#lines[this.#lines.indexOf(line) + 1];
    this.#remove(line);
    if (next) this.#dress(next);
  }

  toEnd() {
    this.#mayLag = false;
    this.#newer.hidden = true;
    this.#scrollToEnd();
  }

  #confirm(line, id, at) {
    line.node.classList.remove("unsent", "failed");
    line.node.querySelector(".fate").replaceChildren();
    const node = line.node;
    const before = this.#lines.indexOf(line);
    Object.assign(line, { id, at });
    this.#lines.splice(before, 1);
    const place = this.#placeOf(line);
    this.#lines.splice(place, 0, line);
    if (place !== before) this.#list.insertBefore(node, this.#lines[place + 1]?.node ?? null);
    this.#dress(line);
    for (const other of [this.#lines[before], this.#lines[before + 1], this.#lines[place + 1]]) {
      if (other) this.#dress(other);
    }
  }

  #insert(line) {
    const writtenHere = line.own && !line.id;
    const follows = writtenHere || this.#atEnd();
    const place = this.#placeOf(line);
    this.#byKey.set(line.key, line);
    this.#lines.splice(place, 0, line);
    this.#list.insertBefore(line.node, this.#lines[place + 1]?.node ?? null);
    if (!this.#filling) line.node.classList.add("fresh");
    this.#dress(line);
    if (this.#lines[place + 1]) this.#dress(this.#lines[place + 1]);
    if (this.#filling) return;
    if (follows) this.toEnd();
    else this.#newer.hidden = false;
  }

  #remove(line) {
    this.#byKey.delete(line.key);
    this.#lines.splice(this.#lines.indexOf(line), 1);
    line.node.remove();
  }

  #placeOf(line) {
    const after = this.#lines.findLastIndex((other) => compare(other, line) <= 0);
    return after + 1;
  }

  // Day, sender and time are shown where they change.
  #dress(line) {
    const previous = this.#lines[this.#lines.indexOf(line) - 1];
    const at = timeOf(line);
    const newDay = !previous || !sameDay(timeOf(previous), at);
    const continued = !newDay && previous.own === line.own && at - timeOf(previous) < STAYS_TOGETHER;
    line.node.classList.toggle("continued", continued);
    line.node.querySelector(".day")?.remove();
    if (newDay) line.node.prepend(element("p", { className: "day", text: dayLabel(at) }));
    const time = line.node.querySelector("time");
    time.textContent = clock(at);
    time.dateTime = at.toISOString();
    time.title = exact(at);
  }

  #spend(token) {
    const button = this.#list.querySelector(`[data-token="${CSS.escape(token)}"]`);
    if (button) spendButton(button);
  }

  #atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

// Unsent lines come last, in the order they were written. The server's times are all written alike, in UTC.
function compare(one, other) {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1;
  if (one.at === NOT_YET) return one.order - other.order;
  return one.rank - other.rank || one.id - other.id;
}

const timeOf = (line) => (line.at === NOT_YET ? new Date(line.order) : new Date(line.at));

function lineNode(own, parts) {
  const heading = element("p", {
    className: "who-when",
    children: own ? [visuallyHidden("You, "), element("time")] : [element("b", { text: "Rapport" }), " ", element("time")],
  });
  const children = [element("div", { className: "content", children: [heading, ...parts] })];
  if (!own) {
    const attributes = { src: "/static/rapport.svg", alt: "", width: "34", height: "34" };
    children.unshift(element("img", { className: "mark", attributes }));
  }
  return element("li", { className: own ? "line own" : "line", children });
}

const visuallyHidden = (text) => element("span", { className: "visually-hidden", text });
