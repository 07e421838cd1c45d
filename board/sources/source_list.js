// The list of sources. While somebody reads, nothing moves: rows keep the order and the tab keeps the rows that they had
// when it was opened, elements are changed in place, and what grows above the eye is scrolled away.
const STALE_AFTER_S = 15;
const GAPS_AT_FIRST = 3;
const TABS = [
  ["all", "All", () => true],
  ["person", "Need a person", (source) => source.needs_person],
  ["gaps", "May have missed posts", (source) => source.gaps_open > 0],
  ["well", "Well", (source) => source.is_well],
];
const HEADINGS = ["Source", "State", "Last read", "Posts a day", "This month"];

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const list = (component.parentElement.acSources ??= new SourceList(root));
  list.update(component.data, component.setTriggerValue);
  return () => {
    list.remove();
    component.parentElement.acSources = undefined;
  };
}

class SourceList {
  constructor(root) {
    this.root = root;
    this.tab = "all";
    this.order = null; // the ids that the open tab shows, in their order
    this.opened = new Set();
    this.allGaps = new Set(); // the sources whose gaps are all shown
    this.acts = new Acts();
    this.page = h("div", { class: "page" });
    this.confirm = h("dialog", { "aria-labelledby": "confirm-title" });
    root.replaceChildren(this.page, this.confirm);
    root.onclick = (event) => this.onClick(event);
    root.onkeydown = (event) => this.onKey(event);
    this.timer = setInterval(() => this.onTick(), 1000);
  }

  remove() {
    clearInterval(this.timer);
  }

  update(data, send) {
    this.data = data;
    this.arrived = Date.now();
    this.acts.update(data.acted, send);
    if (this.order === null) {
      this.opened = new Set(data.opened);
      this.choose(this.tab);
    } else {
      this.openAgain();
      const known = new Set(this.known);
      const belongs = TABS.find(([name]) => name === this.tab)[2];
      const fresh = data.sources.filter((source) => !known.has(source.id));
      this.order.push(...fresh.filter(belongs).map((source) => source.id));
    }
    this.known = data.sources.map((source) => source.id);
    this.draw();
  }

  // A board that was restarted knows no more what is open here.
  openAgain() {
    const opened = new Set(this.data.opened);
    const lost = [...this.opened].filter((id) => !opened.has(id) && !this.isAsked("open", id) && this.known.includes(id));
    lost.forEach((id) => this.acts.ask("open", { id }));
  }

  // Opens a tab: only now are rows chosen and put in order, those that need somebody first.
  choose(name) {
    this.tab = name;
    const belongs = TABS.find(([each]) => each === name)[2];
    this.order = this.data.sources.filter(belongs).map((source) => source.id);
  }

  draw() {
    const eye = this.eye();
    const next = h("div", { class: "page" }, this.headTags(), this.bodyTags(), this.footTag());
    const focused = this.root.getRootNode().activeElement;
    const row = focused?.closest(".source");
    morph(this.page, next);
    if (row?.isConnected && !focused.isConnected) row.querySelector(".more").focus({ preventScroll: true });
    if (eye) scrollBy(eye.tag.isConnected ? eye.tag.getBoundingClientRect().top - eye.top : 0);
  }

  // The row that is being read: the one with the focus, else the first in the window.
  eye() {
    const rows = [...this.page.querySelectorAll(".source")];
    const focused = this.root.getRootNode().activeElement?.closest?.(".source");
    const inWindow = (row) => row.getBoundingClientRect().bottom > 60;
    const tag = focused && inWindow(focused) ? focused : rows.find(inWindow);
    return tag ? { tag, top: tag.getBoundingClientRect().top } : null;
  }

  headTags() {
    const { data } = this;
    const lead = (words, href) => h("a", { class: "test", href, target: "_self" }, words);
    const links = data.may_act ? [lead("Add a source", "/sources?open=source-new"), lead("Sources and brands", "/sources?open=all")] : [];
    links.push(lead("Test a query", "/query"));
    const glance = h("p", { class: "glance" }, data.glance);
    return h("header", { class: "head" }, h("div", {}, h("h2", {}, "Sources"), glance), h("nav", { "aria-label": "Sources" }, links));
  }

