/** The side of the page: servers, channels, threads and the DM with the bot, and who one acts as. */

import { fill, h, icon } from "./dom.js";
import { avatar } from "./person.js";
import { keep, order, state } from "./state.js";

/** The side, kept up to date by `update()`; `go(id)` opens a place, `be(id)` makes one somebody else. */
export function makeSidebar({ go, be }) {
  const rail = h("ul", { class: "rail", "aria-label": "Servers" });
  const title = h("h1", { class: "places-title" });
  const places = h("div", { class: "places-list" });
  const personas = h("div", { class: "personas", role: "group", "aria-label": "Act as" });
  const element = h(
    "nav",
    { class: "side", "aria-label": "Places and people", id: "side" },
    rail,
    h("div", { class: "places" }, h("header", { class: "places-head" }, title), places, personas),
  );
  const update = () => {
    const world = state.world;
    if (!world) return;
    remember(world);
    const held = element.contains(document.activeElement) && document.activeElement.dataset.key;
    const here = [...world.guilds, { channels: world.dms }].find((one) => one.channels.some((c) => c.id === world.at));
    fill(rail, drawRail(world, here, go));
    fill(title, here?.name ?? "Direct messages");
    fill(places, drawPlaces(here?.name ? here.channels : world.dms, world, go));
    fill(personas, drawPersonas(world, be));
    // Every update renders the sidebar again; the keyboard focus in it stays.
    if (held) element.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  };
  return { element, update };
}

function remember(world) {
  const place = [...world.guilds.flatMap((one) => one.channels), ...world.dms].find((one) => one.id === world.at);
  if (place?.last) keep(`seen:${world.me.id}:${place.id}`, place.last);
}

function news(place, world) {
  const seen = keep(`seen:${world.me.id}:${place.id}`) ?? "0";
  const isNew = (id) => id !== null && place.id !== world.at && order(id, seen) > 0;
  return isNew(place.last_ping) ? "ping" : isNew(place.last) ? "new" : null;
}

function drawRail(world, here, go) {
  const strongest = (channels) => {
    const all = channels.map((one) => news(one, world));
    return all.includes("ping") ? "ping" : all.includes("new") ? "new" : null;
  };
  const entry = (name, inner, channels, current) => {
    const mark = strongest(channels);
    const label = mark === "ping" ? `${name}, someone pinged you` : mark ? `${name}, new messages` : name;
    const target = channels.find((one) => !one.parent) ?? channels[0];
    const props = {
      class: "server",
      "aria-label": label,
      title: name,
      "aria-current": current ? "true" : null,
      "data-key": `server:${name}`,
    };
    return h(
      "li",
      { class: [mark] },
      h("button", { ...props, disabled: !target, onclick: () => go(target.id) }, inner),
    );
  };
  return [
    entry("Direct messages", icon("talk"), world.dms, !here?.name),
    ...world.guilds.map((one) => entry(one.name, initials(one.name), one.channels, one === here)),
  ];
}

function initials(name) {
  return name
    .split(/\s+/)
    .map((word) => [...word][0])
    .join("")
    .slice(0, 3);
}

function drawPlaces(channels, world, go) {
  const tops = channels.filter((one) => !one.parent);
  return h(
    "ul",
    { class: "channel-list" },
    tops.map((one) => {
      // As in Discord, an archived thread is listed only while one is in it.
      const listed = (thread) => !thread.archived || thread.id === world.at;
      const threads = channels.filter((thread) => thread.parent === one.id && listed(thread));
      return h(
        "li",
        {},
        drawPlace(one, world, go),
        threads.length > 0 &&
          h(
            "ul",
            { class: "thread-list" },
            threads.map((t) => h("li", {}, drawPlace(t, world, go))),
          ),
      );
    }),
  );
}

function drawPlace(place, world, go) {
  const mark = news(place, world);
  const sign = place.person ? avatar({ bot: true, hue: 262 }, 24) : icon(signOf(place));
  return h(
    "button",
    {
      class: ["place", mark],
      "data-key": `place:${place.id}`,
      "aria-current": place.id === world.at ? "page" : null,
      onclick: () => go(place.id),
    },
    sign,
    h("span", { class: "place-name" }, place.name),
    mark === "ping" && h("span", { class: "badge" }, h("span", { class: "unseen" }, "You were "), "pinged"),
    mark === "new" && h("span", { class: "unseen" }, "new messages"),
  );
}

function signOf(place) {
  if (place.private) return "lock";
  return place.parent ? "thread" : "hash";
}

function drawPersonas(world, be) {
  const me = world.personas.find((one) => one.id === world.me.id);
  return [
    h("p", { class: "me" }, "You are ", h("strong", {}, world.me.name), h("span", { class: "about" }, me?.about)),
    h(
      "div",
      { class: "persona-row" },
      world.personas.map((one) => {
        const isMe = one.id === world.me.id;
        const props = { class: "persona", title: `${one.name}: ${one.about}`, "aria-pressed": String(isMe) };
        const pressed = { "data-key": `person:${one.id}`, onclick: () => be(one.id) };
        return h("button", { ...props, ...pressed }, avatar(one, 30), h("span", {}, one.name));
      }),
    ),
  ];
}
