/** The slash bar: a command with its options as named fields; Enter sends, Tab goes on, Escape leaves. */

import { context } from "../context.js";
import { fill, h, icon } from "../dom.js";
import { makeField, TYPE } from "./options.js";

const KEPT = "slash";

/** The command that was being filled in when the tab was reloaded, if any. */
export function keptCommand() {
  return context.keep(KEPT)?.command;
}

/** The bar for one command. `place` is where suggestions are drawn; `close()` is called when it is done with. */
export class SlashBar {
  constructor(command, place, close) {
    this.definition = command;
    this.command = command.name;
    this.place = place;
    this.close = close;
    this.fields = [];
    this.row = h("div", { class: "options" });
    this.more = h("div", { class: "more-options", role: "group", "aria-label": "Further options" });
    this.send_ = h("button", { class: "tool send", type: "submit", "aria-label": "Send command" }, icon("send"));
    const leave = h(
      "button",
      { class: "tool", type: "button", "aria-label": "Leave this command", onclick: () => this.end() },
      icon("close"),
    );
    this.element = h(
      "form",
      { class: "slash-bar", "aria-label": `/${command.name}`, novalidate: true },
      h("div", { class: "slash-head" }, h("strong", {}, `/${command.name}`), h("span", {}, command.description), leave),
      h("div", { class: "slash-fields" }, this.row, this.send_),
      this.more,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.end();
      }
    });
    this.begin();
  }

  get ordered() {
    const required = (one) => (one.required ? 0 : 1);
    return [...this.definition.options].sort((a, b) => required(a) - required(b));
  }

  begin() {
    const kept = context.keep(KEPT);
    const before = kept?.command === this.command ? kept.values : {};
    const files = (one) =>
      one.type === TYPE.file && (context.keep(`slash:${this.command}:${one.name}`) ?? []).length > 0;
    for (const option of this.ordered) {
      if (option.required || option.name in before || files(option)) this.add(option, before[option.name] ?? undefined);
    }
    // Where nothing is required, the first option is what people want to write.
    if (this.fields.length === 0 && this.ordered.length) this.add(this.ordered[0]);
    this.changed();
  }

  add(option, start) {
    const before = this.fields.find((one) => one.element.contains(document.activeElement));
    const field = makeField(option, this, start?.typed ? { label: start.label } : start);
    if (start?.typed) field.chosen = null;
    const position = this.ordered.findIndex((one) => one.name === option.name);
    const later = this.fields.findIndex((one) => this.ordered.indexOf(one.option) > position);
    this.fields.splice(later < 0 ? this.fields.length : later, 0, field);
    fill(
      this.row,
      this.fields.map((one) => one.element),
    );
    // Drawing the row takes the focus away from whichever field had it.
    before?.focus({ quietly: true });
    this.drawMore();
    return field;
  }

  drawMore() {
    const left = this.ordered.filter((option) => !this.fields.some((field) => field.option.name === option.name));
    const button = (option) =>
      h(
        "button",
        { class: "more-option", type: "button", title: option.description, onclick: () => this.addNow(option) },
        `+ ${option.name}`,
      );
    fill(this.more, left.map(button));
    this.more.hidden = left.length === 0;
  }

  addNow(option) {
    const field = this.add(option);
    field.asked = true;
    field.focus();
    this.changed();
  }

  /** Leave an option out; the command itself, when it was the last one and empty. */
  leave(field) {
    const index = this.fields.indexOf(field);
    if (field.option.required || (this.fields.length === 1 && field.empty)) {
      if (this.fields.every((one) => one.empty)) this.end();
      return;
    }
    this.fields.splice(index, 1);
    field.remove();
    this.drawMore();
    this.changed();
    (this.fields[Math.max(0, index - 1)] ?? this).focus();
  }

  next(field) {
    const after = this.fields[this.fields.indexOf(field) + 1];
    if (after) after.focus();
  }

  focus() {
    // Never on a picked file's own button: Enter, which is to send, would take the file away.
    const words = this.fields.findLast((one) => one.option.type !== TYPE.file);
    const first = this.fields.find((one) => one.empty) ?? words;
    if (first) first.focus();
    else this.send_.focus();
  }

  /** As after a drop: the focus stays where it was, else goes to the words, and no list of choices opens. */
  focusQuietly() {
    const here = this.fields.find((one) => one.element.contains(document.activeElement));
    const words = this.fields.find((one) => one.option.type !== TYPE.file);
    if (!here && words) words.focus({ quietly: true });
    else if (!here) this.send_.focus();
  }

  changed() {
    const values = Object.fromEntries(this.fields.map((one) => [one.option.name, one.kept]));
    context.keep(KEPT, { command: this.command, values });
  }

  values() {
    const filled = this.fields.filter((one) => !one.empty);
    return Object.fromEntries(filled.map((one) => [one.option.name, one.value]));
  }

  suggest(option, typed) {
    const others = this.values();
    delete others[option];
    return context.act("suggest", { at: this.at, command: this.command, option, typed, options: others });
  }

  /** Files that were dropped or pasted go to the options that take files, added where needed. */
  async put(files) {
    for (const file of files) {
      const empty = this.fields.find((one) => one.option.type === TYPE.file && one.empty);
      const free = (one) => one.type === TYPE.file && !this.fields.some((field) => field.option.name === one.name);
      const option = this.ordered.find(free);
      if (!empty && !option) {
        context.complain(`/${this.command} takes no further file.`);
        return;
      }
      await (empty ?? this.add(option)).put([file]);
    }
    this.changed();
    this.focusQuietly();
  }

  async send() {
    if (this.send_.disabled) return;
    const wrong = this.fields.filter((one) => !one.check());
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    this.send_.disabled = true;
    try {
      await context.act("slash", { at: this.at, command: this.command, options: this.values() });
      document.dispatchEvent(new Event("sent"));
      this.end();
    } catch (error) {
      context.complain(error.message);
    } finally {
      this.send_.disabled = false;
    }
  }

  end() {
    for (const field of this.fields) field.remove();
    context.keep(KEPT, null);
    this.element.remove();
    this.close();
  }
}
