/** The conversation: one row per message, changed only where it changed; stays at the newest unless scrolled. */

import { context } from "./context.js";
import { fill, h, icon } from "./dom.js";
import { MessageRow } from "./message.js";
import { avatar } from "./person.js";
import { on, placeOf, state } from "./state.js";

const NEAR_END_PIXELS = 60;
const TYPING_MS = 8000;
const TOGETHER_MS = 7 * 60 * 1000;

/** The conversation, with `show(id)` to bring a message into view and `typing({who})`. */
export function makeTimeline({ answer, earlier }) {
  const list = h("ol", { class: "messages", "aria-label": "Messages" });
  const calls = h("ol", { class: "messages calls", "aria-label": "Commands under way" });
  const more = h("button", { class: "button earlier", hidden: true, onclick: earlier }, "Show earlier messages");
  const welcome = h("div", { class: "welcome" });
  const content = h("div", { class: "timeline-content" }, welcome, more, list, calls);
  const scroller = h("div", { class: "timeline", tabindex: 0, role: "region", "aria-label": "Conversation" }, content);
  const typing = h("p", { class: "typing", "aria-live": "polite" });
  const newest = h(
    "button",
    { class: "button to-newest", hidden: true, onclick: () => view.goToEnd() },
    icon("down"),
    "Newest messages",
  );
  const element = h("div", { class: "timeline-frame" }, scroller, newest, typing);
  const view = new View(list, scroller, answer);

  const draw = () => {
    view.draw();
    more.hidden = state.whole;
    welcome.hidden = !state.whole;
    if (state.whole) fill(welcome, drawWelcome());
  };
  on("messages", (part) => {
    draw();
    if (part.reset || part.put.some((one) => one.author.id === typist)) endTyping(typing);
  });
  on("world", draw);
  const drawCalls = () => {
    const shown = state.calls.filter((call) => !dismissed.has(call.id));
    fill(
      calls,
      shown.map((call) => drawCall(call, () => drawCalls(dismissed.add(call.id)))),
    );
    view.settle();
  };
  on("calls", drawCalls);
  scroller.addEventListener("scroll", () => {
    view.scrolled();
    newest.hidden = view.atEnd;
    if (scroller.scrollTop < NEAR_END_PIXELS && !state.whole) earlier();
  });
  document.addEventListener("sent", () => view.goToEnd());
  new ResizeObserver(() => view.settle()).observe(content);
  new ResizeObserver(() => view.settle()).observe(scroller);
  return { element, show: (id) => view.show(id), typing: ({ who }) => showTyping(typing, who) };
}

/** The rows of the conversation and where it is scrolled to. */
class View {
  constructor(list, scroller, answer) {
    this.list = list;
    this.scroller = scroller;
    this.answer = answer;
    this.rows = new Map();
    this.atEnd = true;
    this.top = 0;
    this.at = null;
    this.wanted = null;
    list.addEventListener("keydown", (event) => this.walk(event));
    list.addEventListener("focusin", (event) => this.enter(event.target.closest(".message")));
  }

  draw() {
    const heightBefore = this.scroller.scrollHeight;
    const topBefore = this.scroller.scrollTop;
    const firstBefore = this.list.firstElementChild;
    const keyboardWasHere = this.list.querySelector(":focus-visible") !== null;
    let before = null;
    let place = null;
    for (const message of state.messages.values()) {
      let row = this.rows.get(message.id);
      if (!row) {
        row = new MessageRow(message, this.answer);
        this.rows.set(message.id, row);
      }
      row.update(message, follows(before, message), newDay(before, message));
      const expected = place ? place.nextElementSibling : this.list.firstElementChild;
      if (expected !== row.element) this.list.insertBefore(row.element, expected);
      place = row.element;
      before = message;
    }
    for (const [id, row] of this.rows) {
      if (!state.messages.has(id)) {
        row.element.remove();
        this.rows.delete(id);
      }
    }
    this.enter(this.list.querySelector(".message[tabindex='0']") ?? this.list.lastElementChild);
    if (keyboardWasHere && document.activeElement === document.body) this.focusEntry();
    if (state.at !== this.at) this.atEnd = true;
    this.at = state.at;
    const grewAbove = firstBefore?.isConnected && this.list.firstElementChild !== firstBefore;
    if (!this.atEnd && grewAbove) this.scroller.scrollTop = topBefore + this.scroller.scrollHeight - heightBefore;
    this.settle();
    if (this.wanted && this.rows.has(this.wanted)) this.show(this.wanted);
  }