  bodyTags() {
    const { data } = this;
    if (data.sources.length === 0) return this.emptyTag();
    const byId = new Map(data.sources.map((source) => [source.id, source]));
    const shown = this.order.filter((id) => byId.has(id)).map((id) => byId.get(id));
    const tabs = TABS.map(([name, words, belongs]) => {
      const count = data.sources.filter(belongs).length;
      const attributes = { role: "tab", "aria-selected": String(name === this.tab), "data-key": name, "data-tab": name };
      attributes.tabindex = name === this.tab ? "0" : "-1";
      attributes["aria-controls"] = "rows";
      return h("button", attributes, words, h("span", { class: "count" }, String(count)));
    });
    const columns = h("div", { class: "columns", "aria-hidden": "true" }, HEADINGS.map((words) => h("span", {}, words)));
    const rows = shown.length
      ? shown.map((source) => this.sourceTag(source))
      : [h("p", { class: "none", "data-key": "none" }, NONE[this.tab])];
    return h(
      "section",
      { class: "list" },
      h("div", { class: "tabs", role: "tablist", "aria-label": "Sources" }, tabs),
      columns,
      h("div", { class: "rows", id: "rows", role: "tabpanel", "aria-label": TABS.find(([name]) => name === this.tab)[1] }, rows),
    );
  }

  emptyTag() {
    const { data } = this;
    const { empty } = data;
    return h(
      "section",
      { class: "empty" },
      h("h3", {}, "No source yet"),
      h("p", {}, "A source is one thing that is watched: a search on a platform, a subreddit, a feed, a folder of files."),
      data.may_act && h("p", {}, h("a", { class: "begin", href: empty.begin, target: "_self" }, empty.begin_words)),
      h("p", {}, data.may_act ? "Or add one to the configuration file:" : "Add one to the configuration file, or let a manager add it here:"),
      h("pre", {}, empty.example),
      h("p", {}, "and take the file over on the machine that runs Afterclick:"),
      h("pre", {}, empty.command),
      h("p", { class: "quiet" }, "It appears here within seconds. docs/collectors.md tells what each platform needs and costs."),
    );
  }

  footTag() {
    const { data } = this;
    const stale = (Date.now() - this.arrived) / 1000 > STALE_AFTER_S;
    const clock = CLOCK.format(new Date(data.refreshed_at * 1000));
    const words = stale ? `Not connected: this is as of ${clock}` : `Live, updated ${clock}`;
    const role = data.may_act ? null : h("span", {}, "A manager or an admin can fill gaps and try a stopped source again.");
    const times = data.sources.length ? h("span", {}, "Times are those of your browser; days and months of posts and costs are those of UTC.") : null;
    return h("footer", { class: "foot" }, h("span", { class: stale ? "state stale" : "state" }, words), role, times);
  }

  sourceTag(source) {
    const open = this.opened.has(source.id);
    const more = h(
      "button",
      { class: "more", "data-open": source.id, "aria-expanded": String(open), "aria-label": `Details of ${source.name}` },
      open ? "Less" : "Details",
    );
    const notes = [...troubleTags(source, this), ...gapTags(source, this)];
    return h(
      "article",
      { class: `source ${source.tone}`, "data-key": `source-${source.id}`, "data-id": source.id },
      h(
        "div",
        { class: "row", "data-key": "row" },
        h(
          "div",
          { class: "name" },
          h("h3", { title: source.name }, h("bdi", {}, source.name)),
          h("p", { class: "sub" }, `${source.place} · `, h("bdi", {}, source.brand)),
        ),
        stateTag(source),
        readTag(source),
        postsTag(source),
        monthTag(source),
        more,
      ),
      notes.length ? h("div", { class: "notes", "data-key": "notes" }, notes) : null,
      open ? this.detailsTag(source) : null,
    );
  }

