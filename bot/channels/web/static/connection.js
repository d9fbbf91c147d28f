// One WebSocket that comes back by itself. It knows nothing of what the frames mean.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const SIGNED_OUT = 4401;
const SLOW_DOWN = new Set([4408, 4429]);

export class Connection {
  #socket = null;
  #wait = FIRST_WAIT;
  #retry = 0;
  #ping = 0;
  #pong = 0;
  #handlers;
  #path;

  // handlers: open(), frame(data), closed(code), signedOut()
  constructor(path, handlers) {
    this.#path = path;
    this.#handlers = handlers;
    addEventListener("online", () => this.#reconnectNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#reconnectNow());
    this.#connect();
  }

  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    clearTimeout(this.#retry);
    const url = new URL(this.#path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#ping = setInterval(() => this.#askForLife(), PING_EVERY);
      this.#handlers.open();
    };
    socket.onmessage = ({ data }) => {
      // Only an answer shows that it works: a server that accepts and closes at once must not be hammered.
      this.#wait = FIRST_WAIT;
      clearTimeout(this.#pong);
      const frame = JSON.parse(data);
      if (frame.type !== "pong") this.#handlers.frame(frame);
    };
    socket.onclose = ({ code }) => this.#socket === socket && this.#closed(code);
  }

  #closed(code) {
    clearInterval(this.#ping);
    clearTimeout(this.#pong);
    this.#socket = null;
    if (code === SIGNED_OUT) {
      this.#handlers.signedOut();
      return;
    }
    this.#handlers.closed(code);
    if (SLOW_DOWN.has(code)) this.#wait = LONGEST_WAIT;
    // Half of it is chance, so that a restarted server is not met by everybody at once.
    this.#retry = setTimeout(() => this.#connect(), this.#wait * (0.5 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #reconnectNow() {
    if (this.#socket === null) this.#connect();
    else if (this.#socket.readyState === WebSocket.OPEN) this.#askForLife();
  }

  // A dead line looks like a quiet one; without this a phone that changed networks would wait for minutes.
  #askForLife() {
    clearTimeout(this.#pong);
    const socket = this.#socket;
    if (!this.send({ type: "ping" })) return;
    this.#pong = setTimeout(() => {
      if (this.#socket !== socket) return;
      socket.close();
      this.#closed(0);
    }, PONG_WITHIN);
  }
}
