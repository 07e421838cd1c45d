// What stands below the rows: what is being done to many cases, or was just done, with a way back; whether the list is
// live, and its pages.
const STALE_AFTER_S = 10;

class Foot {
  constructor(list) {
    this.of = list;
    this.done = h("div", { class: "done", role: "status", hidden: true });
    this.tag = h("div", { class: "foot" });
  }

  drawDone() {
    const { data, marked, working } = this.of;
    this.done.setAttribute("aria-busy", String(working !== null));
    if (working) {
      this.done.hidden = false;
      if (this.look !== working.words) this.done.replaceChildren(h("span", {}, working.words));
      this.look = working.words;
      return;
    }
    const look = JSON.stringify(data.undo);
    this.done.hidden = data.undo === null || marked.count > 0 || look === this.putAway;
    if (this.done.hidden || look === this.look) return;
    this.look = look;
    const away = () => {
      this.putAway = look;
      this.drawDone();
    };
    const back = h("button", { class: "undo", onclick: () => this.of.undo() }, "Undo ", h("kbd", {}, "z"));
    const close = h("button", { class: "link", "aria-label": "Put away", onclick: away }, icon(ICONS.close));
    this.done.replaceChildren(h("span", {}, data.undo.words), back, close);
  }

  draw() {
    const { data, watching } = this.of;
    const stale = (Date.now() - watching.currentAt) / 1000 > STALE_AFTER_S;
    const clock = CLOCK.format(new Date(watching.currentAt));
    const state = stale ? `Not connected: this is as of ${clock}` : `Live, updated ${clock}`;
    const parts = [h("span", { class: stale ? "state stale" : "state" }, state)];
    if (data.page > 1 || data.has_next) {
      const back = { onclick: () => this.of.turn("back"), disabled: data.page === 1 };
      const next = { onclick: () => this.of.turn("next"), disabled: !data.has_next };
      parts.push(h("span", {}, `Page ${data.page}`), h("button", back, "Back"), h("button", next, "Next"));
    }
    this.replace(parts);
  }

  // Exchanges the children without taking the focus from the button that has it.
  replace(children) {
    const { tag } = this;
    const next = h("div", {}, children);
    if (tag.innerText === next.innerText && tag.isEqualNode(next)) return;
    const focused = [...tag.children].indexOf(tag.getRootNode().activeElement);
    tag.replaceChildren(...next.childNodes);
    if (focused >= 0) tag.children[focused]?.focus();
  }
}
