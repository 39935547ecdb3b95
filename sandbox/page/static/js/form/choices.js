/** Fields with everything to pick in sight: radio buttons, a group of checkboxes, and a checkbox of its own. */
import { h } from "../dom.js";
import { countFault, frame, mark } from "./frame.js";

/** The field of a RadioGroup. */
export function radioField(part, words, { changed }) {
  return choiceField(part, words, changed, { type: "radio", min: 1, max: 1 });
}

/** The field of a CheckboxGroup. */
export function checkboxesField(part, words, { changed }) {
  const options = part.options ?? [];
  const required = part.required !== false;
  const bounds = { min: part.min_values ?? (required ? 1 : 0), max: part.max_values ?? options.length };
  return choiceField(part, words, changed, { type: "checkbox", ...bounds });
}

function choiceField(part, words, changed, { type, min, max }) {
  const required = part.required !== false;
  const options = part.options ?? [];
  let inputs;
  const own = frame(
    { ...words, required },
    (id) => {
      inputs = options.map((one) => h("input", { type, name: id, value: one.value, checked: one.default === true }));
      const rows = options.map((one, index) => choiceRow(inputs[index], one));
      return h("div", { class: "form-choices" }, rows);
    },
    { group: type === "radio" ? "radiogroup" : "group" },
  );

  const value = () => inputs.filter((one) => one.checked).map((one) => one.value);
  const fault = () => countFault(value().length, { required, min, max }, ["choice", "choices"]);
  const show = (sentence) => {
    own.show(sentence);
    for (const one of inputs) mark(one, sentence);
  };
  const limit = () => {
    const full = type === "checkbox" && value().length >= max;
    for (const one of inputs) one.disabled = full && !one.checked;
  };
  for (const one of inputs) {
    one.addEventListener("change", () => {
      limit();
      if (own.element.classList.contains("wrong")) show(fault());
      changed();
    });
  }
  limit();
  return {
    id: part.custom_id,
    element: own.element,
    control: inputs[0],
    value,
    fault,
    show,
    kept: value,
    restore: (values) => {
      for (const one of inputs) one.checked = values.includes(one.value);
      limit();
    },
  };
}

function choiceRow(input, { label, description }) {
  const hint = description && h("span", { class: "form-hint" }, description);
  const words = h("span", { class: "form-choice-words" }, h("span", {}, label), hint);
  return h("label", { class: "form-choice" }, input, words);
}

/** The field of a Checkbox: yes or no, so nothing about it can be wrong. */
export function checkboxField(part, words, { changed }) {
  const input = h("input", { type: "checkbox", checked: part.default === true, onchange: changed });
  const { label, description } = words;
  const row = choiceRow(input, { label: label || part.custom_id, description });
  return {
    id: part.custom_id,
    element: h("div", { class: "form-field" }, row),
    control: input,
    value: () => input.checked,
    fault: () => null,
    show: () => {},
    kept: () => input.checked,
    restore: (checked) => {
      input.checked = checked === true;
    },
  };
}
