// Messages the server has not confirmed. They outlive the page, one storage key each, so that two tabs cannot
// overwrite each other's. Both may send one again: it has the same id, and the server drops the repeat.

export class Unsent {
  #prefix;
  #fallback = new Map();

  constructor(person) {
    this.#prefix = `rapport.unsent.${person}.`;
  }

  // message: {id, text, token?, label?, order}
  add(message) {
    const key = this.#prefix + message.id;
    try {
      localStorage.setItem(key, JSON.stringify(message));
    } catch {
      this.#fallback.set(key, message); // storage is full or switched off: kept as long as the page is open
    }
  }

  remove(id) {
    this.#fallback.delete(this.#prefix + id);
    try {
      localStorage.removeItem(this.#prefix + id);
    } catch {
      // storage is switched off, so nothing was there
    }
  }

  all() {
    const messages = [...this.#fallback.values()];
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.#prefix)) messages.push(JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      // as above
    }
    return messages.sort((one, other) => one.order - other.order);
  }

  clear() {
    for (const { id } of this.all()) this.remove(id);
  }
}
