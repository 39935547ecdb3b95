/** Sound: a voice message with its waveform, and any other sound with the browser's own player. */
import { fill, h } from "../dom.js";
import { glyph } from "./glyphs.js";
import { clockText } from "./times.js";
import { fileLine } from "./video.js";

const BARS = 48;

/** A sound file as a card with a player. */
export function soundCard(attachment) {
  const { url, filename } = attachment;
  const sound = h("audio", { src: url, controls: true, preload: "metadata", "aria-label": filename });
  return h("div", { class: "sound-card" }, fileLine(attachment), sound);
}

/** A voice message: a button, its waveform to seek in, its time. */
export function voiceMessage(attachment) {
  const sound = h("audio", { src: attachment.url, preload: "metadata" });
  const button = h("button", { type: "button", class: "voice-play" });
  const bars = heights(attachment.waveform).map((level) => h("i", { style: { "--level": level } }));
  const seek = h("input", { type: "range", min: 0, max: 1000, step: 1, class: "voice-seek", "aria-label": "Position" });
  seek.value = 0;
  const time = h("span", { class: "voice-time" }, clockText(attachment.duration_secs));
  const length = () => (Number.isFinite(sound.duration) && sound.duration) || attachment.duration_secs || 0;

  const draw = () => {
    const share = length() ? sound.currentTime / length() : 0;
    bars.forEach((bar, index) => bar.classList.toggle("played", index < share * bars.length));
    seek.value = Math.round(share * 1000);
    seek.setAttribute("aria-valuetext", `${clockText(sound.currentTime)} of ${clockText(length())}`);
    time.textContent = clockText(sound.currentTime > 0 ? sound.currentTime : length());
    fill(button, glyph(sound.paused ? "play" : "pause"));
    button.setAttribute("aria-label", sound.paused ? "Play the voice message" : "Pause the voice message");
  };
  button.addEventListener("click", () => (sound.paused ? sound.play().catch(draw) : sound.pause()));
  seek.addEventListener("input", () => (sound.currentTime = (seek.value / 1000) * length()));
  for (const name of ["play", "pause", "ended", "timeupdate", "loadedmetadata"]) sound.addEventListener(name, draw);
  draw();
  const wave = h("div", { class: "voice-wave" }, h("div", { class: "voice-bars", "aria-hidden": "true" }, bars), seek);
  return h("div", { class: "voice", role: "group", "aria-label": "Voice message" }, button, wave, time, sound);
}

/** The waveform, base64 bytes of any number, as so many levels from 0.08 to 1. */
function heights(waveform) {
  const levels = decoded(waveform);
  if (levels.length === 0) return Array(BARS).fill(0.3);
  return Array.from({ length: BARS }, (_, index) => {
    const level = levels[Math.floor((index * levels.length) / BARS)] / 255;
    return Math.max(0.08, level).toFixed(3);
  });
}

function decoded(waveform) {
  try {
    return Array.from(atob(waveform ?? ""), (one) => one.charCodeAt(0));
  } catch {
    return [];
  }
}
