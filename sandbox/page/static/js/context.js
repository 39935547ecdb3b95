/** What everything that draws may ask and do, in one object: who and what ids mean, acting, going somewhere. */

import { flatCommands } from "./composer/commands.js";
import { request, shelve, tab } from "./live.js";
import { guildHere, keep, placeOf, state } from "./state.js";

/** The page's context; the app sets `jump` and `complain` when it starts. */
export const context = {
  get me() {
    return state.world.me;
  },
  person: (id) => state.world.people.find((one) => one.id === id),
  channel: (id) => placeOf(id),
  role: (id) => guildHere()?.roles.find((one) => one.id === id),
  command: (name) => flatCommands(state.commands).find((one) => one.name === name),
  everyone() {
    const guild = guildHere();
    const here = guild ? guild.members : [state.world.me.id, state.world.bot];
    return state.world.people.filter((one) => here.includes(one.id));
  },
  channels: () => guildHere()?.channels ?? [],
  roles: () => guildHere()?.roles ?? [],
  act: (name, body) => request(`/act/${name}`, { as: state.world.me.id, tab, ...body }),
  pick: (files) => Promise.all([...files].map(shelve)),
  keep,
  now: () => Date.now() + (state.bot.ahead_ms ?? 0),
  jump: () => {},
  complain: () => {},
};

/** Do something, and say what kept it from being done; resolves with the answer, or with null. */
export async function attempt(name, body) {
  try {
    return await context.act(name, body);
  } catch (error) {
    context.complain(error.message);
    return null;
  }
}
