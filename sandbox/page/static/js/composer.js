/** Where one writes: messages, replies with or without a ping, files, and the way into slash commands. */

import { flatCommands } from "./composer/commands.js";
import { insertMention, suggestPeople, withMentions } from "./composer/mentions.js";
import { choose, Picks } from "./composer/picks.js";
import { keptCommand, SlashBar } from "./composer/slash.js";
import { Suggestions } from "./composer/suggestions.js";
import { attempt, context } from "./context.js";
import { fill, h, icon } from "./dom.js";
import { keep, on, placeOf, state } from "./state.js";

const CONTENT_MAX = 2000;
const TYPING_EVERY_MS = 8000;
const TAKES_LETTERS = "input, textarea, select, video, audio, [role=combobox], [role=listbox], .composer, .backstage";

/** The composer; `answer(message)` starts a reply, `focus()` puts the cursor into the text field. */
export function makeComposer() {
  const composer = new Composer();
  return { element: composer.element, answer: (message) => composer.answer(message), focus: () => composer.focus() };
}

class Composer {
  constructor() {
    this.bar = null;
    this.reply = null;
    this.typedAt = 0;
    this.above = h("div", { class: "composer-above" });
    this.replyBar = h("div", { class: "reply-bar", hidden: true });
    this.picks = new Picks("picks");
    this.input = h("textarea", {
      class: "composer-input",
      rows: 1,
      "aria-label": "Write a message, or / for commands",
      placeholder: "Write a message, or / for commands",
    });
    this.count = h("span", { class: "composer-count", role: "status" });
    this.attach = h(
      "button",
      {
        class: "tool",
        type: "button",
        "aria-label": "Attach files",
        onclick: async () => this.put(await choose(true)),
      },
      icon("attach"),
    );
    this.send_ = h(
      "button",
      { class: "tool send", type: "button", "aria-label": "Send message", onclick: () => this.send() },
      icon("send"),
    );
    this.line = h("div", { class: "composer-line" }, this.attach, this.input, this.count, this.send_);
    this.element = h("div", { class: "composer" }, this.above, this.replyBar, this.picks.element, this.line);
    this.commands = new Suggestions(this.input, this.above, (item) => this.take(item.value));
    this.listen();
  }

