// Where a reply or a note is written. The text belongs to the browser: a refresh never touches it.
const BUILT_ANEW_WITHIN_MS = 10000;
const POINTED_WITHIN_MS = 1000;
// Where Streamlit loses its server it opens a dialog, and takes the cursor out of the field and the page out of use. Its
// dialogs (React Aria's) leave alone what says this of itself, as the composer does while somebody writes in it.
const STAYS_USABLE = "data-react-aria-top-layer";
const SEEN_WORDS = /[^\s\p{Cc}\p{Cf}\p{Cn}\p{Mn}\p{Me}\u115f\u1160\u2800\u3164\uffa0]/u;

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const composer = (component.parentElement.acComposer ??= new Composer(root, component.data));
  composer.update(component.data, component.setTriggerValue);
  return () => {
    composer.remove();
    component.parentElement.acComposer = undefined;
  };
}

class Composer {
  constructor(root, data) {
    if (window.acDesk?.me !== data.me) window.acDesk = new Desk(data.me);
    this.desk = window.acDesk;
    this.onChange = () => this.paint();
    this.desk.onChange = this.onChange;
    this.desk.onStanding = (writing, told) => this.onStanding(writing, told);
    this.mode = "reply";
    this.host = root.getRootNode().host ?? root;
    this.pointedAt = 0;
    this.checks = new Checks(this.onChange);
    this.build(root);
    this.stop = new AbortController();
    const { signal } = this.stop;
    document.addEventListener("afterclick:write", () => this.answerWrite(), { signal });
    document.addEventListener("afterclick:selected", () => this.held && this.update(...this.held), { signal });
    document.addEventListener("pointerdown", (event) => this.onPointer(event), { signal });
    this.timer = setInterval(() => tick(root), 10000);
  }

  build(root) {
    const tab = (name, words) =>
      h("button", { role: "tab", "data-name": name, onclick: () => this.show(name, true) }, words);
    this.tabs = h("div", { class: "tabs", role: "tablist" }, tab("reply", "Reply"), tab("note", "Note to the team"));
    this.hints = h("div", { class: "hints", role: "status" });
    this.posts = h("select", { onchange: () => this.onPost() });
    this.place = h("label", { class: "place" }, "Answering ", this.posts);
    this.field = h("textarea", { rows: "4", dir: "auto", "aria-autocomplete": "list" });
    this.field.oninput = () => this.onInput();
    this.field.onfocus = () => this.onFocus();
    this.field.onblur = (event) => this.onBlur(event);
    this.field.onkeydown = (event) => this.onKey(event);
    this.templates = templatePicker((item) => this.onTemplate(item), () => this.field.focus());
    this.mentions = mentionPicker((item) => this.onMention(item), () => undefined);
    root.replaceChildren(this.tabs, this.hints, this.place, this.field, this.mentions.tag, this.templates.tag, this.checks.tag, this.buildFoot());
  }

  buildFoot() {
    this.state = h("span", { class: "state", role: "status" });
    this.length = h("span", { class: "length" });
    this.pick = h("button", { class: "plain", "aria-haspopup": "listbox", onclick: () => this.openTemplates() }, "Templates");
    this.copy = h("button", { onclick: () => this.copyAndOpen() });
    this.when = h("select", { "aria-label": "When it was posted", onchange: () => this.paint() });
    this.when.append(h("option", { value: "now" }, "posted just now"), h("option", { value: "earlier" }, "posted earlier"));
    this.at = h("input", { type: "datetime-local", "aria-label": "Posted at", onchange: () => this.paint() });
    this.answered = h("button", { class: "first", onclick: () => this.send("answered") }, "Mark as answered");
    this.add = h("button", { class: "first", onclick: () => this.send("note") }, "Add note");
    this.marking = h("span", { class: "marking" }, this.copy, this.when, this.at, this.answered);
    return h("div", { class: "foot" }, this.state, this.length, this.pick, this.marking, this.add);
  }

  onFocus() {
    this.isWritten = true;
    this.host.setAttribute(STAYS_USABLE, "true");
  }

