// The saved views: filters and an order under a name, one's own and those that colleagues share.
class Views {
  // `ask(name, more)` tells the server.
  constructor(root, ask) {
    this.ask = ask;
    this.views = [];
    this.editing = null; // the view that is being renamed or deleted, and which of the two
    this.button = h("button", { class: "tool" }, icon(ICONS.star), h("bdi", { class: "name" }, "Views"), icon(ICONS.down));
    this.popup = new Popup(root, this.button, "Saved views", () => this.contents(), { role: "dialog", width: 340 });
    this.popup.panel.addEventListener("toggle", () => (this.editing = null));
  }

  draw(views, canSave) {
    const look = JSON.stringify([views, canSave]);
    if (look === this.look) return;
    this.look = look;
    this.views = views;
    this.canSave = canSave;
    const open = views.find((view) => view.is_open);
    this.button.querySelector(".name").textContent = open ? open.title : "Views";
    this.button.classList.toggle("set", open !== undefined);
    this.button.setAttribute("aria-label", open ? `Saved views, ${open.title} is open` : "Saved views");
    if (!this.editing && !this.isWriting()) this.popup.redraw();
  }

  isWriting() {
    return this.popup.panel.querySelector("input[type=text]")?.value ? true : false;
  }

  contents() {
    const lines = this.views.map((view) => h("li", {}, this.lineOf(view)));
    const list = lines.length
      ? h("ul", { class: "saved" }, lines)
      : h("p", { class: "quiet" }, "None yet. Set filters, then save them here under a name to come back to them with one click.");
    return [h("div", { class: "heading" }, "Saved views"), list, h("hr"), this.saveForm()];
  }

  lineOf(view) {
    if (this.editing?.id === view.id) return this.editing.what === "rename" ? this.renameForm(view) : this.deleteForm(view);
    const note = view.is_shared ? (view.is_mine ? "shared" : `by ${view.owner}`) : "only you";
    const open = { class: "item", "aria-current": view.is_open ? "true" : null, onclick: () => this.openView(view) };
    const parts = [h("button", open, h("bdi", { class: "name" }, view.title), h("span", { class: "note" }, note))];
    if (!view.may_change) return parts;
    for (const [what, words] of [["rename", "Rename"], ["delete", "Delete"]]) {
      const label = `${words} ${view.title}`;
      parts.push(h("button", { class: "small", "aria-label": label, onclick: () => this.edit(view.id, what) }, words));
    }
    return parts;
  }

  openView(view) {
    this.popup.close();
    this.ask("open_view", { id: view.id });
  }

  edit(id, what) {
    this.editing = id === null ? null : { id, what };
    this.popup.redraw();
    this.popup.panel.querySelector("li form input, li form button")?.focus();
  }

  renameForm(view) {
    const field = h("input", { type: "text", "aria-label": "New name", maxlength: "60", value: view.title });
    const send = () => {
      this.edit(null);
      if (field.value.trim()) this.ask("rename_view", { id: view.id, title: field.value.trim() });
    };
    return form(send, field, h("button", { class: "first" }, "Rename"), this.cancel());
  }

  deleteForm(view) {
    const send = () => {
      this.edit(null);
      this.ask("delete_view", { id: view.id });
    };
    const words = view.is_shared ? "Delete it for everybody?" : "Delete it?";
    return form(send, h("span", {}, words), h("button", { class: "first" }, "Delete"), this.cancel());
  }

  cancel() {
    return h("button", { type: "button", class: "plain", onclick: () => this.edit(null) }, "Keep");
  }

  saveForm() {
    if (!this.canSave) return h("p", { class: "quiet last" }, "Set a filter, a search or another order to save it as a view.");
    const field = h("input", { type: "text", id: "view-name", maxlength: "60", required: true });
    const share = h("input", { type: "checkbox", id: "view-shared" });
    const send = () => {
      this.ask("save_view", { title: field.value.trim(), shared: share.checked });
      field.value = "";
      this.popup.close();
    };
    return form(
      send,
      h("label", { class: "label", for: "view-name" }, "Save the present filters as"),
      field,
      h("div", { class: "ends" }, h("label", { class: "tick" }, share, "Share with everybody"), h("button", { class: "first" }, "Save")),
    );
  }
}

function form(send, ...parts) {
  const onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  return h("form", { onsubmit }, parts);
}
