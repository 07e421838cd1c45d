// The list of cases. It selects by id, and what is selected changes only by a person's act or at the server's word
// that answers it: `click` numbers the acts, and data from before the last one does not move the selection. An act that
// was never heard, since the board was away, holds the selection no longer than HEARD_WITHIN_MS. What is asked of the
// server is said again until it has heard it, as Streamlit may drop a trigger that comes while it is busy.
const HEARD_WITHIN_MS = 10000;
const SAID_AGAIN_AFTER_MS = 2000;
const FIELD_COMES_WITHIN_MS = 3000;
const PRESSED_WITHIN_MS = 600;
const WORKS_WITHIN_MS = 120000;
const MANY = 20; // cases: fewer are done before anybody could read that they are at it
const DOING = { claim: "Taking", release: "Releasing", assign: "Sending", resolve: "Resolving", dismiss: "Dismissing", snooze: "Putting off", correct: "Labelling", merge: "Merging" };
const RELOADS = ["view", "filter", "page", "open_view"];

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const list = (component.parentElement.acList ??= new QueueList(root));
  list.update(component.data, component.setTriggerValue);
  return () => {
    list.remove();
    component.parentElement.acList = undefined;
  };
}

class QueueList {
  constructor(root) {
    this.root = root;
    this.marked = new Marked();
    this.selected = null;
    this.click = 0;
    this.clickedAt = 0;
    this.reloading = 0; // the click that asked for other rows
    this.asks = []; // what was asked for and not heard yet
    this.lastAsk = 0;
    this.working = null; // {number, words} of an ask about many cases that is being done
    this.looking = {}; // colleagues, by the case that they look at
    this.muted = false;
    const attributes = { class: "list", id: "cases", role: "listbox", tabindex: "0", "aria-label": "Cases" };
    this.list = h("div", attributes);
    this.rows = new Rows(this.list);
    this.voice = h("div", { class: "seen-by-readers", role: "status" });
    this.help = helpSheet();
    root.replaceChildren();
    this.search = new Search(root, (filter) => this.setFilter(filter));
    this.views = new Views(root, (name, more) => this.ask(name, more));
    this.tabs = new Tabs(root, "cases", (name) => this.openView(name));
    this.strip = new ActStrip(root, (name, more, words) => this.act(name, more, words));
    this.question = new Question(root);
    this.bar = new Bar(root, this);
    this.foot = new Foot(this);
    this.search.tools.append(this.views.button);
    const { tools, error, chips } = this.search;
    root.prepend(tools, error, this.tabs.tag, chips, this.bar.tag, this.list, this.strip.tag, this.foot.done, this.foot.tag, this.voice);
    root.append(this.help);
    this.listen();
    this.watching = new Watching("/api/cases/changes", "GET", (said) => this.seeOthers(said.looking), () => this.send("redraw", Date.now()));
    this.timer = setInterval(() => this.onTick(), 1000);
  }

  listen() {
    this.list.onclick = (event) => this.onClick(event);
    this.list.onpointerdown = (event) => (this.pressed = { row: event.target.closest(".row"), at: Date.now() });
    this.stop = new AbortController();
    const options = { capture: true, signal: this.stop.signal };
    document.addEventListener("keydown", (event) => this.onKey(event), options);
    document.addEventListener("pointerdown", () => (this.muted = false), options);
    // A field that vanishes under the typist, or from which a dialog takes the cursor, must not turn the rest of the
    // sentence into shortcuts.
    const onLeave = (event) => {
      const field = event.composedPath()[0];
      const toDialog = Boolean(event.relatedTarget?.closest?.("[role=dialog]"));
      if (takesText(field)) setTimeout(() => (this.muted ||= toDialog || !field.isConnected), 0);
    };
    document.addEventListener("focusout", onLeave, options);
  }

  remove() {
    this.stop.abort();
    this.watching.stop();
    this.tabs.remove();
    clearInterval(this.timer);
    clearTimeout(this.pending);
    delete document.documentElement.dataset.acPane;
    delete window.acCase;
  }

