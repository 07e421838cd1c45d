// A small table of words and numbers; the first cell of a row may lead somewhere on this board.
export default function (component) {
  const { data, parentElement } = component;
  const isNumber = (column) => (column >= data.numbers_from ? "n" : null);
  const heads = data.heads.map((words, column) => h("th", { class: isNumber(column), scope: "col" }, words));
  const rows = data.rows.map((row) => {
    const cells = row.cells.map((words, column) => h("td", { class: isNumber(column) }, column === 0 && row.path ? linkTag(row.path, words) : words));
    return h("tr", { class: row.is_marked ? "marked" : null }, cells);
  });
  const table = h("table", { "aria-label": data.label }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  const wrap = h("div", { class: "wrap" }, table);
  parentElement.querySelector(".root").replaceChildren(wrap);
  if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0; // to be scrolled by keys
}

function linkTag(path, words) {
  return h("a", { href: path, target: "_self" }, words);
}
