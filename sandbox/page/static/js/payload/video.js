/** The video player: the browser's own, which keeps its place free, its file at hand, and its time over a reload. */
import { bytes, h } from "../dom.js";
import { placeFor } from "./media.js";

const WIDEST = 480;
const HIGHEST = 480;

/**
 * A `<video>`. `media` is `{url, width, height, description, id}`; with an id it goes on where it was, and keeps its
 * shape, after a reload of the tab.
 */
export function player(media, context, { widest = WIDEST, name = "Video" } = {}) {
  const key = media.id && `video:${media.id}`;
  const kept = (key && context.keep(key)) || {};
  const shape = media.width > 0 && media.height > 0 ? media : kept;
  const style = placeFor(shape, widest, HIGHEST);
  const video = h("video", {
    src: media.url,
    class: ["video", !style.width && "unsized"],
    style,
    controls: true,
    preload: "metadata",
    playsinline: true,
    "aria-label": media.description || name,
  });
  if (key) keepTime(video, key, kept, context);
  video.addEventListener("loadedmetadata", () => reshape(video, widest), { once: true });
  return video;
}

function reshape(video, widest) {
  if (!video.videoWidth) return;
  video.classList.remove("unsized");
  const place = placeFor({ width: video.videoWidth, height: video.videoHeight }, widest, HIGHEST);
  for (const [property, value] of Object.entries(place)) video.style.setProperty(property, value);
}

function keepTime(video, key, kept, context) {
  let saved = kept.time ?? 0;
  const save = (time) => {
    saved = time;
    context.keep(key, { time, width: video.videoWidth, height: video.videoHeight });
  };
  video.addEventListener(
    "loadedmetadata",
    () => {
      if (saved > 0 && saved < video.duration) video.currentTime = saved;
      else save(0);
    },
    { once: true },
  );
  video.addEventListener("timeupdate", () => Math.abs(video.currentTime - saved) >= 0.5 && saveNow());
  const saveNow = () => video.readyState > 0 && save(video.currentTime);
  for (const name of ["pause", "seeked"]) video.addEventListener(name, saveNow);
  video.addEventListener("ended", () => save(0));
}

/** The line under a player or beside a card: what the file is called, how big it is, and how to get at it. */
export function fileLine({ filename, size, url }) {
  return h(
    "div",
    { class: "file-line" },
    h("span", { class: "file-name", title: filename }, filename),
    h("span", { class: "file-size" }, bytes(size ?? 0)),
    h("a", { href: url, target: "_blank", rel: "noopener", "aria-label": `Open ${filename}` }, "Open"),
    h("a", { href: url, download: filename, "aria-label": `Download ${filename}` }, "Download"),
  );
}