  listen() {
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.commands.hide());
    this.input.addEventListener("focus", () => this.quiet || this.offer());
    document.addEventListener("paste", (event) => this.dropped(event, event.clipboardData));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.hover(Boolean(event.dataTransfer?.types.includes("Files")) && !document.querySelector("dialog[open]"));
    });
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && this.hover(false));
    document.addEventListener("drop", (event) => {
      this.hover(false);
      this.dropped(event, event.dataTransfer);
    });
    document.addEventListener("keydown", (event) => this.typedElsewhere(event));
    document.addEventListener("use-command", (event) => this.use(event.detail.name));
    on("world", () => this.placed());
    on("commands", () => {
      this.restore();
      // A list that is shown, or the note in its place, follows.
      if (!this.commands.element.hidden) this.offer();
    });
  }

  placed() {
    const place = placeOf(state.world.at);
    const here = `${state.world.me.id}:${state.world.at}`;
    if (this.here !== undefined && this.here !== here) {
      this.bar?.end();
      this.answer(null);
    }
    if (this.here !== here) this.takeUp(here);
    const name = place?.person ? `@${place.name}` : `#${place?.name}`;
    this.input.placeholder = place?.writable ? `Message ${name}, or / for commands` : `You can't write in ${name}`;
    this.attach.disabled = !place?.attachable;
    this.grow();
  }

  /** Every place keeps its own draft, for each person; what was typed before the first one came belongs to it. */
  takeUp(here) {
    if (this.here !== undefined || this.input.value === "") this.input.value = keep(`draft:${here}`) ?? "";
    this.here = here;
    this.commands.hide();
  }

  /** After a reload, go on with the command that was being filled in. */
  restore() {
    if (this.bar || this.restored || !state.commands.length) return;
    this.restored = true;
    const name = keptCommand();
    const command = name && flatCommands(state.commands).find((one) => one.name === name);
    if (command) this.start(command);
  }

  focus() {
    if (matchMedia("(pointer: coarse)").matches) return;
    (this.bar ?? this.input).focus();
  }

  /** Put the cursor back where one writes, without opening a list of choices there. */
  focusQuietly() {
    if (this.bar) return this.bar.focusQuietly();
    this.quiet = true;
    this.focus();
    this.quiet = false;
  }

  answer(message) {
    this.reply = message && { message, ping: true };
    if (message) this.bar?.end();
    this.drawReply();
    if (message) this.input.focus();
  }

  drawReply() {
    this.replyBar.hidden = !this.reply;
    if (!this.reply) return;
    const { message, ping } = this.reply;
    const turn = () => {
      this.reply.ping = !this.reply.ping;
      this.drawReply();
      this.replyBar.querySelector(".ping").focus();
    };
    fill(
      this.replyBar,
      h("span", { class: "reply-words" }, "Replying to ", h("strong", {}, message.author.name)),
      message.author.id !== state.world.me.id &&
        h(
          "button",
          {
            class: "ping",
            type: "button",
            role: "switch",
            "aria-checked": String(ping),
            "aria-label": "Ping",
            onclick: turn,
          },
          `@ ${ping ? "on" : "off"}`,
        ),
      h(
        "button",
        { class: "tool", type: "button", "aria-label": "Stop replying", onclick: () => this.answer(null) },
        icon("close"),
      ),
    );
  }

  /** Show that files which are held over the page would land here. */
  hover(isOver) {
    this.element.classList.toggle("dropping", isOver && (this.bar !== null || !this.attach.disabled));
  }

  /** Letters typed where nothing takes them go where one writes, as in Discord. */
  typedElsewhere(event) {
    if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], .menu")) return;
    if (event.target.closest(TAKES_LETTERS)) return;
    this.focus();
  }

  typed() {
    keep(`draft:${this.here}`, this.input.value || null);
    this.grow();
    this.offer();
    const now = Date.now();
    if (this.input.value && !this.input.value.startsWith("/") && now - this.typedAt > TYPING_EVERY_MS) {
      this.typedAt = now;
      if (placeOf(state.world.at)?.writable) attempt("typing", { at: state.world.at });
    }
  }

  grow() {
    this.input.style.setProperty("--lines", Math.min(10, this.input.value.split("\n").length));
    const left = CONTENT_MAX - this.input.value.length;
    this.count.textContent = left < 200 ? String(left) : "";
    this.count.classList.toggle("wrong", left < 0);
    this.send_.disabled = !placeOf(state.world?.at)?.writable;
  }

  /** Take what was suggested: a mention, or a command. */
  take(value) {
    if (!value.mention) return this.start(value);
    insertMention(this.input, value.mention);
    this.typed();
  }

  offer() {
    const typed = this.input.value;
    const people = suggestPeople(this.input);
    if (people.length) return this.commands.show(people, { title: "People" });
    if (!typed.startsWith("/") || typed.includes("\n")) return this.commands.hide();
    const wanted = typed.slice(1).trim().toLowerCase();
    const found = flatCommands(state.commands).filter((one) => one.name.startsWith(wanted));
    const items = found.map((one) => ({ label: `/${one.name}`, detail: one.description, value: one }));
    const place = placeOf(state.world?.at);
    const none = !place?.writable
      ? `You can't use commands in #${place?.name}.`
      : state.commands.length
        ? `No command starts with “/${wanted}”.`
        : "There are no commands here (yet).";
    this.commands.show(items, { note: items.length ? "" : none, title: "Commands" });
  }

  /** Begin a command that was mentioned in a message, when it is offered here. */
  use(name) {
    const command = flatCommands(state.commands).find((one) => one.name === name);
    if (!command) return;
    this.bar?.end();
    this.start(command);
  }

  start(command) {
    this.input.value = "";
    keep(`draft:${this.here}`, null);
    this.commands.hide();
    this.grow();
    this.answer(null);
    this.line.hidden = true;
    this.bar = new SlashBar(command, this.above, () => this.ended());
    this.bar.at = state.world.at;
    this.element.append(this.bar.element);
    const picked = this.picks.files;
    this.bar.focus();
    if (picked.length) this.moveIn(picked);
  }

  /** Files that were picked before the command was chosen belong to it. */
  moveIn(picked) {
    this.picks.set([]);
    for (const file of picked) {
      const option = this.bar.ordered.find(
        (one) => one.type === 11 && !this.bar.fields.some((field) => field.option.name === one.name),
      );
      if (option) this.bar.add(option).picks.set([file]);
    }
    this.bar.changed();
    this.bar.focus();
  }

  ended() {
    this.bar = null;
    this.line.hidden = false;
    this.focus();
  }

  key(event) {
    if (this.commands.key(event)) return;
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.reply) {
      event.preventDefault();
      this.answer(null);
    } else if (event.key === "ArrowUp" && this.input.value === "") this.editLast(event);
    else if (event.key === " " && this.input.value.startsWith("/")) this.startTyped(event);
  }

  startTyped(event) {
    const name = this.input.value.slice(1).trim();
    if (!flatCommands(state.commands).some((one) => one.name === name)) return;
    event.preventDefault();
    this.use(name);
  }

  editLast(event) {
    const mine = [...state.messages.values()].filter((one) => one.can.edit).at(-1);
    const row = mine && document.querySelector(`.message[data-id="${mine.id}"]`);
    if (!row) return;
    event.preventDefault();
    row.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true, cancelable: true }));
  }

  dropped(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.put(files);
  }

  async put(files) {
    if (this.bar) await this.bar.put(files);
    else if (!files.length) return;
    else if (this.attach.disabled) context.complain("You can't attach files here.");
    else await this.picks.add(files);
    this.focusQuietly();
  }

  async send() {
    const text = this.input.value;
    if (!text.trim() && !this.picks.files.length) return;
    const reply = this.reply && { reply_to: this.reply.message.id, ping: this.reply.ping };
    const said = withMentions(text);
    const answer = await attempt("say", { at: state.world.at, text: said, files: this.picks.ids, ...reply });
    if (!answer) return;
    document.dispatchEvent(new Event("sent"));
    this.input.value = "";
    keep(`draft:${this.here}`, null);
    this.picks.set([]);
    this.answer(null);
    this.grow();
    this.input.focus();
  }
}