  update(data, send) {
    if (this.data?.session !== data.session) {
      this.click = data.click; // a board that was restarted counts anew
      this.opened = undefined;
    }
    const newer = this.data?.newer ?? 0;
    this.data = data;
    this.send = send;
    this.watching.drawn(data.version);
    const isHeard = data.click >= this.click || Date.now() - this.clickedAt > HEARD_WITHIN_MS;
    if (isHeard) {
      if (this.view !== data.view || this.filterLook !== JSON.stringify(data.filter)) this.marked.clear();
      this.selected = data.selected;
      this.view = data.view;
      this.filter = data.filter;
      this.filterLook = JSON.stringify(data.filter);
      this.marked.everything = data.everything;
    }
    this.asks = this.asks.filter((ask) => ask.number > data.acted);
    if (this.working && data.acted >= this.working.number) this.working = null;
    if (this.isIdle()) this.turn("newest");
    else if (data.newer > newer) this.say(`${data.newer} new. Press the full stop to show.`);
    this.drawAbove();
    this.drawRows();
    this.paint();
  }

  seeOthers(looking) {
    if (JSON.stringify(looking) === JSON.stringify(this.looking)) return;
    this.looking = looking;
    this.drawRows();
    this.paint();
  }

  // New cases come in by themselves where nobody reads, marks or has gone down the list.
  isIdle() {
    const { data, list } = this;
    const isAsked = this.asks.length > 0;
    return data.newer > 0 && !isAsked && this.selected === null && !this.marked.count && data.page === 1 && list.scrollTop === 0;
  }

  drawAbove() {
    const { data } = this;
    this.search.draw(this.filter, data, this.bar.foundWords());
    this.views.draw(data.saved, data.can_save);
    this.tabs.draw(data.views, this.view, data.count_cap);
  }

  drawRows() {
    const { data } = this;
    const place = `${data.view} ${data.page} ${JSON.stringify(data.filter)}`;
    if (place !== this.place) this.list.scrollTop = 0;
    this.place = place;
    const rows = data.rows.map((row) => ({ ...row, lookers: this.looking[row.id] ?? [] }));
    this.rows.draw(rows, this.emptyTag());
    this.list.setAttribute("role", data.rows.length ? "listbox" : "group"); // a listbox may hold nothing but options
  }

  emptyTag() {
    const { data } = this;
    const clear = h("button", { class: "tool", onclick: () => this.search.clearEverything() }, "Clear search and filters");
    return h("div", { class: "empty" }, h("h3", {}, data.empty_title), h("p", {}, data.empty_hint), data.narrows && clear);
  }

  // The pane beside the list holds back a case that was left before it came.
  tellSelected() {
    document.documentElement.dataset.acPane = this.selected === null ? "list" : "case";
    if (window.acCase === this.selected) return;
    window.acCase = this.selected;
    document.dispatchEvent(new CustomEvent("afterclick:selected"));
  }

  // What depends on the selection and the marks: no row is made anew for it.
  paint() {
    for (const row of this.data.rows) {
      const tag = this.rowTagOf(row.id);
      const isMarked = this.marked.has(row);
      tag.classList.toggle("open", row.id === this.selected);
      tag.classList.toggle("marked", isMarked);
      tag.setAttribute("aria-selected", String(row.id === this.selected));
      tag.setAttribute("aria-checked", String(isMarked));
    }
    const open = this.rowTagOf(this.selected);
    if (open) this.list.setAttribute("aria-activedescendant", open.id);
    else this.list.removeAttribute("aria-activedescendant");
    this.tellSelected();
    this.bar.draw();
    this.strip.draw(this.data, this.marked);
    this.foot.drawDone();
    this.foot.draw();
    this.drawBusy();
  }

  drawBusy() {
    const waits = this.data.click < this.reloading && Date.now() - this.clickedAt < HEARD_WITHIN_MS;
    this.list.setAttribute("aria-busy", String(waits));
  }

