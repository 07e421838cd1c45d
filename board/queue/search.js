// The search field, the filters behind one button, and a chip for each value that is set. What was asked for shows at
// once; `onFilter` hands the whole filter on, in which a filter that takes several values holds a list.
const SEARCH_AFTER_MS = 280;
const WRONG_AFTER_MS = 1200; // half a word is not wrong yet
const MOST_CHIPS = 5; // of one filter; the others are one button
const MOST_IN_SIGHT = 8; // choices, before a field to find them by is worth its place
const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });

class Search {
  constructor(root, onFilter) {
    this.root = root;
    this.onFilter = onFilter;
    this.pickers = new Map();
    this.filter = {};
    this.fields = [];
    this.field = h("input", {
      type: "text",
      role: "searchbox",
      enterkeyhint: "search",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "400",
      "aria-label": "Search posts and authors",
      "aria-describedby": "search-error",
      placeholder: "Search posts and authors",
    });
    this.field.oninput = () => this.onTyping();
    this.field.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      this.typedAt = 0;
      this.search();
    };
    this.field.onblur = () => {
      if (this.waiting) this.search();
    };
    this.clear = h("button", { class: "clear", "aria-label": "Empty the search", onclick: () => this.empty() }, icon(ICONS.close));
    this.help = h("button", { class: "operators", "aria-label": "What can be searched for" }, "?");
    this.button = h("button", { class: "tool" }, icon(ICONS.lines), "Filters", h("span", { class: "how-many" }));
    this.error = h("p", { class: "error", id: "search-error", role: "alert", hidden: true });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Filters that are set", hidden: true });
    this.tools = h("div", { class: "tools" }, h("div", { class: "search" }, icon(ICONS.glass), this.field, this.clear, this.help), this.button);
    this.popup = new Popup(root, this.button, "Filters", () => this.form(), { role: "dialog", width: 460 });
    this.sheet = new Popup(root, this.help, "What can be searched for", () => this.operatorSheet(), { role: "dialog", width: 440 });
  }

  // `filter` holds a word for each field, or a list of them, and `q`; `fields` say what each can be set to, `found` how many there are.
  draw(filter, { fields, error, operators }, found) {
    this.found = found;
    this.fields = fields.map((each) => (each.name === "language" ? { ...each, choices: byWords(each.choices.map(inWords)) } : each));
    this.operators = operators;
    this.filter = filter;
    const isTyping = this.waiting || this.field.getRootNode().activeElement === this.field;
    if (!isTyping) this.field.value = filter.q ?? "";
    this.clear.hidden = this.field.value === "";
    this.drawError(error);
    const set = this.fields.filter((each) => filter[each.name]);
    const howMany = this.button.querySelector(".how-many");
    howMany.textContent = set.length ? String(set.length) : "";
    this.button.classList.toggle("set", set.length > 0);
    this.drawChips(set);
    if (this.popup.isOpen) this.followForm();
  }

  drawError(error) {
    clearTimeout(this.complaint);
    const early = error === "" ? 0 : WRONG_AFTER_MS - (Date.now() - (this.typedAt ?? 0));
    if (early > 0) this.complaint = setTimeout(() => this.drawError(error), early);
    const words = early > 0 ? "" : error;
    this.error.hidden = words === "";
    if (this.error.textContent !== words) this.error.textContent = words;
    this.field.setAttribute("aria-invalid", String(words !== ""));
  }

  drawChips(set) {
    const look = JSON.stringify(set.map((each) => [each.name, this.chosenOf(each)]));
    if (look === this.chipsLook) return;
    this.chipsLook = look;
    const hadFocus = this.chips.contains(this.chips.getRootNode().activeElement);
    const chips = set.map((each) => this.chipOf(each));
    if (set.flatMap((each) => this.chosenOf(each)).length > 1) chips.push(h("button", { class: "all", onclick: () => this.clearAll() }, "Clear all"));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = !set.length;
    if (hadFocus) (this.chips.querySelector("button") ?? this.button).focus();
  }

  chipOf(field) {
    const chosen = this.chosenOf(field);
    const label = (words) => `Take the filter away: ${field.label}: ${words}`;
    const chip = ({ value, words }, shown) => {
      const attributes = { class: "filter", "aria-label": label(words), onclick: () => this.takeAway(field, value) };
      return h("button", attributes, h("bdi", {}, shown), icon(ICONS.close));
    };
    if (chosen.length === 1) return chip(chosen[0], `${field.label}: ${chosen[0].words}`);
    const shown = chosen.length > MOST_CHIPS ? chosen.slice(0, MOST_CHIPS - 1) : chosen;
    const more = chosen.length - shown.length;
    const ways = shown.map((choice) => chip(choice, choice.words));
    if (more) ways.push(h("button", { class: "filter rest", onclick: () => this.popup.open() }, `${more} more`));
    const name = h("span", { class: "of" }, `${field.label}:`);
    const parts = ways.flatMap((way, place) => (place ? [h("span", { class: "or" }, "or"), way] : [way]));
    return h("span", { class: "several", role: "group", "aria-label": `${field.label}: one of ${chosen.length}` }, name, parts);
  }

  // What a field is set to, in the order of its choices; what is no choice any more comes last, as itself.
  chosenOf(field) {
    const values = [this.filter[field.name] ?? []].flat();
    const known = field.choices.filter((choice) => values.includes(choice.value));
    const unknown = values.filter((value) => !field.choices.some((choice) => choice.value === value));
    return [...known, ...unknown.map((value) => ({ value, words: value }))];
  }

  wordsOf(field) {
    return this.chosenOf(field).map(({ words }) => words).join(" or ");
  }

  takeAway(field, value) {
    this.set(field.name, field.several ? this.filter[field.name].filter((each) => each !== value) : "");
  }

  set(name, value) {
    const filter = { ...this.filter, [name]: value };
    if (!value?.length) delete filter[name];
    this.onFilter(filter);
  }

  clearAll() {
    this.onFilter({ ...(this.filter.q && { q: this.filter.q }), ...(this.filter.sort && { sort: this.filter.sort }) });
  }

  clearEverything() {
    this.field.value = "";
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.onFilter(this.filter.sort ? { sort: this.filter.sort } : {});
  }

  onTyping() {
    this.typedAt = Date.now();
    this.clear.hidden = this.field.value === "";
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.search(), SEARCH_AFTER_MS);
  }

  search() {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    if (this.field.value.trim() !== (this.filter.q ?? "")) this.set("q", this.field.value.trim());
  }

  empty() {
    this.field.value = "";
    this.search();
    this.field.focus();
  }

  form() {
    const fields = this.fields.map((field) => {
      if (field.several) return this.pickerOf(field).tag;
      const select = h("select", { id: `filter-${field.name}`, "data-name": field.name }, optionTags(field.choices, field.any));
      select.value = this.filter[field.name] ?? "";
      if (select.selectedIndex < 0) {
        select.append(h("option", { value: this.filter[field.name] }, this.filter[field.name]));
        select.value = this.filter[field.name];
      }
      select.onchange = () => this.set(field.name, select.value);
      return h("div", { class: "field" }, h("label", { for: select.id }, field.label), select);
    });
    const clear = h("button", { class: "plain", onclick: () => this.clearAll() }, "Clear all");
    const done = h("button", { class: "first show", onclick: () => this.popup.close() }, this.found);
    return [h("div", { class: "fields" }, fields), h("div", { class: "ends" }, clear, done)];
  }

  pickerOf(field) {
    if (!this.pickers.has(field.name)) this.pickers.set(field.name, new Picker(this.root, this, field));
    const picker = this.pickers.get(field.name);
    picker.follow(field);
    return picker;
  }

  followForm() {
    for (const field of this.fields) if (field.several) this.pickerOf(field);
    for (const select of this.popup.panel.querySelectorAll("select")) {
      const value = this.filter[select.dataset.name] ?? "";
      if (select.value !== value) select.value = value;
    }
    this.popup.panel.querySelector(".show").textContent = this.found;
  }

  operatorSheet() {
    const lines = this.operators.map(([example, what]) => {
      const onclick = () => this.insert(example);
      return [h("dt", {}, h("button", { class: "example", onclick }, example)), h("dd", {}, what)];
    });
    return [
      h("div", { class: "heading" }, "What can be searched for"),
      h("p", { class: "quiet" }, "Words find posts and authors; a word is found by its beginning. Choose an example to try it."),
      h("dl", { class: "sheet" }, lines.flat()),
    ];
  }

  insert(example) {
    this.sheet.close();
    this.field.value = [this.field.value.trim(), example].filter(Boolean).join(" ");
    this.search();
    this.field.focus();
  }
}

