/** Short sentences that come up, are read out, and go again. */

import { h, icon } from "./dom.js";

const SHOWN_MS = 8000;
const region = h("div", { class: "toasts", role: "status", "aria-live": "polite", popover: "manual" });

/** The region that holds them; put into the page once. */
export function toasts() {
  return region;
}

/** Say something for a while. */
export function complain(sentence) {
  // The same message again is shown once, for its whole time.
  for (const one of region.children) if (one.firstChild.textContent === sentence) one.remove();
  const toast = h(
    "div",
    { class: "toast" },
    h("span", {}, sentence),
    h("button", { class: "tool", "aria-label": "Dismiss this message", onclick: () => toast.remove() }, icon("close")),
  );
  // Shown again, so that it is above a form that has been opened meanwhile.
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
  region.append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}
