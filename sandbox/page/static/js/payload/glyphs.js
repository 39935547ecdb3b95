/** The few signs that only a message's payload needs; they say nothing to a screen reader. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  download: { line: "M12 4v11M7 11l5 5 5-5M5 20h14" },
  outward: { line: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5" },
  picture: { line: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01" },
  play: { solid: "M8 5v14l11-7z" },
  pause: { solid: "M7 5h4v14H7zM13 5h4v14h-4z" },
  star: { solid: "M12 3l3 6 6 1-4.5 4 1 6-5.5-3-5.5 3 1-6L3 10l6-1z" },
  forward: { line: "M14 7l6 5-6 5M20 12H9a5 5 0 0 0-5 5v1" },
};

/** A sign as a picture; `name` is one of: download, outward, picture, play, pause, star, forward. */
export function glyph(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", SHAPES[name].solid ? "icon solid" : "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name].solid ?? SHAPES[name].line);
  svg.append(path);
  return svg;
}

/** Something is on its way. */
export function spinner() {
  const ring = document.createElement("span");
  ring.className = "spinner";
  ring.setAttribute("aria-hidden", "true");
  return ring;
}
