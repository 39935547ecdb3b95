/** The bot's process and the time: a lamp with three buttons, and a clock that can be put forward. */

import { fill, h } from "../dom.js";
import { group } from "./controls.js";
import { clock, day, duration } from "./words.js";

const STATES = {
  online: "Online",
  starting: "Connecting",
  stopped: "Stopped",
  crashed: "Crashed",
  killed: "Killed",
};
const JUMPS = [
  ["+10 s", 10],
  ["+1 min", 60],
  ["+10 min", 600],
  ["+40 min", 2400],
  ["+2 h", 7200],
];
const TICK_MS = 1000;

/** The bot's process: how it is, and what can be done to it. */
export function makeBot(turn) {
  const state = h("span", { class: "bot-state" });
  const more = h("span", { class: "bot-more" });
  const lamp = h("p", { class: "bot-lamp" }, state, more);
  const button = (label, act, hint) => {
    const press = ({ currentTarget }) => currentTarget.getAttribute("aria-disabled") === "true" || go(act);
    return h("button", { class: "button", type: "button", title: hint, onclick: press }, label);
  };
  const kill = button("Kill", "kill", "At once, as a power cut would");
  const stop = button("Stop", "stop", "Send SIGTERM, as a deployment would");
  const start = button("Start", "start", "Start the process again");
  const database = (label, act) =>
    h("button", { class: "button", type: "button", onclick: () => turn("database", { do: act }) }, label);
  const copy = database("Copy database", "copy");
  const restore = database("Restore the copy", "restore");
  const element = group(
    "The bot",
    {},
    lamp,
    h("div", { class: "button-row" }, kill, stop, start),
    h("p", { class: "dial-hint" }, "Kill is a power cut. Stop is a clean shutdown."),
    h("div", { class: "button-row" }, copy, restore),
    h("p", { class: "dial-hint" }, "An older copy of its database can be restored while it is stopped."),
  );
  let busy = false;
  let bot = { state: "stopped", lives: 0 };

  const go = async (act) => {
    if (act === "stop") busy = true;
    draw();
    await turn("bot", { do: act });
    busy = false;
    draw();
  };
  const draw = () => {
    const alive = bot.state === "online" || bot.state === "starting";
    lamp.className = `bot-lamp ${bot.state}`;
    fill(state, busy && alive ? "Stopping" : (STATES[bot.state] ?? bot.state));
    fill(more, lifeOf(bot, alive));
    setEnabled(kill, alive);
    setEnabled(stop, alive && !busy);
    setEnabled(start, !alive);
  };
  return {
    element,
    update(view) {
      bot = view.bot;
      draw();
    },
  };
}

function lifeOf(bot, alive) {
  if (!bot.lives) return "It hasn't started yet.";
  if (alive) return `process ${bot.lives} since ${clock(bot.since)}`;
  const how = bot.exit_code < 0 ? `by signal ${-bot.exit_code}` : `with exit code ${bot.exit_code}`;
  return `process ${bot.lives} ended ${clock(bot.since)} ${how}`;
}

/** A disabled button keeps the focus, so that a press on it doesn't leave the panel. */
function setEnabled(button, enabled) {
  button.setAttribute("aria-disabled", String(!enabled));
}

/** The sandbox's clock, which can be put forward for everything at once. */
export function makeTime(turn) {
  const time = h("span", { class: "time-now" });
  const date = h("span", { class: "time-day" });
  const ahead = h("span", { class: "time-ahead" });
  const buttons = JUMPS.map(([label, seconds]) =>
    h("button", { class: "button", type: "button", onclick: () => turn("jump", { seconds }) }, label),
  );
  const element = group(
    "Time",
    {},
    h("p", { class: "time" }, time, date, ahead),
    h("div", { class: "button-row", role: "group", "aria-label": "Let time pass" }, buttons),
    h("p", { class: "dial-hint" }, "Passes at once: for the bot, for Discord and for the provider."),
  );
  let offset = 0;
  const tick = () => {
    const now = Date.now() + offset;
    if (time.textContent !== clock(now)) fill(time, clock(now));
    if (date.textContent !== day(now)) fill(date, day(now));
  };
  setInterval(tick, TICK_MS);
  return {
    element,
    update(view) {
      offset = view.clock.ahead;
      const words = view.clock.jumped ? `${duration(view.clock.jumped)} skipped` : "";
      if (ahead.textContent !== words) fill(ahead, words);
      tick();
    },
  };
}
