/** Backstage: the panel with the dials of both servers and what the bot does about them. */

import { fill, h, icon } from "../dom.js";
import { keep } from "../state.js";
import { makeBotLog } from "./bot-log.js";
import { makeCalls } from "./calls.js";
import { makeCounters } from "./counters.js";
import { makeDiscord, makeProvider } from "./faults.js";
import { makeBot, makeTime } from "./life.js";
import { makeProviders } from "./providers.js";
import { makeNextRender, makeRenders } from "./renders.js";
import { makeServers } from "./servers.js";
import { makeTabs } from "./tabs.js";

const SAID_MS = 9000;

/**
 * Fill the panel. `dial(name, body)` turns a dial and resolves with `{said}`, or rejects with an error of one sentence;
 * `close()`, if given, is what the panel's own button does. Returns `update(view)` and `log(entries, {reset})`.
 */
export function mountBackstage(element, { dial, close }) {
  const said = makeSaid();
  let view = null;
  const turn = async (name, body) => {
    try {
      said.say((await dial(name, providers.body(name, body))).said);
    } catch (error) {
      said.say(error.message, { trouble: true });
      // Show the real state again in place of the person's choice.
      if (view) update(view);
    }
  };
  const providers = makeProviders(() => update(view));
  const dials = [
    ...[makeBot, makeTime].map((make) => make(turn)),
    providers,
    ...[makeNextRender, makeRenders, makeProvider, makeDiscord, makeServers].map((make) => make(turn)),
  ];
  const counters = makeCounters();
  const calls = makeCalls();
  const botLog = makeBotLog();
  const tabs = makeTabs(
    "Backstage",
    [
      {
        name: "dials",
        label: "Dials",
        element: h(
          "div",
          {},
          dials.map((one) => one.element),
        ),
      },
      { name: "counters", label: "Counters", element: counters.element },
      { name: "calls", label: "Calls", element: calls.element, shown: calls.shown },
      { name: "bot-log", label: "Bot log", element: botLog.element, shown: botLog.shown },
    ],
    (name) => keep("backstage-tab", name),
  );
  const update = (now) => {
    view = now;
    const shown = providers.of(now);
    for (const one of dials) one.update(shown);
    counters.update(now);
    botLog.update(now.bot_log);
    tabs.mark("dials", now.faults.length ? String(now.faults.length) : "");
    tabs.mark("counters", now.totals.paid_twice + now.totals.posted_twice ? "!" : "");
  };
  fill(element, makeHead(turn, close), tabs.list, tabs.panels, said.element);
  tabs.open(keep("backstage-tab"), { tell: false });
  element.addEventListener("keydown", (event) => {
    // Where something is searched for or chosen, Escape belongs to the field.
    if (event.key !== "Escape" || event.target.matches("select, [type=search]:not(:placeholder-shown)")) return;
    event.preventDefault();
    close?.();
  });
  return { update, log: calls.log };
}

function makeHead(turn, close) {
  return h(
    "header",
    { class: "backstage-head" },
    h("h2", {}, "Backstage"),
    h("button", { class: "button plain", type: "button", onclick: () => turn("reset", {}) }, "Reset dials"),
    close &&
      h("button", { class: "tool", type: "button", "aria-label": "Close backstage", onclick: close }, icon("close")),
  );
}

/** The line that says, also aloud, what a turn has done. */
function makeSaid() {
  const words = h("p", {});
  const element = h("div", { class: "backstage-said", role: "status", "aria-live": "polite" }, words);
  let timer;
  return {
    element,
    say(sentence, { trouble = false } = {}) {
      clearTimeout(timer);
      element.classList.toggle("trouble", trouble);
      // Empty first, so that the same sentence is read out again.
      fill(words);
      requestAnimationFrame(() => fill(words, sentence));
      timer = setTimeout(() => fill(words), SAID_MS);
    },
  };
}
