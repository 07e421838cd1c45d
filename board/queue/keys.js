// The keys, and the sheet that shows them.
const KEYS = [
  ["Cases", [
    ["j k", "next and previous case"],
    ["o", "go into the case"],
    ["a", "assign to me"],
    ["e", "resolve"],
    ["r", "write a reply"],
    ["n", "write a note"],
    ["z", "take back what was just done"],
  ]],
  ["Several at once", [
    ["x", "mark the case"],
    ["Shift x", "mark all that are shown"],
    ["Esc", "take the marks away, leave a field"],
  ]],
  ["Go to", [
    ["g i", "your inbox: Mine"],
    ["g u", "Unassigned"],
    ["g d", "Due soon"],
    ["g w", "Waiting"],
    ["g l", "Needs a look"],
    ["g o", "All open"],
    ["g r", "Reports"],
    ["g s", "Sources"],
    ["g t", "Team"],
  ]],
  ["The list", [
    ["/", "search"],
    ["f", "filters"],
    [".", "show what is new"],
    ["?", "this help"],
  ]],
];
// The top bar of every page goes to the pages themselves.
const PLACES = { i: "mine", u: "unassigned", d: "due", w: "waiting", l: "unsure", o: "open" };
const PLACE_COMES_WITHIN_MS = 1500;

function helpSheet() {
  const lines = (keys) =>
    keys.map(([names, what]) => [h("dt", {}, names.split(" ").map((name) => [h("kbd", {}, name), " "])), h("dd", {}, what)]);
  const parts = KEYS.map(([title, keys]) => h("section", {}, h("h3", {}, title), h("dl", {}, lines(keys).flat())));
  const close = h("button", { class: "close" }, "Close");
  const sheet = h("dialog", { class: "keys", "aria-labelledby": "keys-title" }, h("h2", { id: "keys-title" }, "Keyboard"), h("div", { class: "columns" }, parts), close);
  close.onclick = () => sheet.close();
  return sheet;
}

// Asks before something is done to a great many cases.
class Question {
  constructor(root) {
    this.tag = h("dialog", { class: "question", "aria-labelledby": "question-title" });
    root.append(this.tag);
  }

  ask(title, words, yes, act) {
    const go = () => {
      this.tag.close();
      act();
    };
    const keep = h("button", { onclick: () => this.tag.close() }, "Cancel");
    this.tag.replaceChildren(
      h("h2", { id: "question-title" }, title),
      h("p", {}, words),
      h("div", { class: "ends" }, keep, h("button", { class: "first", onclick: go }, yes)),
    );
    this.tag.showModal();
    keep.focus();
  }
}

function takesText(field) {
  if (!(field instanceof HTMLElement)) return false;
  return field.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);
}

// Whether a key belongs to something that stands above the page: a dialog or a menu, ours or Streamlit's.
function isAbovePage(event) {
  const above = (part) => part instanceof Element && part.matches("dialog, [role=dialog], [role=menu]");
  return event.composedPath().some(above) || document.querySelector("[role=dialog][aria-modal=true]") !== null;
}
