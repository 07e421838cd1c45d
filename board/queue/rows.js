// One case in the list: who and where, when it is due, what was written, how bad, why, at whose fault, who has it.
function rowTag(row) {
  const place = ["on " + row.platform, row.brand].filter(Boolean).join(" · ");
  const who = [
    h("bdi", { class: "name" }, row.author),
    h("span", { class: "place" }, ` ${place} · `, timeTag(row.posted_at, ago)),
  ];
  return h(
    "div",
    { class: "row", role: "option", id: `case-${row.id}`, "data-id": row.id },
    h("span", { class: "mark", "aria-hidden": "true", title: "Mark (x); with Shift, all up to here" }),
    h("div", { class: "who" }, who),
    h("div", { class: "when" }, row.due_at === null ? null : dueTag(row.due_at)),
    h("div", { class: "words", dir: "auto" }, row.excerpt),
    h("div", { class: "facts" }, h("div", { class: "tells" }, spaced(factTags(row))), h("div", { class: "people" }, peopleTags(row))),
  );
}

function factTags(row) {
  const severity = severityTag(row.severity, row.severity_words);
  severity.title = `${severity.title}. Its place in the list: ${row.priority_why}`;
  const why = row.posts > 1 ? `${row.reasons.join(", ")} · ${row.posts} posts` : row.reasons.join(", ");
  return [
    severity,
    row.returned && h("span", { class: "chip warm", title: "Nobody took it up in time" }, "Came back"),
    row.unsure && h("span", { class: "chip", title: "The model is not sure that this is a complaint" }, "Needs a look"),
    row.snoozed_until !== null && snoozedTag(row.snoozed_until),
    row.waits && h("span", { class: "chip" }, "Waits for the author"),
    why && h("span", { class: "why" }, why),
    row.fault && h("span", { class: "fault" }, h("span", { class: "seen-by-readers" }, "At fault: "), h("bdi", {}, row.fault)),
  ];
}

// With a blank between them, where a line may break.
function spaced(tags) {
  return tags.filter(Boolean).flatMap((tag) => [tag, " "]);
}

function snoozedTag(time) {
  const words = `Snoozed until ${moment(time)}`;
  return h("span", { class: "chip", title: absolute(time) }, words);
}

// Who looks at the case now, and who has it.
function peopleTags(row) {
  const lookers = row.lookers.map((each) => {
    const words = each.typing ? `${each.name} is writing` : `${each.name} is looking`;
    const picture = icon(each.typing ? ICONS.pen : ICONS.eye);
    const spoken = h("span", { class: "seen-by-readers" }, words);
    const look = each.typing ? "looker writes" : "looker";
    return h("span", { class: look, title: words }, picture, h("bdi", { "aria-hidden": "true" }, each.initials), spoken);
  });
  const holders = [
    row.assignee && holderTag(row.assignee, row.is_mine ? "holder mine" : "holder", row.assignee_initials),
    row.team && !row.assignee && holderTag(row.team, "holder team", row.team_initials),
  ];
  return [lookers, holders];
}

function holderTag(name, look, initials) {
  const title = look.includes("team") ? `With the team ${name}` : `With ${name}`;
  return h(
    "span",
    { class: look, title },
    h("span", { class: "initials", "aria-hidden": "true" }, initials),
    h("span", { class: "seen-by-readers" }, look.includes("team") ? "With the team " : "With "),
    h("bdi", { class: "full" }, name),
  );
}

function dueTag(time) {
  const tag = timeTag(time, due);
  const look = () => (time < Date.now() / 1000 ? "late" : "");
  const count = tag.acTick;
  tag.className = look();
  tag.acTick = () => {
    count();
    tag.className = look();
  };
  return tag;
}

// Makes `list` show the rows with as little change as can be: a row that stays is the same element as before, so that
// the pointer, the focus and the place to which somebody has scrolled stay where they are.
class Rows {
  constructor(list) {
    this.list = list;
    this.known = new Map();
  }

  draw(rows, empty) {
    const tags = rows.length ? rows.map((row) => this.tagOf(row)) : [empty];
    this.known = new Map(tags.map((tag) => [Number(tag.dataset.id), tag]));
    let place = this.list.firstChild;
    for (const tag of tags) {
      if (tag === place) place = place.nextSibling;
      else this.list.insertBefore(tag, place);
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  tagOf(row) {
    const look = JSON.stringify(row);
    const before = this.known.get(row.id);
    if (before?.acLook === look) return before;
    const tag = rowTag(row);
    tag.acLook = look;
    return tag;
  }
}
