/** What the bot may do in each server, and how large a file may be there. */

import { bytes, fill, h } from "../dom.js";
import { chooser, group, toggle, whenChanged } from "./controls.js";

const LEVELS = [0, 1, 2, 3].map((level) => ({ value: String(level), label: level ? `Level ${level}` : "None" }));

/** A switch for each permission, in the server that is chosen. */
export function makeServers(turn) {
  const chosen = h("div", { class: "server-choice" });
  const body = h("div", {});
  const element = group("Permissions", {}, chosen, body);
  const panels = new Map();
  let present = null;

  const show = (id) => {
    present = id;
    for (const [one, panel] of panels) panel.element.hidden = one !== id;
  };
  const build = whenChanged(
    (view) => view.servers.map(({ id, name }) => ({ id, name })),
    (servers) => {
      panels.clear();
      for (const server of servers) panels.set(server.id, makeServer(server.id, turn));
      const options = servers.map(({ id, name }) => ({ value: id, label: name }));
      const choice = chooser("In", options, show);
      fill(chosen, choice.element);
      fill(
        body,
        [...panels.values()].map((panel) => panel.element),
      );
      show(panels.has(present) ? present : servers[0]?.id);
      choice.show(present);
    },
  );
  return {
    element,
    update(view) {
      build(view);
      for (const server of view.servers) panels.get(server.id).update(server);
    },
  };
}

function makeServer(id, turn) {
  const list = h("div", { class: "switches", role: "group", "aria-label": "The bot's permissions" });
  const missing = h("p", { class: "dial-hint" });
  const commands = toggle("Members may use commands", (on) => turn("members_commands", { guild: id, on }));
  const level = chooser("Boosts", LEVELS, (value) => turn("server_limit", { guild: id, premium_tier: Number(value) }));
  const people = h("div", { class: "switches" }, commands.element);
  const limit = h("p", { class: "dial-hint" });
  const switches = new Map();
  const update = (server) => {
    for (const { name, label, on } of server.permissions) {
      if (!switches.has(name)) {
        const flip = (wanted) => turn("permission", { guild: id, permission: name, on: wanted });
        switches.set(name, toggle(label, flip));
        list.append(switches.get(name).element);
      }
      switches.get(name).show(on);
    }
    commands.show(server.members_commands);
    level.show(String(server.premium_tier));
    fill(limit, `Upload limit: ${mebibytes(server.upload_limit_bytes)}.`);
    fill(missing, server.has_bot ? "" : "The bot is not in this server.");
    missing.hidden = server.has_bot;
  };
  return { element: h("div", {}, missing, list, people, h("div", { class: "boosts" }, level.element, limit)), update };
}

function mebibytes(count) {
  return count % (1 << 20) === 0 ? `${count / (1 << 20)} MB` : bytes(count);
}
