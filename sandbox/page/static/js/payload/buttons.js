/** Buttons of a message. One that waits for the bot turns, and takes no second press. */
import { h } from "../dom.js";
import { glyph, spinner } from "./glyphs.js";
import { emojiOf, jumpOf, safeUrl } from "./references.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };
const LINK = 5;
const PREMIUM = 6;

/** A button of any style. */
export function renderButton(part, message, context) {
  if (part.style === LINK) return linkButton(part, context);
  if (part.style === PREMIUM) return premiumButton(part, context);
  const looks = { class: ["button press", STYLES[part.style] ?? "secondary"], disabled: part.disabled === true };
  const button = h("button", { ...looks, type: "button" }, face(part));
  button.dataset.customId = part.custom_id;
  busy(button, (message.pressed ?? []).includes(part.custom_id));
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    busy(button, true);
    try {
      await context.act("press", { at: message.channel_id, message: message.id, custom_id: part.custom_id });
    } catch (error) {
      context.complain(error.message);
    } finally {
      busy(button, false);
    }
  });
  return button;
}

/** A waiting button stays where the keyboard is: it is only marked as disabled, so that focus isn't lost. */
function busy(button, waits) {
  button.classList.toggle("waits", waits);
  button.querySelector(".spinner")?.remove();
  if (waits) button.append(spinner());
  for (const name of ["aria-busy", "aria-disabled"]) {
    if (waits) button.setAttribute(name, "true");
    else button.removeAttribute(name);
  }
}

function face({ emoji, label }) {
  const words = [emojiOf(emoji), label && h("span", {}, label)];
  // A button with only an emoji is called by that emoji.
  return h("span", { class: "press-face" }, words, !label && h("span", { class: "unseen" }, emoji?.name ?? "Button"));
}

function linkButton(part, context) {
  const url = safeUrl(part.url);
  const words = [face(part), glyph("outward")];
  const place = jumpOf(part.url);
  const looks = { class: "button press secondary", title: url };
  if (part.disabled || !url) return h("a", { ...looks, role: "link", "aria-disabled": "true" }, words);
  if (place) return h("button", { ...looks, type: "button", onclick: () => context.jump(place) }, words);
  return h("a", { ...looks, href: url, target: "_blank", rel: "noopener noreferrer" }, words);
}

function premiumButton(part, context) {
  const say = () => context.complain("The sandbox has no shop, so nothing can be bought here.");
  const title = `Premium button for the product ${part.sku_id ?? "?"}`;
  const looks = { class: "button press primary", title, disabled: part.disabled === true };
  return h("button", { ...looks, type: "button", onclick: say }, glyph("star"), h("span", {}, "Get premium"));
}
