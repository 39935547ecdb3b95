/** What a text only points at: people, roles, channels, commands, moments, emoji and addresses. */
import { h } from "../dom.js";
import { isMoment, timeElement } from "./times.js";

const JUMP = /^https?:\/\/(?:(?:canary|ptb)\.)?discord(?:app)?\.com\/channels\/(@me|\d+)\/(\d+)(?:\/(\d+))?\/?$/;
const OPENABLE = new Set(["http:", "https:", "discord:"]);
const ATOMS = [
  [/<@!?(\d{1,20})>/y, (found, context) => personMention(found[1], context)],
  [/<@&(\d{1,20})>/y, (found, context) => roleMention(found[1], context)],
  [/<#(\d{1,20})>/y, (found, context) => channelMention(found[1], context)],
  [/<\/([-_'\p{L}\p{N} ]{1,100}):(\d{1,20})>/uy, (found, context) => commandMention(found[1], context)],
  [/<t:(-?\d{1,17})(?::([tTdDfFsSR]))?>/y, (found, context) => moment(found, context)],
  [/<a?:(\w{2,32}):\d{1,20}>/y, (found) => emojiName(found[1])],
  [/<id:(customize|browse|guide|linked-roles)(?::\d{1,20})?>/y, (found) => pill("span", `#${found[1]}`)],
  [/@(everyone|here)(?!\w)/y, (found) => pill("span", found[0])],
];
const ANGLED = /<((?:https?|discord):\/\/[^\s<>]+)>/y;
const BARE = /(?:https?|discord):\/\/[^\s<]+/y;

/** The reference at this place of the text: `{length, node, link}`, or null if it is only text. */
export function referenceAt(text, at, context, marks) {
  for (const [pattern, draw] of ATOMS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return { length: found[0].length, node: draw(found, context), link: false };
  }
  ANGLED.lastIndex = at;
  const angled = ANGLED.exec(text);
  if (angled) return drawnLink(angled[1], angled[0].length, context);
  BARE.lastIndex = at;
  const bare = /\w/.test(text[at - 1] ?? "") ? null : BARE.exec(text);
  if (!bare) return null;
  const address = trimmed(bare[0], marks);
  return drawnLink(address, address.length, context);
}

function drawnLink(address, length, context) {
  const url = safeUrl(address);
  return url && { length, node: linkTo(url, null, context, { shown: address }), link: true };
}

/** An address in a sentence ends before the sentence's punctuation, and before marks that are still open. */
function trimmed(address, marks) {
  const end = address.search(/\*\*|\|\||~~|\]\(/);
  let text = end > 0 ? address.slice(0, end) : address;
  for (;;) {
    const last = text.at(-1);
    const opens = last === ")" && text.split("(").length < text.split(")").length;
    if (!opens && !/[.,:;"'\]!?]/.test(last) && !(marks.has(last) && "*_".includes(last))) return text;
    text = text.slice(0, -1);
  }
}

/** The address, if it may be opened at all (http, https, discord); otherwise null. */
export function safeUrl(address) {
  try {
    const url = new URL(address);
    return OPENABLE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** What a Discord address of a channel or message points at: `{guild, channel, message}`, or null. */
export function jumpOf(address) {
  const found = JUMP.exec(address ?? "");
  return found && { guild: found[1] === "@me" ? null : found[1], channel: found[2], message: found[3] ?? null };
}

/**
 * A link that leaves the page; one to a message or channel of the chat goes there instead. Without words of its own
 * it shows the address (or `shown`), and a place of the chat its name.
 */
export function linkTo(url, words, context, { title = null, shown = url } = {}) {
  const place = jumpOf(url);
  if (!place) return h("a", { href: url, title, target: "_blank", rel: "noopener noreferrer" }, words ?? shown);
  const go = { type: "button", onclick: () => context.jump(place) };
  return words ? h("button", { ...go, class: "text-link", title }, words) : placeButton(place, go, context);
}

function placeButton({ channel, message }, go, context) {
  const name = `#${context.channel(channel)?.name ?? "unknown"}`;
  if (!message) return h("button", { ...go, class: "mention" }, name);
  const arrow = h("span", { class: "mention-arrow", "aria-hidden": "true" }, " › ");
  return h("button", { ...go, class: "mention", title: `Go to a message in ${name}` }, name, arrow, "message");
}

function pill(tag, text, props = {}) {
  return h(tag, { ...props, class: "mention" }, text);
}

function personMention(id, context) {
  const person = context.person(id);
  return person ? pill("span", `@${person.name}`) : pill("span", "@unknown-user", { title: id });
}

function roleMention(id, context) {
  return pill("span", `@${context.role(id)?.name ?? "unknown-role"}`, { title: `Role ${id}` });
}

function channelMention(id, context) {
  const channel = context.channel(id);
  if (!channel) return pill("span", "#unknown", { title: id });
  const go = () => context.jump({ guild: channel.guild ?? null, channel: id, message: null });
  return pill("button", `#${channel.name}`, { type: "button", onclick: go });
}

/** The owner of the composer listens to "use-command" and starts that command. */
function commandMention(name, context) {
  if (!context.command(name)) return pill("span", `/${name}`);
  const told = () => new CustomEvent("use-command", { bubbles: true, detail: { name } });
  const use = (event) => event.currentTarget.dispatchEvent(told());
  return pill("button", `/${name}`, { type: "button", onclick: use });
}

function moment([text, seconds, style], context) {
  const when = Number(seconds) * 1000;
  return isMoment(when) ? timeElement(when, style ?? "f", context, "moment") : document.createTextNode(text);
}

function emojiName(name) {
  return h("span", { class: "emoji-name", title: `The emoji :${name}:` }, `:${name}:`);
}

/** An emoji as components, polls and reactions carry it: `{id, name}`; one of a server's own is drawn by its name. */
export function emojiOf(emoji) {
  if (!emoji?.name) return null;
  return emoji.id ? emojiName(emoji.name) : h("span", { class: "emoji", "aria-hidden": "true" }, emoji.name);
}
