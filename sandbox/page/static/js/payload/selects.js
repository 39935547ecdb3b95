/** Selects of a message. A single pick goes to the bot at once; several go when their list closes. */
import { h } from "../dom.js";
import { defaultsOf, selectBox } from "./select-box.js";

// What was picked outlives a redrawing of the message, as in Discord, until the bot changes the select itself.
const picked = new Map();

/** A select of any of the five kinds. */
export function renderSelect(part, message, context) {
  const key = `${message.id}/${part.custom_id}`;
  const shape = JSON.stringify([part.options, part.default_values, part.placeholder, part.max_values]);
  const before = picked.get(key);
  let sent = before?.shape === shape ? before.values : defaultsOf(part);
  const min = part.min_values ?? 1;
  const max = part.max_values ?? 1;

  const send = async (values) => {
    picked.set(key, { shape, values });
    sent = values;
    box.wait(true);
    try {
      await context.act("choose", { at: message.channel_id, message: message.id, custom_id: part.custom_id, values });
    } catch (error) {
      context.complain(error.message);
    } finally {
      box.wait(false);
    }
  };
  const box = selectBox(part, context, {
    label: part.placeholder || "Select",
    min,
    max,
    values: sent,
    onChange: (values) => max === 1 && send(values),
    onClose: (values) => {
      if (max === 1 || String(values) === String(sent)) return;
      if (values.length >= min) send(values);
      else box.choose(sent);
    },
  });
  box.trigger.dataset.customId = part.custom_id;
  box.wait((message.pressed ?? []).includes(part.custom_id));
  return h("div", { class: "select-place" }, box.element);
}
