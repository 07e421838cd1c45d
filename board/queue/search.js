// The search field, the filters behind one button, and a chip for each filter that is set. What was asked for shows at
// once; `onFilter` hands the whole filter on.
const SEARCH_AFTER_MS = 280;
const WRONG_AFTER_MS = 1200; // half a word is not wrong yet
const LANGUAGES = new Intl.DisplayNames(["en"], { type: "language" });

class Search {
  constructor(root, onFilter) {
    this.onFilter = onFilter;
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

  // `filter` holds a word for each field and `q`; `fields` say what each can be set to, `found` how many there are.
  draw(filter, { fields, error, operators }, found) {
    this.found = found;
    this.fields = fields.map((each) => (each.name === "language" ? { ...each, choices: each.choices.map(inWords) } : each));
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
    const look = JSON.stringify(set.map((each) => [each.name, this.filter[each.name], this.wordsOf(each)]));
    if (look === this.chipsLook) return;
    this.chipsLook = look;
    const hadFocus = this.chips.contains(this.chips.getRootNode().activeElement);
    const chips = set.map((each) => this.chipOf(each));
    if (set.length > 1) chips.push(h("button", { class: "all", onclick: () => this.clearAll() }, "Clear all"));
    this.chips.replaceChildren(...chips);
    this.chips.hidden = !set.length;
    if (hadFocus) (this.chips.querySelector("button") ?? this.button).focus();
  }

  chipOf(field) {
    const words = `${field.label}: ${this.wordsOf(field)}`;
    const label = `Take the filter away: ${words}`;
    return h("button", { class: "filter", "aria-label": label, onclick: () => this.set(field.name, "") }, h("bdi", {}, words), icon(ICONS.close));
  }

  wordsOf(field) {
    const value = this.filter[field.name];
    return field.choices.find((choice) => choice.value === value)?.words ?? value;
  }

  set(name, value) {
    const filter = { ...this.filter, [name]: value };
    if (!value) delete filter[name];
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

  followForm() {
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
