/** A poll: ballots while one may vote, bars once one has, once one asks for them, or once it is over. */
import { fill, h, icon } from "../dom.js";
import { spinner } from "./glyphs.js";
import { emojiOf } from "./references.js";
import { leftText, ticking } from "./times.js";

let made = 0;

/** The poll of a message. */
export function renderPoll(poll, message, context) {
  return new Poll(poll, message, context).element;
}

/** What Discord says when a poll is over: an embed whose fields are facts, drawn as the winner and its share. */
export function renderPollResult(embed) {
  const facts = Object.fromEntries((embed.fields ?? []).map(({ name, value }) => [name, value]));
  const total = Number(facts.total_votes ?? 0);
  const share = total ? Math.round((Number(facts.victor_answer_votes ?? 0) / total) * 100) : 0;
  const emoji = emojiOf({ id: facts.victor_answer_emoji_id, name: facts.victor_answer_emoji_name });
  const words = facts.victor_answer_text ?? (total ? "It is a draw" : "No votes");
  return h(
    "div",
    { class: "poll over with-results" },
    h("div", { class: "poll-question" }, facts.poll_question_text),
    h(
      "div",
      { class: ["poll-answer result", facts.victor_answer_id && "won"], style: { "--share": `${share}%` } },
      h("span", { class: "poll-words" }, emoji, h("span", {}, words)),
      facts.victor_answer_id && h("span", { class: "poll-won" }, "Won"),
      h("span", { class: "poll-share" }, `${share}%`),
    ),
    h("div", { class: "poll-foot" }, h("span", { class: "poll-facts" }, `${votesText(total)} • Poll closed`)),
  );
}

class Poll {
  #poll;
  #message;
  #context;
  #ends;
  #looking = false;
  #busy = false;
  #drawnOver;

  constructor(poll, message, context) {
    this.#poll = poll;
    this.#message = message;
    this.#context = context;
    this.#ends = poll.expiry ? Date.parse(poll.expiry) : Infinity;
    const id = `poll-${(made += 1)}`;
    this.name = id;
    this.body = h("div", { class: "poll-answers", role: "group", "aria-labelledby": id });
    this.actions = h("div", { class: "poll-actions" });
    this.facts = h("span", { class: "poll-facts" });
    this.element = h(
      "div",
      { class: "poll" },
      h("div", { class: "poll-question", id }, poll.question?.text),
      h("div", { class: "poll-hint" }, poll.allow_multiselect ? "Select one or more answers" : "Select one answer"),
      this.body,
      h("div", { class: "poll-foot" }, this.facts, this.actions),
    );
    this.#draw();
    ticking(this.facts, () => this.#tick());
  }

  get #isOver() {
    return this.#poll.results?.is_finalized === true || this.#context.now() >= this.#ends;
  }

  #count(answer) {
    const counts = this.#poll.results?.answer_counts ?? [];
    const found = counts.find(({ id }) => String(id) === String(answer.answer_id));
    return { count: found?.count ?? 0, mine: found?.me_voted === true };
  }

  #tick() {
    if (this.#isOver !== this.#drawnOver) this.#draw();
    const total = this.#total();
    const votes = votesText(total);
    const left = Number.isFinite(this.#ends) ? ` • ${leftText(this.#ends, this.#context.now())} left` : "";
    const text = `${votes}${this.#isOver ? " • Poll closed" : left}`;
    if (this.facts.textContent !== text) this.facts.textContent = text;
  }

  #total() {
    return this.#poll.answers.reduce((sum, answer) => sum + this.#count(answer).count, 0);
  }

  #draw() {
    this.#drawnOver = this.#isOver;
    const voted = this.#poll.answers.some((answer) => this.#count(answer).mine);
    const results = this.#isOver || voted || this.#looking;
    this.element.classList.toggle("over", this.#isOver);
    this.element.classList.toggle("with-results", results);
    fill(this.body, results ? this.#bars() : this.#ballots());
    fill(this.actions, this.#isOver ? null : this.#buttons(voted));
  }

  #bars() {
    const total = this.#total();
    const most = Math.max(...this.#poll.answers.map((answer) => this.#count(answer).count));
    return this.#poll.answers.map((answer) => {
      const { count, mine } = this.#count(answer);
      const share = total ? Math.round((count / total) * 100) : 0;
      const won = this.#isOver && count === most && count > 0;
      return h(
        "div",
        { class: ["poll-answer result", mine && "mine", won && "won"], style: { "--share": `${share}%` } },
        answerWords(answer),
        won && h("span", { class: "poll-won" }, "Won"),
        mine && yourTick(),
        h("span", { class: "poll-count" }, votesText(count)),
        h("span", { class: "poll-share" }, `${share}%`),
      );
    });
  }

  #ballots() {
    const type = this.#poll.allow_multiselect ? "checkbox" : "radio";
    return this.#poll.answers.map((answer) => {
      const input = h("input", { type, name: this.name, value: answer.answer_id, onchange: () => this.#allow() });
      return h("label", { class: "poll-answer ballot" }, answerWords(answer), input);
    });
  }

  #picked() {
    const inputs = [...this.body.querySelectorAll("input")];
    return this.#poll.answers.filter((_, index) => inputs[index]?.checked).map((answer) => answer.answer_id);
  }

  #allow() {
    const vote = this.actions.querySelector(".primary");
    if (vote) vote.disabled = this.#picked().length === 0;
  }

  #buttons(voted) {
    const plain = (words, act) => h("button", { type: "button", class: "button plain", onclick: act }, words);
    if (voted) return plain("Remove vote", () => this.#vote([]));
    const look = plain(this.#looking ? "Back to vote" : "Show results", () => {
      this.#looking = !this.#looking;
      this.#draw();
      this.actions.querySelector("button").focus();
    });
    const looks = { type: "button", class: "button primary press", disabled: true };
    const vote = h("button", looks, h("span", { class: "press-face" }, "Vote"));
    vote.addEventListener("click", () => this.#vote(this.#picked(), vote));
    return [look, !this.#looking && vote];
  }

  async #vote(answers, button) {
    if (this.#busy) return;
    this.#busy = true;
    button?.classList.add("waits");
    button?.append(spinner());
    try {
      await this.#context.act("vote", { at: this.#message.channel_id, message: this.#message.id, answers });
    } catch (error) {
      this.#context.complain(error.message);
    } finally {
      this.#busy = false;
      button?.classList.remove("waits");
      button?.querySelector(".spinner")?.remove();
    }
  }
}

function votesText(count) {
  return count === 1 ? "1 vote" : `${count} votes`;
}

function yourTick() {
  return h("span", { class: "poll-mark" }, icon("check"), h("span", { class: "unseen" }, "Your vote"));
}

function answerWords({ poll_media: { text, emoji } }) {
  return h("span", { class: "poll-words" }, emojiOf(emoji), h("span", {}, text));
}
