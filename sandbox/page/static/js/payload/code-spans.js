/** Finds code in a text. No other mark applies inside of it, so both parsers call this first. */

const FENCE = "```";
const LANGUAGE = /([a-z0-9_+\-.#]+)\n/iy;

/** The code spans and code blocks of one text; asking for all of them takes time in proportion to its length. */
export class CodeFinder {
  #text;
  #unclosed = new Map(); // length of a run of back-ticks -> from where on no other run closes it

  constructor(text) {
    this.#text = text;
  }

  /** The code that begins at this back-tick: `{end, body, language, block}`; null if nothing closes it. */
  at(index) {
    const run = runAt(this.#text, index);
    return (run >= FENCE.length ? this.#block(index) : null) ?? this.#span(index, run);
  }

  /** Where the line that begins here ends, its line break included. A break inside code ends no line. */
  lineEnd(from) {
    const special = /[\\`\n]/g;
    special.lastIndex = from;
    for (let found = special.exec(this.#text); found; found = special.exec(this.#text)) {
      if (found[0] === "\n") return special.lastIndex;
      const { index } = found;
      if (found[0] === "`") special.lastIndex = this.at(index)?.end ?? index + runAt(this.#text, index);
      else if (this.#text[special.lastIndex] !== "\n") special.lastIndex += 1;
    }
    return this.#text.length;
  }

  #block(index) {
    const start = index + FENCE.length;
    if (start >= (this.#unclosed.get(FENCE) ?? Infinity)) return null;
    LANGUAGE.lastIndex = start;
    const language = LANGUAGE.exec(this.#text)?.[1] ?? "";
    let from = language ? start + language.length : start;
    while (this.#text[from] === "\n") from += 1;
    const close = this.#text.indexOf(FENCE, from + 1);
    if (close < 0) {
      this.#unclosed.set(FENCE, start);
      return null;
    }
    const body = this.#text.slice(from, close).trimEnd();
    return { end: close + FENCE.length, body, language, block: true };
  }

  #span(index, run) {
    const start = index + run;
    if (start >= (this.#unclosed.get(run) ?? Infinity)) return null;
    for (let close = this.#text.indexOf("`", start); close >= 0; close = this.#text.indexOf("`", close)) {
      const length = runAt(this.#text, close);
      if (length === run) {
        const body = this.#text
          .slice(start, close)
          .replace(/^ (?= *`)/, "")
          .replace(/(` *) $/, "$1");
        return { end: close + length, body, language: "", block: false };
      }
      close += length;
    }
    this.#unclosed.set(run, start);
    return null;
  }
}

/** How many back-ticks stand here in a row. */
export function runAt(text, index) {
  let end = index;
  while (text[end] === text[index]) end += 1;
  return end - index;
}
