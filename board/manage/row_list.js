// A list of rows to choose from, and to put in order where the order matters. The server says which row is open.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".root");
  const focused = root.getRootNode().activeElement?.dataset;
  const wanted = focused?.id ? `[data-id="${CSS.escape(focused.id)}"][data-what="${focused.what}"]` : null;
  root.replaceChildren(...data.groups.map((group) => groupTag(group, data.open)));
  const again = wanted && root.querySelector(wanted);
  if (again) (again.disabled ? again.closest("li").querySelector(".row") : again).focus({ preventScroll: true });
  root.onclick = (event) => {
    const button = event.composedPath().find((tag) => tag.dataset?.what);
    if (!button || button.disabled) return;
    setTriggerValue("said", { what: button.dataset.what, id: button.dataset.id });
  };
}

function groupTag(group, open) {
  const rows = group.rows.map((row, index) => rowTag(row, open, group.moves, index, group.rows.length));
  const title = group.title ? h("h3", {}, group.title, h("span", { class: "count" }, String(group.rows.length))) : null;
  const empty = group.rows.length ? null : h("p", { class: "empty" }, group.empty);
  const list = rows.length ? h(group.moves ? "ol" : "ul", { "aria-label": group.label }, rows) : null;
  return h("section", {}, title, empty, list);
}

function rowTag(row, open, moves, index, count) {
  const isOpen = row.id === open;
  const number = moves ? h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)) : null;
  const marks = row.marks.map((mark) => h("span", { class: `mark ${mark.tone}` }, mark.words));
  const lines = row.lines.map((line) => h("span", { class: "line" }, line));
  const title = h("span", { class: "title" }, h("b", {}, row.title), marks);
  const attributes = { class: "row", "data-id": row.id, "data-what": "open", "aria-current": isOpen && "true" };
  const side = row.side ? h("span", { class: "side" }, row.side) : null;
  const button = h("button", attributes, number, h("span", { class: "words" }, title, lines), side);
  const classes = [isOpen && "open", row.is_off && "off"].filter(Boolean).join(" ");
  return h("li", { class: classes }, button, moves ? moveTags(row, index, count) : null);
}

function moveTags(row, index, count) {
  const tag = (what, words, sign, disabled) =>
    h("button", { class: "move", "data-id": row.id, "data-what": what, "aria-label": `${words}: ${row.title}`, title: words, disabled }, sign);
  return h("span", { class: "moves" }, tag("up", "Move up", "↑", index === 0), tag("down", "Move down", "↓", index === count - 1));
}
