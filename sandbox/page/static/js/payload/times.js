/** Moments as a person reads them, and the one clock that keeps "2 minutes ago" true while it is on the page. */
import { h } from "../dom.js";

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const UNITS = [
  ["year", 31536e6],
  ["month", 2592e6],
  ["day", 864e5],
  ["hour", 36e5],
  ["minute", 6e4],
  ["second", 1e3],
];
const LATEST = 8.64e15;

const shown = new Set();
let timer = null;

function language() {
  return document.documentElement.lang || "en";
}

/** Draw now and then every second, for as long as the element is in the page. */
export function ticking(element, draw) {
  draw();
  shown.add({ element, draw });
  timer ??= setInterval(tick, 1000);
  return element;
}

function tick() {
  for (const one of shown) {
    if (one.element.isConnected) one.draw();
    else shown.delete(one);
  }
  if (shown.size > 0) return;
  clearInterval(timer);
  timer = null;
}

/** A moment in one of Discord's styles (`t T d D f F s S`); an unknown style reads like `f`. */
export function dateText(moment, style = "f") {
  return new Intl.DateTimeFormat(language(), STYLES[style] ?? STYLES.f).format(moment);
}

/** "in 5 minutes", "3 days ago": the largest unit that fits. */
function relativeText(moment, now) {
  const difference = moment - now;
  const [unit, size] = UNITS.find(([, one]) => Math.abs(difference) >= one) ?? UNITS.at(-1);
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "always" });
  return format.format(Math.trunc(difference / size), unit);
}

/** How long it still takes, as "2d", "5h", "12m" or "40s". */
export function leftText(moment, now) {
  const left = Math.max(0, moment - now);
  const [unit, size] = UNITS.slice(2).find(([, one]) => left >= one) ?? UNITS.at(-1);
  return `${Math.ceil(left / size)}${unit[0]}`;
}

/** Whether there is such a moment: numbers from a message may be anything. */
export function isMoment(moment) {
  return Number.isFinite(moment) && Math.abs(moment) <= LATEST;
}

/** A `<time>` in one of Discord's styles, `R` included, with the full date as its title. */
export function timeElement(moment, style, context, className = null) {
  const time = h("time", { datetime: new Date(moment).toISOString(), title: dateText(moment, "F"), class: className });
  if (style !== "R") {
    time.textContent = dateText(moment, style);
    return time;
  }
  return ticking(time, () => {
    const text = relativeText(moment, context.now());
    if (time.textContent !== text) time.textContent = text;
  });
}

/** Seconds as a player shows them: 0:07, 12:30, 1:02:03. */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
