/** The framed part of a message, as bots send it and as Discord makes it of links. */
import { h } from "../dom.js";
import { renderMarkdown } from "./markdown.js";
import { foreign, isOurs, picture } from "./media.js";
import { renderPollResult } from "./poll.js";
import { safeUrl } from "./references.js";
import { isMoment, timeElement } from "./times.js";
import { player } from "./video.js";

const MOST_PICTURES = 4;
const IN_A_ROW = 3;

/** Every embed of a message. Discord draws neighbours of one address as one, with a gallery of their pictures. */
export function renderEmbeds(embeds, context) {
  const groups = [];
  for (const embed of embeds ?? []) {
    const last = groups.at(-1);
    const joins = embed.url && embed.image && last?.[0].url === embed.url && last.length < MOST_PICTURES;
    if (joins) last.push(embed);
    else groups.push([embed]);
  }
  return groups.map(([first, ...more]) =>
    drawn(
      first,
      more.map((one) => one.image),
      context,
    ),
  );
}

/** One embed. */
function renderEmbed(embed, context) {
  return drawn(embed, [], context);
}

function drawn(embed, moreImages, context) {
  if (embed.type === "poll_result") return renderPollResult(embed);
  const large = [embed.image, ...moreImages].filter((one) => one?.url);
  const small = embed.thumbnail?.url && !isPicture(embed) ? embed.thumbnail : null;
  if (isPicture(embed)) return h("div", { class: "embed-picture" }, picture(embed.thumbnail, { name: "Picture" }));
  const words = [
    embed.provider?.name && h("div", { class: "embed-provider" }, linked(embed.provider.name, embed.provider.url)),
    embed.author?.name && author(embed.author),
    embed.title && h("div", { class: "embed-title" }, linked(title(embed, context), embed.url)),
    embed.description && h("div", { class: "embed-text markdown" }, renderMarkdown(embed.description, context)),
    embed.fields?.length > 0 && h("div", { class: "embed-fields" }, fieldRows(embed.fields, context)),
  ].filter(Boolean);
  return h(
    "article",
    { class: "embed", style: barStyle(embed.color) },
    h(
      "div",
      { class: ["embed-top", small && "with-thumbnail"] },
      words.length > 0 && h("div", { class: "embed-words" }, words),
      small && h("div", { class: "embed-thumbnail" }, picture(small, { name: "Thumbnail", widest: 80, highest: 80 })),
    ),
    embed.video?.url ? video(embed.video, context) : large.length > 0 && gallery(large),
    foot(embed, context),
  );
}

/** The colour of the bar beside an embed or container, as Discord carries it; none for none. */
export function barStyle(color) {
  return Number.isInteger(color) ? { "--bar": `#${(color & 0xffffff).toString(16).padStart(6, "0")}` } : {};
}

/** A link to a picture alone, which Discord shows without a frame. */
function isPicture(embed) {
  return embed.type === "image" && embed.thumbnail?.url && !embed.title && !embed.description;
}

function inline(text, context) {
  return renderMarkdown(text, context, { inline: true });
}

function title({ title: text, url }, context) {
  return renderMarkdown(text, context, { inline: true, still: Boolean(url) });
}

function linked(words, address) {
  const url = address && safeUrl(address);
  return url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words) : h("span", {}, words);
}

function author({ name, url, icon_url: face }) {
  return h("div", { class: "embed-author" }, faceOf(face), linked(name, url));
}

function faceOf(url) {
  return url && isOurs(url) && h("img", { src: url, alt: "", class: "embed-face" });
}

function fieldRows(fields, context) {
  const rows = [];
  for (const field of fields) {
    const last = rows.at(-1);
    if (field.inline && last?.[0].inline && last.length < IN_A_ROW) last.push(field);
    else rows.push([field]);
  }
  return rows.map((row) => {
    const columns = row.map((field) => drawnField(field, context));
    return h("div", { class: "embed-row", style: { "--columns": row.length } }, columns);
  });
}

function drawnField({ name, value }, context) {
  return h(
    "div",
    { class: "embed-field" },
    h("div", { class: "embed-field-name" }, inline(name, context)),
    h("div", { class: "embed-field-value markdown" }, renderMarkdown(value, context)),
  );
}

function gallery(images) {
  const drawnImages = images.map((one) =>
    picture(one, { name: "Picture", gallery: images, fill: images.length > 1, widest: 400, highest: 300 }),
  );
  return h("div", { class: ["embed-images", images.length > 1 && `gallery of-${images.length}`] }, drawnImages);
}

function video(media, context) {
  const node = isOurs(media.url) ? player(media, context, { widest: 400 }) : foreign(media, "Video");
  return h("div", { class: "embed-video" }, node);
}

function foot({ footer, timestamp }, context) {
  const moment = timestamp ? Date.parse(timestamp) : NaN;
  if (!footer?.text && !isMoment(moment)) return null;
  const face = faceOf(footer?.icon_url);
  const dot = footer?.text && isMoment(moment) && h("span", { "aria-hidden": "true" }, " • ");
  return h(
    "footer",
    { class: "embed-foot" },
    face,
    h("span", {}, footer?.text, dot, isMoment(moment) && timeElement(moment, "s", context)),
  );
}
