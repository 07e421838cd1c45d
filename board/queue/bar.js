// What stands above the rows: how many there are and in which order, or how many of them are marked.
class Bar {
  constructor(root, list) {
    this.of = list;
    this.total = h("span", { class: "total" });
    this.sort = h("button", { class: "link" }, h("span", {}), icon(ICONS.down));
    this.menu = new Popup(root, this.sort, "Order", () => this.sortItems(), { width: 210 });
    this.fresh = h("button", { class: "first", hidden: true, onclick: () => list.turn("newest") });
    const keys = { class: "help", "aria-label": "Keyboard shortcuts", onclick: () => list.help.showModal() };
    this.keys = h("button", keys, "Keys ", h("kbd", {}, "?"));
    this.markShown = h("button", { class: "link", onclick: () => list.markAllShown() });
    this.markMatching = h("button", { class: "link", onclick: () => list.ask("everything") });
    this.cancel = h("button", { class: "link", onclick: () => list.unmark() }, "Cancel");
    const space = h("span", { class: "space" });
    const parts = [this.total, this.sort, this.markShown, this.markMatching, space, this.fresh, this.keys, this.cancel];
    this.tag = h("div", { class: "bar" }, parts);
  }

  draw() {
    const { data, marked, filter } = this.of;
    const count = data.views.find((view) => view.name === data.view)?.count ?? 0;
    const all = count > data.count_cap ? `more than ${data.count_cap}` : count.toLocaleString();
    const isMarking = marked.count > 0;
    const isWhole = data.rows.every((row) => marked.has(row));
    say(this.total, isMarking ? this.markedWords() : data.rows.length ? `${data.rows.length} of ${all}` : "No cases");
    say(this.sort.firstChild, data.sorts.find((sort) => sort.value === (filter.sort ?? ""))?.words ?? "");
    say(this.fresh, `Show ${data.newer > data.newer_cap ? `${data.newer_cap}+` : data.newer} new`);
    say(this.markShown, `Mark all ${data.rows.length} shown`);
    say(this.markMatching, count > data.count_cap ? "Mark all that match" : `Mark all ${all} that match`);
    this.sort.hidden = isMarking || !data.rows.length;
    this.keys.hidden = isMarking;
    this.fresh.hidden = !data.newer || isMarking;
    this.cancel.hidden = !isMarking;
    this.markShown.hidden = !isMarking || isWhole;
    const isAll = count <= data.count_cap && count <= marked.ids.size;
    this.markMatching.hidden = !isMarking || !isWhole || marked.everything !== null || isAll;
  }

  foundWords() {
    const { data } = this.of;
    const count = data.views.find((view) => view.name === data.view)?.count ?? 0;
    if (count === 1) return "Show the one case";
    return count > data.count_cap ? `Show ${data.count_cap}+ cases` : `Show ${count.toLocaleString()} cases`;
  }

  markedWords() {
    const { data, marked } = this.of;
    const number = marked.count.toLocaleString();
    if (marked.everything) return `${number} marked: ${marked.everything.is_cut ? "the first of those" : "all"} that match`;
    const elsewhere = marked.ids.size - data.rows.filter((row) => marked.ids.has(row.id)).length;
    return elsewhere ? `${number} marked, ${elsewhere} not on this page` : `${number} marked`;
  }

  sortItems() {
    const { data, filter, search } = this.of;
    const chosen = filter.sort ?? "";
    const item = (sort) => this.menu.item(sort.words, () => search.set("sort", sort.value), { checked: sort.value === chosen });
    return data.sorts.map(item);
  }
}

function say(tag, words) {
  if (tag.textContent !== words) tag.textContent = words;
}
