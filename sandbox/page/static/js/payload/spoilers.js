/** What stays covered until somebody asks for it. What is covered can't be reached, read aloud or selected. */
import { h } from "../dom.js";

const REACHABLE = "a, button, input, video, audio";

/**
 * Covered words. A real button can't break over several lines, so this is a span that behaves like one until it is
 * opened; then it is only a span.
 */
export function spoilerText(children) {
  const inner = h("span", { class: "spoiler-words", inert: true }, children);
  const outer = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Spoiler: show" }, inner);
  const reveal = (event) => {
    if (!outer.hasAttribute("role")) return;
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    outer.classList.add("shown");
    outer.removeAttribute("role");
    outer.removeAttribute("aria-label");
    outer.setAttribute("tabindex", "-1");
    inner.inert = false;
  };
  outer.addEventListener("click", reveal);
  outer.addEventListener("keydown", reveal);
  return outer;
}

/** A covered picture, video or box; `name` says what is under the cover. */
export function spoilerCover(content, name) {
  const frame = h("div", { class: "covered" }, content);
  content.inert = true;
  const looks = { class: "cover", "aria-label": `Spoiler: show ${name}` };
  const cover = h("button", { ...looks, type: "button" }, h("span", {}, "SPOILER"));
  cover.addEventListener("click", () => {
    cover.remove();
    content.inert = false;
    frame.classList.add("shown");
    const next = content.matches(REACHABLE) ? content : content.querySelector(REACHABLE);
    next?.focus({ preventScroll: true });
  });
  frame.append(cover);
  return frame;
}
