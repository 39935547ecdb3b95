/** The log of calls: every request of the bot to Discord and to the provider, the newest at the end. */

import { bytes, fill, h, icon } from "../dom.js";
import { followEnd } from "./scroll.js";
import { clock } from "./words.js";

const ROWS_MAX = 1000;
const SIDES = [
  ["discord", "Discord"],
  ["provider", "Provider"],
];

/** The log with its filter. */
export function makeCalls() {
  const rows = new Map();
  const list = h("ol", { class: "call-list", tabindex: 0, "aria-label": "Calls, oldest first" });
  const empty = h("p", { class: "calls-empty" }, "No calls yet.");
  const count = h("span", { class: "call-count" });
  const end = followEnd(list);
  const wanted = { text: "", sides: new Set(SIDES.map(([side]) => side)) };

  const matches = (row) => wanted.sides.has(row.entry.to) && (!wanted.text || row.text.includes(wanted.text));
  const sift = () => {
    for (const row of rows.values()) row.element.hidden = !matches(row);
    tell();
  };
  const tell = () => {
    const shown = [...rows.values()].filter((row) => !row.element.hidden).length;
    fill(count, shown === rows.size ? `${shown} calls` : `${shown} of ${rows.size}`);
    fill(empty, rows.size ? "No calls match." : "No calls yet.");
    empty.hidden = shown > 0;
  };
  const put = (entry) => {
    const known = rows.get(entry.id);
    const row = known ?? makeRow();
    row.draw(entry);
    row.element.hidden = !matches(row);
    if (known) return;
    rows.set(entry.id, row);
    list.append(row.element);
  };
  const trim = () => {
    for (const [id, row] of rows) {
      if (rows.size <= ROWS_MAX) break;
      row.element.remove();
      rows.delete(id);
    }
  };
  const log = (entries, { reset = false } = {}) =>
    end.around(() => {
      if (reset) {
        rows.clear();
        fill(list);
      }
      for (const entry of entries) put(entry);
      trim();
      tell();
    });

  const filter = makeFilter(wanted, () => end.around(sift), count);
  const element = h("div", { class: "calls-page" }, filter, empty, list, end.button);
  tell();
  return { element, log, shown: end.shown };
}

function makeFilter(wanted, changed, count) {
  const search = h("input", {
    class: "field",
    type: "search",
    placeholder: "Filter: 429, message_create, a prompt…",
    "aria-label": "Filter the calls",
    oninput: () => {
      wanted.text = search.value.trim().toLowerCase();
      changed();
    },
  });
  const sides = SIDES.map(([side, label]) => {
    const flip = ({ currentTarget }) => {
      const on = !wanted.sides.delete(side);
      if (on) wanted.sides.add(side);
      currentTarget.setAttribute("aria-pressed", String(on));
      changed();
    };
    return h("button", { class: ["side-toggle", side], type: "button", "aria-pressed": "true", onclick: flip }, label);
  });
  return h("div", { class: "call-filter" }, search, h("div", { class: "call-sides" }, sides, count));
}

/** One call, which opens to what was sent and answered; its inside is drawn when it is first opened. */
function makeRow() {
  const summary = h("summary", {});
  const inside = h("div", { class: "call-inside" });
  const details = h("details", { class: "call" }, summary, inside);
  const row = { element: h("li", {}, details), entry: null, text: "", draw };
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    fill(inside, drawInside(row.entry));
    details.scrollIntoView({ block: "nearest" });
  });
  function draw(entry) {
    row.entry = entry;
    const answered = entry.status ?? "no answer";
    const { provider, method, path, what, fault, body, answer } = entry;
    row.text = [provider, method, path, what, answered, fault, JSON.stringify(body), answer]
      .join(" ")
      .toLowerCase();
    details.className = `call ${entry.to} ${moodOf(entry)}`;
    fill(summary, drawLine(entry));
    if (details.open) fill(inside, drawInside(entry));
  }
  return row;
}

function moodOf(entry) {
  if (entry.status === null) return entry.fault ? "lost" : "waiting";
  return entry.status >= 400 ? "refused" : "fine";
}

function drawLine(entry) {
  const status = entry.status ?? (entry.fault ? "lost" : "…");
  const to = entry.provider ? `${entry.provider}: ` : "";
  return [
    h("time", { class: "call-time", datetime: new Date(entry.at).toISOString() }, clock(entry.at)),
    h(
      "span",
      { class: "call-side", title: entry.provider ?? entry.to },
      h("span", { class: "unseen" }, `to ${entry.provider ?? entry.to}`),
    ),
    h(
      "span",
      { class: "call-what" },
      h("strong", {}, entry.what.replaceAll("_", " ")),
      h("span", { class: "call-path" }, `${to}${entry.method} ${entry.path}`),
      entry.fault && h("span", { class: "call-fault" }, icon("bolt"), entry.fault),
    ),
    h("span", { class: "call-status" }, String(status)),
  ];
}

function drawInside(entry) {
  const headers = Object.entries(entry.headers ?? {});
  return [
    h("p", { class: "call-address" }, h("strong", {}, entry.method), ` ${entry.path}`),
    headers.length > 0 && part("Headers", headers.map(([name, value]) => `${name}: ${value}`).join("\n")),
    entry.body !== null && part("Sent", pretty(entry.body)),
    entry.files.length > 0 && part("Files", entry.files.map(fileLine).join("\n")),
    part("Response", answerOf(entry)),
  ];
}

function fileLine(file) {
  return `${file.field}: ${file.name}, ${file.type ?? "no type"}, ${bytes(file.size)}`;
}

function answerOf(entry) {
  if (entry.status === null) return entry.fault ? "The response was lost." : "None so far.";
  return [String(entry.status), pretty(parsed(entry.answer))].filter(Boolean).join("\n");
}

function part(title, text) {
  return [h("p", { class: "call-part" }, title), h("pre", { tabindex: 0, "aria-label": title }, text)];
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
