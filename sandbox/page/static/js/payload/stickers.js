/** Stickers. Their pictures live at Discord, and nothing is fetched from there, so a sticker shows its name. */
import { h } from "../dom.js";

const FORMATS = { 1: "PNG", 2: "APNG", 3: "Lottie", 4: "GIF" };

/** Nodes for the stickers of a message. */
export function renderStickers(stickers) {
  return (stickers ?? []).map(({ name, format_type: format }) =>
    h(
      "div",
      { class: "sticker", role: "img", "aria-label": `Sticker: ${name}` },
      h("span", { class: "sticker-name" }, name),
      h("span", { class: "sticker-format" }, `${FORMATS[format] ?? "Some"} sticker`),
    ),
  );
}
