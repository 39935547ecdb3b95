/** From the components of a form to its fields, in their order. */
import { h } from "../dom.js";
import { renderMarkdown } from "../payload/markdown.js";
import { checkboxField, checkboxesField, radioField } from "./choices.js";
import { filesField } from "./files.js";
import { selectField } from "./select.js";
import { textField } from "./text.js";

const ROW = 1;
const TEXT_DISPLAY = 10;
const LABEL = 18;
const BUILDERS = {
  3: selectField,
  4: textField,
  5: selectField,
  6: selectField,
  7: selectField,
  8: selectField,
  19: filesField,
  21: radioField,
  22: checkboxesField,
  23: checkboxField,
};

/**
 * The parts of a form: `{nodes, fields}`. A field is `{id, element, control, value(), fault(), show(fault), kept(),
 * restore(kept)}`; one for files also has `take(files)` and `room()`. `changed` is called after every change.
 */
export function buildFields(components, context, changed) {
  const fields = [];
  const nodes = (components ?? []).map((top) => {
    if (top.type === TEXT_DISPLAY) return textDisplay(top, context);
    const inner = top.type === LABEL ? top.component : top.type === ROW ? top.components?.[0] : top;
    const build = BUILDERS[inner?.type];
    if (!build) return unknown(inner);
    const words = { label: top.label ?? inner.label ?? "", description: top.description };
    const field = build(inner, words, { context, changed });
    fields.push(field);
    return field.element;
  });
  return { nodes, fields };
}

function textDisplay({ content }, context) {
  return h("div", { class: "form-words markdown" }, renderMarkdown(content, context));
}

function unknown(part) {
  const words = `A field of type ${part?.type ?? "?"}, which the sandbox can't draw`;
  return h("div", { class: "unknown-component" }, words);
}
