// The few numbers at the head of a report, each with how it was before and what it counts.
export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const tiles = component.data.figures.map((figure) =>
    h(
      "div",
      { class: "tile" },
      h("dt", {}, figure.label),
      h("dd", { class: "number" }, figure.number),
      figure.lines.map((line) => h("dd", { class: "line" }, line)),
    ),
  );
  root.replaceChildren(h("dl", {}, tiles));
}