  onTick() {
    this.ticks = (this.ticks ?? 0) + 1;
    if (this.ticks % 5 === 0) tick(this.root);
    if (Date.now() - this.saidAt > SAID_AGAIN_AFTER_MS) this.sayAsks();
    if (Date.now() - this.working?.number > WORKS_WITHIN_MS) this.working = null; // the board was away
    this.foot.drawDone();
    this.foot.draw();
    this.drawBusy();
  }

  say(sentence) {
    this.voice.textContent = sentence;
  }

  // A row may move between the press of a button and its release: what was pressed is meant.
  onClick(event) {
    const isPressed = Date.now() - (this.pressed?.at ?? 0) < PRESSED_WITHIN_MS;
    const tag = event.target.closest(".row") ?? (isPressed ? this.pressed.row : null);
    if (!tag) return;
    const id = Number(tag.dataset.id);
    if (event.target.closest(".mark") || event.shiftKey) this.mark(id, event.shiftKey);
    else this.open(id, 0);
  }

  open(id, delay) {
    this.selected = id;
    this.opened = { id, click: this.countClick() };
    this.paint();
    clearTimeout(this.pending); // a key that is held down opens the case it stops at
    this.opening = () => this.tellOpened();
    this.pending = setTimeout(() => this.openNow(), delay);
  }

  // Sends what waits for the keys to come to rest, before anything that is done to the selected case.
  openNow() {
    clearTimeout(this.pending);
    this.opening?.();
    this.opening = undefined;
  }

  // Tells the pane of the case, or the server where that pane is not there yet.
  tellOpened() {
    const isTaken = !document.dispatchEvent(new CustomEvent("afterclick:open", { detail: this.opened, cancelable: true }));
    if (!isTaken) this.send("open", this.opened);
  }

  countClick() {
    this.click += 1;
    this.clickedAt = Date.now();
    return this.click;
  }

  step(by) {
    const ids = this.data.rows.map((row) => row.id);
    if (!ids.length) return;
    const here = ids.indexOf(this.selected);
    const to = here < 0 ? Math.min(this.last ?? 0, ids.length - 1) : Math.min(ids.length - 1, Math.max(0, here + by));
    this.last = to;
    if (ids[to] === this.selected) return;
    this.open(ids[to], 90);
    this.rowTagOf(ids[to])?.scrollIntoView({ block: "nearest" });
  }

  // Goes into the case: what is read and scrolled from here on is the case.
  enter() {
    if (this.selected === null) this.step(1);
    this.openNow();
    const pane = document.querySelector(".st-key-case_pane");
    pane?.setAttribute("tabindex", "-1");
    pane?.focus();
  }

  mark(id, range = false) {
    if (id === null) return;
    if (this.marked.everything) this.leaveEverything();
    this.marked.toggle(id, this.data.rows, range);
    this.paint();
  }

  markAllShown() {
    if (this.marked.everything) this.leaveEverything();
    this.marked.add(this.data.rows);
    this.paint();
  }

  leaveEverything() {
    this.marked.clear();
    this.marked.add(this.data.rows);
    this.ask("marked");
  }

  unmark() {
    if (this.marked.everything) this.ask("marked");
    this.marked.clear();
    this.paint();
  }

  openView(name) {
    if (name !== this.view) this.marked.clear();
    this.view = name;
    this.ask("view", { view: name });
    this.drawAbove();
    this.paint();
  }

  setFilter(filter) {
    this.marked.clear();
    this.filter = filter;
    this.ask("filter", { filter });
    this.drawAbove();
    this.paint();
  }

  // Does something to the marked cases, else to the open one; to all that match only after it was asked about.
  act(name, more = {}, sure = "") {
    const { marked } = this;
    const isMarked = marked.count > 0;
    const ids = isMarked ? [...marked.ids] : this.selected === null ? [] : [this.selected];
    if (!ids.length && !marked.everything) return;
    if (!marked.everything) return this.doAct(name, { ids, marked: isMarked, ...more });
    const { token, count, is_cut: isCut } = marked.everything;
    const number = count.toLocaleString();
    const which = isCut ? `These are the first ${number} that match` : "These are all that match";
    const hint = `${which} in “${this.data.views.find((view) => view.name === this.view)?.label}”${this.filterWords()}, on every page.`;
    const go = () => this.doAct(name, { ids: [], marked: true, everything: token, ...more });
    this.question.ask(`${sure}: ${number} cases?`, hint, `${sure}`, go);
  }

