/** What becomes of renders: of the next one, and of all that are to come. */

import { h } from "../dom.js";
import { group, number, segmented } from "./controls.js";
import { duration } from "./words.js";

const ONCE = "Once; after that renders succeed again.";
const OUTCOMES = [
  { value: "ok", label: "Succeeds", hint: "Accepted, paid, and finished in the time below." },
  { value: "refused", label: "Refused", hint: `Refused for its content: not accepted, not paid. ${ONCE}` },
  { value: "failed", label: "Fails", hint: `Accepted and paid, then the render fails. ${ONCE}` },
  { value: "blocked", label: "Blocked", hint: `Accepted, then refused for its content while it renders. ${ONCE}` },
  { value: "hangs", label: "Hangs", hint: `Accepted and paid, but it never finishes. ${ONCE}` },
  { value: "slow", label: "40 min", hint: `Accepted and paid, finished after 40 minutes. ${ONCE}` },
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
  { value: "percent", label: "Percent", hint: "A number from 0 to 100 with every poll." },
  { value: "text", label: "Text", hint: "Text such as “42%”, as some servers send it." },
];
const SIZES = [
  { value: "normal", label: "As drawn", hint: "A few hundred kB, below every server's limit." },
  { value: "over_limit", label: "12 MB", hint: "Over the limit of a server without boosts: the bot posts a link." },
];
const CANCEL = [
  { value: "none", label: "No DELETE", hint: "Answers 405, as gateways do." },
  { value: "aborts", label: "Aborts", hint: "Stops the render and removes it, as vLLM-Omni does." },
  { value: "aborts_slowly", label: "Aborts slowly", hint: "Answers 409 first; the render is cancelled 5 s later." },
  { value: "marks", label: "Cancels", hint: "Stops the render, which is then “cancelled”." },
  { value: "finished_only", label: "Refuses", hint: "Only finished videos can be removed, as OpenAI had it." },
  { value: "forgets", label: "Forgets", hint: "Removes the video, which renders on, as SGLang does." },
];
const REMIX = [
  { value: "works", label: "Works", hint: "The provider changes its own video." },
  { value: "no_path", label: "404", hint: "No such path: a new video begins with the last frame." },
  { value: "no_method", label: "405", hint: "A server that allows no such request." },
  { value: "source_lost", label: "Lost", hint: "Finished videos are gone: no remix, no poll, no file." },
];

/** What becomes of the next render. */
export function makeNextRender(turn) {
  const radios = segmented("Next render", OUTCOMES, (outcome) => turn("next_render", { outcome }), { quiet: true });
  return {
    element: group("Next render", {}, radios.element, h("p", { class: "dial-hint" }, WORDS)),
    update: (view) => radios.show(view.dials.next_render.outcome, "Set by a test."),
  };
}

/** Time, progress and size of the renders to come. */
export function makeRenders(turn) {
  const seconds = segmented("Duration", SECONDS, (value) => turn("render", { seconds: Number(value) }));
  const exact = number("or exactly", { min: 0, max: 3600, unit: "s" }, (value) => turn("render", { seconds: value }));
  const progress = segmented("Progress", PROGRESS, (value) => turn("render", { progress: value }));
  const size = segmented("Video size", SIZES, (value) => turn("video_size", { size: value }));
  const cancel = segmented("DELETE of a running render", CANCEL, (value) => turn("cancel", { form: value }));
  const remix = segmented("Remix of a finished video", REMIX, (value) => turn("remix", { form: value }));
  seconds.element.classList.add("with-number");
  return {
    element: group(
      "Renders",
      {},
      h("div", { class: "seconds-line" }, seconds.element, exact.element),
      progress.element,
      size.element,
      cancel.element,
      remix.element,
    ),
    update(view) {
      const { render, video_size: video, cancel: deleting, remix: remixing } = view.dials;
      seconds.show(String(render.seconds), "");
      exact.show(render.seconds);
      exact.input.title = duration(render.seconds);
      progress.show(render.progress);
      cancel.show(deleting.form);
      remix.show(remixing.form);
      size.show(video.size, `Padded to ${video.megabytes} MB.`);
    },
  };
}
