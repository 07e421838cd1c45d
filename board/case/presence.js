// Who else is at the case. The line keeps its place while nobody is, so that nothing under it moves.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  if (!root.firstChild) root.append(h("p", { class: "present", role: "status", "aria-live": "polite" }));
  const look = JSON.stringify(data.others);
  if (parentElement.acLook === look) return;
  parentElement.acLook = look;
  root.firstChild.replaceChildren(...presentTags(data.others));
}

function presentTags(others) {
  const writing = others.filter((each) => each.typing);
  const [shown, does] = writing.length > 0 ? [writing, "writing"] : [others, "looking at this"];
  if (shown.length === 0) return [];
  const heads = others.slice(0, 3).map((each) => h("i", { class: each.typing ? "writing" : "", "aria-hidden": "true" }, initials(each.name)));
  const names = shown.length === 1 ? [h("bdi", {}, shown[0].name)] : [h("bdi", {}, shown[0].name), ` and ${countedOthers(shown.length - 1)}`];
  const verb = shown.length === 1 ? "is" : "are";
  const rest = others.length - shown.length;
  const looking = rest > 0 ? `, ${countedOthers(rest)} ${rest === 1 ? "is" : "are"} looking` : "";
  return [h("span", { class: "heads" }, heads), h("span", {}, names, ` ${verb} ${does}${looking}`)];
}

function countedOthers(count) {
  return count === 1 ? "1 other" : `${count} others`;
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "");
  return letters.join("").toUpperCase();
}
