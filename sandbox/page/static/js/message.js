/** One message: who, when, what it answers, what it says, and what one can do with it. */

import { attempt, context } from "./context.js";
import { fill, h, icon } from "./dom.js";
import { renderMarkdown } from "./payload/markdown.js";
import { patchPayload } from "./payload/payload.js";
import { avatar, nameOf } from "./person.js";
import { ask, showMenu } from "./popup.js";
import { state } from "./state.js";

const FLASH_MS = 1600;
const SYSTEM = { 6: "pinned a message here.", 18: "started a thread." };

/** A row of the conversation; `update` shows what became of its message. */
export class MessageRow {
  constructor(message, answer) {
    this.answer = answer;
    this.payload = h("div", { class: "payload" });
    this.editor = h("div", { class: "editor", hidden: true });
    this.notes = h("div", { class: "notes" });
    this.above = h("div", { class: "above" });
    this.head = h("div", { class: "message-head" });
    this.gutter = h("div", { class: "gutter" });
    this.tools = h("div", { class: "tools", role: "toolbar", "aria-label": "Message actions" });
    this.body = h("div", { class: "message-body" }, this.head, this.payload, this.editor, this.notes);
    this.element = h("li", { class: "message", tabindex: -1, "data-id": message.id });
    this.element.append(this.above, this.gutter, this.body, this.tools);
    this.element.addEventListener("contextmenu", (event) => {
      if (event.target.closest("a, video, img, input, textarea")) return;
      event.preventDefault();
      this.menu({ x: event.clientX, y: event.clientY });
    });
  }

  update(message, follows, newDay) {
    const text = JSON.stringify([message, follows, newDay]);
    if (text === this.text) return;
    this.text = text;
    this.message = message;
    const kinds = [follows && "follows", message.pinged && "pings-me", message.ephemeral && "private"];
    this.element.className = ["message", ...kinds, newDay && "new-day"].filter(Boolean).join(" ");
    this.element.dataset.day = newDay ? new Date(message.timestamp).toLocaleDateString([], { dateStyle: "long" }) : "";
    this.element.setAttribute("aria-label", `${message.author.name}, ${clock(message)}`);
    fill(this.above, drawAbove(message));
    fill(this.gutter, follows ? h("time", { class: "small-time" }, clock(message)) : this.picture(message));
    fill(this.head, follows ? null : this.drawHead(message));
    patchPayload(this.payload, message, context);
    fill(this.notes, drawNotes(message));
    fill(this.tools, this.drawTools(message));
  }

  picture(message) {
    const open = (event) => personMenu(message.author, event.currentTarget);
    return h(
      "button",
      { class: "face", tabindex: -1, "aria-label": `About ${message.author.name}`, onclick: open },
      avatar(message.author),
    );
  }

  drawHead(message) {
    return [
      nameOf(message.author),
      message.author.bot && h("span", { class: "tag" }, "App"),
      h("time", { datetime: new Date(message.timestamp).toISOString(), title: whole(message) }, clock(message)),
      message.ephemeral && h("span", { class: "only-you" }, icon("eye"), "Only you can see this"),
    ];
  }

  drawTools(message) {
    const can = message.can;
    const tool = (name, label, act) =>
      h("button", { class: "tool", "aria-label": label, title: label, onclick: act }, icon(name));
    return [
      can.reply && tool("reply", "Reply", () => this.answer(message)),
      can.edit && tool("edit", "Edit", () => this.edit()),
      can.delete && tool("bin", "Delete message", () => this.remove()),
      message.ephemeral && !message.loading && tool("close", "Dismiss message", () => this.hide()),
      tool("more", "More", (event) => this.menu(event.currentTarget)),
    ];
  }

