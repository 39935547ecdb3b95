/** Faults that will strike: a planner for each side, and the list of what is still to come. */

import { fill, h, icon } from "../dom.js";
import { chooser, group, number, refill, segmented, whenChanged } from "./controls.js";
import { DISCORD_FAULTS, DISCORD_TARGETS, PROVIDER_FAULTS, PROVIDER_TARGETS, targetName } from "./words.js";

const TIMES_MAX = 50;
const DROPS = [
  ["abort", "Cut the connection", "Without a close frame, as a bad network does."],
  ["reconnect", "Ask to reconnect", "As Discord does when it moves its servers."],
  ["invalid", "Invalidate the session", "As Discord does when it has lost the session."],
];
const RESUMES = [
  { value: "yes", label: "may resume", hint: "Events in between are delivered afterwards." },
  { value: "no", label: "has to start over", hint: "The bot misses the events in between." },
];

/** Lets the next requests to the provider go wrong. */
export function makeProvider(turn) {
  return planner("The provider", "provider", PROVIDER_TARGETS, PROVIDER_FAULTS, turn);
}

/** Lets the next requests to Discord go wrong, and ends the bot's connection to it. */
export function makeDiscord(turn) {
  const plans = planner("Discord", "discord", DISCORD_TARGETS, DISCORD_FAULTS, turn);
  let resumable = "yes";
  const resume = segmented("then the bot", RESUMES, (value) => {
    resumable = value;
    resume.show(value);
  });
  resume.show(resumable);
  const drop = (how) => turn("gateway_drop", { how, resumable: resumable === "yes" });
  plans.element.append(
    h("h4", {}, "Its connection to the gateway"),
    h(
      "div",
      { class: "plan-list" },
      DROPS.map(([how, title, words]) => planButton(title, words, () => drop(how))),
    ),
    resume.element,
  );
  return plans;
}

function planner(title, to, targets, faults, turn) {
  const target = chooser(
    "The next",
    targets.map(([value, label]) => ({ value, label })),
  );
  const times = number("times", { min: 1, max: TIMES_MAX });
  times.show(1);
  const plan = (what) => {
    if (!times.input.reportValidity()) return;
    turn(`${to}_fault`, { on: target.select.value, what, times: times.input.valueAsNumber });
  };
  const pending = makePending(to, turn);
  const element = group(
    title,
    {},
    h("div", { class: "plan-line" }, target.element, times.element),
    h(
      "div",
      { class: "plan-list", role: "group", "aria-label": `Faults of ${title}` },
      faults.map(([what, name, words]) => planButton(name, words, () => plan(what))),
    ),
    pending.element,
  );
  return { element, update: pending.update };
}

function planButton(title, words, act) {
  return h(
    "button",
    { class: "plan", type: "button", onclick: act },
    h("span", { class: "plan-title" }, title),
    h("span", { class: "plan-words" }, words),
  );
}

function makePending(to, turn) {
  const list = h("ul", { class: "pending-list" });
  const nothing = h("p", { class: "pending-nothing" }, "No faults are planned.");
  const element = h("div", { class: "pending", role: "group", "aria-label": "Planned", tabindex: -1 }, nothing, list);
  const update = whenChanged(
    (view) => view.faults.filter((fault) => fault.to === to).map((fault) => withProvider(fault, view)),
    (faults) => {
      nothing.hidden = faults.length > 0;
      const forget = (id) => turn("clear_faults", { id });
      refill(
        list,
        faults.map((fault) => pendingRow(fault, () => forget(fault.id))),
        element,
      );
    },
  );
  return { element, update };
}

/** The fault with its provider's name, if there are several. */
function withProvider(fault, view) {
  return { ...fault, of: fault.provider && view.providers.length > 1 ? `${fault.provider}: ` : "" };
}

function pendingRow(fault, forget) {
  const words = h("span", { class: "pending-words" });
  const name = `${fault.of}${targetName(fault)}`;
  fill(words, h("strong", {}, `${fault.left} × ${name}`), ` ${fault.what}`);
  const props = { class: "tool", type: "button", "aria-label": `Remove: ${name} ${fault.what}`, onclick: forget };
  return h("li", {}, icon("bolt"), words, h("button", props, icon("close")));
}
