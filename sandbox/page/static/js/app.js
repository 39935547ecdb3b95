/** Puts the page together: the side, the conversation, the composer and backstage, all fed by one connection. */

import { mountBackstage } from "./backstage/backstage.js";
import { makeComposer } from "./composer.js";
import { context } from "./context.js";
import { fill, h, icon } from "./dom.js";
import { openForm } from "./form/form.js";
import { Live, request } from "./live.js";
import { makeSidebar } from "./sidebar.js";
import { keep, on, placeOf, putMessages, set, state } from "./state.js";
import { threadMenu, threadState } from "./thread.js";
import { makeTimeline } from "./timeline.js";
import { complain, toasts } from "./toast.js";

const LIMIT = 60;
const LIMIT_MAX = 500;

const app = document.querySelector("#app");
const look = keep("look") ?? { limit: LIMIT, backstage: false };
let backstage = null;

const live = new Live(hear, (connected) => set("connected", connected));
const composer = makeComposer();
const timeline = makeTimeline({ answer: (message) => composer.answer(message), earlier });
const sidebar = makeSidebar({ go, be });

context.complain = complain;
context.jump = jump;

function hear(part) {
  if (part.set) set(part.set, part.value);
  if (part.messages) putMessages(part.messages);
  if (part.log) backstage?.log(part.log.put, { reset: part.log.reset });
  if (part.typing) timeline.typing(part.typing);
}

function turn(change) {
  Object.assign(look, change);
  keep("look", look);
  live.look(change);
}

function go(id) {
  if (id !== state.world?.at) turn({ at: id, limit: LIMIT });
  app.classList.remove("side-open");
  composer.focus();
}

function be(id) {
  turn({ as: id, at: state.world?.at, limit: LIMIT });
}

function earlier() {
  if (!state.whole && look.limit < LIMIT_MAX) turn({ limit: Math.min(LIMIT_MAX, look.limit + LIMIT) });
}

function jump({ channel, message }) {
  if (!placeOf(channel)) {
    complain("You can't see that channel.");
    return;
  }
  app.classList.remove("side-open");
  if (channel !== state.world.at) turn({ at: channel, limit: LIMIT_MAX });
  else if (message && !state.messages.has(message)) turn({ limit: LIMIT_MAX });
  if (message) timeline.show(message);
}

function makeHeader() {
  const title = h("h2", { class: "place-title" });
  const lamp = h("span", { class: "lamp", role: "status" });
  const backstageButton = h(
    "button",
    { class: "tool labelled", "aria-controls": "backstage", onclick: () => toggleBackstage() },
    icon("dials"),
    h("span", {}, "Backstage"),
  );
  const ofThread = (event) => threadMenu(placeOf(state.world.at), event.currentTarget);
  const threadButton = h("button", { class: "tool", "aria-label": "Thread options", onclick: ofThread }, icon("more"));
  const element = h(
    "header",
    { class: "head" },
    h(
      "button",
      { class: "tool only-narrow", "aria-label": "Places and people", "aria-controls": "side", onclick: toggleSide },
      icon("menu"),
    ),
    title,
    threadButton,
    lamp,
    h("span", { class: "grow" }),
    h("span", { class: "local", title: "Nothing here reaches Discord or a video provider." }, "Local sandbox"),
    h(
      "button",
      { class: "tool", "aria-label": "Light or dark", title: "Light or dark", onclick: turnTheme },
      icon("moon"),
    ),
    backstageButton,
  );
  const update = () => {
    const place = placeOf(state.world?.at);
    const sign = place?.person ? null : icon(place?.parent ? "thread" : "hash");
    const mark = threadState(place);
    if (place) fill(title, sign, h("span", {}, place.name), mark && h("span", { class: "about" }, `(${mark})`));
    threadButton.hidden = !place?.parent;
    document.title = place ? `${place.person ? "@" : "#"}${place.name} · Video bot sandbox` : "Video bot sandbox";
    const [mood, words] = moodOf(state);
    lamp.className = `lamp ${mood}`;
    if (lamp.textContent !== words) lamp.textContent = words;
    backstageButton.setAttribute("aria-expanded", String(look.backstage));
  };
  return { element, update, backstageButton };
}

function moodOf({ connected, bot }) {
  if (!connected) return ["away", "Sandbox not reachable"];
  if (bot.online) return ["online", "Bot online"];
  return bot.running ? ["starting", "Bot starting"] : ["away", "Bot not running"];
}

function toggleSide() {
  app.classList.toggle("side-open");
  if (app.classList.contains("side-open")) sidebar.element.querySelector("button:enabled")?.focus();
}

function turnTheme() {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme === "dark" || (!root.dataset.theme && prefersDark());
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

function prefersDark() {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleBackstage(open = !look.backstage) {
  turn({ backstage: open });
  app.classList.toggle("backstage-open", open);
  header.update();
  if (open && !backstage) {
    const dial = (name, body) => request(`/dial/${name}`, body);
    backstage = mountBackstage(stageDoor, { dial, close: () => toggleBackstage(false) });
    if (state.backstage) backstage.update(state.backstage);
  }
  const hadFocus = stageDoor.contains(document.activeElement);
  stageDoor.hidden = !open;
  if (hadFocus) header.backstageButton.focus();
}

/** On a narrow screen the panel covers the chat; on a wide one it is beside it, and Escape doesn't close it. */
function coversTheChat(panel) {
  return getComputedStyle(panel).position === "fixed";
}

function showForms(forms) {
  for (const form of forms) {
    const known = openForms.get(form.call);
    if (known) known.update(form);
    else openForms.set(form.call, openForm(form, context));
  }
  for (const [call, controller] of openForms) {
    if (!forms.some((form) => form.call === call)) {
      controller.close();
      openForms.delete(call);
    }
  }
}

const openForms = new Map();
const header = makeHeader();
const stageDoor = h("aside", { class: "backstage", id: "backstage", "aria-label": "Backstage", hidden: true });
const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;

fill(
  app,
  sidebar.element,
  h("button", { class: "veil", tabindex: -1, "aria-label": "Close the side", onclick: toggleSide }),
  h("main", { class: "chat" }, header.element, timeline.element, composer.element),
  stageDoor,
  toasts(),
);
on(["world", "bot", "connected"], header.update);
on("world", (world) => {
  look.as = world.me.id;
  look.at = world.at;
  keep("look", look);
  app.removeAttribute("aria-busy");
  sidebar.update();
});
on("forms", showForms);
on("backstage", (view) => backstage?.update(view));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (app.classList.contains("side-open")) toggleSide();
  else if (look.backstage && coversTheChat(stageDoor)) toggleBackstage(false);
});
header.update();
live.look(look);
if (look.backstage) toggleBackstage(true);
