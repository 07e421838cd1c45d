// What was promised to the author: what is open, a click that settles it, and a way to note one by hand.
const SETTLED = { kept: "Kept", broken: "Broken", withdrawn: "Withdrawn" };

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const list = (component.parentElement.acPromises ??= new PromiseList(root));
  list.update(component.data, component.setTriggerValue);
  const timer = setInterval(() => tick(root), 10000);
  return () => clearInterval(timer);
}

class PromiseList {
  constructor(root) {
    this.rows = h("ul", {});
    this.add = h("button", { class: "plain", "aria-expanded": "false", onclick: () => this.toggle() }, "Note a promise");
    this.text = h("input", { type: "text", "aria-label": "What was promised", placeholder: "What was promised", dir: "auto" });
    this.due = h("input", { type: "datetime-local", "aria-label": "By when" });
    this.save = h("button", { type: "submit" }, "Note it");
    this.form = h("form", { hidden: true }, this.text, h("label", {}, "by ", this.due), this.save);
    this.form.onsubmit = (event) => this.onSubmit(event);
    this.head = h("h3", {}, "Promises");
    root.replaceChildren(h("section", { "aria-label": "Promises" }, h("header", {}, this.head, this.add), this.rows, this.form));
  }

  update(data, send) {
    this.send = send;
    if (this.data?.case !== data.case) this.close();
    if (this.number && data.added === this.number) this.close();
    this.data = data;
    this.text.maxLength = data.longest;
    this.head.hidden = data.promises.length === 0;
    const look = JSON.stringify(data.promises);
    if (this.look === look) return;
    this.look = look;
    this.rows.replaceChildren(...data.promises.map((promise) => this.rowTag(promise)));
  }

  rowTag(promise) {
    const settle = (state, words) =>
      h("button", { onclick: () => this.send("settle", { id: promise.id, state }) }, words);
    const isOpen = promise.state === "open";
    const buttons = isOpen
      ? [settle("kept", "Kept"), settle("broken", "Broken"), settle("withdrawn", "Withdrawn")]
      : [settle("open", "Open again")];
    return h(
      "li",
      { class: promise.state },
      h("p", { dir: "auto" }, promise.text),
      h("p", { class: "quiet" }, isOpen ? dueTag(promise) : settledTags(promise), promise.by && [" · ", h("bdi", {}, promise.by)]),
      h("div", { class: "buttons", role: "group", "aria-label": `Promise: ${promise.text}` }, buttons),
    );
  }

  toggle() {
    const opens = this.form.hidden;
    this.form.hidden = !opens;
    this.add.setAttribute("aria-expanded", String(opens));
    if (opens) this.text.focus();
  }

  close() {
    this.number = 0;
    this.form.hidden = true;
    this.form.reset();
    this.add.setAttribute("aria-expanded", "false");
  }

  onSubmit(event) {
    event.preventDefault();
    if (!this.text.value.trim()) return;
    const due = new Date(this.due.value).getTime() / 1000;
    this.number = Date.now();
    this.send("add", { case: this.data.case, number: this.number, text: this.text.value, due: Number.isFinite(due) ? due : null });
  }
}

function dueTag(promise) {
  if (promise.due === null) return "No time was promised";
  const tag = timeTag(promise.due, (time) => `${due(time)}, ${absolute(time)}`);
  tag.className = promise.due < Date.now() / 1000 ? "late" : "";
  return tag;
}

function settledTags(promise) {
  return [`${SETTLED[promise.state]} `, promise.settled !== null && timeTag(promise.settled)];
}
