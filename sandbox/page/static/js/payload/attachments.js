/** A message's files: pictures in a grid, players for video and sound, and a card for anything else. */
import { bytes, h, icon } from "../dom.js";
import { soundCard, voiceMessage } from "./audio.js";
import { glyph } from "./glyphs.js";
import { isOurs, picture } from "./media.js";
import { spoilerCover } from "./spoilers.js";
import { fileLine, player } from "./video.js";

const VOICE_MESSAGE = 1 << 13;
const SPOILER = 1 << 3;
const ENDINGS = {
  image: /\.(png|jpe?g|gif|webp|avif)$/i,
  video: /\.(mp4|webm|mov|m4v)$/i,
  audio: /\.(mp3|ogg|oga|wav|m4a|flac|opus)$/i,
};
const SHOWN_PICTURES = /^image\/(png|jpe?g|gif|webp|avif|bmp|x-icon)/;

/** Nodes for the files of a message. `message` says whether it is a voice message. */
export function renderAttachments(attachments, context, { message = null } = {}) {
  const files = attachments ?? [];
  const pictures = files.filter((one) => kindOf(one) === "image");
  const seen = pictures.filter((one) => !isSpoiler(one)).map(asMedia);
  const rest = files.filter((one) => kindOf(one) !== "image");
  return [
    pictures.length > 0 && pictureGrid(pictures, seen),
    ...rest.map((one) => covered(one, fileNode(one, context, message))),
  ].filter(Boolean);
}

/** One file outside of a message's own list: a File component's. */
export function renderFile(attachment, context, { spoiler = false } = {}) {
  const node = fileCard(attachment);
  return spoiler ? spoilerCover(node, attachment.filename ?? "File") : node;
}

function kindOf({ content_type: type, filename = "" }) {
  if (type && SHOWN_PICTURES.test(type)) return "image";
  const [family] = (type ?? "").split("/");
  if (family === "video" || family === "audio") return family;
  if (type && type !== "application/octet-stream") return "file";
  return Object.keys(ENDINGS).find((kind) => ENDINGS[kind].test(filename)) ?? "file";
}

function isSpoiler({ filename = "", flags = 0 }) {
  return filename.startsWith("SPOILER_") || (flags & SPOILER) !== 0;
}

function covered(attachment, node) {
  return isSpoiler(attachment) ? spoilerCover(node, attachment.filename) : node;
}

function asMedia({ url, filename, description, width, height }) {
  return { url, name: filename, description, width, height };
}

function pictureGrid(pictures, seen) {
  const several = pictures.length > 1;
  const nodes = pictures.map((one) => {
    const media = seen.find(({ url }) => url === one.url) ?? asMedia(one);
    const gallery = isSpoiler(one) ? [media] : seen;
    return covered(one, picture(media, { name: one.filename, gallery, fill: several, widest: 480, highest: 350 }));
  });
  return h("div", { class: ["pictures", several && `gallery of-${pictures.length}`] }, nodes);
}

function fileNode(attachment, context, message) {
  const kind = isOurs(attachment.url) ? kindOf(attachment) : "file";
  if (kind === "video") return videoNode(attachment, context);
  if (kind !== "audio") return fileCard(attachment);
  const voice = attachment.waveform || ((message?.flags ?? 0) & VOICE_MESSAGE) !== 0;
  return voice ? voiceMessage(attachment) : soundCard(attachment);
}

function videoNode(attachment, context) {
  const { filename, description } = attachment;
  const caption = h("figcaption", {}, fileLine(attachment), description && h("p", { class: "unseen" }, description));
  return h("figure", { class: "video-frame" }, player(attachment, context, { name: filename }), caption);
}

function fileCard(attachment) {
  const { filename = "file", size, url, description } = attachment;
  const looks = { class: "file-name", title: description || filename };
  const download = { class: "file-download", "aria-label": `Download ${filename}` };
  return h(
    "div",
    { class: "file-card" },
    h("span", { class: "file-icon" }, icon("file")),
    h(
      "div",
      { class: "file-words" },
      h("a", { ...looks, href: url, target: "_blank", rel: "noopener" }, filename),
      size !== undefined && size !== null && h("span", { class: "file-size" }, bytes(size)),
    ),
    h("a", { ...download, href: url, download: filename }, glyph("download")),
  );
}