  // A field that is taken off the page, or from which a dialog takes the cursor, was not left by whoever writes in it:
  // the words that follow would be lost, or become shortcuts.
  onBlur(event) {
    this.writing?.keep();
    const isStolen = event.relatedTarget?.closest?.("[role=dialog]") && Date.now() - this.pointedAt > POINTED_WITHIN_MS;
    if (isStolen) this.field.focus();
    else setTimeout(() => this.onLeft(), 0); // while the event comes, a field that goes is still on the page
  }

  onLeft() {
    if (!this.field.isConnected || this.field.getRootNode().activeElement === this.field) return;
    this.isWritten = false;
    this.host.removeAttribute(STAYS_USABLE);
  }

  remove() {
    this.desk.keepAll();
    const { selectionStart: start, selectionEnd: end } = this.field;
    if (this.isWritten) this.desk.cursor = { case: this.data.case, mode: this.mode, start, end, at: Date.now() };
    if (this.desk.onChange === this.onChange) this.desk.onChange = this.desk.onStanding = () => undefined;
    clearInterval(this.timer);
    this.checks.forget();
    this.stop.abort();
  }

  update(data, send) {
    this.held = this.isPassedOver(data) ? [data, send] : undefined;
    if (this.held) return;
    const other = this.data?.case !== data.case;
    if (other) this.writing?.keep();
    this.data = data;
    this.sendToPage = send;
    this.desk.cases.forEach((writing) => writing.hear(data.heard) && writing === this.writing && this.fill());
    if (other) this.enter();
    this.paint();
  }

  // Whoever goes on to a case and back at once may write again before the case between has come: it must not come under
  // the hands of the writer.
  isPassedOver(data) {
    return this.data !== undefined && this.data.case !== data.case && this.data.case === window.acCase;
  }

  enter() {
    this.writing = this.desk.writingFor(this.data.case);
    this.writing.meet(this.data);
    this.field.maxLength = this.data.longest;
    this.when.value = "now";
    this.checks.forget();
    this.templates.close();
    this.mentions.close();
    this.show(this.mode, false);
    this.checks.look(this.data.case, this.writing.reply.text, 0);
    this.takeUpCursor();
    this.answerWrite();
  }

  // After a restart of the server the page is built anew under the hands of whoever writes.
  takeUpCursor() {
    const { cursor } = this.desk;
    this.desk.cursor = undefined;
    if (cursor?.case !== this.data.case || Date.now() - cursor.at > BUILT_ANEW_WITHIN_MS) return;
    if (document.activeElement && document.activeElement !== document.body) return;
    this.show(cursor.mode, true);
    this.field.setSelectionRange(cursor.start, cursor.end);
  }

  // The list's keys ask for the field of one case; another case's field does not answer.
  answerWrite() {
    const asked = window.acWrite;
    if (!asked || asked.case !== this.data?.case) return;
    window.acWrite = undefined;
    this.show(asked.what, true);
  }

  // By writing, the member got the case, or is told that somebody else did: the page is read again at once.
  onStanding(writing, { taken, holder }) {
    const isNews = writing === this.writing && holder !== (this.data.holder?.name ?? "");
    if (taken || isNews) this.sendToPage("look", { number: this.desk.nextNumber(), case: writing.id, taken });
  }

  onPointer(event) {
    this.pointedAt = Date.now();
    const inside = event.composedPath();
    if (this.templates.isOpen && !inside.includes(this.templates.tag) && !inside.includes(this.pick)) this.templates.close();
    if (!inside.includes(this.mentions.tag)) this.mentions.close();
  }