// A filter that takes several values: a button that says which, and under it a list of boxes to tick. Where there are
// many, typing finds them; the arrows go from one to the next.
class Picker {
  constructor(root, search, field) {
    this.search = search;
    this.field = field;
    this.boxes = [];
    const ids = { label: `filter-label-${field.name}`, words: `filter-words-${field.name}` };
    this.words = h("span", { class: "name", id: ids.words });
    const attributes = { class: "picker", id: `filter-${field.name}`, "aria-labelledby": `${ids.label} ${ids.words}` };
    this.count = h("span", { class: "how-many", "aria-hidden": "true" });
    this.button = h("button", attributes, this.words, this.count, icon(ICONS.down));
    this.tag = h("div", { class: "field" }, h("span", { class: "label", id: ids.label }, field.label), this.button);
    this.popup = new Popup(root, this.button, field.label, () => this.list(), { role: "dialog", width: 280 });
    this.popup.panel.classList.add("picking");
    this.popup.panel.addEventListener("keydown", (event) => this.onKey(event));
  }

  // Boxes come and go only when the list is opened: none moves under the pointer.
  follow(field) {
    this.field = field;
    const words = this.search.wordsOf(field) || field.any;
    if (this.words.textContent !== words) this.words.textContent = words;
    this.count.textContent = this.values.length > 1 ? String(this.values.length) : "";
    this.button.classList.toggle("set", this.values.length > 0);
    if (!this.popup.isOpen) return;
    for (const { box, choice } of this.boxes) box.checked = this.values.includes(choice.value);
    this.none.disabled = !this.values.length;
  }

