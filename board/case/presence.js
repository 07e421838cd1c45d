// Who else is at the case. The line keeps its place while nobody is, so that nothing under it moves.
export default function ({ data, parentElement, setTriggerValue }) {
  const line = (parentElement.acLine ??= new PresenceLine(parentElement.querySelector(".root")));
  line.update(data, setTriggerValue);
  return () => {
    line.watching.stop();
    parentElement.acLine = undefined;
  };
}

class PresenceLine {
  constructor(root) {
    this.tag = h("p", { class: "present", role: "status", "aria-live": "polite" });
    root.replaceChildren(this.tag);
  }

  update(data, send) {
    this.send = send;
    if (data.case !== this.case) this.watch(data.case);
    this.watching.drawn(data.version, data.is_unfinished);
    this.show(data.others);
  }

  watch(caseId) {
    this.case = caseId;
    this.watching?.stop();
    const redraw = () => this.send("redraw", Date.now());
    this.watching = new Watching(`/api/cases/${caseId}/looking`, "POST", (said) => this.show(said.others), redraw);
  }

  show(others) {
    const look = JSON.stringify(others);
    if (this.look === look) return;
    this.look = look;
    this.tag.replaceChildren(...presentTags(others));
  }
}

function presentTags(others) {
  const writing = others.filter((each) => each.typing);
  const [shown, does] = writing.length > 0 ? [writing, "writing"] : [others, "looking at this"];
  if (shown.length === 0) return [];
  const heads = others.slice(0, 3).map((each) => h("i", { class: each.typing ? "writing" : "", "aria-hidden": "true" }, each.initials));
  const names = shown.length === 1 ? [h("bdi", {}, shown[0].name)] : [h("bdi", {}, shown[0].name), ` and ${countedOthers(shown.length - 1)}`];
  const verb = shown.length === 1 ? "is" : "are";
  const rest = others.length - shown.length;
  const looking = rest > 0 ? `, ${countedOthers(rest)} ${rest === 1 ? "is" : "are"} looking` : "";
  return [h("span", { class: "heads" }, heads), h("span", {}, names, ` ${verb} ${does}${looking}`)];
}

function countedOthers(count) {
  return count === 1 ? "1 other" : `${count} others`;
}