  detailsTag(source) {
    const details = this.data.details[source.id];
    const policy = details?.policy.map((line) =>
      h(
        "li",
        { class: line.allowed ? "may" : "may-not", "data-key": line.name },
        line.why ? h("details", {}, h("summary", {}, line.words), h("p", {}, line.why)) : h("p", {}, line.words),
      ),
    );
    return h(
      "div",
      { class: "details", "data-key": "details" },
      h("section", {}, h("h4", {}, "What is looked for"), details ? queryTags(source, details, this.data.may_act) : LOADING()),
      h("section", {}, h("h4", {}, "What may be done with its posts"), policy ? h("ul", { class: "policy" }, policy) : LOADING()),
      h("section", { class: "wide" }, h("h4", { class: source.left_out ? "" : "nothing" }, leftOutTitle(source)), leftOutTags(source, details?.left_out, this)),
    );
  }

  isAsked(name, id) {
    return this.acts.isAsked(name, id);
  }

  onClick(event) {
    const button = event.composedPath().find((tag) => tag instanceof HTMLButtonElement);
    if (!button || button.ariaDisabled) return;
    const { tab, open, fill, retry, bring, gaps } = button.dataset;
    if (tab) this.choose(tab);
    else if (open) this.toggle(Number(open));
    else if (gaps) this.allGaps.add(Number(gaps));
    else if (retry) this.acts.ask("retry", { id: Number(retry) });
    else if (bring) this.acts.ask("bring", { id: Number(bring) });
    else if (fill) this.askToFill(Number(fill));
    else return;
    this.draw();
  }

  // Arrows choose among the tabs, as people with a keyboard or a screen reader expect of them.
  onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    const from = event.composedPath()[0].dataset?.tab;
    if (!step || !from) return;
    event.preventDefault();
    const names = TABS.map(([name]) => name);
    const at = Math.min(names.length - 1, Math.max(0, names.indexOf(from) + step));
    this.choose(names[at]);
    this.draw();
    this.page.querySelector(`[data-tab=${names[at]}]`).focus();
  }

  // The server reads the details of so many: another one takes the place of that which was opened first.
  toggle(id) {
    const opens = !this.opened.delete(id);
    this.acts.ask(opens ? "open" : "shut", { id });
    if (!opens) return;
    this.opened.add(id);
    const [first] = this.opened;
    if (this.opened.size > this.data.most_open) this.opened.delete(first);
  }

  // What costs money is asked about first.
  askToFill(id) {
    const source = this.data.sources.find((each) => each.gaps.some((gap) => gap.id === id));
    const gap = source.gaps.find((each) => each.id === id);
    if (!gap.price) return this.acts.ask("fill", { id });
    const close = () => this.confirm.close();
    const yes = () => {
      close();
      this.acts.ask("fill", { id });
      this.draw();
    };
    this.confirm.replaceChildren(
      h("h2", { id: "confirm-title" }, "Fill this gap?"),
      h("p", {}, gapSentence(gap)),
      h("p", {}, gap.price),
      h(
        "div",
        { class: "buttons" },
        h("button", { onclick: close, autofocus: true }, "Cancel"),
        h("button", { class: "first", onclick: yes }, "Fill the gap"),
      ),
    );
    this.confirm.showModal();
  }

  onTick() {
    if (!this.data) return;
    this.ticks = (this.ticks ?? 0) + 1;
    if (this.ticks % 5 === 0) tick(this.root);
    if (this.acts.tick() && !this.acts.waiting.length) this.draw(); // nobody heard: the button can be pressed again
    morph(this.page.querySelector(".foot"), this.footTag());
  }
}

const NONE = {
  all: "No sources.",
  person: "No source needs a person.",
  gaps: "Nothing is known to be missing.",
  well: "No source is well at the moment: All shows what is wrong with each.",
};

function stateTag(source) {
  const sub = source.is_reading ? "reading now" : source.state_sub;
  return h(
    "div",
    { class: "state" },
    h("p", {}, h("i", { class: "shape", "aria-hidden": "true" }), h("b", {}, source.state_words)),
    h("p", { class: "sub" }, sub),
  );
}

function readTag(source) {
  const last = source.last_success_at === null ? "never" : timeTag(source.last_success_at);
  const next = source.next_attempt_at === null ? source.next_words : timeTag(source.next_attempt_at, upcoming);
  return h(
    "div",
    { class: "read" },
    h("p", {}, h("span", { class: "label" }, "Last read "), last),
    h("p", { class: "sub" }, next),
  );
}

