/** Tabs as ARIA describes them: one stop for Tab, arrow keys between them, and a panel that belongs to each. */

import { h } from "../dom.js";
import { uniqueName } from "./controls.js";

/** `pages` are `{name, label, element, shown?}`; `opened(name)` gets the one that a person opens. */
export function makeTabs(label, pages, opened) {
  const parts = pages.map((page) => {
    const id = uniqueName("tab");
    const count = h("span", { class: "tab-count" });
    const tab = h("button", { type: "button", role: "tab", id, "aria-controls": `${id}-panel` }, page.label, count);
    const panel = h(
      "div",
      { class: ["tab-panel", page.name], role: "tabpanel", id: `${id}-panel`, "aria-labelledby": id, tabindex: 0 },
      page.element,
    );
    return { page, tab, panel, count };
  });
  const open = (name, { focus = false, tell = true } = {}) => {
    const wanted = parts.find((part) => part.page.name === name) ?? parts[0];
    for (const part of parts) {
      const chosen = part === wanted;
      part.tab.setAttribute("aria-selected", String(chosen));
      part.tab.tabIndex = chosen ? 0 : -1;
      part.panel.hidden = !chosen;
    }
    if (focus) wanted.tab.focus();
    if (tell) opened(wanted.page.name);
    wanted.page.shown?.();
  };
  const move = (event) => {
    const now = parts.findIndex((part) => part.tab === document.activeElement);
    const last = parts.length - 1;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last }[event.key];
    if (now < 0 || to === undefined) return;
    event.preventDefault();
    open(parts[(to + parts.length) % parts.length].page.name, { focus: true });
  };
  const list = h(
    "div",
    { class: "tab-list", role: "tablist", "aria-label": label, onkeydown: move },
    parts.map((part) => part.tab),
  );
  for (const part of parts) part.tab.addEventListener("click", () => open(part.page.name));
  return {
    list,
    panels: parts.map((part) => part.panel),
    open,
    /** Mark a tab with a few characters, such as a number; empty for none. */
    mark(name, text) {
      const { count } = parts.find((part) => part.page.name === name);
      if (count.textContent !== text) count.textContent = text;
    },
  };
}
