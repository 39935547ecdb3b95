/** Discord's markdown: the starts of lines (quote, heading, list, subtext); marks are in inline.js. */
import { h } from "../dom.js";
import { CodeFinder } from "./code-spans.js";
import { renderInline } from "./inline.js";

const DEEPEST = 8;
const REST_QUOTE = / *>>> /y;
const LINE_QUOTE = / *> [^\n]*(?:\n *> [^\n]*)*\n?/y;
const HEADING = /(#{1,3})[ \t]+(?=[^\s])/y;
const SUBTEXT = /-#[ \t]+(?=[^\s])/y;
const ITEM = /( *)([-*]|\d{1,10}\.)[ \t]+(?=[^\s])/y;
const CONTINUED = / +[^\s]/y;
const HEADINGS = { 1: "heading large", 2: "heading medium", 3: "heading small" };

/**
 * A text as Discord's client draws it. `inline` leaves out the starts of lines (for titles, names and previews)
 * and draws it as one line. `still` draws nothing to press, for words inside a button or a link.
 */
export function renderMarkdown(text, context, { inline = false, still = false } = {}) {
  const source = String(text ?? "");
  const fragment = document.createDocumentFragment();
  if (inline) fragment.append(...renderInline(source.replace(/\s*\n\s*/g, " "), context, { flat: true }));
  else fragment.append(...renderBlocks(source, context, 0, false));
  if (still) calm(fragment);
  return fragment;
}

/** Links and mentions become plain words; a spoiler stays covered, since nothing can open it. */
function calm(fragment) {
  for (const one of [...fragment.querySelectorAll("a, button")]) {
    one.replaceWith(h("span", { class: one.className, title: one.title || null }, [...one.childNodes]));
  }
  for (const one of fragment.querySelectorAll("[role=button]")) {
    const said = h("span", { class: "unseen" }, "Spoiler");
    one.replaceWith(h("span", { class: one.className }, said, [...one.childNodes]));
  }
}

function renderBlocks(source, context, depth, quoted) {
  const code = new CodeFinder(source);
  const nodes = [];
  let plain = "";
  const flush = (text) => {
    if (text) nodes.push(...renderInline(text, context));
    plain = "";
  };
  for (let at = 0; at < source.length;) {
    const block = depth < DEEPEST ? blockAt(source, at, { code, context, depth, quoted }) : null;
    if (block) {
      flush(plain.replace(/\n$/, ""));
      nodes.push(...block.nodes);
      at = block.end;
    } else {
      const end = code.lineEnd(at);
      plain += source.slice(at, end);
      at = end;
    }
  }
  flush(plain);
  return nodes;
}

function blockAt(source, at, around) {
  return quoteAt(source, at, around) ?? headingAt(source, at, around) ?? listAt(source, at, around);
}

function match(pattern, source, at) {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

function quoteAt(source, at, { context, depth, quoted }) {
  if (quoted) return null;
  const rest = match(REST_QUOTE, source, at);
  const lines = rest ? null : match(LINE_QUOTE, source, at);
  if (!rest && !lines) return null;
  const text = rest ? source.slice(at + rest[0].length) : lines[0].replace(/^ *> /gm, "").replace(/\n$/, "");
  const quote = h("blockquote", { class: "quote" }, h("div", {}, renderBlocks(text, context, depth + 1, true)));
  return { nodes: [quote], end: rest ? source.length : at + lines[0].length };
}

function headingAt(source, at, { code, context }) {
  const heading = match(HEADING, source, at);
  const mark = heading ?? match(SUBTEXT, source, at);
  if (!mark) return null;
  const end = code.lineEnd(at);
  const words = renderInline(source.slice(at + mark[0].length, end).trimEnd(), context);
  if (!heading) return { nodes: [h("div", { class: "subtext" }, words)], end };
  const level = heading[1].length;
  const looks = { class: HEADINGS[level], role: "heading", "aria-level": level + 2 };
  return { nodes: [h("div", looks, words)], end };
}

function listAt(source, at, { code, context, depth, quoted }) {
  if (!match(ITEM, source, at)) return null;
  const lines = [];
  let end = at;
  while (end < source.length && (match(ITEM, source, end) || match(CONTINUED, source, end))) {
    const next = code.lineEnd(end);
    lines.push(source.slice(end, next).replace(/\n$/, ""));
    end = next;
  }
  return { nodes: listsOf(lines, (text) => renderBlocks(text, context, depth + 1, quoted)), end };
}

/** The lists that these lines make: a deeper line belongs to the item above it, another kind of mark begins a list. */
function listsOf(lines, render) {
  const base = match(ITEM, lines[0], 0)[1].length;
  const lists = [];
  for (const line of lines) {
    const item = match(ITEM, line, 0);
    if (item && item[1].length <= base + 1) {
      const ordered = item[2] !== "-" && item[2] !== "*";
      if (lists.at(-1)?.ordered !== ordered) lists.push({ ordered, start: Number.parseInt(item[2], 10), items: [] });
      lists.at(-1).items.push([line.slice(item[0].length)]);
    } else
      lists
        .at(-1)
        .items.at(-1)
        .push(line.replace(new RegExp(`^ {1,${base + 2}}`), ""));
  }
  return lists.map(({ ordered, start, items }) => {
    const entries = items.map((item) => h("li", {}, render(item.join("\n"))));
    return ordered ? h("ol", { class: "list", start }, entries) : h("ul", { class: "list" }, entries);
  });
}