  get values() {
    return this.search.filter[this.field.name] ?? [];
  }

  list() {
    const { choices, label, any } = this.field;
    const gone = this.search.chosenOf(this.field).filter(({ value }) => !choices.some((choice) => choice.value === value));
    this.boxes = [...choices, ...gone].map((choice) => this.line(choice));
    const titles = [...new Set(this.boxes.map(({ choice }) => choice.group ?? ""))];
    this.groups = titles.map((title) => {
      const lines = this.boxes.filter(({ choice }) => (choice.group ?? "") === title).map(({ line }) => line);
      const heading = title && h("div", { class: "title", "aria-hidden": "true" }, title);
      return h("div", { role: "group", "aria-label": title ? `${label}: ${title}` : label }, heading, lines);
    });
    const quietly = { type: "text", autocomplete: "off", spellcheck: "false" };
    this.finder = h("input", { ...quietly, class: "finder", placeholder: "Type to find", "aria-label": `Find in ${label}` });
    this.finder.oninput = () => this.find();
    this.found = h("p", { class: "found", role: "status" });
    this.none = h("button", { class: "plain", disabled: !this.values.length, onclick: () => this.empty() }, any);
    const done = h("button", { class: "first", onclick: () => this.popup.close() }, "Done");
    const isLong = this.boxes.length > MOST_IN_SIGHT;
    return [isLong && this.finder, isLong && this.found, h("div", { class: "choices" }, this.groups), h("div", { class: "ends" }, this.none, done)];
  }

  line(choice) {
    const box = h("input", { type: "checkbox", value: choice.value, checked: this.values.includes(choice.value) });
    box.onchange = () => this.tick(choice.value, box.checked);
    return { box, choice, line: h("label", { class: "choice" }, box, h("bdi", {}, choice.words)) };
  }

  tick(value, isTicked) {
    const others = this.values.filter((each) => each !== value);
    this.search.set(this.field.name, isTicked ? [...others, value] : others);
  }

  empty() {
    this.search.set(this.field.name, []);
    (this.finder.isConnected ? this.finder : this.boxes[0].box).focus();
  }

  find() {
    const typed = plainly(this.finder.value);
    for (const { line, choice } of this.boxes) line.hidden = !plainly(choice.words).includes(typed);
    for (const group of this.groups) group.hidden = !group.querySelector(".choice:not([hidden])");
    const number = this.inSight().length;
    this.found.textContent = typed === "" ? "" : number ? `${number} of ${this.boxes.length}` : "Nothing is called that";
  }

  inSight() {
    return this.boxes.filter(({ line }) => !line.hidden).map(({ box }) => box);
  }

  // Enter in the field ticks the first that was found, as one expects of a list that is narrowed by typing.
  onKey(event) {
    const here = event.composedPath()[0];
    const boxes = this.inSight();
    if (event.key === "Enter" && here === this.finder) {
      if (this.finder.value.trim() && boxes.length) boxes[0].click();
      this.finder.select();
    }
    const items = this.finder.isConnected ? [this.finder, ...boxes] : boxes;
    const place = items.indexOf(here);
    const to = place < 0 ? undefined : { ArrowDown: place + 1, ArrowUp: place - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  }
}

// Words as one looks for them: without capitals and accents.
function plainly(words) {
  return words.trim().normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function byWords(choices) {
  return choices.toSorted((one, other) => one.words.localeCompare(other.words));
}

// Choices with a `group` stand under its name.
function optionTags(choices, any) {
  const tags = [h("option", { value: "" }, any)];
  const groups = new Map();
  for (const choice of choices) {
    const option = h("option", { value: choice.value }, choice.words);
    if (!choice.group) tags.push(option);
    else if (groups.has(choice.group)) groups.get(choice.group).append(option);
    else groups.set(choice.group, tags.at(tags.push(h("optgroup", { label: choice.group }, option)) - 1));
  }
  return tags;
}

// A language by its name where the browser knows one.
function inWords(choice) {
  try {
    return { ...choice, words: LANGUAGES.of(choice.value) };
  } catch {
    return choice;
  }
}
