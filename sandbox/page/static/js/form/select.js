/** A field with a select of any of the five kinds. */
import { selectBox } from "../payload/select-box.js";
import { countFault, frame, mark } from "./frame.js";

/** The field of a select. */
export function selectField(part, words, { context, changed }) {
  const required = part.required !== false;
  const max = part.max_values ?? 1;
  const min = part.min_values ?? (required ? 1 : 0);
  let box;
  const own = frame({ ...words, required }, (id, describedBy) => {
    box = selectBox(part, context, {
      label: words.label || "Select",
      min: required ? min : 0,
      max,
      onChange: () => {
        if (own.element.classList.contains("wrong")) show(fault());
        changed();
      },
    });
    box.trigger.id = id;
    box.trigger.setAttribute("aria-describedby", describedBy);
    return box.element;
  });
  const fault = () => countFault(box.values().length, { required, min, max }, ["choice", "choices"]);
  const show = (sentence) => {
    own.show(sentence);
    mark(box.trigger, sentence);
  };
  return {
    id: part.custom_id,
    element: own.element,
    control: box.trigger,
    value: () => box.values(),
    fault,
    show,
    kept: () => box.values(),
    restore: (values) => box.choose(values),
  };
}
