// The incidents. A card keeps its place under the finger: what grows above it is scrolled away, and a press right after
// a move is not taken.
const STALE_AFTER_S = 15;
const MOVED_FOR_MS = 400;
const MINUTE_CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const list = (component.parentElement.acIncidents ??= new IncidentList(root));
  list.update(component.data, component.setTriggerValue);
  return () => {
    list.remove();
    component.parentElement.acIncidents = undefined;
  };
}

class IncidentList {
  constructor(root) {
    this.root = root;
    this.opened = new Set(); // the keys of the <details> that are open
    this.all = new Set(); // the incidents all of whose things are shown
    this.acts = new Acts();
    this.movedAt = 0;
    this.page = h("div", { class: "page" });
    this.foot = h("footer", { class: "foot" });
    root.replaceChildren(this.page, this.foot);
    root.onclick = (event) => this.onClick(event);
    root.onchange = (event) => this.onChoice(event);
    root.addEventListener("toggle", (event) => this.onToggle(event), true);
    this.timer = setInterval(() => this.onTick(), 1000);
  }

  remove() {
    clearInterval(this.timer);
  }

  update(data, send) {
    this.data = data;
    this.arrived = Date.now();
    this.acts.update(data.acted, send);
    this.draw();
  }

  // Nothing is touched where nothing changed, so that a menu that is open stays open.
  draw() {
    const { refreshed_at: _at, acted: _acted, ...said } = this.data;
    const look = JSON.stringify([said, this.acts.waiting, [...this.all]]);
    if (look !== this.look) {
      this.look = look;
      this.drawPage();
    }
    this.drawFoot();
  }

  drawPage() {
    const focused = this.root.getRootNode().activeElement?.dataset?.key;
    const [anchor, before] = this.anchor();
    this.page.replaceChildren(...pageTags(this));
    if (focused) this.page.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const again = anchor && this.page.querySelector(`[data-key="${anchor}"]`);
    const moved = again ? again.getBoundingClientRect().top - before : 0;
    if (!moved) return;
    this.movedAt = Date.now();
    const main = document.querySelector("[data-testid=stMain]");
    if (main && main.scrollTop > 0) main.scrollTop += moved;
  }

  // The first card that can be seen, and where it stands.
  anchor() {
    for (const card of this.page.querySelectorAll("article")) {
      const { top, bottom } = card.getBoundingClientRect();
      if (bottom > 0) return [card.dataset.key, top];
    }
    return [null, 0];
  }

  drawFoot() {
    const { data } = this;
    const stale = (Date.now() - this.arrived) / 1000 > STALE_AFTER_S;
    const clock = CLOCK.format(new Date(data.refreshed_at * 1000));
    const words = stale ? `Not connected: this is as of ${clock}` : `Live, updated ${clock}`;
    const role = data.may_act ? null : h("span", {}, "A manager or an admin can acknowledge and snooze.");
    this.foot.replaceChildren(...[h("span", { class: stale ? "stale" : "" }, words), role].filter(Boolean));
  }

  isAsked(name, id) {
    return this.acts.isAsked(name, id);
  }

  onClick(event) {
    const button = event.composedPath().find((tag) => tag instanceof HTMLButtonElement);
    if (!button || button.ariaDisabled || Date.now() - this.movedAt < MOVED_FOR_MS) return;
    const { acknowledge, wake, all, revive } = button.dataset;
    if (acknowledge) this.acts.ask("acknowledge", { id: Number(acknowledge) });
    else if (wake) this.acts.ask("wake", { id: Number(wake) });
    else if (revive) this.acts.ask("revive", { id: revive, key: revive });
    else if (all) this.all.add(Number(all));
    else return;
    this.draw();
  }

  onChoice(event) {
    const choice = event.composedPath()[0];
    if (!choice.dataset?.snooze || !choice.value) return;
    const until = { hour: inSeconds(HOUR), hours: inSeconds(4 * HOUR), tomorrow: tomorrow() }[choice.value];
    const id = Number(choice.dataset.snooze);
    choice.value = "";
    if (until) this.acts.ask("snooze", { id, until });
    this.draw();
  }

  onToggle(event) {
    const { key } = event.target.dataset;
    if (event.target.open) this.opened.add(key);
    else this.opened.delete(key);
  }

  onTick() {
    if (!this.data) return;
    tick(this.root);
    if (this.acts.tick()) this.draw(); // where nobody heard, the button can be pressed again
    this.drawFoot();
  }
}

function inSeconds(seconds) {
  return Math.ceil(Date.now() / 1000 + seconds);
}

function tomorrow() {
  const time = new Date();
  time.setDate(time.getDate() + 1);
  time.setHours(8, 0, 0, 0);
  return time.getTime() / 1000;
}

