/** Menus and small questions: opened at a place, closed by Escape or elsewhere, and the focus goes back. */

import { h } from "./dom.js";

let openMenu = null;

/**
 * Open a menu. `items` are `{label, icon?, danger?, do}` or `null` for a line; `at` is the button it belongs to, or
 * `{x, y}`. Arrow keys, Home, End, letters, Enter and Escape work as in any menu.
 */
export function showMenu(items, at, label) {
  openMenu?.close(false);
  const before = document.activeElement;
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const close = (back = true) => {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    openMenu = null;
    if (back) before?.focus?.();
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  for (const item of items) {
    if (!item) menu.append(h("div", { class: "menu-line", role: "separator" }));
    else {
      const chosen = () => {
        close();
        item.do();
      };
      const name = ["menu-item", item.danger && "danger"];
      menu.append(h("button", { class: name, role: "menuitem", tabindex: -1, onclick: chosen }, item.icon, item.label));
    }
  }
  const buttons = [...menu.querySelectorAll("button")];
  menu.addEventListener("keydown", (event) => move(event, buttons, close));
  document.body.append(menu);
  place(menu, at);
  document.addEventListener("pointerdown", outside, true);
  openMenu = { close };
  buttons[0]?.focus();
}

function move(event, buttons, close) {
  const now = buttons.indexOf(document.activeElement);
  const steps = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: buttons.length - 1 };
  if (event.key in steps) buttons.at(steps[event.key] % buttons.length).focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else if (/^\w$/.test(event.key)) {
    const after = [...buttons.slice(now + 1), ...buttons];
    after.find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  } else return;
  if (event.key !== "Tab") event.preventDefault();
  event.stopPropagation();
}

function place(menu, at) {
  const box = at instanceof Element ? at.getBoundingClientRect() : { left: at.x, right: at.x, top: at.y, bottom: at.y };
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(at instanceof Element ? box.right - width : box.left, innerWidth - width - 8));
  const below = box.bottom + height + 8 < innerHeight;
  menu.style.left = `${left}px`;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`;
}

/** Ask something in a dialog, with `value` for a line of text. Resolves with true or the text, or with null. */
export function ask({ title, text, value, field, confirm, danger = false }) {
  return new Promise((resolve) => {
    const input = value === undefined ? null : h("input", { class: "field", value, maxlength: 100, required: true });
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", {}, title),
      text && h("p", {}, text),
      input && h("label", { class: "question-field" }, field, input),
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, "Cancel"),
        h("button", { class: ["button", danger ? "danger" : "primary"], value: "yes" }, confirm),
      ),
    );
    const dialog = h("dialog", { class: "question", "aria-label": title }, form);
    dialog.addEventListener("close", () => {
      closeDialog(dialog);
      resolve(dialog.returnValue === "yes" ? (input ? input.value.trim() : true) : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Close a dialog for good; the focus goes back to where it was. */
export function closeDialog(dialog) {
  dialog.close();
  dialog.remove();
  // Chromium returns the focus while the page is still inert: a text field then takes no input until focused again.
  const focused = document.activeElement;
  focused?.blur();
  focused?.focus();
}
