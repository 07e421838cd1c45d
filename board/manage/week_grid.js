// Who works when: a row a day, a cell an hour. What nobody covers is hatched, and said in words as well.
export default function (component) {
  const { data, parentElement } = component;
  const hours = [...Array(24).keys()];
  const top = h("tr", {}, h("td"), hours.map((hour) => h("th", { scope: "col" }, hour % 3 ? "" : String(hour).padStart(2, "0"))));
  const rows = data.days.map((day) => h("tr", {}, h("th", { scope: "row" }, day.name), hours.map((hour) => cellTag(day, hour, data.is_one))));
  const table = h("table", {}, h("caption", {}, data.caption), h("thead", {}, top), h("tbody", {}, rows));
  parentElement.querySelector(".root").replaceChildren(h("div", { class: "wrap" }, table));
}

function cellTag(day, hour, isOne) {
  const count = day.counts[hour];
  const isGap = day.wanted[hour] && !count;
  const name = isGap ? "gap" : count > 1 ? "many" : count ? "some" : "none";
  const time = `${String(hour).padStart(2, "0")}:00`;
  const said = isOne ? (count ? "works" : "does not work") : isGap ? "nobody works" : `${count} ${count === 1 ? "works" : "work"}`;
  return h("td", { class: name, title: `${day.name} ${time}: ${said}` }, isOne || !count ? h("span", { class: "said" }, said) : String(count));
}
