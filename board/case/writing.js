// What is written in this browser tab, by case: kept on the server a moment after each pause, through a route of its
// own, so that a lost connection of the page loses nothing. What the server does not have yet is kept in the browser's
// own storage too, under the member's and the case's number, so that a closed tab loses nothing either.
const KEEP_AFTER_MS = 700;
const KEEP_AT_LEAST_EVERY_MS = 3000; // who types without a pause is kept too, and is seen to type
const CLAIM_AFTER_MS = 150; // the first letters of an answer take the case
const TRY_AGAIN_MS = 5000;
const GIVE_UP_POST_AFTER_MS = 40000; // the server itself waits up to 30 s for the database
const HEARD_WITHIN_MS = 15000;
const TRUST_OWN_FOR_MS = 15000; // for so long a page that was read before may still show an older draft
const MOST_BYTES_WHILE_LEAVING = 60000;
const ANSWERS_WORTH_A_RETRY = [408, 425, 429];

// It outlives the composer, which leaves the page with its case.
class Desk {
  constructor(me) {
    this.me = me;
    this.page = `${Date.now()}-${Math.random()}`;
    this.number = Date.now(); // rises from one page to the next, so that no number comes twice in a session
    this.cases = new Map();
    this.onChange = () => undefined;
    this.onStanding = () => undefined;
    forgetDrafts((key) => !key.startsWith(`${DRAFTS}${me}:`)); // a colleague's, who used this browser before
    window.addEventListener("pagehide", () => this.keepAllWhileLeaving());
    window.addEventListener("online", () => this.keepAll());
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

  copy(id, what) {
    try {
      const copy = JSON.parse(localStorage.getItem(`${DRAFTS}${this.me}:${id}:${what}`));
      return typeof copy?.text === "string" && typeof copy.base === "string" ? copy : null;
    } catch {
      return null;
    }
  }

  keepCopy(id, what, text, base) {
    const key = `${DRAFTS}${this.me}:${id}:${what}`;
    try {
      if (text === base) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ text, base, at: Date.now() / 1000 }));
    } catch {
      // No storage, or it is full: the server's copy has to do.
    }
  }
}

// One text: `kept` is what of it the server has.
class Words {
  constructor() {
    this.text = this.kept = "";
    this.keptAt = 0;
    this.refused = null;
    this.found = null; // another text that this browser holds, where the server's is not the one it was made from
  }
}

// The reply and the note to one case.
class Writing {
  constructor(id, desk) {
    this.id = id;
    this.desk = desk;
    this.reply = new Words();
    this.note = new Words();
    this.post = null; // the post that is answered, where one was chosen
    this.accepted = null; // the last event of the case up to which other answers do not count
    this.declined = new Set(); // promises that are not to be kept in mind
    this.thrown = ""; // a draft that was thrown away and can be put back
    this.sent = null; // what was handed to the page and has not been heard yet
    this.late = null; // what was handed over and not heard in time; it may be heard still
    this.state = { words: "", wrong: false };
    this.failed = false;
    this.isMet = false;
  }

  // The server's draft counts, unless what is here is newer.
  meet(data) {
    for (const what of ["reply", "note"]) {
      const words = this[what];
      const draft = what === "reply" ? data.draft : data.note;
      if (words.text !== words.kept || Date.now() - words.keptAt < TRUST_OWN_FOR_MS) continue;
      words.text = words.kept = draft;
      if (!this.isMet) this.meetCopy(what, draft);
    }
    if (this.post === null) this.post = data.post;
    this.isMet = true;
  }

  meetCopy(what, draft) {
    const copy = this.desk.copy(this.id, what);
    if (!copy) return;
    if (copy.text === draft) this.desk.keepCopy(this.id, what, draft, draft);
    else if (copy.base === draft) {
      this[what].text = copy.text;
      this.keep();
    } else this[what].found = copy;
  }

  // Takes the text that was found in this browser, or lets it go.
  settleFound(what, isTaken) {
    const words = this[what];
    if (isTaken) this.write(what, words.found.text);
    else this.desk.keepCopy(this.id, what, words.kept, words.kept);
    words.found = null;
    this.desk.onChange(this);
  }

  write(what, text, isFirst = false) {
    this[what].text = text;
    this.desk.keepCopy(this.id, what, text, this[what].kept);
    if (!this.failed) this.say("");
    this.keepAfter(isFirst ? CLAIM_AFTER_MS : KEEP_AFTER_MS);
  }

