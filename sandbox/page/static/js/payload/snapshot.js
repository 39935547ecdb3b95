/** A forwarded message: a quote of what it said, with its files, when it was said, and the way there. */
import { h } from "../dom.js";
import { renderAttachments } from "./attachments.js";
import { renderComponents } from "./components.js";
import { renderEmbeds } from "./embeds.js";
import { glyph } from "./glyphs.js";
import { renderMarkdown } from "./markdown.js";
import { renderStickers } from "./stickers.js";
import { isMoment, timeElement } from "./times.js";

/** The quote of a forwarded message. */
export function renderSnapshot(snapshot, message, context) {
  const quoted = snapshot.message ?? snapshot;
  return h(
    "blockquote",
    { class: "snapshot" },
    h("div", { class: "snapshot-head" }, glyph("forward"), "Forwarded"),
    quoted.content && h("div", { class: "content markdown" }, renderMarkdown(quoted.content, context)),
    renderAttachments(quoted.attachments, context, { message: quoted }),
    renderEmbeds(quoted.embeds, context),
    renderStickers(quoted.sticker_items),
    parts(quoted, message, context),
    foot(quoted, message.message_reference, context),
  );
}

/** What is forwarded can be read, not pressed. */
function parts({ components }, message, context) {
  if (!components?.length) return null;
  return h("div", { class: "components", inert: true }, renderComponents(components, message, context));
}

function foot(quoted, reference, context) {
  const moment = typeof quoted.timestamp === "number" ? quoted.timestamp : Date.parse(quoted.timestamp ?? "");
  const channel = reference && context.channel(reference.channel_id);
  const place = channel && { guild: reference.guild_id ?? null, channel: channel.id, message: reference.message_id };
  const jump = () => context.jump(place);
  const go = channel && h("button", { type: "button", class: "text-link", onclick: jump }, `#${channel.name}`);
  const when = isMoment(moment) && timeElement(moment, "s", context);
  return (go || when) && h("div", { class: "snapshot-foot" }, go, go && when && " • ", when);
}
