// The cases that are marked, and what can be done to all of them at once. Marks are ids: they stay where rows move,
// and on other pages of the same list. "All that match" is a set that the server counted and keeps.
class Marked {
  constructor() {
    this.ids = new Set();
    this.everything = null; // {token, count, is_cut} as the server has counted
    this.last = null; // where a range begins
  }

  get count() {
    return this.everything ? this.everything.count : this.ids.size;
  }

  has(row) {
    return this.everything ? row.is_counted : this.ids.has(row.id);
  }

  // Marks a case or takes its mark away; with `range`, marks all rows from the last one on.
  toggle(id, rows, range = false) {
    const ids = rows.map((row) => row.id);
    const [from, to] = [ids.indexOf(this.last), ids.indexOf(id)].sort((one, other) => one - other);
    if (range && from >= 0) ids.slice(from, to + 1).forEach((each) => this.ids.add(each));
    else if (!this.ids.delete(id)) this.ids.add(id);
    this.last = id;
  }

  add(rows) {
    rows.forEach((row) => this.ids.add(row.id));
  }

  clear() {
    this.ids.clear();
    this.everything = null;
    this.last = null;
  }
}

// What can be done to the marked cases, below the list so that marking moves no row.
class ActStrip {
  // `act(name, more, words)` does it; `words` say what, for when it is asked about first.
  constructor(root, act) {
    this.act = act;
    this.data = { people: [], teams: [], reasons: [], severities: [], parties: [] };
    const button = (words, name, sure) => h("button", { onclick: () => act(name, {}, sure) }, words);
    const opener = (words) => h("button", {}, words, icon(ICONS.down));
    this.send = opener("Send to");
    this.snooze = opener("Snooze");
    this.label = opener("Label");
    this.more = opener("More");
    const claim = button("Assign to me", "claim", "Assign to you");
    claim.className = "first";
    this.tag = h(
      "div",
      { class: "acts", role: "group", "aria-label": "Marked cases", hidden: true },
      [claim, this.send, this.snooze, this.label, button("Resolve", "resolve", "Resolve"), this.more],
    );
    this.menus = [
      new Popup(root, this.send, "Send to", () => this.sendItems(), { width: 300 }),
      new Popup(root, this.snooze, "Snooze", () => this.snoozeItems(), { role: "dialog", width: 330 }),
      new Popup(root, this.label, "Label", () => this.labelForm(), { role: "dialog", width: 440 }),
      new Popup(root, this.more, "More", () => this.moreItems(), { width: 230 }),
    ];
  }

  draw(data, marked) {
    this.data = data;
    this.marked = marked;
    this.tag.hidden = marked.count === 0;
  }

  sendItems() {
    const menu = this.menus[0];
    const send = (each, kind, note) =>
      menu.item(each.name, () => this.act("assign", { [kind]: each.id }, `Send to ${each.name}`), { note });
    const { people, teams } = this.data;
    return [
      teams.length ? [heading("Teams"), teams.map((team) => send(team, "team", ""))] : null,
      heading("People"),
      people.map((person) => send(person, "member", person.note)),
    ];
  }

  snoozeItems() {
    const menu = this.menus[1];
    const until = (time) => this.act("snooze", { until: time }, `Snooze until ${moment(time)}`);
    const items = snoozeTimes().map(([words, time]) => menu.item(words, () => until(time), { note: moment(time) }));
    items.forEach((item) => item.removeAttribute("role") || item.removeAttribute("tabindex"));
    const field = h("input", { type: "datetime-local", id: "snooze-at", required: true, min: localTime(Date.now() / 1000) });
    const set = () => {
      menu.close();
      until(new Date(field.value).getTime() / 1000);
    };
    return [
      h("div", { class: "heading" }, "Snooze until"),
      h("div", { class: "choices" }, items),
      h("hr"),
      form(
        set,
        h("label", { class: "label", for: "snooze-at" }, "Another time"),
        h("div", { class: "ends joined" }, field, h("button", { class: "first" }, "Snooze")),
      ),
    ];
  }

  // What a person says of the cases in the model's place; what is not chosen stays as it is.
  labelForm() {
    const chosen = { reasons: new Set(), severity: null, parties: new Set() };
    const apply = h("button", { class: "first", disabled: true }, "Correct");
    const changed = () => (apply.disabled = !chosen.reasons.size && !chosen.parties.size && chosen.severity === null);
    const several = (into) => (value) => into.delete(value) || into.add(value);
    apply.onclick = () => {
      this.menus[2].close();
      const more = { reasons: [...chosen.reasons], parties: [...chosen.parties], severity: chosen.severity };
      this.act("correct", more, "Correct");
    };
    const none = h("button", { class: "plain", onclick: () => this.dismiss(2) }, "Not a complaint");
    return [
      h("div", { class: "heading" }, "What the cases are about"),
      h("p", { class: "quiet" }, "It takes the place of what the model said. What you leave open stays as it is."),
      toggles("Reasons", this.data.reasons, several(chosen.reasons), changed),
      toggles("Severity", this.data.severities, (value, isOn) => (chosen.severity = isOn ? value : null), changed, true),
      toggles("At fault", this.data.parties, several(chosen.parties), changed),
      h("div", { class: "ends" }, none, apply),
    ];
  }

  dismiss(menu) {
    this.menus[menu].close();
    this.act("dismiss", {}, "Dismiss as no complaint");
  }

  moreItems() {
    const menu = this.menus[3];
    const canMerge = !this.marked.everything && this.marked.count > 1;
    return [
      menu.item("Not a complaint", () => this.dismiss(3)),
      menu.item("Merge into one case", () => this.act("merge", {}, "Merge"), { disabled: !canMerge }),
      menu.item("Take from me", () => this.act("release", {}, "Release"), { note: "nobody has them then" }),
    ];
  }
}

// Buttons that stay pressed: any of them, or one where `isOne`.
function toggles(title, choices, choose, changed, isOne = false) {
  const group = h("div", { class: "toggles", role: "group", "aria-label": title });
  const buttons = choices.map((choice) => {
    const button = h("button", { type: "button", "aria-pressed": "false" }, choice.words);
    button.onclick = () => {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      if (isOne) group.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(isOn));
      choose(choice.value, isOn);
      changed();
    };
    return button;
  });
  group.append(...buttons);
  return [h("div", { class: "label" }, title), group];
}
