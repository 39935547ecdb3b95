/** The page's state, and the listeners to its changes. */

const listeners = new Map();

/** The present state; changed by `set` and `putMessages` alone. */
export const state = {
  connected: false,
  world: null,
  commands: [],
  calls: [],
  forms: [],
  bot: { online: false, running: false },
  backstage: null,
  at: null,
  whole: true,
  messages: new Map(),
};

/** Call `listener` whenever one of these keys has changed. */
export function on(keys, listener) {
  for (const key of [keys].flat()) listeners.set(key, [...(listeners.get(key) ?? []), listener]);
}

/** Replace one value and call the listeners. */
export function set(key, value) {
  state[key] = value;
  for (const listener of listeners.get(key) ?? []) listener(value);
}

/** Take in a part of the conversation: `{at, reset, put, gone, whole}`. */
export function putMessages(part) {
  if (part.reset) state.messages = new Map();
  for (const id of part.gone) state.messages.delete(id);
  for (const message of part.put) state.messages.set(message.id, message);
  if (part.put.length) state.messages = new Map([...state.messages].sort(([a], [b]) => order(a, b)));
  state.at = part.at;
  state.whole = part.whole;
  for (const listener of listeners.get("messages") ?? []) listener(part);
}

/** Compare two ids by age. */
export function order(a, b) {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The server that the present place belongs to, if it is not a DM. */
export function guildHere() {
  const place = placeOf(state.world?.at);
  return state.world?.guilds.find((guild) => guild.id === place?.guild);
}

/** The channel, thread or DM with that id, if this person sees it. */
export function placeOf(id) {
  const world = state.world;
  if (!world) return undefined;
  return [...world.guilds.flatMap((guild) => guild.channels), ...world.dms].find((one) => one.id === id);
}

/** Keep a value through reloads of this tab, or read it; `null` forgets it. */
export function keep(key, value) {
  if (value === undefined) {
    const text = sessionStorage.getItem(`kept:${key}`);
    return text === null ? undefined : JSON.parse(text);
  }
  if (value === null) sessionStorage.removeItem(`kept:${key}`);
  else sessionStorage.setItem(`kept:${key}`, JSON.stringify(value));
  return value;
}
