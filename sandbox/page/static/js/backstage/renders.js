/** What becomes of renders: of the next one, and of all that are to come. */

import { h } from "../dom.js";
import { group, number, segmented } from "./controls.js";
import { duration } from "./words.js";

const ONCE = "This once, then renders go well again.";
const OUTCOMES = [
  { value: "ok", label: "Goes well", hint: "Taken, paid for, and finished in the time below." },
  { value: "refused", label: "Refused", hint: `Turned down for its content: not taken, not paid for. ${ONCE}` },
  { value: "failed", label: "Fails", hint: `Taken and paid for, then it breaks off at the provider. ${ONCE}` },
  { value: "blocked", label: "Blocked", hint: `Taken, then refused for its content while it renders. ${ONCE}` },
  { value: "hangs", label: "Hangs", hint: `Taken and paid for, and never finished. ${ONCE}` },
  { value: "slow", label: "40 min", hint: `Taken and paid for, finished after 40 minutes. ${ONCE}` },
];
const WORDS = "A prompt with the word “forbidden” is always refused, and one with “doomed” always fails.";
const SECONDS = [
  { value: "2", label: "2 s" },
  { value: "8", label: "8 s" },
  { value: "60", label: "1 min" },
  { value: "600", label: "10 min" },
];
const PROGRESS = [
  { value: "none", label: "None", hint: "As in the provider's documentation." },
  { value: "percent", label: "Percent", hint: "A number from 0 to 100 with every look." },
  { value: "text", label: "Text", hint: "Words such as “42%”, as some servers write it." },
];
const SIZES = [
  { value: "normal", label: "As drawn", hint: "A few hundred kB, which every server takes." },
  { value: "over_limit", label: "12 MB", hint: "Over the limit of a server without boosts: the bot has to link it." },
];

/** What becomes of the next render. */
export function makeNextRender(turn) {
  const radios = segmented("Next render", OUTCOMES, (outcome) => turn("next_render", { outcome }), { quiet: true });
  return {
    element: group("Next render", {}, radios.element, h("p", { class: "dial-hint" }, WORDS)),
    update: (view) => radios.show(view.dials.next_render.outcome, "Something that a test has set."),
  };
}

/** Time, progress and size of the renders to come. */
export function makeRenders(turn) {
  const seconds = segmented("They take", SECONDS, (value) => turn("render", { seconds: Number(value) }));
  const exact = number("or exactly", { min: 0, max: 3600, unit: "s" }, (value) => turn("render", { seconds: value }));
  const progress = segmented("They tell progress", PROGRESS, (value) => turn("render", { progress: value }));
  const size = segmented("Their videos are", SIZES, (value) => turn("video_size", { size: value }));
  seconds.element.classList.add("with-number");
  return {
    element: group(
      "Renders",
      {},
      h("div", { class: "seconds-line" }, seconds.element, exact.element),
      progress.element,
      size.element,
    ),
    update(view) {
      const { render, video_size: video } = view.dials;
      seconds.show(String(render.seconds), "");
      exact.show(render.seconds);
      exact.input.title = duration(render.seconds);
      progress.show(render.progress);
      size.show(video.size, `Padded to ${video.megabytes} MB.`);
    },
  };
}
