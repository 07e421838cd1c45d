// A list to choose from above the field: reply templates with a search, colleagues after an @.
const MOST_SHOWN = 50;

class Picker {
  // `shown(item)` gives what an option shows, `words(item)` what is searched.
  constructor({ label, shown, words, onPick, onClose, empty }) {
    Object.assign(this, { shown, words, onPick, onClose, empty });
    this.items = this.found = [];
    this.at = 0;
    this.list = h("ul", { role: "listbox", "aria-label": label, id: `pick-${label.replace(/\W/g, "")}` });
    this.note = h("p", { class: "none", role: "status" });
    this.input = null; // where the search is written, unless that is the field itself
    this.tag = h("div", { class: "picker", hidden: true });
    this.tag.onmousedown = (event) => event.target.tagName !== "INPUT" && event.preventDefault(); // the field keeps its place
  }

  get isOpen() {
    return !this.tag.hidden;
  }

  open(items) {
    this.items = items;
    this.tag.replaceChildren(...[this.input, this.list, this.note].filter(Boolean));
    this.tag.hidden = false;
    this.search("");
  }

  // A closed list is not on the page: whoever looks for one with a screen reader finds the list of cases.
  close() {
    if (!this.isOpen) return;
    this.tag.hidden = true;
    this.tag.replaceChildren();
    this.onClose();
  }

  search(text) {
    const wanted = folded(text).split(/\s+/).filter(Boolean);
    this.found = this.items.filter((item) => wanted.every((word) => folded(this.words(item)).includes(word)));
    this.at = 0;
    this.paint();
  }

  paint() {
    const options = this.found.slice(0, MOST_SHOWN).map((item, place) => {
      const option = h("li", { role: "option", id: `${this.list.id}-${place}`, "aria-selected": String(place === this.at) });
      option.append(...this.shown(item));
      option.onclick = () => this.pick(place);
      option.onmousemove = () => this.point(place);
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = options.length === 0;
    const more = this.found.length - options.length;
    this.note.textContent = options.length === 0 ? this.empty(this.items.length) : more > 0 ? `${more} more: search for them.` : "";
    this.note.hidden = !this.note.textContent;
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  point(place) {
    if (this.at === place) return;
    this.at = place;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
  }

  get active() {
    return this.isOpen && this.found.length > 0 ? `${this.list.id}-${this.at}` : "";
  }

  pick(place = this.at) {
    const item = this.found[place];
    if (item !== undefined) this.onPick(item);
  }

  // Tells whether the key was meant for the list.
  onKey(event) {
    if (!this.isOpen) return false;
    const count = Math.min(this.found.length, MOST_SHOWN);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") this.close();
    else if (event.key in steps && count > 0) {
      this.at = (this.at + steps[event.key] + count) % count;
      this.paint();
    } else if ((event.key === "Enter" || event.key === "Tab") && count > 0 && !event.ctrlKey && !event.metaKey) this.pick();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

// Case and accents folded, so that "muller" finds "Müller".
function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function templatePicker(onPick, onClose) {
  const picker = new Picker({
    label: "Reply templates",
    words: ({ name, text, brand }) => `${name} ${brand} ${text}`,
    shown: ({ name, text, brand, problem }) => [
      h("b", {}, name),
      h("span", { class: "chip" }, brand || "all brands"),
      h("span", { class: problem ? "preview wrong" : "preview", dir: "auto" }, problem || text),
    ],
    onPick,
    onClose,
    empty: (count) =>
      count === 0 ? "There is no template for this brand yet. Managers write them on the Templates page." : "No template matches.",
  });
  picker.input = h("input", {
    type: "search",
    role: "combobox",
    "aria-label": "Search templates",
    "aria-expanded": "true",
    "aria-controls": picker.list.id,
    placeholder: "Search templates",
    autocomplete: "off",
  });
  const point = () => picker.input.setAttribute("aria-activedescendant", picker.active);
  picker.input.oninput = () => (picker.search(picker.input.value), point());
  picker.input.onkeydown = (event) => {
    event.stopPropagation();
    picker.onKey(event);
    point();
  };
  return picker;
}

function mentionPicker(onPick, onClose) {
  return new Picker({
    label: "Colleagues",
    words: ({ name, email }) => `${name} ${email}`,
    shown: ({ name, email, on_shift }) => [
      h("b", {}, name),
      !on_shift && h("span", { class: "chip" }, "off shift"),
      h("span", { class: "preview" }, email),
    ].filter(Boolean),
    onPick,
    onClose,
    empty: () => "",
  });
}

// What is typed after an @ before the cursor, null where no colleague is being named.
function mentionBefore(field) {
  const before = field.value.slice(Math.max(0, field.selectionStart - 60), field.selectionStart);
  const found = /(?:^|[^\w.+-])@([\p{L}\p{N}.'’+_-]*(?: [\p{L}\p{N}.'’-]*)?)$/u.exec(before);
  return found ? found[1] : null;
}

// Puts words at the cursor so that the browser's own undo takes them out again; `back` letters before it give way.
function putIn(field, words, back = 0) {
  field.focus();
  field.setSelectionRange(field.selectionStart - back, field.selectionEnd);
  if (!document.execCommand("insertText", false, words)) {
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input"));
  }
}

async function askBoard(path, told) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(told),
    signal: AbortSignal.timeout(15000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}
