/** A list that grows at its end: it stays there while one reads the end, and lets one read above in peace. */

import { h, icon } from "../dom.js";

const NEAR_PX = 40;

/** `box` scrolls; `around(change)` makes a change and keeps to the end; `button` leads back there. */
export function followEnd(box) {
  let atEnd = true;
  const isNear = () => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
  const toEnd = () => {
    box.scrollTop = box.scrollHeight;
    atEnd = true;
    button.hidden = true;
  };
  const props = { class: "button to-end", type: "button", hidden: true, onclick: toEnd };
  const button = h("button", props, icon("down"), "Newest");
  box.addEventListener("scroll", () => {
    // A panel that is hidden has no height, and its scrolling means nothing.
    if (!box.clientHeight) return;
    atEnd = isNear();
    button.hidden = atEnd;
  });
  const around = (change) => {
    change();
    if (atEnd) toEnd();
  };
  return { button, around, shown: () => atEnd && toEnd() };
}