function pageTags(list) {
  const { data } = list;
  const { asked } = data;
  const isOther = ({ id }) => id !== asked?.id;
  const needs = data.open.filter((incident) => isOther(incident) && incident.needs);
  const seen = data.open.filter((incident) => isOther(incident) && !incident.needs);
  const over = data.over.filter(isOther);
  const isHot = needs.length > 0 || asked?.needs;
  const parts = [h("p", { class: isHot ? "glance hot" : "glance", role: "status" }, data.glance)];
  if (asked) parts.push(section("What you were told of", [asked], list));
  if (data.is_missing) parts.push(h("p", { class: "missing" }, "The incident of this link is not kept any more. What is open now stands below."));
  if (needs.length) parts.push(section("Needs somebody", needs, list));
  parts.push(deadTags(list));
  if (seen.length) parts.push(section("Seen to, and still so", seen, list));
  if (data.hidden) parts.push(h("p", { class: "quiet" }, `And ${data.hidden.toLocaleString()} more that are open.`));
  if (!data.open.length) parts.push(emptyTag(data));
  if (over.length) parts.push(section("Over in the last two weeks", over, list));
  return parts.flat().filter(Boolean);
}

function emptyTag(data) {
  const words = data.rules
    ? "No incident is open. When a rule sees something, it appears here within seconds, and who is to hear of it gets a mail."
    : "Under “Rules” a manager says what is worth an alert, and who is told.";
  return h("p", { class: "empty" }, words);
}

function section(title, incidents, list) {
  const isOne = incidents[0] === list.data.asked;
  const head = h("h3", {}, title, isOne ? null : h("span", { class: "count" }, String(incidents.length)));
  return h("section", { "aria-label": title }, head, incidents.map((incident) => cardTag(incident, list)));
}

function cardTag(incident, list) {
  const state = incident.resolved_at ? "over" : incident.needs ? "needs" : "seen";
  return h(
    "article",
    { class: `incident ${state}`, "data-key": `incident-${incident.id}` },
    h("h4", {}, h("bdi", {}, incident.title)),
    h("p", { class: "sub" }, subWords(incident)),
    seenTag(incident),
    itemTags(incident, list),
    h("div", { class: "acts" }, actTags(incident, list)),
    toldTag(incident, list),
  );
}

function subWords(incident) {
  const words = [];
  if (incident.brand) words.push(h("bdi", {}, incident.brand), " · ");
  if (incident.names_rule && incident.rule) words.push("Rule ", h("bdi", { class: "rule" }, incident.rule), " · ");
  words.push(incident.count, " · ");
  if (incident.resolved_at) words.push("over ", timeTag(incident.resolved_at), `, lasted ${span(incident.resolved_at - incident.opened_at)}`);
  else words.push("since ", timeTag(incident.opened_at, moment), " (", timeTag(incident.opened_at), ")");
  return words;
}

function seenTag(incident) {
  const words = [];
  if (incident.acknowledged_at) {
    words.push("Acknowledged");
    if (incident.acknowledged_by) words.push(" by ", h("bdi", {}, incident.acknowledged_by));
    words.push(", ", timeTag(incident.acknowledged_at), ". ");
  }
  if (incident.snoozed_until && !incident.resolved_at) words.push("Snoozed until ", timeTag(incident.snoozed_until, moment), ".");
  return words.length ? h("p", { class: "seen-by" }, words) : null;
}

function itemTags(incident, list) {
  const all = list.all.has(incident.id);
  const isBrief = incident.resolved_at && incident !== list.data.asked;
  const most = all ? incident.items.length : isBrief ? 1 : incident.at_first;
  const items = incident.items.slice(0, most).map((item) =>
    h(
      "li",
      { class: item.is_over ? "gone" : "" },
      item.case === null ? null : h("a", { href: `/?case=${item.case}`, target: "_self" }, `Case ${item.case}`),
      h("span", {}, h("bdi", {}, item.words), item.is_over && !incident.resolved_at ? " (over)" : ""),
      dueTag(item),
      promiseTag(item),
      item.excerpt && h("span", { class: "excerpt", dir: "auto" }, item.excerpt),
      item.from && h("span", {}, h("bdi", {}, item.from)),
      item.case === null && item.link && h("a", { href: item.link, target: "_blank", rel: "noopener noreferrer" }, "Open the post"),
    ),
  );
  if (!items.length) return null;
  const rest = incident.items.length - most;
  const key = `all-${incident.id}`;
  const label = `Show ${rest} more of ${incident.title}`;
  const more =
    rest > 0
      ? h("button", { class: "more", "data-all": incident.id, "data-key": key, "aria-label": label }, `Show ${rest} more`)
      : incident.more > 0 && all
        ? h("p", { class: "quiet" }, `And ${incident.more.toLocaleString()} older ones.`)
        : null;
  return [h("ul", { class: "items" }, items), more];
}

