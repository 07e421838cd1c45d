// Where a reply or a note is written. The text belongs to the browser: a refresh never touches it. A reply is kept as
// a draft on the server a moment after each pause, through a route of its own, so that a lost connection of the page
// loses nothing.
const KEEP_AFTER_MS = 700;
const TRY_AGAIN_MS = 5000;
const GIVE_UP_POST_AFTER_MS = 40000; // the server itself waits up to 30 s for the database
const HEARD_WITHIN_MS = 15000;
const TRUST_OWN_FOR_MS = 15000; // for so long a page that was read before may still show an older draft
const MOST_BYTES_WHILE_LEAVING = 60000;
const ANSWERS_WORTH_A_RETRY = [408, 425, 429];

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const composer = (component.parentElement.acComposer ??= new Composer(root));
  composer.update(component.data, component.setTriggerValue);
  return () => {
    composer.remove();
    component.parentElement.acComposer = undefined;
  };
}

// What is written in this browser tab, by case. It outlives the composer, which leaves the page with its case.
class Desk {
  constructor() {
    this.page = `${Date.now()}-${Math.random()}`;
    this.number = Date.now(); // rises from one page to the next, so that no number comes twice in a session
    this.cases = new Map();
    this.onChange = () => undefined;
  }

  nextNumber() {
    this.number += 1;
    return this.number;
  }

  writingFor(id) {
    if (!this.cases.has(id)) this.cases.set(id, new Writing(id, this));
    return this.cases.get(id);
  }

  unkept() {
    return [...this.cases.values()].filter((writing) => writing.failed);
  }

  keepAll() {
    this.cases.forEach((writing) => writing.keep());
  }

  keepAllWhileLeaving() {
    this.cases.forEach((writing) => writing.keepWhileLeaving());
  }
}

// The reply and the note to one case: `reply` is what was written, `kept` what of it the server has.
class Writing {
  constructor(id, desk) {
    this.id = id;
    this.desk = desk;
    this.reply = this.kept = this.note = "";
    this.keptAt = 0;
    this.sent = null; // what was handed to the page and has not been heard yet
    this.late = null; // what was handed over and not heard in time; it may be heard still
    this.state = { words: "", wrong: false };
    this.failed = false;
    this.refused = null;
  }

  // The server's draft counts, unless what is here is newer.
  meet(draft) {
    if (this.reply !== this.kept || Date.now() - this.keptAt < TRUST_OWN_FOR_MS) return;
    this.reply = this.kept = draft;
  }

  write(what, text) {
    this[what] = text;
    if (what === "reply") {
      if (!this.failed) this.say("");
      this.keepAfter(KEEP_AFTER_MS);
    }
  }

