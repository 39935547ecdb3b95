/** The newest lines of the bot's own log, as its operator sees them. */

import { fill, h } from "../dom.js";
import { whenChanged } from "./controls.js";
import { followEnd } from "./scroll.js";
import { clock } from "./words.js";

const LOUD = ["warning", "error", "critical"];

/** The lines, with a switch that leaves only warnings and worse. */
export function makeBotLog() {
  const rows = new Map();
  const list = h("ol", { class: "line-list", tabindex: 0, "aria-label": "The bot's log, oldest line first" });
  const empty = h("p", { class: "calls-empty" });
  const loud = h("input", { type: "checkbox", role: "switch", onchange: () => end.around(sift) });
  const end = followEnd(list);
  const sift = () => {
    for (const { element, line } of rows.values()) element.hidden = loud.checked && !isLoud(line);
    const shown = [...rows.values()].some((row) => !row.element.hidden);
    fill(empty, rows.size ? "No warnings." : "The log is empty.");
    empty.hidden = shown;
  };
  const draw = (lines) =>
    end.around(() => {
      const ids = new Set(lines.map((line) => line.id));
      for (const [id, row] of rows) {
        if (ids.has(id)) continue;
        row.element.remove();
        rows.delete(id);
      }
      for (const line of lines) {
        if (rows.has(line.id)) continue;
        const row = { line, element: drawLine(line) };
        rows.set(line.id, row);
        list.append(row.element);
      }
      sift();
    });
  const bar = h(
    "div",
    { class: "call-filter" },
    h("label", { class: "switch" }, loud, h("span", {}, "Warnings and worse only")),
  );
  const element = h("div", { class: "calls-page" }, bar, empty, list, end.button);
  sift();
  return { element, update: whenChanged((lines) => lines, draw), shown: end.shown };
}

/** A line without a level was written by something else than the log: worth reading. */
function isLoud(line) {
  return !line.level || LOUD.includes(line.level);
}

function drawLine(line) {
  const { exception, ...rest } = line.rest;
  const facts = Object.entries(rest).map(([name, value]) =>
    h("span", { class: "fact" }, h("span", { class: "fact-name" }, `${name} `), worded(value)),
  );
  return h(
    "li",
    { class: ["line", line.level || "plain"] },
    h("time", { class: "call-time" }, line.at ? clock(Date.parse(line.at)) : ""),
    h("span", { class: "line-level" }, line.level || "said"),
    h(
      "div",
      { class: "line-words" },
      h("span", { class: "line-event", title: line.logger }, line.event),
      facts.length > 0 && h("span", { class: "facts" }, facts),
      exception && h("pre", { tabindex: 0, "aria-label": "Traceback" }, String(exception)),
    ),
  );
}

function worded(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
