/** The connection to the sandbox: what a tab looks at goes out, what has changed there comes in; acts are requests. */

const RETRY_MS = [300, 600, 1200, 2500];

/** This tab's name, kept through reloads: the bot's forms open in the tab whose command or press they answer. */
export const tab = (() => {
  const known = sessionStorage.getItem("tab");
  const name = known ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
  sessionStorage.setItem("tab", name);
  return name;
})();

/** Keeps one WebSocket open; `hear(part)` gets every message, `connected(bool)` every change of the connection. */
export class Live {
  constructor(hear, connected) {
    this.hear = hear;
    this.connected = connected;
    this.looking = { tab };
    this.failures = 0;
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/live`);
    this.socket.addEventListener("open", () => {
      this.failures = 0;
      this.connected(true);
      this.send();
    });
    this.socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.connected(false);
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      setTimeout(() => this.connect(), wait);
    });
  }

  /** Look at something else: `as`, `at`, `limit`, `backstage`. */
  look(change) {
    Object.assign(this.looking, change);
    this.send();
  }

  send() {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(this.looking));
  }
}

/** Ask the sandbox for something; resolves with its answer, rejects with an `Error` of one sentence. */
export async function request(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The sandbox does not answer: is it still running?");
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.error ?? `The sandbox answered ${answer.status}.`);
  return json;
}

/** Put a file where it waits to be sent, also through a reload; resolves with `{id, name, size, type, url}`. */
export async function shelve(file) {
  const query = new URLSearchParams({ name: file.name || "pasted.png", type: file.type });
  const answer = await fetch(`/picked?${query}`, { method: "POST", body: file });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.error ?? `“${file.name}” is too large for the sandbox.`);
  return { ...json, url: `/picked/${json.id}` };
}
