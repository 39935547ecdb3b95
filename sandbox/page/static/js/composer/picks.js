/** Picked files: uploaded at once (so that a reload keeps them), shown small, each with a button to drop it. */

import { context } from "../context.js";
import { bytes, fill, h, icon } from "../dom.js";

/** A row of picked files kept under `key`; `changed()` is called after each change. `max` files at the most. */
export class Picks {
  constructor(key, { max = 10, changed = () => {} } = {}) {
    this.key = key;
    this.max = max;
    this.changed = changed;
    this.files = context.keep(key) ?? [];
    this.element = h("ul", { class: "picks", "aria-label": "Picked files" });
    this.draw();
  }

  get ids() {
    return this.files.map((one) => one.id);
  }

  async add(files) {
    const room = this.max - this.files.length;
    if (files.length > room)
      context.complain(this.max === 1 ? "One file fits here." : `At most ${this.max} files fit here.`);
    const chosen = [...files].slice(0, Math.max(0, room));
    this.element.setAttribute("aria-busy", "true");
    try {
      this.set([...this.files, ...(await context.pick(chosen))]);
    } catch (error) {
      context.complain(error.message);
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }

  set(files) {
    this.files = files;
    context.keep(this.key, files.length ? files : null);
    this.draw();
    this.changed();
  }

  draw() {
    fill(
      this.element,
      this.files.map((one) => this.drawPick(one)),
    );
    this.element.hidden = this.files.length === 0;
  }

  drawPick(file) {
    const gone = () => this.set(this.files.filter((one) => one !== file));
    const isPicture = file.type.startsWith("image/");
    const picture = isPicture ? h("img", { src: file.url, alt: "" }) : h("span", { class: "pick-sign" }, icon("file"));
    picture.addEventListener("error", () => picture.replaceWith(h("span", { class: "pick-sign" }, icon("file"))));
    return h(
      "li",
      { class: "pick" },
      picture,
      h("span", { class: "pick-name", title: file.name }, file.name),
      h("span", { class: "pick-size" }, bytes(file.size)),
      h("button", { class: "tool", type: "button", "aria-label": `Remove ${file.name}`, onclick: gone }, icon("close")),
    );
  }
}

/** Open the browser's own file dialog; resolves with what was picked. */
export function choose(multiple) {
  return new Promise((resolve) => {
    const input = h("input", { type: "file", multiple, class: "unseen", tabindex: -1, "aria-hidden": "true" });
    input.addEventListener("change", () => {
      resolve([...input.files]);
      input.remove();
    });
    input.addEventListener("cancel", () => {
      resolve([]);
      input.remove();
    });
    document.body.append(input);
    input.click();
  });
}
