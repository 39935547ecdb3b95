/**
 * Marks inside a line: one pass over the text, and a short stack of what is still open.
 * A mark that nothing closes is text after all. The stack has a fixed height, so no text can nest without end.
 */
import { h } from "../dom.js";
import { CodeFinder, runAt } from "./code-spans.js";
import { linkTo, referenceAt, safeUrl } from "./references.js";
import { spoilerText } from "./spoilers.js";

const HIGHEST = 24;
const SPECIAL = /[\\`*_~|[\]<@¯]|https?:\/\/|discord:\/\//g;
const SHRUG = "¯\\_(ツ)_/¯";
const TARGET = /\(\s*(?:<([^<>\s]+)>|((?:\([^()\s]*\)|[^()\s])+))(?:\s+(?:"([^"]*)"|'([^']*)'))?\s*\)/y;
const WORD = /[\p{L}\p{N}_]/u;
const TAGS = { "*1": "em", "*2": "strong", _1: "em", _2: "u", "~2": "s" };

/** The nodes of a text without paragraphs, lists or headings. With `flat`, a code block is drawn as a span. */
export function renderInline(text, context, { flat = false } = {}) {
  return new Inline(text, context, flat).nodes();
}

class Inline {
  #text;
  #context;
  #flat;
  #code;
  #at = 0;
  #frames = [{ mark: "", count: 0, children: [], linked: false }];

  constructor(text, context, flat) {
    this.#text = text;
    this.#context = context;
    this.#flat = flat;
    this.#code = new CodeFinder(text);
  }

  nodes() {
    const special = new RegExp(SPECIAL);
    while (this.#at < this.#text.length) {
      special.lastIndex = this.#at;
      const found = special.exec(this.#text);
      this.#put(this.#text.slice(this.#at, found?.index ?? this.#text.length));
      if (!found) break;
      this.#at = found.index;
      this.#step(found[0]);
    }
    while (this.#frames.length > 1) this.#giveUp(this.#frames.length - 1);
    return this.#frames[0].children;
  }

  #step(mark) {
    if (mark === "\\") this.#escape();
    else if (mark === "`") this.#codeOrTicks();
    else if (mark === "*" || mark === "_") this.#emphasis(mark);
    else if (mark === "~" || mark === "|") this.#pair(mark);
    else if (mark === "[") this.#open("[", 1);
    else if (mark === "]") this.#link();
    else if (mark === "¯") this.#literal(this.#text.startsWith(SHRUG, this.#at) ? SHRUG.length : 1);
    else this.#reference();
  }

  #put(child) {
    if (child !== "") this.#frames.at(-1).children.push(child);
  }

  #literal(length) {
    this.#put(this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #escape() {
    if (/[^\p{L}\p{N}\s]/u.test(this.#text[this.#at + 1] ?? "")) {
      this.#at += 1;
      this.#literal(this.#text.codePointAt(this.#at) > 0xffff ? 2 : 1);
    } else this.#literal(1);
  }

  #codeOrTicks() {
    const code = this.#code.at(this.#at);
    if (!code) return this.#literal(runAt(this.#text, this.#at));
    this.#at = code.end;
    if (!code.block || this.#flat) return this.#put(h("code", { class: "code-span" }, code.body));
    if (this.#text[this.#at] === "\n") this.#at += 1;
    this.#put(codeBlock(code));
  }

  #reference() {
    const marks = new Set(this.#frames.map((frame) => frame.mark));
    const found = referenceAt(this.#text, this.#at, this.#context, marks);
    if (!found) return this.#literal(1);
    this.#put(found.node);
    this.#at += found.length;
    if (found.link) this.#noLinkAround();
  }

  /** A link can't hold another: that would let a text pretend to be an address. */
  #noLinkAround() {
    for (const frame of this.#frames) frame.linked = true;
  }

  #open(mark, count) {
    this.#at += count;
    if (this.#frames.length > HIGHEST) this.#giveUp(1);
    this.#frames.push({ mark, count, children: [], linked: false });
  }

  /** What this frame holds is text after all, its mark included. */
  #giveUp(index) {
    const [frame] = this.#frames.splice(index, 1);
    const below = this.#frames[index - 1].children;
    below.push(frame.mark.repeat(frame.count));
    for (const child of frame.children) below.push(child);
  }

  #giveUpAbove(index) {
    while (this.#frames.length - 1 > index) this.#giveUp(this.#frames.length - 1);
  }

  #emphasis(mark) {
    const run = runAt(this.#text, this.#at);
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + run] ?? " ";
    const opens = mark === "*" ? !/\s/.test(after) : !WORD.test(before);
    const closes = mark === "*" ? !/\s/.test(before) : !WORD.test(after);
    if (run > 3) return this.#literal(run);
    let left = run;
    for (let used = this.#close(mark, left, closes); used; used = this.#close(mark, left, closes)) {
      left -= used;
      this.#at += used;
    }
    if (left === 1 && !opens) this.#literal(1);
    else if (left) this.#open(mark, left);
  }

  /** Close the nearest fitting mark: two by two, one by one, three by either. Returns how many characters it took. */
  #close(mark, left, single) {
    if (left === 0) return 0;
    for (let index = this.#frames.length - 1; index > 0; index -= 1) {
      const { mark: open, count } = this.#frames[index];
      if (open !== mark || this.#isEmpty(index)) continue;
      const used = left >= 2 && count >= 2 ? 2 : single && left !== 2 && count !== 2 ? 1 : 0;
      if (used) return this.#wrap(index, used);
    }
    return 0;
  }

  #isEmpty(index) {
    return index === this.#frames.length - 1 && this.#frames[index].children.length === 0;
  }

  #wrap(index, used) {
    this.#giveUpAbove(index);
    const frame = this.#frames[index];
    const tag = TAGS[`${frame.mark}${used}`];
    const node = tag ? h(tag, {}, frame.children) : spoilerText(frame.children);
    frame.count -= used;
    frame.children = [node];
    if (frame.count === 0) {
      this.#frames.pop();
      this.#put(node);
    }
    return used;
  }

  #pair(mark) {
    if (runAt(this.#text, this.#at) < 2) return this.#literal(1);
    const index = this.#frames.findLastIndex((frame) => frame.mark === mark);
    if (index < 0) return this.#open(mark, 2);
    if (this.#isEmpty(index)) return this.#literal(2);
    this.#at += this.#wrap(index, 2);
  }

  #link() {
    const index = this.#frames.findLastIndex((frame) => frame.mark === "[");
    if (index < 0) return this.#literal(1);
    TARGET.lastIndex = this.#at + 1;
    const found = this.#frames[index].linked || this.#isEmpty(index) ? null : TARGET.exec(this.#text);
    const url = found && safeUrl(found[1] ?? found[2]);
    this.#giveUpAbove(index);
    if (!url) {
      this.#giveUp(index);
      return this.#literal(1);
    }
    const { children } = this.#frames.pop();
    this.#put(linkTo(url, children, this.#context, { title: found[3] ?? found[4] ?? url }));
    this.#at = TARGET.lastIndex;
    this.#noLinkAround();
  }
}

function codeBlock({ body, language }) {
  const label = language && h("span", { class: "code-language" }, language);
  return h("div", { class: "code-block" }, label, h("pre", {}, h("code", {}, body)));
}