  settle() {
    if (!this.atEnd) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
  }

  goToEnd() {
    this.atEnd = true;
    this.settle();
  }

  /** Only going up leaves the end: a conversation that grew since is not one that somebody scrolled. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PIXELS) this.atEnd = true;
    else if (scrollTop < this.top) this.atEnd = false;
    this.top = scrollTop;
  }

  /** The message that the keyboard stood on is gone: stand on the one that Tab would reach. */
  focusEntry() {
    this.list.querySelector(".message[tabindex='0']")?.focus({ preventScroll: true });
  }

  show(id) {
    const row = this.rows.get(id);
    this.wanted = row ? null : id;
    if (!row) return;
    this.atEnd = false;
    row.element.scrollIntoView({ block: "center" });
    row.flash();
    this.enter(row.element);
    row.element.focus({ preventScroll: true });
  }

  /** Of all messages one is reached by Tab; the arrow keys go from there. */
  enter(element) {
    if (!element) return;
    for (const one of this.list.querySelectorAll(".message[tabindex='0']")) if (one !== element) one.tabIndex = -1;
    element.tabIndex = 0;
  }

  walk(event) {
    if (event.target.matches("input, textarea, video, [role=option], [role=combobox]")) return;
    const here = event.target.closest(".message");
    const next = { ArrowUp: here?.previousElementSibling, ArrowDown: here?.nextElementSibling }[event.key];
    if (next) {
      next.focus();
      event.preventDefault();
    } else if (here === event.target) this.rows.get(here.dataset.id)?.key(event);
  }
}

function follows(before, message) {
  return (
    before !== null &&
    before.author.id === message.author.id &&
    before.ephemeral === message.ephemeral &&
    message.timestamp - before.timestamp < TOGETHER_MS &&
    !message.reply &&
    !message.interaction &&
    !newDay(before, message)
  );
}

function newDay(before, message) {
  return before !== null && new Date(before.timestamp).toDateString() !== new Date(message.timestamp).toDateString();
}

// What has failed, and was taken note of.
const dismissed = new Set();

function drawCall(call, dismiss) {
  const failed = call.state === "failed";
  return h(
    "li",
    { class: ["message", "private", failed && "failed-call"] },
    h("div", { class: "gutter" }, avatar(context.person(state.world.bot), 38)),
    h(
      "div",
      { class: "message-body" },
      h("p", { class: "asked" }, `You used ${call.name}`),
      failed
        ? h(
            "p",
            { class: "trouble" },
            "The application did not respond. ",
            h("button", { class: "link", onclick: dismiss }, "Dismiss"),
          )
        : h("p", { class: "waiting" }, h("span", { class: "spinner", "aria-hidden": "true" }), "Sending command…"),
    ),
  );
}

let typingEnds = 0;
let typist = null;

function showTyping(line, who) {
  const person = context.person(who);
  if (!person) return;
  const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  fill(line, dots, `${person.name} is typing…`);
  typist = who;
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => endTyping(line), TYPING_MS);
}

/** Hide the typing line. */
function endTyping(line) {
  typist = null;
  clearTimeout(typingEnds);
  fill(line);
}

function drawWelcome() {
  const place = placeOf(state.world?.at);
  if (!place) return [];
  const steps = [
    ["Type ", h("kbd", {}, "/video"), ", describe a video, drop a picture in, press Enter."],
    ["Play the video when it comes, and reply to it in plain words to make a remix."],
    ["Open ", h("strong", {}, "Backstage"), " to break things: lose a response, kill the bot, fail a render."],
  ];
  return [
    h("span", { class: "welcome-sign" }, icon(place.person ? "talk" : place.parent ? "thread" : "hash")),
    h("h3", {}, place.person ? `You and ${place.name}` : place.name),
    h(
      "p",
      {},
      "A local sandbox with the real bot in it. No token, no key, no network: ",
      "nothing you do here costs anything or leaves this machine.",
    ),
    h(
      "ol",
      { class: "steps" },
      steps.map((step) => h("li", {}, step)),
    ),
  ];
}