  keepAfter(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), wait);
  }

  get isToKeep() {
    return this.reply !== this.kept && this.reply !== this.refused && this.sent?.what !== "answered";
  }

  // One request at a time, and another as long as the text has changed meanwhile. Resolves when none is under way.
  keep() {
    clearTimeout(this.timer);
    this.keeping ??= this.keepOn().finally(() => (this.keeping = undefined));
    return this.keeping;
  }

  async keepOn() {
    while (this.isToKeep) {
      const text = this.reply;
      try {
        const answer = await this.post(text, { signal: AbortSignal.timeout(GIVE_UP_POST_AFTER_MS) });
        if (!answer.ok && !(await this.isFinal(answer, text))) throw new Error(`status ${answer.status}`);
        if (answer.ok) this.onKept(text);
      } catch {
        this.failed = true;
        this.say("The draft is not kept yet: trying again. Leave this page open.", true);
        this.keepAfter(TRY_AGAIN_MS);
        return;
      }
    }
  }

  onKept(text) {
    this.kept = text;
    this.keptAt = Date.now();
    this.failed = false;
    if (this.reply === text) this.say(text ? "Draft kept" : "");
  }

  // What the server refuses it would refuse again: the member has to change it.
  async isFinal(answer, text) {
    if (answer.status >= 500 || ANSWERS_WORTH_A_RETRY.includes(answer.status)) return false;
    const told = await answer.json().catch(() => ({}));
    this.refused = text;
    this.failed = true;
    this.say(`The draft is not kept. ${told.error ?? "The board refused it."}`, true);
    return true;
  }

  // A request under way may end with the page, so what it carries is sent once more; the numbers keep the order.
  keepWhileLeaving() {
    if (!this.isToKeep) return;
    const keepalive = new Blob([this.reply]).size < MOST_BYTES_WHILE_LEAVING;
    this.post(this.reply, { keepalive }).catch(() => undefined);
  }

  post(text, more) {
    return fetch(`/api/cases/${this.id}/draft`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, page: this.desk.page, number: this.desk.nextNumber() }),
      ...more,
    });
  }

  // What is about to be handed over. The same text again, after no answer came, has the number that it had before: the
  // server hears each number once.
  prepare(what) {
    const text = what === "note" ? this.note : this.reply;
    const again = this.late?.what === what && this.late.text === text ? this.late.number : null;
    clearTimeout(this.timer);
    this.sent = { what, text, number: again ?? this.desk.nextNumber() };
    this.say("Sending …");
    this.patience = setTimeout(() => this.onSilence(), HEARD_WITHIN_MS);
  }

  onSilence() {
    this.late = this.sent;
    this.sent = null;
    this.say("Not sent: the board does not answer. Your text is still here; try again in a moment.", true);
    this.keep();
  }

  // `outcomes` says of each number whether it was done. What was typed in the meantime stays.
  hear(outcomes) {
    const heard = [this.sent, this.late].find((each) => each && String(each.number) in outcomes);
    if (!heard) return false;
    if (this.sent?.number === heard.number) this.sent = null;
    if (this.late?.number === heard.number) this.late = null;
    if (!this.sent) clearTimeout(this.patience);
    this.say("");
    const name = heard.what === "note" ? "note" : "reply";
    if (outcomes[heard.number]) {
      if (this[name].startsWith(heard.text)) this[name] = this[name].slice(heard.text.length).trimStart();
      if (name === "reply") this.onKept("");
    }
    this.keep();
    return true;
  }

  say(words, wrong = false) {
    this.state = { words, wrong };
    this.desk.onChange(this);
  }
}

class Composer {
  constructor(root) {
    this.desk = window.acDesk ??= new Desk();
    this.onChange = () => this.paint();
    this.desk.onChange = this.onChange;
    this.mode = "reply";
    this.build(root);
    this.stop = new AbortController();
    const { signal } = this.stop;
    document.addEventListener("afterclick:write", () => this.answerWrite(), { signal });
    if (this.desk.isListening) return;
    this.desk.isListening = true;
    window.addEventListener("pagehide", () => this.desk.keepAllWhileLeaving());
    window.addEventListener("online", () => this.desk.keepAll());
  }

  build(root) {
    const tab = (name, words) =>
      h("button", { role: "tab", "data-name": name, onclick: () => this.show(name, true) }, words);
    this.tabs = h("div", { class: "tabs", role: "tablist" }, tab("reply", "Reply"), tab("note", "Note to the team"));
    this.hint = h("p", { class: "hint", hidden: true });
    this.field = h("textarea", { rows: "4" });
    this.state = h("span", { class: "state", role: "status" });
    this.copy = h("button", { onclick: () => this.copyAndOpen() });
    this.answered = h("button", { onclick: () => this.send("answered") }, "Mark as answered");
    this.add = h("button", { onclick: () => this.send("note") }, "Add note");
    this.field.oninput = () => this.onInput();
    this.field.onblur = () => this.writing?.keep();
    this.field.onkeydown = (event) => this.onKey(event);
    const foot = h("div", { class: "foot" }, this.state, this.copy, this.answered, this.add);
    root.replaceChildren(this.tabs, this.hint, this.field, foot);
  }

  remove() {
    this.desk.keepAll();
    if (this.desk.onChange === this.onChange) this.desk.onChange = () => undefined;
    this.stop.abort();
  }

