/** One option of a slash command as a field: its name, its control by type, and its validation. */

import { context } from "../context.js";
import { h, icon } from "../dom.js";
import { avatar } from "../person.js";
import { choose, Picks } from "./picks.js";
import { Suggestions } from "./suggestions.js";

export const TYPE = {
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  file: 11,
};
const STRING_MAX = 6000;
const ASK_AFTER_MS = 150;
let count = 0;

/** The field for an option. `bar` gives `place`, `command`, `values()`, `changed()`, `leave(field)` and `send()`. */
export function makeField(option, bar, start) {
  return option.type === TYPE.file ? new FileField(option, bar, start) : new TextField(option, bar, start);
}

class Field {
  constructor(option, bar) {
    this.option = option;
    this.bar = bar;
    this.id = `option-${++count}`;
    this.error = h("span", { class: "option-error", id: `${this.id}-error`, role: "alert" });
  }

  frame(control) {
    const drop = () => this.bar.leave(this);
    return h(
      "div",
      { class: "option", "data-option": this.option.name },
      h("label", { for: this.id, id: `${this.id}-name`, title: this.option.description }, this.option.name),
      control,
      !this.option.required &&
        h(
          "button",
          { class: "tool", type: "button", tabindex: -1, "aria-label": `Leave out ${this.option.name}`, onclick: drop },
          icon("close"),
        ),
      this.error,
    );
  }

  complain(sentence) {
    this.error.textContent = sentence;
    this.element.classList.toggle("wrong", Boolean(sentence));
    this.control.setAttribute("aria-invalid", String(Boolean(sentence)));
    return !sentence;
  }

  /** `quietly` opens no list of choices. */
  focus({ quietly = false } = {}) {
    this.quiet = quietly;
    this.control.focus();
    this.quiet = false;
  }

  remove() {
    this.element.remove();
  }
}

/** Texts, numbers, yes or no, and choices from a list: a text field with suggestions. */
class TextField extends Field {
  constructor(option, bar, start) {
    super(option, bar);
    this.chosen = start ?? null;
    const isWords = option.type === TYPE.string && !option.choices?.length && !option.autocomplete;
    // Words may need more than one line; a line break in them means nothing.
    this.control = h(isWords ? "textarea" : "input", {
      id: this.id,
      class: ["option-input", isWords && "words"],
      rows: isWords ? 1 : null,
      autocomplete: "off",
      spellcheck: option.type === TYPE.string && !option.choices ? "true" : "false",
      inputmode: { [TYPE.integer]: "numeric", [TYPE.number]: "decimal" }[option.type],
      placeholder: option.description,
      "aria-describedby": `${this.id}-error`,
      "aria-required": String(Boolean(option.required)),
    });
    this.control.value = start?.label ?? "";
    this.element = this.frame(this.control);
    this.picks = new Suggestions(this.control, bar.place, (item) => this.take(item), { title: option.name });
    this.grow();
    this.control.addEventListener("input", () => this.typed());
    this.control.addEventListener("focus", () => this.quiet || this.suggest());
    this.control.addEventListener("blur", () => this.left());
    this.control.addEventListener("keydown", (event) => this.key(event));
  }

  grow() {
    const shown = this.control.value || this.option.description;
    this.control.style.setProperty("--letters", Math.min(60, Math.max(10, shown.length)));
  }

  /** Everything that can be chosen; null when anything may be written. */
  items() {
    const { type, choices } = this.option;
    if (choices?.length) return choices.map((one) => ({ label: one.name, value: one.value }));
    if (type === TYPE.boolean) return [true, false].map((value) => ({ label: value ? "True" : "False", value }));
    const people = () =>
      context
        .everyone()
        .map((one) => ({ label: one.name, value: one.id, sign: avatar(one, 20), detail: one.bot ? "App" : "" }));
    const roles = () => context.roles().map((one) => ({ label: one.name, value: one.id, detail: "Role" }));
    if (type === TYPE.user) return people();
    if (type === TYPE.role) return roles();
    if (type === TYPE.mentionable) return [...people(), ...roles()];
    if (type !== TYPE.channel) return null;
    const kinds = this.option.channel_types;
    const fits = context.channels().filter((one) => !kinds?.length || kinds.includes(one.type));
    return fits.map((one) => ({ label: `#${one.name}`, value: one.id }));
  }

  typed() {
    if (this.control.value.includes("\n")) this.control.value = this.control.value.replaceAll(/\s*\n\s*/g, " ");
    this.chosen = null;
    this.complain("");
    this.grow();
    this.suggest();
    this.bar.changed();
  }

  /** A person who added this option by hand wants a choice: Enter takes the first, and sends nothing yet. */
  isAskedFor() {
    return this.asked === true && this.empty;
  }

