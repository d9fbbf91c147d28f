// The message box.

const LONGEST = 20_000;
const WARN_FROM = 18_000;

export class Composer {
  #form;
  #box;
  #send;
  #count;

  // say(text) sends; lastSaid() gives what ↑ brings back.
  constructor({ form, box, send, count, say, lastSaid }) {
    this.#form = form;
    this.#box = box;
    this.#send = send;
    this.#count = count;
    box.addEventListener("input", () => this.#changed());
    box.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      } else if (event.key === "ArrowUp" && box.value === "" && lastSaid()) {
        event.preventDefault();
        this.put(lastSaid());
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = box.value.trim();
      if (!text || characters(text) > LONGEST) return;
      this.put("");
      say(text);
    });
    this.#changed();
  }

  put(text) {
    this.#box.value = text;
    this.#box.setSelectionRange(text.length, text.length);
    this.#box.focus();
    this.#changed();
  }

  #changed() {
    const length = characters(this.#box.value.trim());
    this.#send.setAttribute("aria-disabled", String(length === 0 || length > LONGEST));
    this.#count.textContent = length > WARN_FROM ? `${length.toLocaleString()} of ${LONGEST.toLocaleString()} characters` : "";
    this.#count.classList.toggle("over", length > LONGEST);
    if (!CSS.supports("field-sizing", "content")) {
      this.#box.style.height = "auto";
      this.#box.style.height = `${this.#box.scrollHeight}px`;
    }
  }
}

// As the server counts: an emoji is one character, not two.
const characters = (text) => (text.length > WARN_FROM ? [...text].length : text.length);
