// What a reply is made of, as elements: text, cards, tables, pictures, documents, buttons.

import { byId, element } from "./dom.js";
import { iconFor } from "./icons.js";

const LONGEST_UNBROKEN = 16;

const RENDERERS = { text: renderText, card: renderCard, table: renderTable, picture: renderPicture, document: renderDocument };

export function renderPart(part) {
  const render = RENDERERS[part.type];
  return render ? render(part) : renderText({ text: "(This page is too old to show this. Reload it.)" });
}

export function renderText({ text }) {
  return element("p", { className: "bubble", text, attributes: { dir: "auto" } });
}

function renderCard({ title, subtitle, ref, fields }) {
  const names = [element("p", { className: "card-title", text: title, attributes: { dir: "auto" } })];
  if (subtitle) names.push(element("p", { className: "card-subtitle", text: subtitle, attributes: { dir: "auto" } }));
  const icon = iconFor(ref);
  const head = [...(icon ? [icon] : []), element("div", { className: "card-names", children: names })];
  const children = [element("div", { className: "card-head", children: head })];
  if (fields.length) {
    const rows = fields.map(([label, value]) =>
      element("div", {
        children: [element("dt", { text: label }), element("dd", { text: value, attributes: { dir: "auto" } })],
      }),
    );
    children.push(element("dl", { className: "card-fields", children: rows }));
  }
  return element("section", { className: "card", attributes: { "aria-label": title }, children });
}

function renderTable({ title, columns, rows, note }) {
  const numeric = columns.map(([, kind]) => kind === "number");
  const head = columns.map(([label], at) =>
    element("th", { text: label, className: numeric[at] ? "number" : "", attributes: { scope: "col" } }),
  );
  const body = rows.map((row) =>
    element("tr", {
      children: row.map((text, at) =>
        element("td", { text, className: cellClass(text, numeric[at]), attributes: { dir: "auto" } }),
      ),
    }),
  );
  const table = element("table", {
    children: [
      ...(title ? [element("caption", { text: title })] : []),
      element("thead", { children: [element("tr", { children: head })] }),
      element("tbody", { children: body }),
    ],
  });
  const scroll = element("div", { className: "table-scroll", children: [table] });
  reachableWhenScrollable(scroll, title);
  const children = [scroll];
  if (note) children.push(element("p", { className: "table-note", text: note }));
  return element("div", { className: "table-box", children });
}

// What is short, a date or a stage, stays on one line; only sentences and long names wrap.
function cellClass(text, numeric) {
  if (numeric) return "number";
  return text.length <= LONGEST_UNBROKEN ? "" : "wraps";
}

// A region that scrolls needs the keyboard; one that fits would only be one more stop.
function reachableWhenScrollable(region, label) {
  new ResizeObserver(() => {
    if (region.scrollWidth > region.clientWidth) {
      region.tabIndex = 0;
      region.setAttribute("role", "region");
      region.setAttribute("aria-label", `${label || "Table"}, scrolls sideways`);
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name);
    }
  }).observe(region);
}

function renderPicture({ href, alt }) {
  const image = element("img", { attributes: { src: href, alt } });
  const button = element("button", {
    className: "picture",
    attributes: { type: "button", title: "Enlarge" },
    children: [image],
  });
  button.addEventListener("click", () => enlarge(href, alt));
  image.addEventListener("error", () => {
    button.replaceWith(element("p", { className: "bubble", text: `Picture not available: ${alt}` }));
  });
  return button;
}

function enlarge(href, alt) {
  const image = byId("viewer-image");
  image.src = href;
  image.alt = alt;
  byId("viewer").showModal();
}

function renderDocument({ href, name }) {
  const ending = /\.([a-z0-9]{1,4})$/i.exec(name)?.[1] ?? "file";
  return element("a", {
    className: "document",
    attributes: { href, download: name },
    children: [
      element("span", { className: "document-kind", text: ending.toUpperCase(), attributes: { "aria-hidden": "true" } }),
      element("span", {
        children: [
          element("span", { className: "document-name", text: name }),
          element("br"),
          element("span", { className: "document-action", text: "Download" }),
        ],
      }),
    ],
  });
}

// press(token, label) is called for a button that is not spent.
export function renderButtons(buttons, press) {
  const row = element("div", { className: "buttons", attributes: { role: "group", "aria-label": "Choices" } });
  for (const { label, token, style, single_use: singleUse, spent } of buttons) {
    const button = element("button", { className: `choice ${style}`, text: label, attributes: { type: "button" } });
    button.dataset.token = token;
    if (singleUse) button.dataset.singleUse = "";
    if (spent) markSpent(button);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") press(token, label);
    });
    row.append(button);
  }
  return row;
}

// A menu shows what it is for until something is chosen, and again afterwards.
export function renderMenus(menus, press) {
  const row = element("div", { className: "buttons", attributes: { role: "group", "aria-label": "More choices" } });
  for (const { label, options } of menus) {
    const heading = element("option", { text: `${label} …`, attributes: { value: "" } });
    const rest = options.map((each) => element("option", { text: each.label, attributes: { value: each.token } }));
    const menu = element("select", {
      className: "choice",
      attributes: { "aria-label": label },
      children: [heading, ...rest],
    });
    menu.addEventListener("change", () => {
      const chosen = options.find((each) => each.token === menu.value);
      menu.value = "";
      if (chosen) press(chosen.token, chosen.said);
    });
    row.append(menu);
  }
  return row;
}

// Of the buttons that work once, one was pressed: all of its reply are spent.
export function spendButton(button) {
  if (!("singleUse" in button.dataset)) return;
  for (const each of button.parentElement.querySelectorAll("[data-single-use]")) markSpent(each);
  button.setAttribute("aria-pressed", "true");
}

// Not `disabled`: that would take the focus away from whoever just pressed it with the keyboard.
function markSpent(button) {
  button.setAttribute("aria-disabled", "true");
}
