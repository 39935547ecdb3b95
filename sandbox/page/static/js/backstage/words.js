/** What backstage calls things, and how it writes times; the names are those of the dials and of the log. */

/** What may go wrong with the provider's answers: the name, a title, and what then happens. */
export const PROVIDER_FAULTS = [
  ["429", "Too many requests", "Answered 429. Nothing is done; the bot may ask again in 3 s."],
  ["500", "Server error", "Answered 500. Nothing is done."],
  ["drop_before", "Request lost", "The connection breaks before the provider does anything."],
  ["open", "Gateway timeout", "Done, but answered “timed out”: the bot asks, and sends nothing again."],
  ["no_model", "No such model", "The provider answers that it doesn't offer the model."],
  ["firewall", "Blocked (403)", "A firewall in front of the provider refuses the request."],
  ["credit", "Credit used up", "Answered 402. The job waits, and the owner is told."],
  ["gone", "Not found", "Answered 404: the provider doesn't know that video (any more)."],
  ["drop_after", "Answer lost", "The provider does it, but the bot never hears back."],
  ["hang", "Silence", "Nothing is done, and no answer ever comes."],
  ["slow", "Drip", "The provider does it, and its answer comes at 10 bytes a second."],
];

/** The same for Discord's. */
export const DISCORD_FAULTS = [
  ["429", "Rate limit", "Answered 429. Nothing is done; the bot has to wait 3 s."],
  ["503", "Out of service", "Answered 503. Nothing is done."],
  ["denied", "Refused (403)", "Missing permissions, for good. As the next new message it refuses a card."],
  ["explicit", "Explicit content", "Refused for its content. It strikes the next message with a file, as a video."],
  ["uploads", "Uploads limited", "Discord lets nobody upload here now. It strikes the next message with a file."],
  ["drop_before", "Request lost", "The connection breaks before Discord does anything."],
  ["drop_after", "Answer lost", "Discord does it, but the bot never hears back."],
  ["slow", "Drip", "A person's file comes at 10 bytes a second; anything else is cut off."],
];

/** Which requests to the provider are meant. */
export const PROVIDER_TARGETS = [
  ["paid", "create or remix"],
  ["poll", "look at a job"],
  ["file", "fetch of a video"],
];

/** Which requests to Discord are meant. */
export const DISCORD_TARGETS = [
  ["post", "new message"],
  ["edit", "edit of a message"],
  ["answer", "answer to a command or button"],
  ["history", "look back in a channel"],
  ["file", "fetch of a person's file"],
  ["any", "request of any kind"],
];

/** The words for a target of a planned fault; a name that is not in the lists stays as it is. */
export function targetName(fault) {
  const names = fault.to === "provider" ? PROVIDER_TARGETS : DISCORD_TARGETS;
  return names.find(([name]) => name === fault.on)?.[1] ?? fault.on;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** A time of day, to the second. */
export function clock(ms) {
  return CLOCK.format(ms);
}

/** A day. */
export function day(ms) {
  return DAY.format(ms);
}

/** A length of time in its two largest units. */
export function duration(seconds) {
  const units = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const parts = [];
  let left = Math.round(seconds);
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    left -= count * size;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}