function dueTag({ due_at: at, is_over: isOver }) {
  return at && !isOver ? h("span", {}, timeTag(at, dueWords)) : null;
}

function promiseTag({ promised_by: name, promised_for: at }) {
  if (!name && !at) return null;
  return h("span", {}, "Promised", name ? [" by ", h("bdi", {}, name)] : null, at ? [" for ", timeTag(at, absolute)] : null);
}

function dueWords(time) {
  const left = time - Date.now() / 1000;
  return left > 0 ? `Due ${moment(time)}, in ${span(left)}` : `Overdue since ${absolute(time)}`;
}

function actTags(incident, list) {
  const { id, link, title } = incident;
  const tags = [];
  if (list.data.may_act && !incident.resolved_at) {
    if (!incident.acknowledged_at) {
      const asked = list.isAsked("acknowledge", id);
      const first = incident.needs ? "first" : "";
      const about = { class: first, "data-acknowledge": id, "data-key": `acknowledge-${id}`, "aria-disabled": asked && "true", "aria-label": `Acknowledge: ${title}` };
      tags.push(h("button", about, asked ? "Acknowledging …" : "Acknowledge"));
    }
    tags.push(snoozeTag(incident, list));
  }
  if (link) tags.push(h("a", { class: "button", href: link.href, target: "_self", "aria-label": `${link.words}: ${title}` }, link.words));
  return tags;
}

function snoozeTag({ id, title, snoozed_until: until }, list) {
  if (until) return h("button", { "data-wake": id, "data-key": `wake-${id}`, "aria-label": `End the snooze: ${title}` }, "End the snooze");
  const options = [["", list.isAsked("snooze", id) ? "Snoozing …" : "Snooze"], ["hour", "For 1 hour"], ["hours", "For 4 hours"], ["tomorrow", "Until tomorrow, 8:00"]];
  return h(
    "select",
    { "data-snooze": id, "data-key": `snooze-${id}`, "aria-label": `Snooze: ${title}` },
    options.map(([value, words]) => h("option", { value }, words)),
  );
}

const OUTCOME = { sent: "", waiting: "wait", failed: "hot", dropped: "quiet" };

function toldTag(incident, list) {
  const key = `told-${incident.id}`;
  const rule = incident.rule ? [" by the rule ", h("bdi", {}, incident.rule)] : "";
  const lines = incident.tellings.map((telling) =>
    h(
      "li",
      {},
      h("b", {}, telling.news),
      " ",
      h("span", { class: "when" }, absolute(telling.at)),
      " to ",
      h("bdi", {}, telling.to.join(", ")),
      telling.words && h("span", { class: OUTCOME[telling.state] }, ` (${waitWords(telling, "nobody gets more than three at once")})`),
    ),
  );
  const failed = incident.tellings.some((telling) => telling.state === "failed");
  const summary = h("summary", { "data-key": `summary-${incident.id}` }, toldWords(incident), failed ? h("b", { class: "hot" }, " · a message failed") : null);
  const none = lines.length ? null : h("p", { class: "quiet" }, "Nobody was told yet.");
  return h(
    "details",
    { class: "told", "data-key": key, open: list.opened.has(key) },
    summary,
    h("p", { class: "quiet" }, "Seen", rule, ` on ${absolute(incident.opened_at)}.`),
    none,
    lines.length ? h("ul", {}, lines) : null,
  );
}

// While somebody is yet to be told, the card says so on its face, and until when.
function toldWords(incident) {
  const { waits } = incident;
  if (waits) {
    const before = waits.told_at ? ["Told ", timeTag(waits.told_at), ", more "] : ["Not told yet: "];
    return [before, h("b", { class: "wait" }, waitWords(waits, waits.why))];
  }
  if (!incident.told_count) return "Nobody was told yet";
  const times = incident.told_count === 1 ? "Told once, " : `Told ${incident.told_count} times, last `;
  return incident.told_at ? [times, timeTag(incident.told_at)] : times;
}

function waitWords({ until, words }, why) {
  return until ? `waits until about ${MINUTE_CLOCK.format(new Date(until * 1000))}, as ${why}` : words;
}

function deadTags(list) {
  return list.data.dead.map((dead) => {
    const asked = list.isAsked("revive", dead.key);
    const button = { "data-revive": dead.key, "data-key": `revive-${dead.key}`, "aria-disabled": asked && "true", "aria-label": `${dead.address} works again` };
    return h(
      "div",
      { class: "dead" },
      h(
        "p",
        {},
        h("b", {}, h("bdi", {}, dead.address)),
        " is sent nothing any more: its server refused it ",
        timeTag(dead.refused_at),
        dead.error ? [" (", h("bdi", {}, dead.error), "). "] : ". ",
        "Mend the address where the rule or the member has it, or say that it works.",
      ),
      list.data.may_act ? h("button", button, asked ? "Asking …" : "It works again") : null,
    );
  });
}
