// A second look at a reply before everybody can read it: what it names, and what it promises.
const LOOK_AFTER_MS = 900;
const LOOKED_AT = 2000;

class Checks {
  constructor(onChange) {
    this.onChange = onChange;
    this.tag = h("div", { class: "checks", hidden: true });
    this.forget();
  }

  forget() {
    clearTimeout(this.timer);
    this.text = "";
    this.warnings = this.promises = [];
  }

  // Asks about the text once it stays as it is for a moment.
  look(id, text, wait = LOOK_AFTER_MS) {
    clearTimeout(this.timer);
    const asked = text.trim().slice(0, LOOKED_AT);
    if (!asked) this.forget();
    else if (asked !== this.text) this.timer = setTimeout(() => this.ask(id, asked), wait);
  }

  async ask(id, text) {
    this.text = text;
    try {
      const told = await askBoard(`/api/cases/${id}/check`, { text });
      if (this.text !== text) return;
      this.warnings = told.warnings;
      this.promises = told.promises;
      this.onChange();
    } catch {
      if (this.text === text) this.text = ""; // asked again with the next letter
    }
  }

  kept(writing) {
    return this.promises.filter((each) => !writing.declined.has(each.text));
  }

  paint(writing, shown) {
    const look = JSON.stringify([this.warnings, this.promises, [...writing.declined], writing.id, shown]);
    if (this.painted === look) return;
    this.painted = look;
    const warnings = this.warnings.map((words) => h("p", { class: "warning", dir: "auto" }, words));
    const promises = this.promises.map((each) => {
      const box = h("input", { type: "checkbox", checked: !writing.declined.has(each.text) });
      box.onchange = () => (box.checked ? writing.declined.delete(each.text) : writing.declined.add(each.text));
      const words = h("span", {}, "Keep this promise in mind: ", h("bdi", {}, `“${each.text}”`), h("span", { class: "quiet" }, `, by ${absolute(each.due)}`));
      return h("label", { class: "promise" }, box, words);
    });
    this.tag.replaceChildren(...warnings, ...promises);
    this.tag.hidden = !shown || warnings.length + promises.length === 0;
  }
}