  key(event) {
    const can = this.message.can;
    const does = {
      r: can.reply && (() => this.answer(this.message)),
      e: can.edit && (() => this.edit()),
      Delete: can.delete && (() => this.remove()),
      ContextMenu: () => this.menu(this.tools),
      Enter: () => this.menu(this.tools),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
  }

  menu(at) {
    const message = this.message;
    const commands = message.ephemeral ? [] : state.commands.filter((one) => one.type === 3);
    const here = { at: message.channel_id, message: message.id };
    showMenu(
      [
        message.can.reply && { label: "Reply", icon: icon("reply"), do: () => this.answer(message) },
        message.can.edit && { label: "Edit", icon: icon("edit"), do: () => this.edit() },
        message.can.thread && { label: "Start a thread", icon: icon("thread"), do: () => startThread(message) },
        message.can.react && {
          label: "React with 👍",
          icon: icon("check"),
          do: () => attempt("react", { ...here, emoji: "👍" }),
        },
        ...commands.map((one) => ({
          label: one.name,
          icon: icon("command"),
          do: () => attempt("menu", { ...here, command: one.name }),
        })),
        { label: "Copy link", icon: icon("link"), do: () => copy(linkTo(message)) },
        { label: "Copy message ID", icon: icon("hash"), do: () => copy(message.id) },
        message.can.delete && null,
        message.can.delete && { label: "Delete message", icon: icon("bin"), danger: true, do: () => this.remove() },
      ].filter((one) => one !== false),
      at,
      "Message",
    );
  }

  edit() {
    const message = this.message;
    const before = document.activeElement;
    const input = h("textarea", { class: "field", rows: 2, "aria-label": "Edit your message" }, message.content);
    const done = () => {
      this.editor.hidden = true;
      this.payload.hidden = false;
      (before.isConnected && before !== document.body ? before : this.element).focus();
    };
    const save = async () => {
      if (input.value === message.content) return done();
      const answer = await attempt("edit", { at: message.channel_id, message: message.id, text: input.value });
      if (answer) done();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") done();
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
      else return;
      event.preventDefault();
    });
    const hint = h(
      "p",
      { class: "edit-hint" },
      h("button", { class: "link", onclick: done }, "Cancel"),
      " (Escape) or ",
      h("button", { class: "link", onclick: save }, "save"),
      " (Enter)",
    );
    fill(this.editor, input, hint);
    this.editor.hidden = false;
    this.payload.hidden = true;
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  async remove() {
    const sure = await ask({
      title: "Delete this message?",
      text: "It goes for everybody.",
      confirm: "Delete",
      danger: true,
    });
    if (sure) await attempt("delete", { at: this.message.channel_id, message: this.message.id });
  }

  hide() {
    attempt("hide", { at: this.message.channel_id, message: this.message.id });
  }

  flash() {
    this.element.classList.add("flash");
    setTimeout(() => this.element.classList.remove("flash"), FLASH_MS);
  }
}

function drawAbove(message) {
  if (message.interaction) {
    const { user, name } = message.interaction;
    return h("div", { class: "answered" }, avatar(user, 16), nameOf(user), ` used ${name}`);
  }
  const reply = message.reply;
  if (!reply) return null;
  if (reply.deleted) return h("div", { class: "answered" }, icon("reply"), h("em", {}, "The message was deleted."));
  const words = reply.content.replaceAll(/\s+/g, " ").slice(0, 160);
  const said = words || (reply.attachments ? "a file" : "a message");
  const jump = () => context.jump({ channel: message.channel_id, message: reply.id });
  const drawn = words ? renderMarkdown(words, context, { inline: true, still: true }) : h("em", {}, said);
  const shown = h("span", { class: "answered-words" }, drawn);
  const heard = shown.textContent.replace(/[.\s]+$/, "");
  return h(
    "button",
    { class: "answered", "aria-label": `Replying to ${reply.author.name}: ${heard}. Go there.`, onclick: jump },
    avatar(reply.author, 16),
    nameOf(reply.author),
    shown,
  );
}

function drawNotes(message) {
  const thread = message.thread;
  const go = () => context.jump({ channel: thread.id });
  const count = thread && (thread.count === 1 ? "1 message" : `${thread.count} messages`);
  return [
    message.type in SYSTEM && h("p", { class: "system" }, `${message.author.name} ${SYSTEM[message.type]}`),
    thread && h("button", { class: "thread-note", onclick: go }, icon("thread"), h("strong", {}, thread.name), count),
  ];
}

function personMenu(person, at) {
  const commands = state.commands.filter((one) => one.type === 2);
  const use = (name) => attempt("menu", { at: state.world.at, person: person.id, command: name });
  showMenu(
    [
      ...commands.map((one) => ({ label: one.name, icon: icon("command"), do: () => use(one.name) })),
      { label: "Copy user ID", icon: icon("hash"), do: () => copy(person.id) },
    ],
    at,
    person.name,
  );
}

async function startThread(message) {
  const name = await ask({ title: "Start a thread", field: "Name", value: "", confirm: "Start" });
  if (!name) return;
  const answer = await attempt("thread", { at: message.channel_id, message: message.id, name });
  if (answer) context.jump({ channel: answer.channel });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    context.complain("Copied.");
  } catch {
    context.complain(`The browser would not copy: ${text}`);
  }
}

function linkTo(message) {
  const guild = context.channel(message.channel_id)?.guild ?? "@me";
  return `https://discord.com/channels/${guild}/${message.channel_id}/${message.id}`;
}

function clock(message) {
  return new Date(message.timestamp).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function whole(message) {
  return new Date(message.timestamp).toLocaleString([], { dateStyle: "full", timeStyle: "medium" });
}
