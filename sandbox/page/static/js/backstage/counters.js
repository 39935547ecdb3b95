/** The counters that matter: paid submissions per intent, and posts per job, each with a verdict. */

import { fill, h, icon } from "../dom.js";
import { whenChanged } from "./controls.js";

const PAID_COLUMNS = ["Request", "Sent", "Accepted", "Ended", "Paid"];
const POST_COLUMNS = ["Job", "Cards", "Videos", "Notices", "Posted"];
const PAID_VERDICTS = { ok: "once", bad: "twice", none: "unpaid" };
const POST_VERDICTS = { ok: "once", bad: "twice", none: "nothing yet" };

/** Both tables, under what they add up to. */
export function makeCounters() {
  const verdict = h("p", { class: "verdict", role: "status" });
  const tiles = h("dl", { class: "tiles" });
  const paid = makeTable("Paid submissions per request", PAID_COLUMNS, "No requests yet.");
  const posts = makeTable("Posts per job", POST_COLUMNS, "No posts yet.");
  const element = h(
    "div",
    {},
    verdict,
    tiles,
    paid.element,
    h(
      "p",
      { class: "dial-hint" },
      "A request is one idempotency key, however often it is sent. “Accepted” counts what the provider charged.",
    ),
    posts.element,
    h(
      "p",
      { class: "dial-hint" },
      "All posts count; “here” are those not deleted. A message that a person requests again is no duplicate.",
    ),
  );
  const drawTotals = whenChanged(
    (view) => view.totals,
    (totals) => fillTotals(verdict, tiles, totals),
  );
  const drawPaid = whenChanged(
    (view) => view.paid,
    (rows) => paid.fill(rows.map(paidRow).reverse()),
  );
  const drawPosts = whenChanged(
    (view) => view.posts,
    (rows) => posts.fill(rows.map(postRow).reverse()),
  );
  return {
    element,
    update(view) {
      drawTotals(view);
      drawPaid(view);
      drawPosts(view);
    },
  };
}

function fillTotals(verdict, tiles, totals) {
  const wrong = [
    totals.paid_twice && `${totals.paid_twice} paid more than once`,
    totals.posted_twice && `${totals.posted_twice} posted more than once`,
  ].filter(Boolean);
  const words = wrong.length ? `${wrong.join(", ")}.` : "Nothing was paid or posted twice.";
  // It is read out when it changes, and only then.
  if (verdict.textContent !== words) fill(verdict, icon(wrong.length ? "bolt" : "check"), h("span", {}, words));
  verdict.className = `verdict ${wrong.length ? "bad" : "ok"}`;
  const tile = (name, count) => h("div", { class: "tile" }, h("dt", {}, name), h("dd", {}, String(count)));
  fill(
    tiles,
    tile("Requests", totals.intents),
    tile("Paid", totals.paid),
    tile("Jobs", totals.jobs),
    tile("Videos", totals.videos),
    tile("Notices", totals.notices),
    tile("Calls", totals.discord_calls + totals.provider_calls),
  );
}

function makeTable(title, names, nothing) {
  const body = h("tbody", {});
  const empty = h("p", { class: "counters-empty" }, nothing);
  const head = h(
    "tr",
    {},
    names.map((name) => h("th", { scope: "col" }, name)),
  );
  const caption = h("caption", { class: "unseen" }, title);
  const table = h("table", { class: "counters-table" }, caption, h("thead", {}, head), body);
  const fillRows = (rows) => {
    empty.hidden = rows.length > 0;
    table.hidden = rows.length === 0;
    fill(body, rows);
  };
  return { element: h("section", { class: "counters-part" }, h("h3", {}, title), empty, table), fill: fillRows };
}

function paidRow(row) {
  return h(
    "tr",
    { class: row.verdict },
    h(
      "th",
      { scope: "row", title: `${row.prompt}\n${row.key}` },
      h("span", { class: "row-title" }, row.prompt || "no prompt"),
      h("span", { class: "row-more" }, `${row.kind} · ${row.key.slice(0, 8)}`),
    ),
    h("td", {}, String(row.asked)),
    h("td", {}, String(row.accepted)),
    h("td", { class: "words" }, row.ended),
    h("td", {}, chip(row.verdict, PAID_VERDICTS[row.verdict])),
  );
}

function postRow(row) {
  return h(
    "tr",
    { class: row.verdict },
    h(
      "th",
      { scope: "row" },
      h("span", { class: "row-title code" }, row.job),
      h("span", { class: "row-more" }, row.place),
    ),
    [row.cards, row.videos, row.notices].map((count) =>
      h("td", {}, String(count.ever), count.ever > 0 && h("span", { class: "row-more" }, `${count.now} here`)),
    ),
    h("td", {}, chip(row.verdict, POST_VERDICTS[row.verdict])),
  );
}

function chip(verdict, words) {
  const sign = { ok: "check", bad: "bolt" }[verdict];
  return h("span", { class: ["chip", verdict] }, sign && icon(sign), words);
}
