/** What surrounds every field: its name, its hint, and below it what is wrong with it. */
import { fill, h } from "../dom.js";

let made = 0;

/**
 * The frame of a field: `{element, show(fault)}`. `build(id, describedBy)` makes the control. With `group` (a role) the
 * name is that of a group of controls, otherwise it is the label of the one called `id`.
 */
export function frame({ label, description, required }, build, { group = null } = {}) {
  const id = `form-field-${(made += 1)}`;
  const star = required && h("span", { class: "required", title: "Required", "aria-hidden": "true" }, " *");
  const hint = description && h("div", { class: "form-hint", id: `${id}-hint` }, description);
  const fault = h("div", { class: "form-fault", id: `${id}-fault`, "aria-live": "polite" });
  const describedBy = [hint && hint.id, fault.id].filter(Boolean).join(" ");
  const tag = group ? "div" : "label";
  const head = h(tag, { class: "form-label", for: group ? null : id, id: `${id}-label` }, label, star);
  const control = build(id, describedBy);
  const props = group ? { role: group, "aria-labelledby": head.id, "aria-describedby": describedBy } : {};
  const element = h("div", { class: "form-field", ...props }, label && head, hint, control, fault);
  return {
    element,
    show: (sentence) => {
      fill(fault, sentence);
      element.classList.toggle("wrong", Boolean(sentence));
    },
  };
}

/** Mark a control as wrong or right. */
export function mark(control, fault) {
  if (fault) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

/** The error for so many picks; null if none. An optional field may stay empty in spite of its least number. */
export function countFault(count, { required, min, max }, [one, several]) {
  if (count === 0 && !required) return null;
  const least = Math.max(min, required ? 1 : 0);
  if (count === 0 && least <= 1) return "This field is required.";
  if (count < least) return `Pick at least ${least} ${least === 1 ? one : several}.`;
  if (count > max) return `Pick at most ${max} ${max === 1 ? one : several}.`;
  return null;
}
