/** How people look: a round picture with their first letter, and a name in their colour. */

import { h } from "./dom.js";

/** The round picture of a person, or of the bot; it says nothing to a screen reader, the name beside it does. */
export function avatar(person, size = 38) {
  const style = { "--hue": person.hue ?? 0, "--size": `${size}px` };
  return h(
    "span",
    { class: ["avatar", person.bot && "bot"], style, "aria-hidden": "true" },
    person.bot ? "▶" : [...person.name][0],
  );
}

/** A person's name in their colour. */
export function nameOf(person) {
  return h("span", { class: "name", style: { "--hue": person.hue ?? 0 } }, person.name);
}
