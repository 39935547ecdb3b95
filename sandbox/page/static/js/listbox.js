/**
 * A popup list to pick from, by mouse, touch or keyboard alone. A select's button opens it; a text field may own one
 * as well, and then shows the given choices while the person types.
 */
import { fill, h, icon } from "./dom.js";

const MARGIN = 8;
const HIGHEST = 320;
const NARROWEST = 220;
let made = 0;

/**
 * Give an element a list of options (`{value, label, description?, lead?: () => Node, disabled?}`).
 *
 * `trigger` is a `<button>` (the list opens on click, ArrowDown, ArrowUp, Enter, Space) or an `<input>` (the list opens
 * by `open()`; arrows move, Enter and Tab pick; the field keeps the focus).
 *
 * Settings: `label` names the list; `multiple`, `min`, `max` and `chosen` (values) say how many; `filter` adds a field
 * to search in; `onChange(values, option)` follows every pick; `onClose(values)` follows the closing of the list;
 * `empty` is the line shown when nothing fits (a text field without it shows no list then). Options with the same
 * value as one of `chosen` are shown as picked.
 *
 * Returns `{open(), close(), isOpen(), values(), choose(values), setOptions(options), destroy()}`.
 */
export function attachListbox(trigger, options, settings = {}) {
  const list = new Listbox(trigger, options, settings);
  return {
    open: () => list.open(),
    close: () => list.close(),
    isOpen: () => list.isOpen,
    values: () => [...list.chosen],
    choose: (values) => list.choose(values),
    setOptions: (given) => list.setOptions(given),
    destroy: () => list.destroy(),
  };
}

class Listbox {
  isOpen = false;
  #options;
  #shown = [];
  #active = -1;
  #typed = { text: "", at: 0 };
  #listening = null;
  #forever = new AbortController();

  constructor(trigger, options, settings) {
    const { label, multiple = false, min = multiple ? 0 : 1, max = multiple ? 25 : 1, chosen = [] } = settings;
    Object.assign(this, { trigger, settings, multiple, min, max, chosen: [...chosen] });
    this.#options = options;
    this.typing = trigger instanceof HTMLInputElement || trigger instanceof HTMLTextAreaElement;
    const id = `listbox-${(made += 1)}`;
    const name = label ?? trigger.getAttribute("aria-label") ?? "Choices";
    this.list = h("div", { class: "listbox-options", role: "listbox", id, "aria-label": name });
    if (multiple) this.list.setAttribute("aria-multiselectable", "true");
    this.search = settings.filter ? searchField(name) : null;
    this.panel = h("div", { class: "listbox", popover: "manual" }, this.search, this.list);
    this.owner = this.search ?? trigger;
    this.#describe(this.owner, id);
    if (this.search) trigger.setAttribute("aria-haspopup", "listbox");
    trigger.setAttribute("aria-expanded", "false");
    this.#listen();
  }

  #describe(owner, id) {
    const said = { role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": id };
    for (const [name, value] of Object.entries(said)) owner.setAttribute(name, value);
    if (this.typing || this.search) owner.setAttribute("aria-autocomplete", "list");
  }

