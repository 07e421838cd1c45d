// What opens under a button, or over it where there is more room: menus and small dialogs. The browser's own popover
// closes them on Esc and on a click elsewhere; while one is open no key is a shortcut.
const POPUP_GAP = 5;
const POPUP_MARGIN = 8;

class Popup {
  // `draw` gives the contents anew each time it opens. `role` is "menu" or "dialog".
  constructor(root, button, label, draw, { role = "menu", width = 240 } = {}) {
    this.button = button;
    this.draw = draw;
    this.width = width;
    this.panel = h("div", { class: `popup ${role}`, popover: "auto", role, "aria-label": label });
    root.append(this.panel);
    button.popoverTargetElement = this.panel;
    button.setAttribute("aria-haspopup", role);
    button.setAttribute("aria-expanded", "false");
    this.panel.addEventListener("beforetoggle", (event) => event.newState === "open" && this.onOpening());
    this.panel.addEventListener("toggle", (event) => this.onToggled(event.newState === "open"));
    if (role === "menu") this.panel.addEventListener("keydown", (event) => this.onKey(event));
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  open() {
    if (!this.isOpen) this.panel.showPopover();
  }

  close() {
    if (this.isOpen) this.panel.hidePopover();
  }

  redraw() {
    if (this.isOpen) this.panel.replaceChildren(...[this.draw()].flat(Infinity).filter(Boolean));
  }

  onOpening() {
    this.panel.replaceChildren(...[this.draw()].flat(Infinity).filter(Boolean));
    const box = this.button.getBoundingClientRect();
    const width = Math.min(this.width, innerWidth - 2 * POPUP_MARGIN);
    const left = Math.max(POPUP_MARGIN, Math.min(box.left, innerWidth - width - POPUP_MARGIN));
    const above = box.top > innerHeight - box.bottom;
    const room = (above ? box.top : innerHeight - box.bottom) - POPUP_GAP - POPUP_MARGIN;
    Object.assign(this.panel.style, {
      width: `${width}px`,
      left: `${left}px`,
      top: above ? "auto" : `${box.bottom + POPUP_GAP}px`,
      bottom: above ? `${innerHeight - box.top + POPUP_GAP}px` : "auto",
      maxHeight: `${room}px`,
    });
  }

  onToggled(isOpen) {
    this.button.setAttribute("aria-expanded", String(isOpen));
    const hadFocus = document.activeElement === document.body || this.panel.contains(this.panel.getRootNode().activeElement);
    if (!isOpen && hadFocus) this.button.focus();
    if (isOpen) (this.panel.querySelector("[aria-checked=true]") ?? this.items()[0])?.focus();
  }

  items() {
    return [...this.panel.querySelectorAll("button:not(:disabled), input, select")];
  }

  onKey(event) {
    const items = this.items();
    const here = items.indexOf(this.panel.getRootNode().activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") this.close();
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  }

  // One line of a menu; with `checked` true or false it is one of several of which one is chosen.
  item(words, act, { note = "", checked = null, disabled = false } = {}) {
    const onclick = () => {
      this.close();
      act();
    };
    const role = checked === null ? "menuitem" : "menuitemradio";
    const attributes = { class: "item", role, tabindex: "-1", onclick, disabled, "aria-checked": checked === null ? null : String(checked) };
    return h("button", attributes, h("bdi", { class: "name" }, words), note !== "" && h("span", { class: "note" }, note));
  }
}

function heading(words) {
  return h("div", { class: "heading", role: "presentation" }, words);
}

function isPopupOpen(root) {
  return root.querySelector(":popover-open") !== null;
}

// A picture of our own, as lines on a field of 16 by 16.
function icon(lines) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }))
    picture.setAttribute(name, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", lines);
  picture.append(path);
  return picture;
}

const ICONS = {
  down: "M4 6l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 100 4 2 2 0 000-4z",
  pen: "M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2L3 13z",
  lines: "M2 4h12M4.5 8h7M7 12h2",
  star: "M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4 4.3 13.5l.8-4.2L2 6.4l4.2-.5L8 2z",
  glass: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3L14 14",
};
