/** Builds elements. Text only ever becomes text: nothing here, or anywhere in the page, parses HTML from a message. */

/**
 * An element. `props` are attributes; `class` may be a list (falsy entries are left out), `on…` are listeners,
 * `true` makes an empty attribute and `false`, `null` and `undefined` leave it out; `style` is an object.
 * Children are nodes, texts or numbers; lists are flattened, and empty ones left out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "class") element.className = [value].flat(9).filter(Boolean).join(" ");
  else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
  else if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === "value" || name === "checked" || name === "selected" || name === "indeterminate")
    element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children.flat(9)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put these children in place of what is in the element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  attach: "M12 5v14M5 12h14",
  reply: "M9 8 4 13l5 5M4 13h10a6 6 0 0 1 6 6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  bin: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 10.5v5M13.5 10.5v5",
  more: ["6", "12", "18"].map((x) => `M${x} 11.1a.9.9 0 1 0 0 1.8.9.9 0 0 0 0-1.8z`).join(""),
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 5l-5 15-3.5-6.5zM11.5 13.5 20 5",
  hash: "M5 9h15M4 15h15M10 4 8 20M16 4l-2 16",
  thread: "M6 4v8a4 4 0 0 0 4 4h8M14 12l4 4-4 4",
  lock: "M7 11h10v8H7zM9 11V8a3 3 0 0 1 6 0v3",
  moon: "M19 14a7.5 7.5 0 1 1-9-9 6 6 0 0 0 9 9z",
  dials: "M5 4v7M5 15v5M12 4v3M12 11v9M19 4v9M19 17v3M3 13h4M10 9h4M17 15h4",
  talk: "M4 5h16v11H10l-4 4v-4H4z",
  menu: "M4 7h16M4 12h16M4 17h16",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  bell: "M6 17h12l-1.5-2.5V11a4.5 4.5 0 0 0-9 0v3.5zM10.5 20h3",
  command: "M8 20 16 4",
  down: "M6 9l6 6 6-6",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  check: "M5 13l4 4L19 7",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1",
};

/** A small picture, hidden from screen readers: its container has a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }))
    svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A number of bytes as people read it. */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const [unit, size] = count < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  return `${(count / size).toFixed(count / size < 10 ? 1 : 0)} ${unit}`;
}