  #listen() {
    const { signal } = this.#forever;
    const keys = (event) => this.#key(event);
    this.trigger.addEventListener("keydown", keys, { signal });
    this.search?.addEventListener("keydown", keys);
    this.search?.addEventListener("input", () => this.#draw());
    const toggle = () => (this.isOpen ? this.close() : this.open());
    if (!this.typing) this.trigger.addEventListener("click", toggle, { signal });
    // The list must never take the focus from its owner.
    this.panel.addEventListener("pointerdown", (event) => event.target !== this.search && event.preventDefault());
    this.list.addEventListener("click", (event) => this.#pick(this.#indexOf(event.target)));
    this.list.addEventListener("pointermove", (event) => this.#activate(this.#indexOf(event.target), false));
  }

  #indexOf(target) {
    return [...this.list.children].indexOf(target.closest("[role=option]"));
  }

  open() {
    if (this.isOpen || this.trigger.disabled || this.trigger.getAttribute("aria-disabled") === "true") return;
    if (this.#hasNothingToSay()) return;
    this.trigger.after(this.panel);
    this.isOpen = true;
    if (this.search) this.search.value = "";
    this.panel.showPopover();
    this.trigger.setAttribute("aria-expanded", "true");
    this.owner.setAttribute("aria-expanded", "true");
    this.#draw();
    if (this.search) this.search.focus({ preventScroll: true });
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const own = (target) => this.panel.contains(target) || this.trigger.contains(target);
    const outside = ({ target }) => own(target) || this.close();
    document.addEventListener("pointerdown", outside, { capture: true, signal });
    document.addEventListener("focusin", outside, { signal });
    window.addEventListener("scroll", () => this.#place(), { capture: true, passive: true, signal });
    window.addEventListener("resize", () => this.#place(), { signal });
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#listening.abort();
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.remove();
    this.trigger.setAttribute("aria-expanded", "false");
    this.owner.setAttribute("aria-expanded", "false");
    this.owner.removeAttribute("aria-activedescendant");
    if (hadFocus) this.trigger.focus({ preventScroll: true });
    this.settings.onClose?.([...this.chosen]);
  }

  destroy() {
    this.#listening?.abort();
    this.#forever.abort();
    this.panel.remove();
  }

  choose(values) {
    this.chosen = [...values];
    if (this.isOpen) this.#draw();
  }

  setOptions(options) {
    this.#options = options;
    if (!this.isOpen) return;
    if (this.#hasNothingToSay()) this.close();
    else this.#draw();
  }

  #hasNothingToSay() {
    return this.typing && this.#options.length === 0 && !this.settings.empty;
  }

  #draw() {
    const wanted = (this.search ? this.search.value : "").trim().toLowerCase();
    this.#shown = ranked(this.#options, wanted);
    fill(
      this.list,
      this.#shown.map((option, index) => this.#row(option, index)),
    );
    if (this.#shown.length === 0) fill(this.list, this.#nothing());
    const first = wanted ? -1 : this.#shown.findIndex(({ value }) => this.chosen.includes(value));
    this.#place();
    this.#activate(Math.min(Math.max(first, 0), this.#shown.length - 1));
  }

  #nothing() {
    const words = this.settings.empty ?? (this.#options.length === 0 ? "Nothing to choose" : "Nothing fits");
    const said = { role: "option", "aria-disabled": "true", "aria-selected": "false" };
    return h("div", { class: "listbox-empty", ...said }, words);
  }

  #row(option, index) {
    const selected = this.chosen.includes(option.value);
    const full = this.multiple && !selected && this.chosen.length >= this.max;
    return h(
      "div",
      {
        class: "listbox-option",
        role: "option",
        id: `${this.list.id}-${index}`,
        "aria-selected": String(selected),
        "aria-disabled": option.disabled || full ? "true" : null,
      },
      option.lead && h("span", { class: "listbox-lead" }, option.lead()),
      h(
        "span",
        { class: "listbox-words" },
        h("span", { class: "listbox-label" }, option.label),
        option.description && h("span", { class: "listbox-description" }, option.description),
      ),
      h("span", { class: ["listbox-mark", this.multiple && "box"] }, selected && icon("check")),
    );
  }

  #place() {
    if (!this.trigger.isConnected) return this.close();
    const box = this.trigger.getBoundingClientRect();
    const below = innerHeight - box.bottom - 2 * MARGIN;
    const above = box.top - 2 * MARGIN;
    const up = below < Math.min(HIGHEST, this.panel.scrollHeight) && above > below;
    const width = Math.min(Math.max(box.width, NARROWEST), innerWidth - 2 * MARGIN);
    const left = Math.min(Math.max(box.left, MARGIN), innerWidth - MARGIN - width);
    Object.assign(this.panel.style, {
      width: `${width}px`,
      left: `${left}px`,
      top: up ? "auto" : `${box.bottom + 4}px`,
      bottom: up ? `${innerHeight - box.top + 4}px` : "auto",
      maxHeight: `${Math.max(120, Math.min(HIGHEST, up ? above : below))}px`,
    });
  }

  #activate(index, scroll = true) {
    if (index < 0 || index >= this.#shown.length) return;
    this.list.querySelector(".active")?.classList.remove("active");
    this.#active = index;
    const row = this.list.children[index];
    row.classList.add("active");
    this.owner.setAttribute("aria-activedescendant", row.id);
    if (scroll) row.scrollIntoView({ block: "nearest" });
  }

  #pick(index) {
    const option = this.#shown[index];
    if (!option || this.list.children[index].getAttribute("aria-disabled")) return;
    const had = this.chosen.includes(option.value);
    const others = this.chosen.filter((one) => one !== option.value);
    if (this.multiple) this.chosen = had ? others : [...this.chosen, option.value];
    else this.chosen = had && this.min === 0 && !this.typing ? [] : [option.value];
    this.settings.onChange?.([...this.chosen], option);
    if (!this.multiple) return this.close();
    const top = this.list.scrollTop;
    fill(
      this.list,
      this.#shown.map((one, at) => this.#row(one, at)),
    );
    this.list.scrollTop = top;
    this.#activate(index, false);
  }

  #key(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const handled = this.isOpen ? this.#keyOpen(event) : this.#keyClosed(event);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #keyClosed({ key }) {
    if (this.typing || !["ArrowDown", "ArrowUp", "Enter", " "].includes(key)) return false;
    this.open();
    return true;
  }

  #keyOpen({ key }) {
    const last = this.#shown.length - 1;
    const writes = this.typing || Boolean(this.search);
    const [down, up] = [this.#active >= last ? 0 : this.#active + 1, this.#active <= 0 ? last : this.#active - 1];
    const inText = this.typing || this.search?.value;
    const moves = { ArrowDown: down, ArrowUp: up, ...(inText ? {} : { Home: 0, End: last }) };
    const fits = last >= 0 || !this.typing;
    const picks = fits && (key === "Enter" || (key === " " && !writes) || (key === "Tab" && this.typing));
    if (key in moves) this.#activate(moves[key]);
    else if (picks) this.#pick(this.#active);
    else if (key === "Escape") this.close();
    else if (key.length === 1 && !writes) this.#jump(key);
    else {
      if (key === "Tab") this.close();
      return false;
    }
    return true;
  }

  /** Letters typed in a row go to the next option that begins with them. */
  #jump(letter) {
    const now = performance.now();
    const before = now - this.#typed.at < 700 ? this.#typed.text : "";
    const text = before + letter.toLowerCase();
    this.#typed = { text, at: now };
    const start = text.length === 1 ? this.#active + 1 : this.#active;
    const order = this.#shown.map((_, step) => (start + step) % this.#shown.length);
    const found = order.find((index) => this.#shown[index].label.toLowerCase().startsWith(text));
    if (found !== undefined) this.#activate(found);
  }
}

function searchField(name) {
  const looks = { class: "field listbox-filter", type: "text", placeholder: "Search", "aria-label": `Search: ${name}` };
  return h("input", { ...looks, autocomplete: "off", spellcheck: "false" });
}

/** The options that fit what is searched for, those that begin with it first. */
function ranked(options, wanted) {
  if (!wanted) return options;
  const begins = options.filter(({ label }) => label.toLowerCase().startsWith(wanted));
  const holds = options.filter((one) => !begins.includes(one) && one.label.toLowerCase().includes(wanted));
  return [...begins, ...holds];
}
