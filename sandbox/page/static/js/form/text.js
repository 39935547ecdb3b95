/** A field for text: one line or a paragraph, with a counter once its bounds are near. */
import { h } from "../dom.js";
import { frame, mark } from "./frame.js";

const PARAGRAPH = 2;
const LONGEST = 4000;
const NEAR = 0.8;

/** The field of a TextInput. */
export function textField(part, words, { changed }) {
  const max = part.max_length ?? LONGEST;
  const min = part.min_length ?? 0;
  const required = part.required !== false;
  const counter = h("span", { class: "form-count", "aria-hidden": "true" });
  let input;
  const own = frame({ ...words, required }, (id, describedBy) => {
    const tag = part.style === PARAGRAPH ? "textarea" : "input";
    input = h(tag, {
      id,
      class: "field",
      type: tag === "input" ? "text" : null,
      rows: tag === "textarea" ? 5 : null,
      placeholder: part.placeholder,
      maxlength: max,
      autocomplete: "off",
      "aria-required": String(required),
      "aria-describedby": describedBy,
      "aria-label": words.label ? null : part.custom_id,
      value: part.value ?? "",
    });
    return h("div", { class: "form-text" }, input, counter);
  });

  const fault = () => {
    const length = lengthOf(input.value);
    if (length === 0) return required ? "This field is required." : null;
    if (length < min) return `Write at least ${min} characters; there ${length === 1 ? "is" : "are"} ${length}.`;
    return length > max ? `Write at most ${max} characters; there are ${length}.` : null;
  };
  const count = () => {
    const length = lengthOf(input.value);
    const near = length >= max * NEAR || (length > 0 && length < min);
    counter.textContent = near ? `${length} / ${length < min ? `at least ${min}` : max}` : "";
  };
  const show = (sentence) => {
    own.show(sentence);
    mark(input, sentence);
  };
  input.addEventListener("input", () => {
    count();
    if (input.hasAttribute("aria-invalid")) show(fault());
    changed();
  });
  count();
  return {
    id: part.custom_id,
    element: own.element,
    control: input,
    value: () => input.value,
    fault,
    show,
    kept: () => input.value,
    restore: (text) => {
      input.value = String(text);
      count();
    },
  };
}

/** Characters as a person and Discord count them: an emoji beyond the first plane is one. */
function lengthOf(text) {
  return [...text].length;
}
