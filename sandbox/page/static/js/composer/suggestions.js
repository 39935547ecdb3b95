/** The list above an input that is being typed in: the focus stays in the input, arrows and Enter choose. */

import { fill, h } from "../dom.js";

let count = 0;

/**
 * Gives an input a list of suggestions. `choose(item)` is called with what was chosen; items are
 * `{label, detail?, sign?, value}`. The list is drawn into `place`, an element above the input.
 */
export class Suggestions {
  constructor(input, place, choose, { title = "" } = {}) {
    this.input = input;
    this.choose = choose;
    this.items = [];
    this.active = -1;
    this.id = `suggestions-${++count}`;
    this.title = h("p", { class: "suggestions-title" }, title);
    this.list = h("ul", {
      class: "suggestions-list",
      role: "listbox",
      id: this.id,
      "aria-label": title || "Suggestions",
    });
    this.note = h("p", { class: "suggestions-note", role: "status" });
    this.element = h("div", { class: "suggestions", hidden: true }, this.title, this.note, this.list);
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    place.append(this.element);
    const attributes = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": this.id,
      "aria-expanded": "false",
    };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  }

  get open() {
    return !this.element.hidden && this.items.length > 0;
  }

  show(items, { note = "", first = true, title } = {}) {
    this.items = items;
    if (title) this.name(title);
    this.note.textContent = note;
    this.note.hidden = !note;
    fill(
      this.list,
      items.map((item, index) => this.drawItem(item, index)),
    );
    this.element.hidden = items.length === 0 && !note;
    this.input.setAttribute("aria-expanded", String(this.open));
    this.activate(items.length && first ? 0 : -1);
  }

  /** Say what the list holds. */
  name(title) {
    this.title.textContent = title;
    this.list.setAttribute("aria-label", title);
  }

  hide() {
    this.show([]);
  }

  drawItem(item, index) {
    return h(
      "li",
      { class: "suggestion", role: "option", id: `${this.id}-${index}`, onclick: () => this.take(index) },
      item.sign,
      h("span", { class: "suggestion-label" }, item.label),
      item.detail && h("span", { class: "suggestion-detail" }, item.detail),
    );
  }

  activate(index) {
    this.active = index;
    [...this.list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === index)));
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `${this.id}-${index}`);
      this.list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  take(index) {
    const item = this.items[index];
    this.hide();
    this.choose(item);
  }

  /** Deal with a key pressed in the input; true when it was for the list. */
  key(event) {
    if (!this.open || event.isComposing) return false;
    const last = this.items.length - 1;
    if (event.key === "ArrowDown") this.activate(this.active >= last ? 0 : this.active + 1);
    else if (event.key === "ArrowUp") this.activate(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Escape") this.hide();
    else if ((event.key === "Enter" || event.key === "Tab") && this.active >= 0 && !event.shiftKey)
      this.take(this.active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  remove() {
    this.element.remove();
  }
}
