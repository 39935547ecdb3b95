/** Everything a message brings, in Discord's order. What hasn't changed keeps its nodes, so a video goes on playing. */
import { h } from "../dom.js";
import { renderAttachments } from "./attachments.js";
import { renderComponents } from "./components.js";
import { renderEmbeds } from "./embeds.js";
import { renderMarkdown } from "./markdown.js";
import { renderPoll } from "./poll.js";
import { renderReactions } from "./reactions.js";
import { renderSnapshot } from "./snapshot.js";
import { renderStickers } from "./stickers.js";
import { dateText } from "./times.js";

const SUPPRESS_EMBEDS = 1 << 2;
const ONLY_EMOJI = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\u{FE0F}\u{200D}\u{1F3FB}-\u{1F3FF}\s]{1,90}$/u;

/**
 * Bring the payload in `container` up to date; the container holds nothing else. Only the parts that changed are drawn
 * again, so a playing video continues, and an open list stays open.
 */
export function patchPayload(container, message, context) {
  const around = withMentions(message, context);
  const old = Map.groupBy(container.children, (node) => node.dataset.part);
  const wanted = parts(message).flatMap((part) => {
    const kept = old.get(part.key);
    return kept?.[0].payloadFacts === part.facts ? kept : drawn(part, around);
  });
  const staying = new Set(wanted);
  for (const node of [...container.children]) if (!staying.has(node)) node.remove();
  wanted.forEach((node, index) => {
    if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
  });
}

function drawn({ key, facts, draw }, context) {
  return [draw(context)]
    .flat(9)
    .filter(Boolean)
    .map((node) => {
      node.dataset.part = key;
      node.payloadFacts = facts;
      return node;
    });
}

/** Names that the message brings along are known even where the place doesn't know them. */
function withMentions(message, context) {
  const named = new Map((message.mentions ?? []).map((one) => [one.id, one]));
  return Object.create(context, { person: { value: (id) => context.person(id) ?? named.get(id) } });
}

function parts(message) {
  if (message.loading) return [part("loading", message.failed, () => thinking(message))];
  const all = [];
  const { content, components, poll, reactions, sticker_items: stickers, message_snapshots: snapshots } = message;
  const embeds = (message.flags ?? 0) & SUPPRESS_EMBEDS ? [] : message.embeds;
  const add = (key, value, draw, facts = value) => {
    if (Array.isArray(value) ? value.length > 0 : value) all.push(part(key, facts, draw));
  };
  add("content", content, (context) => words(message, context), [content, message.edited_timestamp, message.mentions]);
  (snapshots ?? []).forEach((one, index) =>
    add(`snapshot-${index}`, one, (context) => renderSnapshot(one, message, context)),
  );
  const files = isLaidOut(message) ? [] : message.attachments;
  add("attachments", files, (context) => renderAttachments(files, context, { message }));
  add("embeds", embeds, (context) => renderEmbeds(embeds, context));
  add("poll", poll, (context) => renderPoll(poll, message, context));
  add("stickers", stickers, () => renderStickers(stickers));
  const below = (context) => h("div", { class: "components" }, renderComponents(components, message, context));
  add("components", components, below, [components, message.pressed]);
  add("trouble", message.trouble, () => h("div", { class: "trouble", role: "status" }, message.trouble));
  add("reactions", reactions, (context) => renderReactions(reactions, message, context));
  return all;
}

function part(key, facts, draw) {
  return { key, facts: JSON.stringify(facts ?? null), draw };
}

/** In a message of Components V2 the files stand where its components put them. */
function isLaidOut({ flags = 0 }) {
  return (flags & (1 << 15)) !== 0;
}

function words({ content, edited_timestamp: edited }, context) {
  const mark = edited && h("span", { class: "edited", title: `Edited ${dateText(edited, "F")}` }, " (edited)");
  const jumbo = ONLY_EMOJI.test(content) && "jumbo";
  return h("div", { class: ["content", "markdown", jumbo] }, renderMarkdown(content, context), mark);
}

function thinking(message) {
  const name = message.author?.name ?? "The bot";
  if (message.failed) return h("div", { class: "trouble", role: "status" }, "The application did not respond");
  const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  return h("div", { class: "thinking", role: "status" }, dots, `${name} is thinking…`);
}
