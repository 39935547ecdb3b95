/** The parts that backstage is made of: groups under a heading, rows of radios, switches, and words that change. */

import { fill, h } from "../dom.js";

let made = 0;

/** A name that nothing else on the page has. */
export function uniqueName(word) {
  made += 1;
  return `${word}-${made}`;
}

/** A part of the panel under a plain heading; `aside` is beside the heading. */
export function group(title, { aside } = {}, ...children) {
  const id = uniqueName("group");
  return h(
    "section",
    { class: "dial-group", "aria-labelledby": id },
    h("div", { class: "dial-head" }, h("h3", { id }, title), aside),
    children,
  );
}

/**
 * A row of radios, of which `options` are `{value, label, hint}`; `choose(value)` is called when a person picks one.
 * `show(value)` marks the present one and says what it means; a value that is none of them marks none.
 */
export function segmented(legend, options, choose, { quiet = false } = {}) {
  const name = uniqueName("radio");
  const hint = h("p", { class: "dial-hint", id: `${name}-hint` });
  const inputs = options.map(({ value }) =>
    h("input", { type: "radio", name, value, "aria-describedby": hint.id, onchange: () => choose(value) }),
  );
  const element = h(
    "fieldset",
    { class: "segmented" },
    h("legend", { class: quiet && "unseen" }, legend),
    h(
      "div",
      { class: "segments" },
      options.map(({ label }, place) => h("label", {}, inputs[place], h("span", {}, label))),
    ),
    hint,
  );
  const show = (value, otherwise = "") => {
    options.forEach((option, place) => {
      inputs[place].checked = option.value === value;
    });
    const words = options.find((option) => option.value === value)?.hint ?? otherwise;
    if (hint.textContent !== words) hint.textContent = words;
  };
  return { element, show };
}

/** A switch with a label; `flip(on)` is called when a person turns it. */
export function toggle(label, flip) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => flip(input.checked) });
  const element = h("label", { class: "switch" }, input, h("span", {}, label));
  return { element, show: (on) => void (input.checked = on) };
}

/** A labelled list to choose from; `options` are `{value, label}`. */
export function chooser(label, options, choose = () => {}) {
  const select = h(
    "select",
    { class: "field", onchange: () => choose(select.value) },
    options.map((one) => h("option", { value: one.value }, one.label)),
  );
  const element = h("label", { class: "chooser" }, h("span", {}, label), select);
  return { element, select, show: (value) => void (select.value = value) };
}

/** A labelled whole number; `choose(number)` is called when a person has written one that fits. */
export function number(label, { min, max, unit = "" }, choose = () => {}) {
  const changed = () => {
    if (input.value !== "" && input.checkValidity()) choose(input.valueAsNumber);
    else input.reportValidity();
  };
  const input = h("input", { class: "field", type: "number", min, max, step: 1, required: true, onchange: changed });
  const after = unit && h("span", { class: "unit" }, unit);
  const element = h("label", { class: "number" }, h("span", {}, label), input, after);
  const show = (value) => {
    if (document.activeElement !== input) input.value = value;
  };
  return { element, input, show };
}

/** A function that calls `draw(part)` only when the part that `pick` takes from a view has changed. */
export function whenChanged(pick, draw) {
  let before;
  return (view) => {
    const part = pick(view);
    const text = JSON.stringify(part);
    if (text === before) return;
    before = text;
    draw(part);
  };
}

/** Put these children into a list that may hold the focus: it stays in the list, or goes to `otherwise`. */
export function refill(list, children, otherwise) {
  const buttons = () => [...list.querySelectorAll("button")];
  const place = buttons().indexOf(document.activeElement);
  fill(list, children);
  if (place < 0) return;
  const left = buttons();
  (left[Math.min(place, left.length - 1)] ?? otherwise).focus();
}
