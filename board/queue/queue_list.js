// The list of cases. It selects by id, and what is selected changes only by a person's act or at the server's word
// that answers it: `click` numbers the acts, and data from before the last one does not move the selection. An act that
// was never heard, since the board was away, holds the selection no longer than HEARD_WITHIN_MS.
const KEYS = [
  ["j  k", "next and previous case"],
  ["x", "mark the case, to work on several at once"],
  ["a", "assign to me"],
  ["e", "resolve"],
  ["r", "write a reply"],
  ["n", "write a note"],
  ["/", "search"],
  ["Esc", "take marks away, leave a field"],
  ["?", "this help"],
];
const STALE_AFTER_S = 8;
const HEARD_WITHIN_MS = 10000;
const FIELD_COMES_WITHIN_MS = 3000;

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
    this.marked = new Set();
    this.selected = null;
    this.click = 0;
    this.clickedAt = 0;
    this.muted = false;
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Views" });
    this.bar = h("div", { class: "bar" });
    this.list = h("div", {
      class: "list",
      role: "listbox",
      tabindex: "0",
      "aria-label": "Cases",
      "aria-multiselectable": "false",
    });
    this.foot = h("div", { class: "foot" });
    this.help = this.helpSheet();
    root.replaceChildren(this.tabs, this.bar, this.list, this.foot, this.help);
    this.list.onclick = (event) => this.onClick(event);
    this.listen();
    this.timer = setInterval(() => this.onTick(), 1000);
  }

  listen() {
    this.stop = new AbortController();
    const options = { capture: true, signal: this.stop.signal };
    document.addEventListener("keydown", (event) => this.onKey(event), options);
    document.addEventListener("pointerdown", () => (this.muted = false), options);
    // A field that vanishes under the typist must not turn the rest of the sentence into shortcuts.
    const onLeave = (event) => {
      const field = event.composedPath()[0];
      if (takesText(field)) setTimeout(() => (this.muted ||= !field.isConnected), 0);
    };
    document.addEventListener("focusout", onLeave, options);
  }

  remove() {
    this.stop.abort();
    clearInterval(this.timer);
    clearTimeout(this.pending);
    delete document.documentElement.dataset.acPane;
  }

  update(data, send) {
    if (this.data?.session !== data.session) this.click = data.click; // a board that was restarted counts anew
    this.data = data;
    this.send = send;
    this.arrived = Date.now();
    const isHeard = data.click >= this.click || Date.now() - this.clickedAt > HEARD_WITHIN_MS;
    if (isHeard) this.selected = data.selected;
    const ids = new Set(data.rows.map((row) => row.id));
    this.marked.forEach((id) => ids.has(id) || this.marked.delete(id));
    this.drawTabs();
    this.drawRows();
    this.paint();
  }

  drawTabs() {
    const cap = this.data.count_cap;
    const tabs = this.data.views.map((view) => {
      const count = view.count > cap ? `${cap}+` : String(view.count);
      const chosen = view.name === this.data.view;
      const open = () => this.send("view", { name: view.name, click: this.countClick() });
      const attributes = { role: "tab", "aria-selected": String(chosen), "data-view": view.name, onclick: open };
      return h("button", attributes, view.label, h("span", { class: "count" }, count));
    });
    const look = JSON.stringify([this.data.views, this.data.view]);
    if (look === this.tabsLook) return;
    this.tabsLook = look;
    const focused = this.root.getRootNode().activeElement?.dataset?.view;
    this.tabs.replaceChildren(...tabs);
    if (focused) this.tabs.querySelector(`[data-view="${focused}"]`)?.focus();
  }

  drawRows() {
    const data = this.data;
    const look = JSON.stringify([data.rows, data.empty_title, data.empty_hint]);
    if (look === this.rowsLook) return;
    const samePlace = this.place === `${data.view} ${data.page}`;
    const top = samePlace ? this.list.scrollTop : 0;
    this.rowsLook = look;
    this.place = `${data.view} ${data.page}`;
    this.list.replaceChildren(...(data.rows.length ? data.rows.map(rowTag) : [this.emptyTag()]));
    this.list.setAttribute("role", data.rows.length ? "listbox" : "group"); // a listbox may hold nothing but options
    this.list.scrollTop = top;
  }

  emptyTag() {
    return h("div", { class: "empty" }, h("h3", {}, this.data.empty_title), h("p", {}, this.data.empty_hint));
  }

  // What depends on the selection and the marks: no row is made anew for it.
  paint() {
    for (const tag of this.list.querySelectorAll(".row")) {
      const id = Number(tag.dataset.id);
      tag.classList.toggle("open", id === this.selected);
      tag.classList.toggle("marked", this.marked.has(id));
      tag.setAttribute("aria-selected", String(id === this.selected));
      tag.setAttribute("aria-checked", String(this.marked.has(id)));
    }
    const open = this.rowTagOf(this.selected);
    if (open) this.list.setAttribute("aria-activedescendant", open.id);
    else this.list.removeAttribute("aria-activedescendant");
    document.documentElement.dataset.acPane = this.selected === null ? "list" : "case";
    this.drawBar();
    this.drawFoot();
  }

  drawBar() {
    const { data, marked } = this;
    const parts = [];
    if (marked.size) {
      parts.push(h("b", {}, `${marked.size} marked`), h("span", { class: "space" }));
      parts.push(h("button", { class: "first", onclick: () => this.act("claim") }, "Assign to me"));
      parts.push(h("button", { onclick: () => this.act("resolve") }, "Resolve"));
      parts.push(h("button", { onclick: () => this.unmark() }, "Cancel"));
    } else {
      const total = data.views.find((view) => view.name === data.view).count;
      const all = total > data.count_cap ? `more than ${data.count_cap}` : String(total);
      const words = data.rows.length ? `${data.rows.length} of ${all}, ${data.sort}` : "No cases";
      parts.push(h("span", { class: "quiet" }, words), h("span", { class: "space" }));
      if (data.newer) {
        const count = data.newer > data.newer_cap ? `${data.newer_cap}+` : data.newer;
        parts.push(h("button", { class: "first", onclick: () => this.turn("newest") }, `Show ${count} new`));
      }
      const keys = { class: "help", "aria-label": "Keyboard shortcuts", onclick: () => this.help.showModal() };
      parts.push(h("button", keys, "Keys ", h("kbd", {}, "?")));
    }
    this.replace(this.bar, parts);
  }

  drawFoot() {
    const { data } = this;
    const stale = (Date.now() - this.arrived) / 1000 > STALE_AFTER_S;
    const clock = CLOCK.format(new Date(data.refreshed_at * 1000));
    const words = stale ? `Not connected: this is as of ${clock}` : `Live, updated ${clock}`;
    const parts = [h("span", { class: stale ? "state stale" : "state" }, words)];
    if (data.page > 1 || data.has_next) {
      const back = { onclick: () => this.turn("back"), disabled: data.page === 1 };
      const next = { onclick: () => this.turn("next"), disabled: !data.has_next };
      parts.push(h("span", {}, `Page ${data.page}`), h("button", back, "Back"), h("button", next, "Next"));
    }
    this.replace(this.foot, parts);
  }

  // Exchanges the children without taking the focus from the button that has it.
  replace(parent, children) {
    const next = h("div", {}, children);
    if (parent.innerText === next.innerText && parent.isEqualNode(next)) return;
    const focused = [...parent.children].indexOf(this.root.getRootNode().activeElement);
    parent.replaceChildren(...next.childNodes);
    if (focused >= 0) parent.children[focused]?.focus();
  }

  onTick() {
    this.ticks = (this.ticks ?? 0) + 1;
    if (this.ticks % 5 === 0) tick(this.root);
    this.drawFoot();
  }

  onClick(event) {
    const tag = event.target.closest(".row");
    if (!tag) return;
    const id = Number(tag.dataset.id);
    if (event.target.closest(".mark")) this.mark(id);
    else this.open(id, 0);
  }

  open(id, delay) {
    this.selected = id;
    const click = this.countClick();
    this.paint();
    clearTimeout(this.pending); // a key that is held down opens the case it stops at
    this.opening = () => this.send("open", { id, click });
    this.pending = setTimeout(() => this.openNow(), delay);
  }

  // Sends what waits for the keys to come to rest, before anything that is done to the selected case.
  openNow() {
    clearTimeout(this.pending);
    this.opening?.();
    this.opening = undefined;
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

  mark(id) {
    if (id === null) return;
    if (!this.marked.delete(id)) this.marked.add(id);
    this.paint();
  }

  unmark() {
    this.marked.clear();
    this.paint();
  }

  act(name) {
    const marked = this.marked.size > 0;
    const ids = marked ? [...this.marked] : this.selected === null ? [] : [this.selected];
    if (!ids.length) return;
    this.openNow();
    this.send("act", { name, ids, marked, click: this.countClick() });
    this.unmark();
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
    this.send("page", { step, click: this.countClick() });
    this.list.scrollTop = 0;
  }

  rowTagOf(id) {
    return id === null ? null : this.list.querySelector(`[data-id="${id}"]`);
  }

  onKey(event) {
    const field = event.composedPath()[0];
    if (event.key === "Escape") {
      this.muted = false;
      if (takesText(field)) field.blur();
      else if (!this.help.open) this.unmark();
      return;
    }
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (this.muted || modified || takesText(field) || this.help.open || event.isComposing) return;
    const act = this.actOf(event.key, field);
    if (!act || (event.repeat && "ae".includes(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  actOf(key, field) {
    const inList = field === this.list;
    const acts = {
      j: () => this.step(1),
      k: () => this.step(-1),
      x: () => this.mark(this.selected),
      a: () => this.act("claim"),
      e: () => this.act("resolve"),
      r: () => this.write("reply"),
      n: () => this.write("note"),
      "/": () => document.querySelector(".st-key-q input")?.focus(),
      "?": () => this.help.showModal(),
    };
    if (inList) Object.assign(acts, { ArrowDown: acts.j, ArrowUp: acts.k, " ": acts.x });
    return Object.hasOwn(acts, key) ? acts[key] : null;
  }

  helpSheet() {
    const lines = KEYS.map(([keys, what]) => [
      h("dt", {}, keys.split("  ").map((key) => [h("kbd", {}, key), " "])),
      h("dd", {}, what),
    ]);
    const close = () => this.help.close();
    return h(
      "dialog",
      { "aria-labelledby": "keys-title" },
      h("h2", { id: "keys-title" }, "Keyboard"),
      h("dl", {}, lines.flat()),
      h("button", { class: "close", onclick: close }, "Close"),
    );
  }
}

function takesText(field) {
  if (!(field instanceof HTMLElement)) return false;
  return field.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);
}

function rowTag(row) {
  const facts = [severityTag(row.severity, row.severity_words)];
  const why = row.reasons.join(", ");
  if (row.unsure) facts.push(h("span", { class: "chip" }, "Needs a look"));
  facts.push(h("span", { class: "why" }, row.posts > 1 ? `${why} · ${row.posts} posts` : why));
  if (row.due_at !== null) facts.push(dueTag(row.due_at));
  if (row.assignee) facts.push(h("bdi", { class: "holder" }, row.assignee));
  return h(
    "div",
    { class: "row", role: "option", id: `case-${row.id}`, "data-id": row.id },
    h("span", { class: "mark", "aria-hidden": "true", title: "Mark" }),
    h("div", { class: "who" }, h("bdi", {}, row.author), h("span", { class: "place" }, ` on ${row.platform}`)),
    h("div", { class: "when" }, timeTag(row.posted_at, shortAgo)),
    h("div", { class: "words", dir: "auto" }, row.excerpt),
    h("div", { class: "facts" }, facts),
  );
}

function dueTag(time) {
  const tag = timeTag(time, due);
  tag.className = time < Date.now() / 1000 ? "late" : "";
  return tag;
}
