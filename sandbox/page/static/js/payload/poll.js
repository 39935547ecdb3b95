/** A poll: ballots while one may vote, bars once one has or it is closed. */
import { h } from "../dom.js";

/** The poll of a message. */
export function renderPoll(poll, message, context) {
  return h("div", { class: "poll" }, poll.question?.text);
}