  async suggest() {
    if (this.option.autocomplete) return this.askBot();
    const items = this.items();
    if (!items) return;
    const wanted = this.chosen ? "" : this.control.value.trim().toLowerCase();
    const found = items.filter((one) => one.label.toLowerCase().includes(wanted));
    const first = wanted !== "" || this.option.required || this.isAskedFor();
    this.picks.show(found, { note: found.length ? "" : "No match.", first });
  }

  async askBot() {
    clearTimeout(this.asking);
    const typed = this.chosen ? "" : this.control.value;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.picks.show([], { note: "Loading options…" });
    await new Promise((resolve) => (this.asking = setTimeout(resolve, ASK_AFTER_MS)));
    try {
      const { choices } = await this.bar.suggest(this.option.name, typed);
      if (turn !== this.turn || document.activeElement !== this.control) return;
      const items = choices.map((one) => ({ label: one.name, value: one.value }));
      this.picks.show(items, {
        note: items.length ? "" : "No options match.",
        first: typed !== "" || this.isAskedFor(),
      });
    } catch (error) {
      if (turn === this.turn) this.picks.show([], { note: error.message });
    }
  }

  take(item) {
    this.chosen = item;
    this.control.value = item.label;
    this.complain("");
    this.grow();
    this.bar.changed();
    this.bar.next(this);
  }

  left() {
    this.turn = (this.turn ?? 0) + 1;
    this.picks.hide();
    const exact = this.items()?.find((one) => one.label.toLowerCase() === this.control.value.trim().toLowerCase());
    if (exact && !this.chosen) this.chosen = exact;
    if (this.control.value) this.check();
  }

  key(event) {
    if (this.picks.key(event)) return;
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.bar.send();
    } else if (event.key === "Backspace" && this.control.value === "") {
      event.preventDefault();
      this.bar.leave(this);
    }
  }

  get empty() {
    return this.control.value === "";
  }

  /** Say what is wrong with it; true when nothing is. */
  check() {
    return this.complain(this.fault());
  }

  fault() {
    const { option, control } = this;
    const text = control.value;
    if (text === "") return option.required ? "This option is required." : "";
    if (option.type === TYPE.integer || option.type === TYPE.number) {
      if (!option.choices?.length) return numberFault(option, text);
    }
    if (this.items()) return this.chosen ? "" : "Pick one from the list.";
    const low = option.min_length ?? 0;
    const high = option.max_length ?? STRING_MAX;
    if (text.length < low) return `Must be at least ${low} characters.`;
    return text.length > high ? `Must be at most ${high} characters (${text.length} now).` : "";
  }

  get value() {
    if (this.chosen) return this.chosen.value;
    const isNumber = this.option.type === TYPE.integer || this.option.type === TYPE.number;
    return isNumber ? Number(this.control.value) : this.control.value;
  }

  get kept() {
    return this.chosen ?? { label: this.control.value, value: this.control.value, typed: true };
  }

  remove() {
    this.turn = (this.turn ?? 0) + 1;
    this.picks.remove();
    super.remove();
  }
}

function numberFault(option, text) {
  const number = Number(text);
  const whole = option.type === TYPE.integer;
  if (text.trim() === "" || !Number.isFinite(number) || (whole && !Number.isInteger(number)))
    return whole ? "Must be a whole number." : "Must be a number.";
  if (option.min_value !== undefined && number < option.min_value) return `Must be at least ${option.min_value}.`;
  if (option.max_value !== undefined && number > option.max_value) return `Must be at most ${option.max_value}.`;
  return "";
}

/** A file: chosen by a button, dropped or pasted anywhere on the bar. */
class FileField extends Field {
  constructor(option, bar) {
    super(option, bar);
    const open = async () => this.put(await choose(false));
    this.control = h(
      "button",
      {
        id: this.id,
        class: "option-file",
        type: "button",
        "aria-labelledby": `${this.id}-name ${this.id}`,
        "aria-describedby": `${this.id}-error`,
        onclick: open,
      },
      icon("attach"),
      h("span", {}, "Choose, drop or paste a file"),
    );
    this.picks = new Picks(`slash:${bar.command}:${option.name}`, { max: 1, changed: () => this.drawn() });
    this.element = this.frame(h("span", { class: "option-files" }, this.control, this.picks.element));
    this.drawn();
    this.control.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && this.empty) this.bar.leave(this);
    });
  }

  async put(files) {
    if (files.length) await this.picks.add(files);
  }

  drawn() {
    this.control.hidden = !this.empty;
    if (!this.empty) this.complain("");
    this.bar.changed();
  }

  focus() {
    if (this.empty) this.control.focus();
    else this.bar.focusQuietly();
  }

  get empty() {
    return this.picks.files.length === 0;
  }

  check() {
    return this.complain(this.empty && this.option.required ? "This option is required." : "");
  }

  get value() {
    return this.picks.ids[0];
  }

  get kept() {
    return null;
  }

  remove() {
    this.picks.set([]);
    super.remove();
  }
}