  show(mode, focus) {
    this.mode = mode;
    const isReply = mode === "reply";
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.name === mode));
    this.fill();
    this.field.placeholder = isReply
      ? "Write a reply. It is kept as you type."
      : "Only your team sees this. Write @ and a name to tell a colleague.";
    this.field.setAttribute("aria-label", isReply ? "Reply" : "Note to the team");
    this.mentions.close();
    this.paint();
    if (focus) this.field.focus();
  }

  fill() {
    const { text } = this.writing[this.mode];
    if (this.field.value !== text) this.field.value = text;
    this.checks.look(this.data.case, this.writing.reply.text);
  }

  // The post that is answered: the chosen one, else the newest that is still there.
  get post() {
    const there = this.data.posts.filter((post) => !post.is_deleted);
    return this.data.posts.find((post) => post.id === this.writing.post) ?? there.at(-1) ?? this.data.posts.at(-1) ?? null;
  }

  // What somebody else answered to the same post, the newest; what the member has accepted does not count.
  get conflict() {
    const { reply, accepted } = this.writing;
    const isAnother = (each) =>
      !each.is_mine && each.post === (this.post?.id ?? null) && (accepted === null || each.event > accepted);
    return this.data.answers.filter(isAnother).findLast((each) => !(each.is_seen_there && isSameReply(each.text, reply.text)));
  }

  get unfilled() {
    const names = this.data.variables.join("|");
    return [...new Set(this.writing.reply.text.match(new RegExp(`\\{ *(?:${names}) *\\}`, "g")) ?? [])];
  }

  paint() {
    if (!this.writing) return;
    const { writing, data } = this;
    const isReply = this.mode === "reply";
    const waits = writing.sent !== null;
    const isFree = !data.holder && !this.conflict;
    const { text } = writing.reply;
    for (const tag of [this.pick, this.marking, this.length]) tag.hidden = !isReply;
    this.add.hidden = isReply;
    this.copy.textContent = this.post?.link ? "Copy and open the post" : "Copy";
    this.copy.title = this.post?.link ? "" : `This post has no address on ${data.platform}: the reply is copied only.`;
    this.copy.disabled = !isFree || !SEEN_WORDS.test(text) || this.unfilled.length > 0;
    this.answered.disabled = waits || !isFree || !this.isFit(text) || this.unfilled.length > 0 || this.time === null;
    this.add.disabled = waits || !this.isFit(writing.note.text);
    this.at.hidden = this.when.value !== "earlier";
    this.when.hidden = !SEEN_WORDS.test(text);
    this.paintPosts(isReply);
    this.paintHints(isReply);
    this.paintState(isReply);
    this.checks.paint(writing, isReply && SEEN_WORDS.test(text));
  }

  paintPosts(isReply) {
    const { posts } = this.data;
    this.place.hidden = !isReply || posts.length < 2;
    const look = JSON.stringify(posts);
    if (this.postsLook !== look) {
      this.postsLook = look;
      const option = (post) => h("option", { value: post.id, disabled: post.is_deleted }, `${absolute(post.at)}: ${post.words}`);
      this.posts.replaceChildren(...posts.map(option));
    }
    if (this.post) this.posts.value = String(this.post.id);
  }

  paintState(isReply) {
    const { words, wrong } = this.stateToShow();
    if (this.state.textContent !== words) this.state.textContent = words;
    this.state.classList.toggle("wrong", wrong);
    const count = isReply ? lengthTag(this.writing.reply.text, this.data.limit, this.data.platform) : { words: "" };
    this.length.textContent = count.words;
    this.length.classList.toggle("over", count.over ?? false);
    this.length.title = count.title ?? "";
  }

  paintHints(isReply) {
    const hints = this.hintsToShow(isReply);
    const look = JSON.stringify(hints.map(({ key }) => key));
    if (this.hintsLook === look) return;
    this.hintsLook = look;
    this.hints.replaceChildren(...hints.map(({ tags }) => h("div", { class: "hint" }, tags())));
  }

  // Each with a key that says when it has to be drawn anew; redrawing takes the focus from its buttons.
  hintsToShow(isReply) {
    const { writing, data } = this;
    const words = writing[this.mode];
    const hints = [];
    const hasText = isReply && SEEN_WORDS.test(words.text);
    if (words.found) hints.push({ key: ["found", this.mode, words.found.at], tags: () => this.foundTags(words.found) });
    if (isReply && data.holder) {
      hints.push({ key: ["holder", data.holder, data.taken_over, hasText], tags: () => this.holderTags(hasText) });
    }
    const { conflict } = this;
    if (isReply && conflict) {
      hints.push({ key: ["answer", conflict, hasText, data.holder], tags: () => this.conflictTags(conflict, hasText) });
    }
    const own = isReply && hasText && data.answers.findLast((each) => each.is_seen_there && isSameReply(each.text, words.text));
    if (own) hints.push({ key: ["own", own.at], tags: () => this.ownTags(own) });
    if (isReply && writing.thrown && !words.text) hints.push({ key: ["thrown"], tags: () => this.thrownTags() });
    if (isReply && this.unfilled.length > 0) {
      hints.push({ key: this.unfilled, tags: () => [h("p", {}, `The reply still holds ${this.unfilled.join(", ")}: fill it in, or take it out.`)] });
    }
    return hints;
  }

  holderTags(hasText) {
    const { holder, taken_over: at, taken_by: by } = this.data;
    const name = () => h("bdi", {}, holder.name);
    const words =
      at !== null && by === holder.name
        ? [name(), " took this case over from you ", timeTag(at), ". Your draft is kept."]
        : [name(), " has this case. Agree on who answers, so that the customer hears from one of you."];
    const take = () => this.sendToPage("take_over", { case: this.data.case, from: holder.id });
    const buttons = [h("button", { onclick: take }, `Take over from ${holder.name}`), hasText && !this.conflict && this.anywayButton()];
    return [h("p", {}, words), h("div", { class: "buttons" }, buttons)];
  }

  conflictTags(answer, hasText) {
    const where = answer.is_seen_there ? ` on ${this.data.platform}` : "";
    const lead = h("p", {}, h("bdi", {}, answer.by), ` answered this post${where} `, timeTag(answer.at), hasText ? ". Your draft is kept." : ".");
    const said = answer.text && h("blockquote", { dir: "auto" }, answer.text);
    const again = () => {
      this.writing.accepted = this.data.seen;
      this.paint();
      this.field.focus();
    };
    const buttons = [
      hasText && this.anywayButton(),
      !this.data.holder && h("button", { onclick: again }, "Answer once more"),
      hasText && h("button", { class: "plain", onclick: () => this.throwAway() }, "Throw the draft away"),
    ];
    return [lead, said, h("div", { class: "buttons" }, buttons)];
  }

  anywayButton() {
    return h("button", { onclick: () => this.send("answered", true) }, "I posted it anyway");
  }

  ownTags(own) {
    return [h("p", {}, `This reply was seen on ${this.data.platform} `, timeTag(own.at), ". Mark it as answered to keep it as yours.")];
  }

  foundTags(found) {
    const settle = (isTaken) => {
      this.writing.settleFound(this.mode, isTaken);
      this.fill();
      this.paint();
    };
    return [
      h("p", {}, "This browser holds another text, written ", timeTag(found.at), ", which was never sent:"),
      h("blockquote", { dir: "auto" }, found.text.slice(0, 600)),
      h("div", { class: "buttons" }, [
        h("button", { onclick: () => settle(true) }, "Use it"),
        h("button", { class: "plain", onclick: () => settle(false) }, "Throw it away"),
      ]),
    ];
  }

  thrownTags() {
    const back = () => (this.writing.putBack(), this.fill(), this.paint(), this.field.focus());
    return [h("p", {}, "The draft is thrown away. "), h("div", { class: "buttons" }, h("button", { onclick: back }, "Put it back"))];
  }

  throwAway() {
    this.writing.throwAway();
    this.fill();
    this.paint();
    this.field.focus();
  }

  isFit(text) {
    return SEEN_WORDS.test(text) && text.length <= this.data.longest;
  }

  // When the reply was posted, in seconds: nothing for now, null where the field says no time yet.
  get time() {
    if (this.when.value !== "earlier") return undefined;
    const at = new Date(this.at.value).getTime() / 1000;
    return Number.isFinite(at) && at <= Date.now() / 1000 ? at : null;
  }

  stateToShow() {
    const { text } = this.writing[this.mode];
    const most = this.data.longest.toLocaleString();
    if (text.length > this.data.longest) return { words: `Too long by ${text.length - this.data.longest} letters.`, wrong: true };
    if (text.length === this.data.longest) return { words: `A text ends at ${most} letters: what was beyond is not here.`, wrong: true };
    if (text && !SEEN_WORDS.test(text) && text.trim()) return { words: "Nothing of this text can be seen.", wrong: true };
    const { state } = this.writing;
    const [other] = this.desk.unkept().filter((writing) => writing !== this.writing);
    if (!other || state.wrong) return state;
    return { words: `The reply to case ${other.id} is not kept yet. Leave this page open.`, wrong: true };
  }

  onInput() {
    const isFirst = this.mode === "reply" && !this.writing.reply.kept && !this.writing.reply.text.trim();
    this.writing.write(this.mode, this.field.value, isFirst);
    if (this.mode === "reply") this.checks.look(this.data.case, this.field.value);
    else this.suggestColleagues();
    this.paint();
  }

  onPost() {
    this.writing.choosePost(Number(this.posts.value));
    this.paint();
  }

  onKey(event) {
    if (this.mentions.onKey(event)) {
      this.field.setAttribute("aria-activedescendant", this.mentions.active);
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.mode === "note") {
      event.preventDefault();
      this.send("note");
    }
  }

  async openTemplates() {
    if (this.templates.isOpen) {
      this.templates.close();
      return;
    }
    const { writing } = this;
    try {
      const { templates } = await askBoard(`/api/cases/${writing.id}/templates`, { post: this.post?.id ?? null });
      if (writing !== this.writing) return;
      this.templates.input.value = "";
      this.templates.open([...templates].sort((one, other) => Boolean(other.brand) - Boolean(one.brand)));
      this.templates.input.focus();
      this.templates.tag.scrollIntoView({ block: "nearest" });
    } catch {
      writing.say("The templates could not be read: the board does not answer. Try again in a moment.", true);
    }
  }

  // A template that cannot be filled in puts nothing into the reply.
  onTemplate({ text, problem }) {
    if (problem) {
      this.writing.say(problem, true);
      return;
    }
    this.templates.close();
    putIn(this.field, text);
  }

  async suggestColleagues() {
    const named = mentionBefore(this.field);
    if (named === null) {
      this.mentions.close();
      return;
    }
    this.asked ??= askBoard("/api/colleagues", {}).catch(() => undefined); // without the list, a name is written out
    const told = await this.asked;
    if (!told) this.asked = undefined;
    if (!told || mentionBefore(this.field) !== named) return;
    const isNamed = ({ name, email }) =>
      folded(email).startsWith(folded(named)) || folded(name).startsWith(folded(named)) || folded(name).split(" ").some((word) => word.startsWith(folded(named)));
    const found = told.colleagues.filter(isNamed);
    if (found.length > 0) this.mentions.open(found);
    else this.mentions.close();
    this.field.setAttribute("aria-activedescendant", this.mentions.active);
  }

  onMention({ mention }) {
    const named = mentionBefore(this.field) ?? "";
    this.mentions.close();
    putIn(this.field, `${mention} `, named.length);
    this.mentions.close();
  }

  // Who answers has the case: what was just written is kept first, which takes a case that is free.
  async copyAndOpen() {
    const { writing } = this;
    if (writing.isToKeep("reply")) await writing.keep();
    if (writing !== this.writing || this.copy.disabled) return;
    const link = webLink(this.post?.link ?? "");
    const isCopied = await copied(this.field, writing.reply.text);
    if (link) window.open(link, "_blank", "noopener,noreferrer");
    if (!isCopied) writing.say("The browser did not allow copying: the text is selected, copy it with Ctrl+C.", true);
    else if (link) writing.say("Copied. Post it there, then mark the case as answered.");
    else writing.say(`Copied. This post has no address on ${this.data.platform}: post your reply by hand, then mark the case as answered.`);
  }

  async send(what, anyway = false) {
    const { writing } = this;
    const name = nameOf(what);
    if (writing.sent || !this.isFit(writing[name].text)) return;
    writing.prepare(what);
    const { text, number } = writing.sent;
    const told = { case: writing.id, text, number, page: this.desk.page };
    if (what === "answered") {
      const isAccepted = anyway || writing.accepted !== null;
      Object.assign(told, { post: this.post?.id ?? null, at: this.time ?? null, promises: this.checks.kept(writing) });
      Object.assign(told, { anyway: isAccepted, seen: anyway ? this.data.seen : (writing.accepted ?? this.data.seen) });
    }
    await writing.keeping; // a draft under way must not arrive after the reply it became
    if (writing.sent?.number !== number) return;
    this.sendToPage(what, told);
  }
}

// The clipboard, or the older way where a page without HTTPS has none; else the text is left selected.
async function copied(field, text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}

// As storage.answers.same_words: platforms put names before a reply and shorten addresses.
function isSameReply(seen, written) {
  const bare = (text) =>
    text.trim().replace(/^(?:@\S+\s+)+/u, "").split(/\s+/).map((word) => (word.includes("/") && word.includes(".") ? "…" : word)).join(" ").toLowerCase();
  return bare(written) !== "" && bare(seen) === bare(written.slice(0, 2000));
}
