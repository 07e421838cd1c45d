// The bar above every page. Its links are real ones; a plain click goes there without loading everything anew.
const SECOND_KEY_WITHIN_MS = 1500;
const WORD_WITHIN_MS = 400;
const INBOX = "/?view=mine";
const KEYS = { i: INBOX, r: "/reports", s: "/sources", t: "/team", a: "/account" };

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return (words[0]?.[0] ?? "") + (words.length > 1 ? words[words.length - 1][0] : "");
}

function isBusy(event) {
  const path = event.composedPath().filter((part) => part instanceof HTMLElement);
  const isTyping = path[0]?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(path[0]?.tagName);
  return isTyping || path.some((part) => part.tagName === "DIALOG" || part.getAttribute("role") === "dialog");
}

class Bar {
  constructor(parent) {
    this.root = parent.querySelector(".root");
    this.shown = "";
    this.firstAt = this.pressedAt = 0;
    this.onKey = (event) => this.key(event);
    this.onAway = (event) => event.composedPath().some((part) => part.acMenu) || this.shut();
    // Streamlit's own link skips to what the bar stands in as well.
    this.onSkip = (event) => event.target.closest?.("[data-testid=stSkipToContent]") && this.skip(event);
    window.addEventListener("keydown", this.onKey, true); // before any page's own keys
    document.addEventListener("pointerdown", this.onAway, true);
    document.addEventListener("click", this.onSkip, true);
  }

  stop() {
    window.removeEventListener("keydown", this.onKey, true);
    document.removeEventListener("pointerdown", this.onAway, true);
    document.removeEventListener("click", this.onSkip, true);
  }

  update(data) {
    const now = JSON.stringify(data);
    if (now === this.shown) return;
    const moved = this.data && this.data.path !== data.path;
    this.shown = now;
    this.data = data;
    this.draw();
    if (moved) this.arrive();
  }

  // Told to those who hear the page, and the next Tab goes on in it.
  arrive() {
    this.root.querySelector(".arrived").textContent = `${this.data.title} page`;
    this.content()?.focus({ preventScroll: true });
    document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
  }

  skip(event) {
    event.preventDefault();
    event.stopPropagation();
    this.content()?.focus();
  }

  content() {
    let row = document.querySelector(".st-key-top_bar_row");
    while (row && !row.nextElementSibling) row = row.parentElement;
    const content = row?.nextElementSibling;
    if (content) Object.assign(content, { tabIndex: -1 }).style.outline = "none";
    return content;
  }

  draw() {
    const { title } = this.data;
    const main = this.data.places.filter((place) => !place.is_setting_up);
    const more = this.data.places.filter((place) => place.is_setting_up);
    this.root.replaceChildren(
      h("a", { class: "mark", href: "/", "aria-label": "Afterclick: go to the queue", onclick: this.follow("") },
        h("img", { src: "/favicon.svg", width: 24, height: 24, alt: "" }), h("span", {}, "Afterclick")),
      h("p", { class: "where", "aria-hidden": "true" }, title),
      this.menu("small", h("span", {}, "Menu"), () => [
        h("nav", { "aria-label": "Pages" },
          h("ul", {}, main.map((place) => h("li", {}, this.link(place)))),
          more.length > 0 && [h("p", { class: "group" }, "Manage"), h("ul", {}, more.map((place) => h("li", {}, this.link(place))))]),
        this.account(),
      ]),
      h("nav", { class: "wide", "aria-label": "Pages" },
        h("ul", {}, main.map((place) => h("li", {}, this.link(place))),
          more.length > 0 && h("li", {}, this.menu("more", h("span", {}, "Manage"),
            () => h("ul", {}, more.map((place) => h("li", {}, this.link(place)))), more.some((place) => place.path === this.data.path))))),
      this.menu("wide who", [h("span", { class: "face", "aria-hidden": "true" }, initials(this.data.name)), h("span", { class: "name" }, this.data.name)],
        () => this.account()),
      h("h1", { class: "heard" }, title),
      h("p", { class: "heard arrived", role: "status" }),
    );
  }

  link(place) {
    const here = place.path === this.data.path;
    return h("a", { href: `/${place.path}`, "aria-current": here && "page", onclick: this.follow(place.path) }, place.title);
  }

  account() {
    return h("div", { class: "account" },
      h("p", { class: "me" }, h("strong", {}, this.data.name), h("span", {}, this.data.email), h("span", {}, this.data.role)),
      this.link({ title: "Account", path: "account" }),
      h("form", { method: "post", action: "/logout", onsubmit: () => forgetDrafts() }, h("button", { type: "submit" }, "Sign out")));
  }

  // A button that opens what `inside` returns below itself.
  menu(name, label, inside, current = false) {
    const box = h("div", { class: `menu ${name}` });
    const button = h("button", { type: "button", "aria-expanded": "false", "aria-current": current && "true" }, label,
      h("span", { class: "arrow", "aria-hidden": "true" }));
    button.onclick = () => (box.lastChild === button ? this.open(box, button, inside) : this.shut());
    box.append(button);
    box.acMenu = true;
    box.addEventListener("focusout", (event) => event.relatedTarget && !box.contains(event.relatedTarget) && this.shut());
    return box;
  }

  open(box, button, inside) {
    this.shut();
    box.append(h("div", { class: "drop" }, inside()));
    button.setAttribute("aria-expanded", "true");
  }

  shut() {
    this.root.querySelectorAll(".drop").forEach((drop) => {
      const button = drop.previousElementSibling;
      const hadFocus = drop.contains(drop.getRootNode().activeElement);
      drop.remove();
      button.setAttribute("aria-expanded", "false");
      if (hadFocus) button.focus();
    });
  }

  follow(path) {
    return (event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.go(`/${path}`);
    };
  }

  // Presses Streamlit's own link to the page; without one the browser loads the page itself.
  go(address) {
    this.shut();
    const links = document.querySelectorAll(".st-key-page_links a");
    const link = [...links].find((each) => `/${each.getAttribute("href")}` === address);
    if (link) link.click();
    else location.assign(address);
  }

  // Escape shuts a menu; "g" and a second key go to a page.
  key(event) {
    if (event.key === "Escape" && this.root.querySelector(".drop")) {
      this.shut();
      event.stopImmediatePropagation();
      return;
    }
    if (event.key.length > 1 || event.metaKey || event.ctrlKey || event.altKey || isBusy(event)) return;
    const now = Date.now();
    const isSecond = now - this.firstAt < SECOND_KEY_WITHIN_MS;
    // A "g" in the middle of a word is none of ours: its field may have gone under the typist.
    this.firstAt = event.key === "g" && now - this.pressedAt > WORD_WITHIN_MS ? now : 0;
    this.pressedAt = now;
    const address = KEYS[event.key];
    if (!isSecond || address === undefined || (address === INBOX && this.data.path === "")) return; // the list's own key
    event.preventDefault();
    event.stopImmediatePropagation();
    this.pressedAt = 0;
    this.go(address);
  }
}

export default function ({ data, parentElement }) {
  parentElement.acBar ??= new Bar(parentElement);
  parentElement.acBar.update(data);
  return () => {
    parentElement.acBar?.stop();
    parentElement.acBar = undefined;
  };
}
