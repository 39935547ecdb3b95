/** Reactions: a chip per emoji, pressed when one's own is among them. */
import { h } from "../dom.js";
import { emojiOf } from "./references.js";

/** The row of reactions of a message. */
export function renderReactions(reactions, message, context) {
  const chips = reactions.map((one) => chip(one, message, context));
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, chips);
}

function chip({ emoji, count, me }, message, context) {
  const people = count === 1 ? "1 person" : `${count} people`;
  const label = `${emoji.name}, ${people}${me ? ", you too" : ""}`;
  const props = { type: "button", class: "reaction", "aria-pressed": String(me === true), "aria-label": label };
  const button = h("button", props, emojiOf(emoji), h("span", { class: "reaction-count" }, count));
  button.addEventListener("click", async () => {
    try {
      await context.act("react", { at: message.channel_id, message: message.id, emoji: emojiText(emoji) });
    } catch (error) {
      context.complain(error.message);
    }
  });
  return button;
}

/** An emoji as Discord's routes name it: itself, or name and id of a server's own. */
function emojiText({ id, name }) {
  return id ? `${name}:${id}` : name;
}