function upcoming(time) {
  const seconds = time - Date.now() / 1000;
  if (seconds <= 0) return "next: now";
  if (seconds > 2 * DAY) return `next on ${DAY_AND_MONTH.format(new Date(time * 1000))}`;
  return `next in ${span(seconds)}`;
}

const DAY_AND_MONTH = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

function postsTag(source) {
  const most = Math.max(1, ...source.days.map((day) => day.posts));
  const bars = source.days.map((day, at) => {
    const today = at === source.days.length - 1;
    const height = day.posts ? Math.max(8, Math.round((100 * day.posts) / most)) : 0;
    const words = `${WEEKDAY.format(new Date(day.day))}: ${count(day.posts, "post")}${today ? " so far" : ""}`;
    return h("span", { class: today ? "today" : "", style: `--share:${height}%`, title: words });
  });
  const whole = source.days.slice(0, -1).map((day) => day.posts);
  const words = whole.length ? `from ${Math.min(...whole)} to ${Math.max(...whole)} posts a day in two weeks` : "";
  return h(
    "div",
    { class: "posts" },
    h("p", {}, h("b", {}, source.a_day), h("span", { class: "label" }, " a day")),
    h("div", { class: "chart", role: "img", "aria-label": words }, bars),
  );
}

function monthTag(source) {
  const { month } = source;
  const bar =
    month.share === null
      ? null
      : h(
          "div",
          { class: `bar ${month.tone}`, role: "img", "aria-label": month.share_words },
          h("i", { style: `width:${Math.min(100, Math.max(1, Math.round(month.share * 100)))}%` }),
        );
  return h(
    "div",
    { class: "month" },
    h("p", {}, h("span", {}, h("b", {}, month.posts_words), h("span", { class: "label" }, " this month")), month.cost_words && h("span", { class: "cost" }, month.cost_words)),
    bar,
    h("p", { class: "sub" }, month.share_words),
  );
}

function troubleTags(source, list) {
  return source.trouble.map((trouble) => {
    const asked = list.isAsked("retry", source.id);
    const name = `Try again: ${source.name}`;
    const retry = { "data-retry": source.id, "data-key": "retry", "aria-disabled": asked && "true", "aria-label": name };
    return h(
      "div",
      { class: `note ${trouble.tone}`, "data-key": trouble.kind },
      h("p", {}, h("bdi", {}, trouble.words), trouble.advice && h("span", { class: "advice" }, ` ${trouble.advice}`)),
      trouble.can_retry && list.data.may_act ? h("button", retry, asked ? "Asking …" : "Try again") : null,
    );
  });
}

function gapTags(source, list) {
  const all = list.allGaps.has(source.id) || source.gaps.length <= GAPS_AT_FIRST + 1;
  const shown = all ? source.gaps : source.gaps.slice(0, GAPS_AT_FIRST);
  const tags = shown.map((gap) => {
    const asked = list.isAsked("fill", gap.id);
    const times = missed(gap);
    const button = { "data-fill": gap.id, "data-key": "fill", "aria-disabled": asked && "true", "aria-label": `Fill the gap ${times} of ${source.name}` };
    return h(
      "div",
      { class: gap.is_pending ? "note gap pending" : "note gap", "data-key": `gap-${gap.id}` },
      h("p", {}, h("bdi", {}, gapSentence(gap)), gap.fill_words && h("span", { class: "advice" }, " ", h("bdi", {}, gap.fill_words)), askedTag(gap)),
      gap.can_fill && list.data.may_act ? h("button", button, asked ? "Asking …" : "Fill the gap") : null,
    );
  });
  const rest = source.gaps.length - shown.length;
  if (rest) tags.push(h("button", { class: "all", "data-gaps": source.id, "data-key": "all", "aria-label": `Show ${rest} more gaps of ${source.name}` }, `Show ${rest} more gaps`));
  else if (source.gaps_beyond) tags.push(h("p", { class: "quiet", "data-key": "beyond" }, `And ${source.gaps_beyond} older ones.`));
  return tags;
}