  choosePost(id) {
    this.post = id;
    this.isPostToKeep = this.reply.text.trim() !== "";
    this.keepAfter(KEEP_AFTER_MS);
  }

  keepAfter(wait) {
    const now = Date.now();
    this.waitingSince ??= now;
    clearTimeout(this.timer);
    const most = Math.max(0, this.waitingSince + KEEP_AT_LEAST_EVERY_MS - now);
    this.timer = setTimeout(() => this.keep(), wait === TRY_AGAIN_MS ? wait : Math.min(wait, most));
  }

  isToKeep(what) {
    const { text, kept, refused } = this[what];
    const isSent = this.sent && nameOf(this.sent.what) === what;
    return (text !== kept || (what === "reply" && this.isPostToKeep)) && text !== refused && !isSent;
  }

  // One request at a time, and another as long as the text has changed meanwhile. Resolves when none is under way.
  keep() {
    clearTimeout(this.timer);
    this.waitingSince = undefined;
    this.keeping ??= this.keepOn().finally(() => (this.keeping = undefined));
    return this.keeping;
  }

  async keepOn() {
    const next = () => ["reply", "note"].find((what) => this.isToKeep(what));
    for (let what = next(); what; what = next()) {
      const { text } = this[what];
      if (what === "reply") this.isPostToKeep = false;
      try {
        const answer = await this.send(what, text, { signal: AbortSignal.timeout(GIVE_UP_POST_AFTER_MS) });
        if (!answer.ok && !(await this.isFinal(answer, what, text))) throw new Error(`status ${answer.status}`);
        if (answer.ok) await this.onAnswer(what, text, answer);
      } catch {
        this.failed = true;
        this.say("The draft is not kept yet: trying again. Leave this page open.", true);
        this.keepAfter(TRY_AGAIN_MS);
        return;
      }
    }
  }

  async onAnswer(what, text, answer) {
    this.onKept(what, text);
    const told = await answer.json().catch(() => ({}));
    if (told.taken) this.say(`Case ${this.id} is yours: you began its answer.`);
    if (told.taken || told.holder) this.desk.onStanding(this, told);
  }

  onKept(what, text) {
    const words = this[what];
    words.kept = text;
    words.keptAt = Date.now();
    this.failed = false;
    this.desk.keepCopy(this.id, what, words.text, text);
    if (words.text === text) this.say(text ? "Draft kept" : "");
  }

  // What the server refuses it would refuse again: the member has to change it.
  async isFinal(answer, what, text) {
    if (answer.status >= 500 || ANSWERS_WORTH_A_RETRY.includes(answer.status)) return false;
    const told = await answer.json().catch(() => ({}));
    this[what].refused = text;
    this.failed = true;
    this.say(`The draft is not kept. ${told.error ?? "The board refused it."}`, true);
    return true;
  }

  // A request under way may end with the page, so what it carries is sent once more; the numbers keep the order.
  keepWhileLeaving() {
    for (const what of ["reply", "note"]) {
      if (!this.isToKeep(what)) continue;
      const { text } = this[what];
      const keepalive = new Blob([text]).size < MOST_BYTES_WHILE_LEAVING;
      this.send(what, text, { keepalive }).catch(() => undefined);
    }
  }

  send(what, text, more) {
    const post = what === "reply" ? this.post : null;
    return fetch(`/api/cases/${this.id}/draft`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ what, text, post, page: this.desk.page, number: this.desk.nextNumber() }),
      ...more,
    });
  }

  throwAway() {
    this.thrown = this.reply.text;
    this.write("reply", "");
    this.keep();
  }

  putBack() {
    this.write("reply", this.thrown + this.reply.text);
    this.thrown = "";
  }

  // What is about to be handed over. The same text again, after no answer came, has the number that it had before: the
  // server hears each number once.
  prepare(what) {
    const { text } = this[nameOf(what)];
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
    if (outcomes[heard.number]) this.onDone(nameOf(heard.what), heard.text);
    this.keep();
    return true;
  }

  onDone(what, text) {
    const words = this[what];
    if (words.text.startsWith(text)) words.text = words.text.slice(text.length).trimStart();
    this.onKept(what, "");
    if (what !== "reply") return;
    this.post = this.accepted = null;
    this.declined.clear();
    this.thrown = "";
  }

  say(words, wrong = false) {
    this.state = { words, wrong };
    this.desk.onChange(this);
  }
}

function nameOf(what) {
  return what === "note" ? "note" : "reply";
}
