// A table of a report: the numbers of the chart above it, each row with the way to its cases.
export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const look = JSON.stringify(component.data);
  if (root.acLook === look) return;
  root.acLook = look;
  const { caption, columns, rows, leads_to: leadsTo, folded } = component.data;
  const leads = rows.some((row) => isOurs(row.href));
  const numeric = columns.map((_, place) => rows.length > 0 && rows.every((row) => row.cells[place].is_number));
  const headings = columns.map((name, place) => h("th", { scope: "col", class: numeric[place] ? "number" : "" }, name));
  const table = h(
    "table",
    {},
    h("caption", { class: folded ? "unseen" : "" }, caption),
    h("thead", {}, h("tr", {}, headings, leads && h("th", { scope: "col" }, h("span", { class: "unseen" }, leadsTo)))),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, cellTags(row, columns, leadsTo), leads && wayTag(row, leadsTo))),
    ),
  );
  const wide = h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption }, table);
  const wasOpen = root.querySelector("details")?.open ?? false;
  root.replaceChildren(folded ? h("details", { open: wasOpen }, h("summary", {}, caption), wide) : wide);
}

function cellTags(row, columns, leadsTo) {
  return row.cells.map((cell, place) => {
    if (place === 0) return h("th", { scope: "row" }, cell.words);
    const name = `${leadsTo}: ${row.cells[0].words}, ${columns[place]}: ${cell.words}`;
    const way = cell.href && isOurs(cell.href) && h("a", { href: cell.href, "aria-label": name }, cell.words);
    return h("td", { class: cell.is_number ? "number" : "" }, way || cell.words);
  });
}

function wayTag(row, leadsTo) {
  if (!isOurs(row.href)) return h("td");
  const name = row.cells[0].words;
  return h("td", { class: "way" }, h("a", { href: row.href, "aria-label": `${leadsTo}: ${name}` }, leadsTo));
}

function isOurs(address) {
  return address.startsWith("./?");
}
