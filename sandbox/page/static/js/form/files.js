/** A field for files: picked with a button, dropped or pasted; each is shown with its picture and can be taken out. */
import { bytes, fill, h, icon } from "../dom.js";
import { spinner } from "../payload/glyphs.js";
import { frame, mark } from "./frame.js";

const IMAGE = /^image\/(png|jpe?g|gif|webp|avif)/;

/** The field of a FileUpload. `take(files)` is also how the dialog hands over what was dropped on it or pasted. */
export function filesField(part, words, { context, changed }) {
  const required = part.required !== false;
  const max = part.max_values ?? 1;
  const min = part.min_values ?? (required ? 1 : 0);
  const several = max > 1;
  let items = [];
  let coming = 0;
  const input = h("input", { type: "file", multiple: several, class: "unseen", tabindex: "-1", "aria-hidden": "true" });
  const list = h("ul", { class: "form-files" });
  const button = h("button", { type: "button", class: "form-drop" });
  const own = frame({ ...words, required }, (id, describedBy) => {
    button.id = id;
    button.setAttribute("aria-describedby", describedBy);
    return h("div", { class: "form-upload" }, list, button, input);
  });

  const room = () => max - items.length - coming;
  const fault = () => {
    if (coming > 0) return "Wait until the file is there.";
    if (items.length === 0) return required ? "This field is required." : null;
    return items.length < min ? `Add at least ${min} files; ${items.length} so far.` : null;
  };
  const show = (sentence) => {
    own.show(sentence);
    mark(button, sentence);
  };
  const draw = () => {
    const waiting = Array.from({ length: coming }, () => h("li", { class: "form-file" }, spinner(), "Adding…"));
    fill(
      list,
      items.map((item) => fileRow(item, () => remove(item))),
      waiting,
    );
    list.hidden = items.length + coming === 0;
    button.hidden = room() <= 0;
    const name = h("span", { class: "form-drop-name" }, several ? "Add files" : "Add a file");
    const hint = several ? `${items.length} of up to ${max} · or drop or paste them` : "or drop or paste it";
    fill(button, icon("attach"), name, h("span", { class: "form-hint" }, hint));
  };
  const update = () => {
    draw();
    if (own.element.classList.contains("wrong")) show(fault());
    changed();
  };
  const remove = (item) => {
    items = items.filter((one) => one !== item);
    update();
    button.focus();
  };
  const take = async (files) => {
    const taken = [...files].slice(0, Math.max(0, room()));
    const left = files.length - taken.length;
    if (taken.length > 0) {
      coming += taken.length;
      draw();
      try {
        items.push(...(await context.pick(taken)));
      } catch (error) {
        own.show(error.message);
      } finally {
        coming -= taken.length;
        update();
      }
    }
    if (left > 0) own.show(`There is room for ${max === 1 ? "one file" : `${max} files`}; ${left} left out.`);
  };

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await take(files);
  });
  draw();
  return {
    id: part.custom_id,
    element: own.element,
    control: button,
    value: () => items.map((one) => one.id),
    fault,
    show,
    kept: () => items,
    restore: (kept) => {
      items = kept;
      draw();
    },
    take,
    room,
  };
}

function fileRow({ name, size, type, url }, remove) {
  const face = IMAGE.test(type ?? "") ? h("img", { src: url, alt: "" }) : icon("file");
  const bin = { type: "button", class: "form-remove", "aria-label": `Remove ${name}`, onclick: remove };
  return h(
    "li",
    { class: "form-file" },
    h("span", { class: "form-file-face" }, face),
    h(
      "span",
      { class: "form-file-words" },
      h("span", { class: "form-file-name", title: name }, name),
      h("span", { class: "form-hint" }, bytes(size)),
    ),
    h("button", bin, icon("bin")),
  );
}
