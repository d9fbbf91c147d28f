// Puts the chat into another site's page: <script src="//your-crm/widget.js" async></script>
// It adds one button and one frame, and touches nothing else of the page.

(() => {
  const script = document.currentScript;
  if (!script || document.getElementById("rapport-widget")) return;
  const home = new URL(script.src).origin;
  const label = script.dataset.label || "Chat with us";
  const colour = script.dataset.colour || "#0f6b5c";

  const host = document.createElement("div");
  host.id = "rapport-widget";
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial }
    button { position: fixed; right: 20px; bottom: 20px; z-index: 2147483646; border: 0; border-radius: 28px;
      padding: 14px 22px; font: 600 16px/1.2 system-ui, sans-serif; color: #fff; cursor: pointer;
      box-shadow: 0 4px 16px rgb(0 0 0 / .25) }
    button:focus-visible { outline: 3px solid #fff; outline-offset: -6px }
    iframe { position: fixed; right: 20px; bottom: 84px; z-index: 2147483646; width: min(400px, calc(100vw - 40px));
      height: min(640px, calc(100vh - 110px)); border: 1px solid rgb(0 0 0 / .15); border-radius: 14px; background: #fff;
      box-shadow: 0 8px 32px rgb(0 0 0 / .3) }
    iframe[hidden] { display: none }
  `);
  root.adoptedStyleSheets = [style];

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.style.background = colour;
  button.setAttribute("aria-expanded", "false");
  root.append(button);

  let frame = null;
  const show = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = label;
      frame.src = `${home}/widget`;
      frame.referrerPolicy = "no-referrer";
      frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups");
      root.append(frame);
    }
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Close" : label;
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  const place = () => document.body.append(host);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
