// The line to the service: a websocket that comes back by itself.
//
// It is taken for cut when it closes, when the machine goes offline, when nothing at all has arrived for `QUIET_MS` (the
// service answers a ping every `PING_MS`), or when sound piles up unsent. Then it tries again, slower each time.

const PING_MS = 5000;
const QUIET_MS = 12000;
const UNSENT_BYTES = 200_000;
const DELAYS_MS = [250, 1000, 2000, 4000, 5000];
const BUSY_DELAY_MS = 6000;
const MOST_BREAKS = 3; // broken conversations in a row, before a person is called

export class Connection {
  constructor({ hello, onMessage, onLost }) {
    this.hello = hello; // () -> the first message
    this.onMessage = onMessage;
    this.onLost = onLost; // ("lost" | "busy" | "stopped"), also "lost" again at each failed attempt
    this.attempts = 0;
    this.breaks = 0;
    this.ended = false;
    this.reason = "lost";
    addEventListener("offline", () => this.#cut());
    addEventListener("online", () => this.#retry(0));
    setInterval(() => this.#watch(), 1000);
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.timer);
    if (this.ended) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/kiosk/ws`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardAt = this.pingedAt = performance.now();
    socket.onopen = () => {
      this.reason = "lost";
      this.send(this.hello());
    };
    socket.onmessage = ({ data }) => this.socket === socket && this.#hear(JSON.parse(data));
    socket.onclose = () => this.socket === socket && this.#lost();
  }

  send(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
  }

  sendFrame(frame) {
    if (!this.open) return;
    if (this.socket.bufferedAmount > UNSENT_BYTES) this.#cut();
    else this.socket.send(frame);
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  again() {
    this.breaks = this.attempts = 0;
    this.reason = "lost";
    this.connect();
  }

  #hear(message) {
    this.heardAt = performance.now();
    switch (message.type) {
      case "pong":
        return;
      case "bye":
        this.ended = true;
        break;
      case "problem":
        if (message.code === "kiosk.busy") this.reason = "busy";
        else if (message.code === "kiosk.version") this.reason = "stopped";
        else if (message.code === "kiosk.broken" && ++this.breaks >= MOST_BREAKS) this.reason = "stopped";
        break;
      case "show":
        this.attempts = 0;
        break;
      case "listening":
        if (message.open) this.breaks = 0;
        break;
    }
    this.onMessage(message);
  }

  #watch() {
    if (!this.open) return;
    const now = performance.now();
    if (now - this.heardAt > QUIET_MS) {
      this.#cut();
    } else if (now - this.pingedAt > PING_MS) {
      this.pingedAt = now;
      this.send({ type: "ping" });
    }
  }

  #cut() {
    const socket = this.socket;
    if (!socket || this.ended) return;
    this.socket = null;
    socket.close();
    this.#lost();
  }

  #lost() {
    this.socket = null;
    if (this.ended) return;
    if (this.attempts > 0 || this.reason !== "lost") this.onLost(this.reason);
    if (this.reason === "stopped") return;
    const delay = this.reason === "busy" ? BUSY_DELAY_MS : DELAYS_MS[Math.min(this.attempts, DELAYS_MS.length - 1)];
    this.attempts++;
    this.#retry(delay * (0.8 + 0.4 * Math.random()));
  }

  #retry(delay) {
    if (this.socket || this.ended || this.reason === "stopped" || this.attempts === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay);
  }
}
