/** What a bot puts below or in place of its words: rows of buttons and selects, and the boxes of Components V2. */
import { h } from "../dom.js";
import { renderFile } from "./attachments.js";
import { renderButton } from "./buttons.js";
import { barStyle } from "./embeds.js";
import { renderMarkdown } from "./markdown.js";
import { foreign, isOurs, picture } from "./media.js";
import { renderSelect } from "./selects.js";
import { spoilerCover } from "./spoilers.js";
import { player } from "./video.js";

const VIDEO = /^video\//;
const VIDEO_ENDING = /\.(mp4|webm|mov|m4v)(\?|$)/i;
const DRAWN = {
  1: row,
  2: renderButton,
  3: renderSelect,
  5: renderSelect,
  6: renderSelect,
  7: renderSelect,
  8: renderSelect,
  9: section,
  10: textDisplay,
  11: thumbnail,
  12: mediaGallery,
  13: file,
  14: separator,
  17: container,
};

/** Nodes for the components of a message, in their order. */
export function renderComponents(components, message, context) {
  return (components ?? []).map((part) => renderComponent(part, message, context));
}

/** One component of any kind; an unknown one shows that. */
function renderComponent(part, message, context) {
  const draw = DRAWN[part?.type];
  return draw ? draw(part, message, context) : unknown(part);
}

function unknown(part) {
  const words = `A component of type ${part?.type ?? "?"}, which the sandbox can't draw`;
  return h("div", { class: "unknown-component", title: JSON.stringify(part ?? null).slice(0, 500) }, words);
}

function row(part, message, context) {
  return h("div", { class: "action-row" }, renderComponents(part.components, message, context));
}

function textDisplay(part, message, context) {
  return h("div", { class: "text-display markdown" }, renderMarkdown(part.content, context));
}

function section(part, message, context) {
  const words = h("div", { class: "section-words" }, renderComponents(part.components, message, context));
  const beside = part.accessory && renderComponent(part.accessory, message, context);
  return h("div", { class: "section" }, words, beside && h("div", { class: "section-accessory" }, beside));
}

function thumbnail(part, message, context) {
  return mediaItem(part, asMedia(part), context, { widest: 85, highest: 85, name: "Thumbnail" });
}

function asMedia({ media, description }) {
  return { ...media, description };
}

function isVideo({ content_type: type, url }) {
  return type ? VIDEO.test(type) : VIDEO_ENDING.test(url ?? "");
}

/** `look` is what `picture` takes: the name, the room there is, and the pictures to leaf through. */
function mediaItem({ spoiler, description }, media, context, look) {
  const kind = isVideo(media) ? "Video" : (look.name ?? "Picture");
  const node = isVideo(media) ? galleryVideo(media, context, look) : picture(media, { ...look, name: kind });
  return spoiler ? spoilerCover(node, description || `the ${kind.toLowerCase()}`) : node;
}

function galleryVideo(media, context, { fill, widest }) {
  if (!isOurs(media.url)) return foreign(media, "Video");
  return h("div", { class: ["gallery-video", fill && "fills"] }, player(media, context, { widest }));
}

function mediaGallery(part, message, context) {
  const items = (part.items ?? []).slice(0, 10).map((item) => ({ item, media: asMedia(item) }));
  const several = items.length > 1;
  const seen = items.filter(({ item, media }) => !item.spoiler && !isVideo(media)).map(({ media }) => media);
  const nodes = items.map(({ item, media }) => {
    const gallery = item.spoiler ? [media] : seen;
    return mediaItem(item, media, context, { fill: several, gallery, widest: 480, highest: 350 });
  });
  return h("div", { class: ["pictures", several && `gallery of-${items.length}`] }, nodes);
}

function file(part, message, context) {
  const url = part.file?.url ?? "";
  const attachment = (message.attachments ?? []).find((one) => one.url === url);
  const filename = part.name ?? attachment?.filename ?? decodeURIComponent(url.split("/").at(-1).split("?")[0]);
  if (!isOurs(url)) return foreign({ url, description: filename }, "File");
  const size = part.size ?? attachment?.size;
  return renderFile({ ...attachment, url, filename, size }, context, { spoiler: part.spoiler === true });
}

function separator(part) {
  const large = part.spacing === 2 && "large";
  const drawn = part.divider !== false && "drawn";
  return h(drawn ? "hr" : "div", { class: ["separator", large, drawn], "aria-hidden": drawn ? null : "true" });
}

function container(part, message, context) {
  const inner = h("div", { class: "container-parts" }, renderComponents(part.components, message, context));
  const style = barStyle(part.accent_color);
  const box = h("div", { class: ["container", style["--bar"] && "accented"], style }, inner);
  return part.spoiler ? spoilerCover(box, "the box") : box;
}
