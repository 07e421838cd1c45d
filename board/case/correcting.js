// A person's word in the model's place, about the whole case or about one of its posts. The form is drawn when it opens
// and then left alone while the page refreshes.
class Correcting {
  constructor(root, send) {
    this.send = send;
    this.tag = h("dialog", { class: "correcting", "aria-labelledby": "correcting-title" });
    root.append(this.tag);
  }

  close() {
    if (this.tag.open) this.tag.close();
  }

  // `target` names the post, or is empty for the case; `counts` is what it counts as now.
  open(title, hint, target, counts, choices) {
    const chosen = { reasons: new Set(counts.reasons), severity: counts.severity || null, parties: new Set(counts.parties) };
    const wrong = h("p", { class: "wrong", role: "alert" });
    const none = h("button", { type: "button", class: "plain" }, "Not a complaint");
    none.onclick = () => this.say({ ...target, complaint: false });
    const form = h(
      "form",
      {},
      chips("Why", choices.reasons, chosen.reasons),
      levels(choices.severities, chosen),
      chips("Who is blamed", choices.parties, chosen.parties),
      wrong,
      h("div", { class: "ends" }, none, h("span", { class: "between" }), h("button", { type: "button", onclick: () => this.close() }, "Cancel"), h("button", { class: "first" }, "Correct")),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      if (!chosen.reasons.size) {
        wrong.textContent = "A complaint has a reason: choose one, or say that it is not a complaint.";
        return;
      }
      this.say({ ...target, complaint: true, reasons: [...chosen.reasons], severity: chosen.severity, parties: [...chosen.parties] });
    };
    this.tag.replaceChildren(h("h2", { id: "correcting-title" }, title), h("p", { class: "quiet words", dir: "auto" }, hint), form);
    this.tag.showModal();
  }

  say(more) {
    this.close();
    this.send(more);
  }
}

function chips(title, choices, chosen) {
  const buttons = choices.map(({ value, words }) => {
    const button = h("button", { type: "button", "aria-pressed": String(chosen.has(value)) }, words);
    button.onclick = () => {
      if (!chosen.delete(value)) chosen.add(value);
      button.setAttribute("aria-pressed", String(chosen.has(value)));
    };
    return button;
  });
  return [h("div", { class: "label" }, title), h("div", { class: "toggles", role: "group", "aria-label": title }, buttons)];
}

function levels(choices, chosen) {
  const title = "How far the author goes";
  const buttons = choices.map(({ value, words }) => {
    const button = h("button", { type: "button", "aria-pressed": String(chosen.severity === value) }, words);
    button.onclick = () => {
      chosen.severity = value;
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    };
    return button;
  });
  return [h("div", { class: "label" }, title), h("div", { class: "toggles", role: "group", "aria-label": title }, buttons)];
}