function askedTag(gap) {
  if (gap.asked_at === null) return null;
  const who = gap.asked_by ? [h("bdi", {}, gap.asked_by), " asked "] : ["asked "];
  return h("span", { class: "advice" }, " (", who, timeTag(gap.asked_at), ")");
}

const STRETCH = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function missed(gap) {
  return STRETCH.formatRange(new Date(gap.from_at * 1000), new Date(gap.until_at * 1000));
}

function gapSentence(gap) {
  const what = gap.is_pending ? "Not read yet" : "May have missed";
  return `${what} ${missed(gap)}${gap.why ? `: ${gap.why}` : ""}.`;
}

const LOADING = () => h("p", { class: "quiet" }, "Loading …");

function queryTags(source, details, mayChange) {
  const change = h("a", { href: `/sources?open=source-${source.id}`, target: "_self", "aria-label": `Change it: the source ${source.name}` }, "Change it");
  return [
    details.query && h("pre", { class: "query" }, details.query),
    details.about && h("p", { class: "quiet" }, details.about),
    h("p", {}, h("a", { href: `/query?source=${source.id}`, target: "_self", "aria-label": `Test it: the query of ${source.name}` }, "Test it"), mayChange && [" · ", change]),
  ];
}

function leftOutTitle(source) {
  if (!source.left_out) return "No post was left out as not about the brand in 7 days";
  return `${count(source.left_out, "post")} left out as not about the brand in 7 days`;
}

function leftOutTags(source, posts, list) {
  if (!source.left_out) return null;
  if (!posts) return LOADING();
  const items = posts.map((post) => {
    const link = webLink(post.link);
    const asked = list.isAsked("bring", post.id);
    const button = { "data-bring": post.id, "data-key": "bring", "aria-disabled": asked && "true", "aria-label": `Bring it back: ${post.words}` };
    return h(
      "li",
      { "data-key": `post-${post.id}` },
      h(
        "div",
        { "data-key": "post" },
        h("p", { class: "why" }, h("bdi", {}, post.why)),
        h("p", { class: "words", dir: "auto" }, post.words),
        h(
          "p",
          { class: "sub" },
          h("bdi", {}, post.author),
          ", ",
          timeTag(post.posted_at),
          link && [" · ", h("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow" }, "Open the post")],
        ),
      ),
      list.data.may_act ? h("button", button, asked ? "Asking …" : "Bring it back") : null,
    );
  });
  const hint = list.data.may_act
    ? "Bring back what is about the brand. Where it happens often, widen the query or its required context, and test it first."
    : "If one of these is about the brand, tell a manager: they can bring it back.";
  return [h("p", { class: "quiet" }, hint), h("ul", { class: "left-out" }, items)];
}

function count(number, word) {
  return `${number.toLocaleString()} ${word}${number === 1 ? "" : "s"}`;
}

// On this page it is the main part that scrolls.
function scrollBy(moved) {
  const main = document.querySelector("[data-testid=stMain]");
  if (moved && main) main.scrollTop += moved;
}

// Makes `old` what `next` is and keeps every element that can stay: focus, selection and opened panels are not touched.
function morph(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  const isKept = (name) => name === "open" && old.tagName === "DETAILS";
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !isKept(name)) old.removeAttribute(name);
  for (const { name, value } of [...next.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  old.acTick = next.acTick;
  const keys = new Set([...next.children].map((child) => child.dataset.key).filter(Boolean));
  const kept = new Map();
  for (const child of [...old.children]) {
    const { key } = child.dataset;
    if (keys.has(key)) kept.set(key, child);
    else if (key) child.remove();
  }
  let at = old.firstChild;
  for (const child of [...next.childNodes]) {
    const key = child.dataset?.key;
    const same = key ? kept.get(key) : at && isLike(at, child) ? at : null;
    if (!same || same.tagName !== child.tagName) {
      old.insertBefore(child, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    morph(same, child);
  }
  while (at) {
    const after = at.nextSibling;
    at.remove();
    at = after;
  }
}

function isLike(one, other) {
  return one.nodeType === other.nodeType && one.tagName === other.tagName && !one.dataset?.key && !other.dataset?.key;
}
