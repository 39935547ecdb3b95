/** Mentions in what one writes: suggested after an @, and sent as Discord's own markup. */

import { context } from "../context.js";
import { avatar } from "../person.js";

const TYPED = /(?:^|\s)@([^@\n]{0,32})$/;

/** The people whose mention is being typed at the cursor, as suggestions. */
export function suggestPeople(input) {
  const found = TYPED.exec(input.value.slice(0, input.selectionStart));
  if (!found) return [];
  const wanted = found[1].toLowerCase();
  return context
    .everyone()
    .filter((one) => one.name.toLowerCase().startsWith(wanted))
    .map((one) => ({
      label: `@${one.name}`,
      detail: one.bot ? "App" : "",
      sign: avatar(one, 20),
      value: { mention: one },
    }));
}

/** Finish the mention at the cursor. */
export function insertMention(input, person) {
  const end = input.selectionStart;
  input.setRangeText(`@${person.name} `, input.value.lastIndexOf("@", end - 1), end, "end");
}

/** The text with a mention in place of each @ and name. */
export function withMentions(text) {
  const longestFirst = [...context.everyone()].sort((a, b) => b.name.length - a.name.length);
  return longestFirst.reduce((marked, one) => marked.replaceAll(`@${one.name}`, `<@${one.id}>`), text);
}
