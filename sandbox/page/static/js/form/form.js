/** A form that the bot has opened: a dialog over the chat. What was filled in outlives a reload of the tab. */
import { fill, h, icon } from "../dom.js";
import { spinner } from "../payload/glyphs.js";
import { closeDialog } from "../popup.js";
import { buildFields } from "./fields.js";

const FAILED = "Something went wrong. Try again.";

/** Show a form (`{call, title, components, state}`). Returns `{close(), update(form)}`. */
export function openForm(form, context) {
  const dialog = new FormDialog(form, context);
  return { close: () => dialog.close(), update: (next) => dialog.update(next) };
}

class FormDialog {
  #form;
  #context;
  #key;
  #fields;
  #submitted = false;
  #sending = false;
  #state = "open";

  constructor(form, context) {
    this.#form = form;
    this.#context = context;
    this.#key = `form:${form.call}`;
    const { nodes, fields } = buildFields(form.components, context, () => this.#keep());
    this.#fields = fields;
    this.#restore();
    this.#build(nodes);
    fields[0]?.control?.setAttribute("autofocus", "");
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.update(form);
  }

  #build(nodes) {
    const id = `form-${this.#form.call}`;
    const bot = this.#context.everyone().find((one) => one.bot)?.name ?? "the bot";
    this.trouble = h("div", { class: "form-trouble", role: "alert" });
    const face = h("span", { class: "press-face" }, "Submit");
    this.send = h("button", { type: "submit", class: "button primary form-send" }, face);
    this.body = h("div", { class: "form-body" }, nodes);
    const dismiss = () => this.#dismiss();
    const from = h("p", { class: "form-from" }, `From ${bot}. Don't enter passwords or other secrets.`);
    const close = { type: "button", class: "form-close", "aria-label": "Close the form", onclick: dismiss };
    const cancel = h("button", { type: "button", class: "button plain", onclick: dismiss }, "Cancel");
    const title = h("div", {}, h("h2", { id }, this.#form.title), from);
    const head = h("header", { class: "form-head" }, title, h("button", close, icon("close")));
    const foot = h("footer", { class: "form-foot" }, this.trouble, cancel, this.send);
    const sheet = h("form", { class: "form-sheet", novalidate: true, method: "dialog" }, head, this.body, foot);
    this.dialog = h("dialog", { class: "form", "aria-labelledby": id }, sheet);
    sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      dismiss();
    });
    this.#acceptFiles();
  }

  /** Files may be dropped on, or pasted into, any part of the form: the field they hit takes them, or one with room. */
  #acceptFiles() {
    const fieldFor = (target) => {
      const open = this.#fields.filter((one) => one.take && one.room() > 0);
      return open.find((one) => one.element.contains(target)) ?? open[0] ?? this.#fields.find((one) => one.take);
    };
    const over = (on) => this.dialog.classList.toggle("dropping", on && Boolean(fieldFor(null)));
    const give = (event, files) => {
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      if (this.#state !== "sending") fieldFor(event.target)?.take(files);
    };
    this.dialog.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.stopPropagation();
      over(true);
    });
    this.dialog.addEventListener("dragleave", (event) => !this.dialog.contains(event.relatedTarget) && over(false));
    this.dialog.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      give(event, [...event.dataTransfer.files]);
    });
    this.dialog.addEventListener("paste", (event) => give(event, [...(event.clipboardData?.files ?? [])]));
  }

  #keep() {
    this.#context.keep(this.#key, Object.fromEntries(this.#fields.map((one) => [one.id, one.kept()])));
  }

  #restore() {
    const kept = this.#context.keep(this.#key) ?? {};
    for (const field of this.#fields) if (Object.hasOwn(kept, field.id)) field.restore(kept[field.id]);
  }

  async #submit() {
    if (this.#state === "sending") return;
    const faults = this.#fields.map((field) => [field, field.fault()]);
    for (const [field, fault] of faults) field.show(fault);
    const wrong = faults.find(([, fault]) => fault);
    if (wrong) {
      wrong[0].control?.focus();
      return;
    }
    this.#show("sending");
    this.#submitted = true;
    this.#sending = true;
    try {
      const fields = Object.fromEntries(this.#fields.map((one) => [one.id, one.value()]));
      await this.#context.act("submit", { call: this.#form.call, fields });
    } catch (error) {
      this.#submitted = false;
      this.#show("failed", error.message);
    } finally {
      this.#sending = false;
    }
  }

  async #dismiss() {
    this.#context.keep(this.#key, null);
    this.#leave();
    try {
      await this.#context.act("dismiss", { call: this.#form.call });
    } catch (error) {
      this.#context.complain(error.message);
    }
  }

  #show(state, sentence = FAILED) {
    this.#state = state;
    const sending = state === "sending";
    if (sending && this.body.contains(document.activeElement)) this.send.focus();
    this.body.inert = sending;
    this.send.classList.toggle("waits", sending);
    this.send.setAttribute("aria-disabled", String(sending));
    this.send.querySelector(".spinner")?.remove();
    if (sending) this.send.append(spinner());
    fill(this.trouble, state === "failed" ? sentence : null);
  }

  #leave() {
    closeDialog(this.dialog);
  }

  /** The form is over: it has been answered, or its place is gone. */
  close() {
    if (this.#submitted) this.#context.keep(this.#key, null);
    this.#leave();
  }

  /** What the server knows of it now. */
  update(form) {
    this.#form = form;
    if (form.state === "failed") this.#submitted = false;
    // What was known before the answer to a submit is old news.
    const old = this.#sending && form.state === "open";
    if (!old && form.state !== this.#state) this.#show(form.state);
  }
}
