/** Pictures in their frames. Only the sandbox's own files are loaded; a foreign one is a labelled frame with a link. */
import { h } from "../dom.js";
import { glyph } from "./glyphs.js";
import { openLightbox } from "./lightbox.js";
import { safeUrl } from "./references.js";

/** Whether this address is one of this page's own: nothing else is ever fetched. */
export function isOurs(url) {
  try {
    return new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

/** The place an address leads to, as a person says it. */
function hostOf(url) {
  try {
    return new URL(url).host || url;
  } catch {
    return url;
  }
}

/** The size that fits into a box and keeps its shape; null when the picture's own size isn't known. */
function fitted({ width, height }, widest, highest) {
  if (!(width > 0 && height > 0)) return null;
  const scale = Math.min(1, widest / width, highest / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** Style that keeps the place of a picture free until it is there. */
export function placeFor(media, widest, highest) {
  const size = fitted(media, widest, highest);
  return size ? { width: `${size.width}px`, "aspect-ratio": `${media.width} / ${media.height}` } : {};
}

/**
 * A picture as a button that shows it large. `media` is `{url, width, height, description}`; `gallery` are the
 * pictures to leaf through, this one included.
 */
export function picture(media, look = {}) {
  const { name = "Picture", widest = 400, highest = 300, gallery = [media], fill = false } = look;
  if (!isOurs(media.url)) return foreign(media, name);
  const style = fill ? {} : placeFor(media, widest, highest);
  const shown = h("img", { src: media.url, alt: media.description ?? "", loading: "lazy", decoding: "async" });
  const open = () =>
    openLightbox(
      gallery.filter((one) => isOurs(one.url)),
      media,
    );
  const label = media.description ? `${name}: ${media.description}. Show large` : `${name}. Show large`;
  const classes = ["picture", fill && "fills", !fill && !style.width && "unsized"];
  const looks = { class: classes, style, "aria-label": label };
  const frame = h("button", { ...looks, type: "button", onclick: open }, shown);
  shown.addEventListener("error", () => frame.classList.add("broken"));
  return frame;
}

/** A placeholder for a picture or video of another host. */
export function foreign(media, name = "Picture") {
  const url = safeUrl(media.url);
  const words = [
    glyph({ Video: "play", File: "outward" }[name] ?? "picture"),
    h("span", { class: "foreign-name" }, media.description || name),
    h("span", { class: "foreign-host" }, hostOf(media.url ?? "")),
  ];
  if (!url) return h("span", { class: "foreign" }, words);
  return h("a", { class: "foreign", href: url, target: "_blank", rel: "noopener noreferrer", title: url }, words);
}
