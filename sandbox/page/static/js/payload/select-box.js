/** The box of a select, in a message or in a form: what may be picked, what is picked, and the list behind it. */
import { fill, h, icon } from "../dom.js";
import { attachListbox } from "../listbox.js";
import { spinner } from "./glyphs.js";
import { emojiOf } from "./references.js";

const STRING = 3;
const PEOPLE = new Set([5, 7]);
const ROLES = new Set([6, 7]);
const CHANNELS = 8;
const CATEGORY = 4;
const VOICE = new Set([2, 13]);
const THREADS = new Set([10, 11, 12]);
const SHOWN_AT_MOST = 6;
let made = 0;

/** What may be picked in a select, as options of a listbox. */
function choicesOf(part, context) {
  if (part.type === STRING) return (part.options ?? []).map(stringOption);
  const options = [];
  if (PEOPLE.has(part.type)) options.push(...context.everyone().map(personOption));
  if (ROLES.has(part.type)) options.push(...context.roles().map(roleOption));
  if (part.type === CHANNELS) {
    const wanted = part.channel_types ?? [];
    const fits = ({ type }) => wanted.length === 0 || wanted.includes(type);
    options.push(...context.channels().filter(fits).map(channelOption));
  }
  return options;
}

/** What is picked before anybody picks anything. */
export function defaultsOf(part) {
  if (part.type === STRING) return (part.options ?? []).filter((one) => one.default).map(({ value }) => String(value));
  return (part.default_values ?? []).map(({ id }) => String(id));
}

/**
 * A select: `{element, trigger, values(), choose(values), wait(waits)}`. `label` names it; `onChange(values)` follows
 * every pick, `onClose(values)` the closing of its list.
 */
export function selectBox(part, context, { label, min, max, values = defaultsOf(part), onChange, onClose }) {
  const options = choicesOf(part, context);
  const id = `select-${(made += 1)}`;
  const named = h("span", { class: "unseen", id: `${id}-name` }, `${label}:`);
  const shown = h("span", { class: "select-shown", id: `${id}-shown` });
  const mark = h("span", { class: "select-mark" }, icon("down"));
  const said = { "aria-labelledby": `${named.id} ${shown.id}`, disabled: part.disabled === true };
  const trigger = h("button", { type: "button", class: "select", ...said }, named, shown, mark);
  const several = max > 1;
  const draw = (chosen) => {
    const picked = chosen.map((value) => options.find((one) => one.value === value) ?? { value, label: value });
    if (picked.length > 0) fill(shown, pickedWords(picked, several));
    else fill(shown, h("span", { class: "select-hint" }, part.placeholder || "Make a selection"));
  };
  const list = attachListbox(trigger, options, {
    label,
    multiple: several,
    min,
    max,
    chosen: values,
    filter: part.type !== STRING,
    onChange: (chosen) => {
      draw(chosen);
      onChange?.(chosen);
    },
    onClose,
  });
  draw(values);
  return {
    element: h("div", { class: "select-box" }, trigger),
    trigger,
    values: () => list.values(),
    choose: (chosen) => {
      list.choose(chosen);
      draw(chosen);
    },
    wait: (waits) => {
      fill(mark, waits ? spinner() : icon("down"));
      for (const name of ["aria-busy", "aria-disabled"]) {
        if (waits) trigger.setAttribute(name, "true");
        else trigger.removeAttribute(name);
      }
    },
  };
}

function pickedWords(picked, several) {
  if (!several) return [picked[0].lead?.(), h("span", { class: "select-label" }, picked[0].label)];
  const chip = ({ lead, label }) => h("span", { class: "select-chip" }, lead?.(), label);
  const chips = picked.slice(0, SHOWN_AT_MOST).map((one) => [chip(one), " "]);
  const more = picked.length - SHOWN_AT_MOST;
  return [chips, more > 0 && h("span", { class: "select-hint" }, `and ${more} more`)];
}

function stringOption({ value, label, description, emoji }) {
  return { value: String(value), label, description, lead: emoji && (() => emojiOf(emoji)) };
}

function personOption({ id, name, hue, bot }) {
  const face = () => letterDot(name.slice(0, 1).toUpperCase(), { "--hue": hue ?? 0 }, "face-dot");
  return { value: id, label: name, description: bot ? "App" : null, lead: face };
}

function roleOption({ id, name }) {
  const sign = () => letterDot("@", {}, "role-dot");
  return { value: id, label: name, description: "Role", lead: sign };
}

function channelOption({ id, name, type }) {
  const sign = THREADS.has(type) ? "thread" : VOICE.has(type) ? "bell" : type === CATEGORY ? "down" : "hash";
  return { value: id, label: name, lead: () => icon(sign) };
}

/** A letter that is a picture: it is no part of the name, so the sheet draws it. */
function letterDot(letter, style, name) {
  return h("span", { class: name, style, "data-letter": letter, "aria-hidden": "true" });
}
