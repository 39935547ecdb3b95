/** What one can do with a thread as a whole: put it away, lock it, delete it. */

import { attempt } from "./context.js";
import { icon } from "./dom.js";
import { showMenu } from "./popup.js";

/** The state of a thread in a word or two; empty for an ordinary one, and for other places. */
export function threadState(place) {
  return [place?.archived && "archived", place?.locked && "locked"].filter(Boolean).join(", ");
}

/** Open the menu of a thread at that button. */
export function threadMenu(place, at) {
  const entry = (label, sign, change) => ({
    label,
    icon: icon(sign),
    danger: change === "delete",
    do: () => attempt("change_thread", { at: place.id, change }),
  });
  const mayClose = place.manages || (place.owns && !place.locked);
  const mayReopen = place.writable || place.manages;
  const items = [
    place.archived
      ? mayReopen && entry("Reopen thread", "thread", "reopen")
      : mayClose && entry("Archive thread", "file", "archive"),
    place.manages && (place.locked ? entry("Unlock thread", "lock", "unlock") : entry("Lock thread", "lock", "lock")),
    place.manages && entry("Delete thread", "bin", "delete"),
  ].filter(Boolean);
  const none = { label: "Only its owner and managers can change this thread", icon: icon("lock"), do: () => {} };
  showMenu(items.length ? items : [none], at, "Thread");
}