  filterWords() {
    const set = this.data.fields.filter((field) => this.filter[field.name]).map((field) => this.search.wordsOf(field));
    if (this.filter.q) set.unshift(`“${this.filter.q}”`);
    return set.length ? ` with ${set.join(", ")}` : "";
  }

  doAct(name, more) {
    const { count } = this.marked;
    this.openNow();
    this.ask(name, more);
    this.marked.clear();
    if (count >= MANY) this.working = { number: this.lastAsk, words: `${DOING[name]} ${count.toLocaleString()} cases …` };
    this.paint();
  }

  undo() {
    const what = this.data.undo?.words ?? "";
    this.openNow();
    this.ask("undo");
    if (parseInt(what, 10) >= 1 && !what.startsWith("1 ")) this.working = { number: this.lastAsk, words: `Taking back: ${what} …` };
    this.foot.drawDone();
  }

  ask(name, more = {}) {
    const click = this.countClick();
    if (RELOADS.includes(name) || more.marked) this.reloading = click;
    this.lastAsk = Math.max(this.lastAsk + 1, Date.now()); // later than any that an earlier page numbered
    // It may be heard before the pane of the case says which case was opened, so it says that as well.
    this.asks.push({ name, click, number: this.lastAsk, opened: this.opened ?? null, ...more });
    this.sayAsks();
  }

  sayAsks() {
    this.asks = this.asks.filter((ask) => Date.now() - ask.number < HEARD_WITHIN_MS);
    this.saidAt = Date.now();
    if (this.asks.length) this.send("ask", this.asks);
  }

  // Asks for the field of the selected case. It may still be on its way, and until it has the focus nothing that is
  // typed for it may act as a shortcut.
  write(what) {
    if (this.selected === null) return;
    this.muted = true;
    setTimeout(() => (this.muted = false), FIELD_COMES_WITHIN_MS);
    window.acWrite = { what, case: this.selected };
    document.dispatchEvent(new CustomEvent("afterclick:write"));
  }

  turn(step) {
    this.openNow();
    this.ask("page", { step });
    this.list.scrollTop = 0;
  }

  rowTagOf(id) {
    return this.rows.known.get(id) ?? null;
  }

  onKey(event) {
    const field = event.composedPath()[0];
    if (isPopupOpen(this.root) || this.root.querySelector("dialog[open]") || isAbovePage(event)) return;
    if (event.key === "Escape") {
      this.muted = false;
      if (takesText(field)) field.blur();
      else this.unmark();
      return;
    }
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (this.muted || modified || takesText(field) || event.isComposing) return;
    const act = this.actOf(event, field);
    if (!act || (event.repeat && "aez".includes(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  actOf({ key }, field) {
    const isGoing = Date.now() - (this.goingSince ?? 0) < PLACE_COMES_WITHIN_MS;
    this.goingSince = key === "g" ? Date.now() : 0;
    if (isGoing && Object.hasOwn(PLACES, key)) return () => this.openView(PLACES[key]);
    const acts = {
      g: () => undefined,
      j: () => this.step(1),
      k: () => this.step(-1),
      o: () => this.enter(),
      x: () => this.mark(this.selected),
      X: () => this.markAllShown(),
      a: () => this.act("claim", {}, "Assign to you"),
      e: () => this.act("resolve", {}, "Resolve"),
      z: () => this.undo(),
      r: () => this.write("reply"),
      n: () => this.write("note"),
      f: () => this.search.popup.open(),
      ".": () => this.data.newer && this.turn("newest"),
      "/": () => this.search.field.focus(),
      "?": () => this.help.showModal(),
    };
    if (field === this.list) Object.assign(acts, { ArrowDown: acts.j, ArrowUp: acts.k, " ": acts.x, Enter: acts.o });
    return Object.hasOwn(acts, key) ? acts[key] : null;
  }
}