  update(data, send) {
    const other = this.data?.case !== data.case;
    if (other) this.writing?.keep();
    this.data = data;
    this.sendToPage = send;
    this.desk.cases.forEach((writing) => writing.hear(data.heard) && writing === this.writing && this.fill());
    if (other) this.enter();
    this.paint();
  }

  enter() {
    this.writing = this.desk.writingFor(this.data.case);
    this.writing.meet(this.data.draft);
    this.field.maxLength = this.data.longest;
    this.show(this.mode, false);
    this.answerWrite();
  }

  // The list's keys ask for the field of one case; another case's field does not answer.
  answerWrite() {
    const asked = window.acWrite;
    if (!asked || asked.case !== this.data?.case) return;
    window.acWrite = undefined;
    this.show(asked.what, true);
  }

  show(mode, focus) {
    this.mode = mode;
    const isReply = mode === "reply";
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.name === mode));
    this.fill();
    this.field.placeholder = isReply ? "Write a reply. It is kept as you type." : "Only your team sees this.";
    this.field.setAttribute("aria-label", isReply ? "Reply" : "Note to the team");
    this.paint();
    if (focus) this.field.focus();
  }

  fill() {
    if (this.field.value !== this.writing[this.mode]) this.field.value = this.writing[this.mode];
  }

  paint() {
    if (!this.writing) return;
    const { writing } = this;
    const { holder, link } = this.data;
    const isReply = this.mode === "reply";
    const waits = writing.sent !== null;
    this.copy.hidden = this.answered.hidden = !isReply;
    this.add.hidden = isReply;
    this.copy.textContent = link ? "Copy and open the post" : "Copy";
    this.copy.disabled = !writing.reply.trim() || Boolean(holder);
    this.answered.disabled = waits || Boolean(holder) || !this.isFit(writing.reply);
    this.add.disabled = waits || !this.isFit(writing.note);
    this.hint.hidden = !isReply || !holder;
    this.hint.textContent = `${holder} has this case. Agree on who answers, so that the customer hears from one of you.`;
    const { words, wrong } = this.stateToShow();
    if (this.state.textContent !== words) this.state.textContent = words;
    this.state.classList.toggle("wrong", wrong);
  }

  isFit(text) {
    return text.trim() !== "" && text.length <= this.data.longest;
  }

  stateToShow() {
    const { length } = this.writing[this.mode];
    const most = this.data.longest.toLocaleString();
    if (length > this.data.longest) return { words: `Too long by ${length - this.data.longest} letters.`, wrong: true };
    if (length === this.data.longest) return { words: `A text ends at ${most} letters: what was beyond is not here.`, wrong: true };
    const { state } = this.writing;
    const [other] = this.desk.unkept().filter((writing) => writing !== this.writing);
    if (!other || state.wrong) return state;
    return { words: `The reply to case ${other.id} is not kept yet. Leave this page open.`, wrong: true };
  }

  onInput() {
    this.writing.write(this.mode, this.field.value);
    this.paint();
  }

  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.mode === "note") {
      event.preventDefault();
      this.send("note");
    }
  }

  async copyAndOpen() {
    const { writing } = this;
    const link = webLink(this.data.link);
    const copied = navigator.clipboard?.writeText(writing.reply);
    if (link) window.open(link, "_blank", "noopener,noreferrer");
    try {
      if (!copied) throw new Error("no clipboard");
      await copied;
      writing.say("Copied. Post it there, then mark the case as answered.");
    } catch {
      this.field.select();
      writing.say("The browser did not allow copying: the text is selected, copy it with Ctrl+C.", true);
    }
  }

  async send(what) {
    const { writing } = this;
    if (writing.sent || !this.isFit(what === "note" ? writing.note : writing.reply)) return;
    writing.prepare(what);
    const { text, number } = writing.sent;
    await writing.keeping; // a draft under way must not arrive after the reply it became
    if (writing.sent?.number !== number) return;
    this.sendToPage(what, { case: writing.id, text, number, page: this.desk.page });
  }
}
