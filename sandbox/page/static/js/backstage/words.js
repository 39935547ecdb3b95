/** Backstage's labels, and how it writes times; the names are those of the dials and of the log. */

/** Faults of the provider: the name, a title, and the effect. */
export const PROVIDER_FAULTS = [
  ["429", "Too many requests", "Answers 429 with Retry-After: 3 s. The request isn't carried out."],
  ["500", "Server error", "Answers 500. The request isn't carried out."],
  ["drop_before", "Request lost", "The connection breaks before the request arrives at the provider."],
  ["open", "Gateway timeout", "Carried out, but the response is “timed out”. The bot asks, and doesn't resend it."],
  ["no_model", "No such model", "Answers 404: the model isn't offered."],
  ["firewall", "Blocked (403)", "A firewall in front of the provider blocks the request."],
  ["credit", "Out of credit", "Answers 402. The job waits, and the owner is alerted."],
  ["gone", "Not found", "Answers 404: the video doesn't exist."],
  ["drop_after", "Response lost", "The provider carries it out, but the response never arrives."],
  ["hang", "No response", "The request isn't carried out, and no response comes."],
  ["slow", "Slow response", "The provider carries it out, and the response comes at 10 bytes a second."],
];

/** The same for Discord. */
export const DISCORD_FAULTS = [
  ["429", "Rate limit", "Answers 429: the bot has to wait 3 s. The request isn't carried out."],
  ["503", "Unavailable", "Answers 503. The request isn't carried out."],
  ["denied", "Refused (403)", "Missing permissions: a permanent refusal. On the next new message it refuses a card."],
  ["explicit", "Explicit content", "Refused for its content. It applies to the next message with a file."],
  ["uploads", "Uploads limited", "Discord refuses all uploads here. It applies to the next message with a file."],
  ["drop_before", "Request lost", "The connection breaks before the request arrives at Discord."],
  ["drop_after", "Response lost", "Discord carries it out, but the response never arrives."],
  ["slow", "Slow response", "A person's file comes at 10 bytes a second; any other response is cut off."],
];

/** Kinds of requests to the provider. */
export const PROVIDER_TARGETS = [
  ["paid", "create or remix"],
  ["poll", "poll of a job"],
  ["file", "download of a video"],
  ["chat", "better prompt"],
];

/** Kinds of requests to Discord. */
export const DISCORD_TARGETS = [
  ["post", "new message"],
  ["edit", "edit of a message"],
  ["answer", "response to a command or button"],
  ["history", "search of a channel"],
  ["file", "download of an attachment"],
  ["any", "request of any kind"],
];

/** The label for the target of a planned fault; unknown names stay as they are. */
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
