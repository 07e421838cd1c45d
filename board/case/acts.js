// What is done to the open case beside its first buttons: sent to somebody, put off, handed over, merged, split.
export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const acts = (component.parentElement.acActs ??= new CaseActs(root));
  acts.update(component.data, component.setTriggerValue);
  return () => {
    acts.remove();
    component.parentElement.acActs = undefined;
  };
}

class CaseActs {
  constructor(root) {
    this.asker = new Asker();
    const opener = (words) => h("button", {}, words, icon(ICONS.down));
    this.send = opener("Send to");
    this.snooze = opener("Snooze");
    this.more = opener("More");
    this.wake = h("button", { onclick: () => this.act("wake") }, "Bring back now");
    this.buttons = h("div", { class: "acts", role: "group", "aria-label": "More for this case" });
    this.done = h("p", { class: "done", role: "status", hidden: true });
    root.replaceChildren(this.buttons, this.done);
    this.menus = {
      send: new Popup(root, this.send, "Send to", () => this.sendItems(), { width: 300 }),
      snooze: new Popup(root, this.snooze, "Snooze", () => this.snoozeItems(), { role: "dialog", width: 330 }),
      more: new Popup(root, this.more, "More", () => this.moreItems(), { width: 250 }),
    };
    this.sheet = new Sheet(root);
  }

  remove() {
    this.asker.remove();
    this.sheet.close();
  }

  update(data, tell) {
    this.asker.update(data.heard, tell);
    if (this.data && this.data.case !== data.case) {
      Object.values(this.menus).forEach((menu) => menu.close());
      this.sheet.close();
    }
    this.data = data;
    const shown = this.shown();
    if (shown.length !== this.buttons.children.length || shown.some((tag, at) => this.buttons.children[at] !== tag)) {
      this.buttons.replaceChildren(...shown);
    }
    this.sheet.update(data);
    this.drawDone(data.undo);
  }

  // Where the list is another page, what was just done is said here.
  drawDone(undo) {
    const words = undo?.words ?? "";
    this.done.hidden = !words;
    if (this.done.dataset.words === words) return;
    this.done.dataset.words = words;
    this.done.replaceChildren(words, " ", h("button", { class: "link", onclick: () => this.act("undo") }, "Undo"));
  }

  shown() {
    if (this.data.is_closed) return [this.more];
    return this.data.is_put_off ? [this.wake, this.send, this.more] : [this.send, this.snooze, this.more];
  }

  // Asks for something about the case that is shown now, whichever is shown when it is heard.
  act(name, more = {}) {
    this.asker.ask(name, this.data.case, more);
  }

  sendItems() {
    const item = (each, kind, note) => this.menus.send.item(each.name, () => this.act("assign", { [kind]: each.id }), { note });
    const { people, teams } = this.data;
    return [
      teams.length ? [heading("Teams"), teams.map((team) => item(team, "team", ""))] : null,
      heading("People"),
      people.map((person) => item(person, "member", person.note)),
    ];
  }

  snoozeItems() {
    const menu = this.menus.snooze;
    const until = (time) => this.act("snooze", { until: Math.round(time) });
    const items = snoozeTimes().map(([words, time]) => menu.item(words, () => until(time), { note: moment(time) }));
    items.forEach((item) => item.removeAttribute("role") || item.removeAttribute("tabindex"));
    const field = h("input", { type: "datetime-local", id: "case-snooze-at", required: true, min: localTime(Date.now() / 1000) });
    const set = () => {
      menu.close();
      until(new Date(field.value).getTime() / 1000);
    };
    return [
      heading("Snooze until"),
      h("p", { class: "quiet" }, "It comes back by itself, and at once if the author writes."),
      items,
      h("hr"),
      sheetForm(set, h("label", { class: "label", for: "case-snooze-at" }, "Another time"), h("div", { class: "ends joined" }, field, h("button", { class: "first" }, "Snooze"))),
    ];
  }

  moreItems() {
    const menu = this.menus.more;
    const { status, statuses } = this.data;
    const stand = (each) => menu.item(each.words, () => each.value !== status && this.act("status", { status: each.value }), { checked: each.value === status });
    const canSplit = this.data.posts.filter((post) => !post.is_own).length > 1;
    return [
      menu.item("Hand over by e-mail", () => this.openHandover()),
      menu.item("Merge with another case", () => this.openSheet("merge", mergeForm)),
      menu.item("Split into two cases", () => this.openSheet("split", splitForm), { disabled: !canSplit, note: canSplit ? "" : "one post" }),
      h("hr"),
      heading("Status"),
      statuses.map(stand),
    ];
  }

  openSheet(name, form) {
    const send = (more) => {
      this.sheet.close();
      this.act(name, more);
    };
    this.sheet.open((data) => form(data, send, () => this.sheet.close()));
  }

  openHandover() {
    this.act("prepare");
    const form = (data) => handoverForm(data, (more) => this.act("hand_over", more), () => this.sheet.close());
    this.sheet.open(form, (data) => data.handover !== null, () => this.act("put_away"));
  }
}
