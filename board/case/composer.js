// Where a reply or a note is written. The text belongs to the browser: a refresh never touches it. A reply is kept as
// a draft on the server a moment after each pause, through a route of its own, so that a lost connection of the page
// loses nothing.
const KEEP_AFTER_MS = 700;
const TRY_AGAIN_MS = 5000;

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const composer = (component.parentElement.acComposer ??= new Composer(root));
  composer.update(component.data, component.setTriggerValue);
  return () => {
    composer.remove();
    component.parentElement.acComposer = undefined;
  };
}

class Composer {
  constructor(root) {
    this.number = 0;
    this.notes = new Map(); // unsent notes by case, for as long as the page is open
    this.build(root);
    this.stop = new AbortController();
    const { signal } = this.stop;
    document.addEventListener("afterclick:write", () => this.answerWrite(), { signal });
    window.addEventListener("pagehide", () => this.keepNow(true), { signal });
    window.addEventListener("online", () => this.keepNow(false), { signal });
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
    this.field.onblur = () => this.keepNow(false);
    this.field.onkeydown = (event) => this.onKey(event);
    const foot = h("div", { class: "foot" }, this.state, this.copy, this.answered, this.add);
    root.replaceChildren(this.tabs, this.hint, this.field, foot);
  }

  remove() {
    this.keepNow(true);
    this.stop.abort();
    clearTimeout(this.timer);
  }

  update(data, send) {
    const other = this.data?.case !== data.case;
    if (other) this.leave();
    const heard = data.heard > (this.data?.heard ?? 0) && data.heard === this.sent?.number;
    this.data = data;
    this.sendToPage = send;
    if (other) this.enter();
    if (heard) this.onHeard();
    this.paint();
  }

  leave() {
    if (!this.data) return;
    this.keepNow(false);
    this.rememberNote();
  }

  enter() {
    this.number = Math.max(this.number, this.data.heard);
    this.reply = this.kept = this.data.draft;
    this.note = this.notes.get(this.data.case) ?? "";
    this.sent = undefined;
    this.say("");
    this.show(this.mode ?? "reply", false);
    this.answerWrite();
  }

  // The list's keys ask for the field of one case; another case's field does not answer.
  answerWrite() {
    const asked = window.acWrite;
    if (!asked || asked.case !== this.data?.case) return;
    window.acWrite = undefined;
    this.show(asked.what, true);
  }

  onHeard() {
    if (this.sent.what === "note") this.note = "";
    else this.reply = this.kept = "";
    this.notes.delete(this.data.case);
    this.field.value = this[this.mode];
    this.sent = undefined;
    this.say("");
  }

  show(mode, focus) {
    this.mode = mode;
    const isReply = mode === "reply";
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.name === mode));
    this.field.value = this[mode] ?? "";
    this.field.placeholder = isReply ? "Write a reply. It is kept as you type." : "Only your team sees this.";
    this.field.setAttribute("aria-label", isReply ? "Reply" : "Note to the team");
    this.paint();
    if (focus) this.field.focus();
  }

  paint() {
    const isReply = this.mode === "reply";
    const { holder, link } = this.data;
    this.copy.hidden = this.answered.hidden = !isReply;
    this.add.hidden = isReply;
    this.copy.textContent = link ? "Copy and open the post" : "Copy";
    this.copy.disabled = this.answered.disabled = !this.reply?.trim() || Boolean(holder);
    this.add.disabled = !this.note?.trim();
    this.hint.hidden = !isReply || !holder;
    this.hint.textContent = `${holder} has this case. Agree on who answers, so that the customer hears from one of you.`;
  }

  onInput() {
    this[this.mode] = this.field.value;
    if (this.mode === "reply") {
      this.say("");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keepNow(false), KEEP_AFTER_MS);
    } else {
      this.rememberNote();
    }
    this.paint();
  }

  rememberNote() {
    if (this.note) this.notes.set(this.data.case, this.note);
    else this.notes.delete(this.data.case);
  }

  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.mode === "note" && this.note.trim()) {
      event.preventDefault();
      this.send("note");
    }
  }

  // Keeps the draft on the server; `leaving` lets the request outlive the page.
  async keepNow(leaving) {
    clearTimeout(this.timer);
    if (!this.data || this.reply === this.kept) return;
    const { case: id } = this.data;
    const text = this.reply;
    this.kept = text;
    this.keeping = fetch(`/api/cases/${id}/draft`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
      keepalive: leaving && text.length < 15000,
    });
    try {
      const answer = await this.keeping;
      if (!answer.ok) throw new Error((await answer.json()).error);
      if (this.data.case === id && this.reply === text) this.say(text ? "Draft kept" : "");
    } catch {
      if (this.data.case !== id || this.reply !== text) return;
      this.kept = null;
      this.say("The draft is not kept yet: trying again. Leave this page open.", true);
      this.timer = setTimeout(() => this.keepNow(false), TRY_AGAIN_MS);
    }
  }

  async copyAndOpen() {
    const link = webLink(this.data.link);
    const copied = navigator.clipboard?.writeText(this.reply);
    if (link) window.open(link, "_blank", "noopener,noreferrer");
    try {
      if (!copied) throw new Error("no clipboard");
      await copied;
      this.say("Copied. Post it there, then mark the case as answered.");
    } catch {
      this.field.select();
      this.say("The browser did not allow copying: the text is selected, copy it with Ctrl+C.", true);
    }
  }

  async send(what) {
    const text = what === "note" ? this.note : this.reply;
    if (!text?.trim()) return;
    clearTimeout(this.timer);
    await this.keeping?.catch(() => undefined); // a draft under way must not arrive after the reply it became
    this.number = Math.max(this.number, this.data.heard) + 1;
    this.sent = { what, number: this.number };
    this.sendToPage(what, { case: this.data.case, text, number: this.number });
  }

  say(words, wrong = false) {
    this.state.textContent = words;
    this.state.classList.toggle("wrong", wrong);
  }
}
