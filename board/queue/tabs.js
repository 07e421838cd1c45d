// The views as tabs. Those that have no room, and those of closed cases, are in a menu behind "More"; the one that is
// open is always among the tabs. Arrow keys go from tab to tab.
class Tabs {
  constructor(root, panelId, onOpen) {
    this.onOpen = onOpen;
    this.views = [];
    this.strip = h("div", { class: "strip", role: "tablist", "aria-label": "Views" });
    this.more = h("button", { class: "more" }, "More", icon(ICONS.down));
    this.tag = h("div", { class: "tabs" }, this.strip, this.more);
    this.menu = new Popup(root, this.more, "More views", () => this.menuItems(), { width: 230 });
    this.panelId = panelId;
    this.strip.addEventListener("keydown", (event) => this.onKey(event));
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.tag);
  }

  remove() {
    this.watch.disconnect();
  }

  draw(views, open, cap) {
    const look = JSON.stringify([views, open, cap]);
    if (look === this.look) return;
    this.look = look;
    this.views = views;
    this.open = open;
    this.cap = cap;
    const focused = this.strip.getRootNode().activeElement?.dataset?.view;
    this.strip.replaceChildren(...views.map((view) => this.tabOf(view)));
    this.strip.querySelector(`[data-view="${focused}"]`)?.focus();
    this.fit();
    this.menu.redraw();
  }

  tabOf(view) {
    const attributes = {
      role: "tab",
      "aria-selected": String(view.name === this.open),
      "aria-controls": this.panelId,
      tabindex: view.name === this.open ? "0" : "-1",
      "data-view": view.name,
      onclick: () => this.onOpen(view.name),
    };
    return h("button", attributes, view.label, h("span", { class: "count" }, this.count(view)));
  }

  count(view) {
    return view.count > this.cap ? `${this.cap}+` : String(view.count);
  }

  // Leaves those tabs standing for which there is room, the open one among them.
  fit() {
    const tabs = [...this.strip.children];
    tabs.forEach((tab) => (tab.hidden = false));
    const widths = tabs.map((tab) => tab.offsetWidth + 2);
    const open = tabs.findIndex((tab) => tab.dataset.view === this.open);
    let room = this.tag.clientWidth - this.more.offsetWidth - 14;
    if (room <= 0 || !tabs.length) return;
    const shown = new Set([open]);
    room -= widths[open] ?? 0;
    for (const [place, view] of this.views.entries()) {
      if (place === open) continue;
      room -= widths[place];
      if (room < 0 || view.is_closed) break;
      shown.add(place);
    }
    tabs.forEach((tab, place) => (tab.hidden = !shown.has(place)));
  }

  menuItems() {
    const tabs = [...this.strip.children];
    const hidden = this.views.filter((_view, place) => tabs[place].hidden);
    const item = (view) => this.menu.item(view.label, () => this.onOpen(view.name), { note: this.count(view), checked: false });
    const open = hidden.filter((view) => !view.is_closed);
    const closed = hidden.filter((view) => view.is_closed);
    return [open.map(item), open.length && closed.length ? h("hr") : null, closed.map(item)];
  }

  onKey(event) {
    const tabs = [...this.strip.children].filter((tab) => !tab.hidden);
    const here = tabs.indexOf(event.target);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].focus();
  }
}
