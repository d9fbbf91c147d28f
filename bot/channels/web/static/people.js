// Who is sitting here: the demo's switch between people, signing in and out.

import { byId, element } from "./dom.js";

const GROUPS = [
  ["Colleagues", (person) => person.key.startsWith("user:")],
  ["Customers", (person) => person.key.startsWith("contact:")],
];
const NOTES = {
  not_an_address: "That does not look like an e-mail address.",
  too_fast: "Too many sign-ins are being asked for just now. Try again in a few seconds.",
};
const SENT = "If we know this address, a link is on its way to it. You can close this.";

export function showPerson({ you, demo, people, leaving }) {
  if (demo) offerSwitch(you, people, leaving);
  else if (you.role === "visitor") offerSignIn();
  else offerSignOut(you, leaving);
}

function offerSwitch(you, people, leaving) {
  const select = byId("who");
  for (const [label, belongs] of GROUPS) {
    const options = people.filter(belongs).map((person) => option(person.key, describe(person)));
    if (options.length) select.append(element("optgroup", { attributes: { label }, children: options }));
  }
  const visitor = you.role === "visitor" ? you.key : "visitor";
  select.append(option(visitor, "Visitor (not signed in)"));
  select.value = you.key;
  select.hidden = false;
  select.addEventListener("change", async () => {
    await post("/demo/become", { person: select.value });
    leaving();
    location.reload();
  });
}

function describe({ name, role, detail }) {
  return role === "customer" ? [name, detail].filter(Boolean).join(", ") : `${name} (${role})`;
}

const option = (value, text) => element("option", { text, attributes: { value } });

function offerSignOut(you, leaving) {
  byId("who-name").textContent = you.name;
  const button = byId("sign-out");
  button.hidden = false;
  button.addEventListener("click", async () => {
    leaving();
    await post("/sign-out", {});
    location.reload();
  });
}

function offerSignIn() {
  const open = byId("open-sign-in");
  const dialog = byId("sign-in");
  const note = byId("sign-in-note");
  open.hidden = false;
  open.addEventListener("click", () => {
    note.textContent = "";
    dialog.showModal();
  });
  byId("close-sign-in").addEventListener("click", () => dialog.close());
  byId("sign-in-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { ok, error } = await post("/sign-in", { email: byId("email").value.trim() });
    note.textContent = ok ? SENT : (NOTES[error] ?? "That did not work. Try again in a moment.");
  });
}

async function post(address, data) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(data) });
    return await answer.json();
  } catch {
    return { ok: false }; // offline, or something in between answered
  }
}
