/** One picture over everything else; arrows leaf through its neighbours. */
import { fill, h, icon } from "../dom.js";

/** Show `first`, one of `pictures` (`{url, name, description, width, height}`). Escape or a click beside it closes. */
export function openLightbox(pictures, first) {
  let index = Math.max(0, pictures.indexOf(first));
  const stage = h("figure", { class: "lightbox-stage" });
  const close = h("button", { type: "button", class: "lightbox-button close", "aria-label": "Close" }, icon("close"));
  const back = turn("back", "Previous picture", -1);
  const on = turn("on", "Next picture", 1);
  const turns = pictures.length > 1 && [back, on];
  const dialog = h("dialog", { class: "lightbox", "aria-label": "Picture" }, stage, turns, close);

  function turn(name, label, step) {
    const button = h("button", { type: "button", class: `lightbox-button ${name}`, "aria-label": label }, icon("down"));
    button.addEventListener("click", () => show(index + step));
    return button;
  }

  function show(next) {
    index = (next + pictures.length) % pictures.length;
    const { url, name, description, width, height } = pictures[index];
    const count = pictures.length > 1 && h("span", { class: "lightbox-count" }, `${index + 1} of ${pictures.length}`);
    const original = h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "Open the original");
    fill(
      stage,
      h("img", { src: url, alt: description || name || "Picture", width, height }),
      h("figcaption", {}, h("span", {}, description || name), count, original),
    );
  }

  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target === stage) && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && pictures.length > 1) show(index + step);
  });
  show(index);
  document.body.append(dialog);
  dialog.showModal();
}
