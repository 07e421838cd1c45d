// What is read of a case: its head, its posts, what else its author wrote, its history. A part is drawn anew only where
// its data changed, so that an opened text or panel stays open while the page refreshes.
const CUT_AT_LETTERS = 900;
const CUT_AT_LINES = 10;
const PARTS = { head: headTags, posts: postTags, others: otherTags, history: historyTags };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const view = (parentElement.acView ??= new CaseView(root));
  view.update(data, setTriggerValue);
  return () => {
    view.remove();
    parentElement.acView = undefined;
  };
}

class CaseView {
  constructor(root) {
    this.asker = new Asker();
    this.content = h("div", {});
    root.replaceChildren(this.content);
    this.correcting = new Correcting(root, (more) => this.ask("correct", more));
    this.timer = setInterval(() => tick(root), 10000);
  }

  remove() {
    clearInterval(this.timer);
    this.asker.remove();
  }

  ask(name, more) {
    this.asker.ask(name, this.data.case, more);
  }

  update(data, tell) {
    this.asker.update(data.heard ?? 0, tell);
    const { heard, ...shown } = data;
    const look = JSON.stringify(shown);
    const same = this.data?.case === data.case;
    this.data = data;
    if (this.look === look) return;
    this.look = look;
    const kept = same ? openPanels(this.content) : new Map();
    if (!same) this.correcting.close();
    if (!same && data.part === "head") scrollToTop();
    this.content.replaceChildren(...PARTS[data.part](data, this));
    kept.forEach((open, name) => {
      const panel = this.content.querySelector(`details[data-name="${name}"]`);
      if (panel) panel.open = open;
    });
  }

  correctCase() {
    const { data } = this;
    const posts = data.posts_read;
    const hint = posts > 1 ? `This is about its ${posts} posts together. One post is corrected at the post.` : "Your word counts at once in the model’s place, and the model can learn from it.";
    this.correcting.open(`Correct case ${data.case}`, hint, {}, data.case_counts, data.choices);
  }

  correctPost(post, counts) {
    this.correcting.open("Correct this post", post.text, { post: post.id }, counts, this.data.choices);
  }
}

// Another case begins at its beginning, in the pane and, on a phone, on the page.
function scrollToTop() {
  const panes = document.querySelectorAll(".st-key-case_pane, [data-testid=stMain]");
  panes.forEach((pane) => (pane.scrollTop = 0));
}

function openPanels(root) {
  return new Map([...root.querySelectorAll("details")].map((panel) => [panel.dataset.name, panel.open]));
}

function headTags(data, view) {
  const facts = [
    data.closed_as && ["Status", data.closed_as],
    ["Assigned to", holderTags(data)],
    [data.due_at === null ? "Reply" : data.answered_at === null ? "First reply" : "Next reply", replyState(data)],
    data.courier && ["Courier", h("bdi", {}, data.courier)],
    ["Reach", data.reach ? `${data.reach.toLocaleString()} people` : "unknown"],
  ];
  const where = [`On ${data.platform}`, `about ${data.brand}`];
  const languages = data.foreign.map(languageName).join(" and ");
  const doubt = languages ? `This is in ${languages}, and the model has learned English only` : "The model is not sure about this one";
  const since = h("span", {}, "posted ", timeTag(data.first_posted_at), ` (${absolute(data.first_posted_at)})`);
  const why = [severityTag(data.severity, data.severity_words)];
  data.reasons.forEach((words) => why.push(h("span", { class: "chip" }, words)));
  if (data.parties) why.push(h("span", { class: "quiet" }, `blames ${data.parties}`));
  if (data.merged_into === null) why.push(h("button", { class: "link", onclick: () => view.correctCase() }, "Correct"));
  return [
    h(
      "section",
      { class: "head", "aria-label": "Case" },
      h(
        "div",
        { class: "top" },
        h("h2", {}, h("bdi", {}, data.name)),
        data.handle && h("bdi", { class: "handle" }, data.handle),
        h("span", { class: "number" }, `Case ${data.case}`),
      ),
      h("p", { class: "line" }, h("span", {}, where.join(" ")), languages && h("span", {}, `in ${languages}`), since),
      h("div", { class: "line why", title: data.why }, why),
      data.unsure && h("p", { class: "hint" }, `${doubt}: read it before you answer.`),
      bannerTags(data, view),
      h("dl", { class: "facts" }, facts.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ),
  ];
}

function holderTags(data) {
  const team = data.team && h("span", { class: "quiet" }, data.holder ? " · " : "", h("bdi", {}, data.team));
  if (!data.holder) return data.team ? [team, h("span", { class: "quiet" }, ", nobody yet")] : "nobody yet";
  return [h("bdi", {}, data.holder), team];
}

// What stands in the way of working on the case now, or leads elsewhere.
function bannerTags(data, view) {
  const leadTo = (id) => h("button", { class: "link", onclick: () => view.ask("open", { other: id }) }, `case ${id}`);
  if (data.snoozed_until !== null) {
    return h("p", { class: "hint calm" }, "Put off until ", h("b", {}, absolute(data.snoozed_until)), ". It comes back then, or as soon as the author writes again.");
  }
  if (data.merged.length > 0) {
    const ids = data.merged.flatMap((id, at) => [at > 0 && " and ", leadTo(id)]);
    return h("p", { class: "hint calm" }, "Holds what was in ", ids, " too.");
  }
  if (data.came_back !== null && !data.closed_as) {
    return h("p", { class: "hint" }, "Came back ", timeTag(data.came_back), ": nobody took it up in time.");
  }
  return null;
}

function replyState(data) {
  if (data.due_at !== null) {
    const tag = timeTag(data.due_at, due);
    tag.className = data.due_at < Date.now() / 1000 ? "late" : "";
    return tag;
  }
  if (data.answered_at !== null) return h("span", {}, "answered ", timeTag(data.answered_at));
  return data.closed_as ? "none was sent" : "not due";
}

function postTags(data, view) {
  return data.posts.map((post) => postTag(post, data, view));
}

function postTag(post, data, view) {
  const alone = data.posts.length === 1;
  const link = webLink(post.link);
  const head = [h("b", {}, h("bdi", {}, post.name)), post.is_own && h("span", { class: "chip" }, "Our reply")];
  const time = h("span", { class: "quiet" }, timeTag(post.posted_at), `, ${absolute(post.posted_at)}`);
  head.push(time, post.edited_at !== null && h("span", { class: "quiet" }, "edited"));
  if (link) {
    head.push(h("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow" }, "Open the post"));
  }
  const body = post.is_deleted
    ? [h("p", { class: "text gone" }, "The author has deleted this post.")]
    : [post.title && h("h3", { dir: "auto" }, post.title), ...textTags(post)];
  const counts = data.counts[post.id];
  const panel = post.verdict && [counts?.by && correctedTag(counts), verdictTag(post, alone, data, view, counts)];
  return h("article", { class: post.is_own ? "post own" : "post" }, h("header", {}, head), body, panel);
}

function textTags(post) {
  if (post.passages.length > 0) return passageTags(post);
  const words = withoutGaps(post.text);
  const text = h("p", { class: "text", dir: "auto", lang: post.language || null }, words);
  const long = words.length > CUT_AT_LETTERS || words.split("\n").length > CUT_AT_LINES;
  if (!long) return [text];
  text.classList.add("cut");
  return [text, moreButton(text, "cut", "Show all")];
}

// A long post shows the passages that made it a complaint; what lies between is folded and can be opened.
function passageTags(post) {
  const letters = [...post.text]; // the places count characters, a string of JavaScript counts half pictograms
  const text = h("div", { class: "text passages folded", dir: "auto", lang: post.language || null });
  let at = 0;
  const addRest = (end) => {
    const rest = letters.slice(at, end).join("");
    if (rest.trim()) text.append(h("span", { class: "gap" }, gapWords(rest)));
    text.append(h("span", { class: "rest" }, squeezed(rest)));
  };
  post.passages.forEach(({ start, end, share }) => {
    addRest(start);
    const title = `A complaint by itself: ${Math.round(share * 100)}%`;
    text.append(h("mark", { title }, squeezed(letters.slice(start, end).join(""))));
    at = end;
  });
  addRest(letters.length);
  const many = post.passages.length > 1 ? "The passages that make" : "The passage that makes";
  const lead = h("p", { class: "lead" }, `${many} this long post a complaint`);
  return [lead, text, moreButton(text, "folded", `Show the whole post (${wordCount(post.text).toLocaleString()} words)`)];
}

function gapWords(rest) {
  const count = wordCount(rest);
  return count === 1 ? "1 word" : `${count.toLocaleString()} words`;
}

function wordCount(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

// As withoutGaps, for a stretch that does not begin or end with a line.
function squeezed(text) {
  return text.replace(/(\r\n|\r|\n)([^\S\r\n]*(\r\n|\r|\n)){2,}/g, "\n\n");
}

function moreButton(text, folded, words) {
  const more = h("button", { class: "more", "aria-expanded": "false" }, words);
  more.onclick = () => {
    const isFolded = text.classList.toggle(folded);
    more.textContent = isFolded ? words : "Show less";
    more.setAttribute("aria-expanded", String(!isFolded));
  };
  return more;
}

// Leaves one of several blank lines: some posts have hundreds.
function withoutGaps(text) {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.filter((line, at) => line.trim() || (at > 0 && lines[at - 1].trim())).join("\n");
}

// A person's word stands above the model's.
function correctedTag(counts) {
  const says = counts.is_complaint ? [counts.words.join(", "), counts.severity_words].filter(Boolean).join(" · ") : "Not a complaint";
  return h("p", { class: "corrected" }, h("b", {}, says), h("span", { class: "quiet" }, " said ", h("bdi", {}, counts.by), ", ", timeTag(counts.at)));
}

function explainTags(post, data, view) {
  const why = data.explained[post.id];
  if (!why) return data.can_explain && h("button", { class: "link", onclick: () => view.ask("explain", { post: post.id }) }, "Which words made it say so?");
  if (why.state === "working") return h("p", { class: "quiet busy", role: "status" }, h("i", { class: "turning", "aria-hidden": "true" }), "Reading the post again word by word. This takes some seconds.");
  if (why.state === "failed") return h("p", { class: "wrong", role: "alert" }, why.words);
  const words = why.segments.map(({ text, weight }) => {
    if (Math.abs(weight) < 0.05) return text;
    const title = weight > 0 ? "Speaks for a complaint" : "Speaks against a complaint";
    return h("mark", { class: weight > 0 ? "for" : "against", style: `--weight:${Math.round(Math.abs(weight) * 100)}%`, title }, text);
  });
  return [
    h("p", { class: "weighed", dir: "auto" }, words),
    h("p", { class: "quiet" }, h("mark", { class: "for", style: "--weight:80%" }, "Filled"), " words made it more likely to be a complaint, ", h("mark", { class: "against", style: "--weight:80%" }, "underlined"), " ones less."),
  ];
}

function verdictTag(post, alone, data, view, counts) {
  const { verdict } = post;
  const percent = (share) => `${Math.round(share * 100)}%`;
  const bar = (words, share) => [
    h("span", {}, words),
    h("span", { class: "track" }, h("i", { style: `width:${percent(share)}` })),
    h("span", { class: "share" }, percent(share)),
  ];
  const verdictWords = verdict.is_complaint ? "a complaint" : "no complaint";
  const sure = verdict.unsure ? ", not sure" : "";
  const shares = [bar("Complaint", verdict.complaint)];
  verdict.reasons.forEach((reason) => shares.push(bar(reason.words, reason.share)));
  if (verdict.praise >= 0.5) shares.push(bar("Praise", verdict.praise));
  const says = [];
  if (verdict.is_complaint) says.push(`severity: ${verdict.severity_words} (${verdict.severity} of 4)`);
  if (verdict.parties) says.push(`blames ${verdict.parties}`);
  if (verdict.language) says.push(`language: ${languageName(verdict.language)}`);
  says.push(`model ${verdict.model}`);
  return h(
    "details",
    { "data-name": post.id, open: alone },
    h("summary", {}, `What the model said: ${verdictWords}${sure} (${percent(verdict.complaint)} likely to be one)`),
    h("div", { class: "shares" }, shares),
    h("p", { class: "says" }, says.join(" · ")),
    h(
      "div",
      { class: "verdict-acts" },
      explainTags(post, data, view),
      counts && h("button", { class: "link", onclick: () => view.correctPost(post, counts) }, "Correct this post"),
    ),
  );
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

// What else the author wrote: the cases are opened here, the posts where they stand.
function otherTags(data, view) {
  if (data.others.length === 0) return [];
  const lines = data.others.map((other) => {
    const link = webLink(other.link);
    const title = other.case
      ? h("button", { class: "link", onclick: () => view.ask("open", { other: other.case }) }, other.title)
      : link
        ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow" }, other.title)
        : h("span", {}, other.title);
    return h("li", {}, title, h("span", { class: "quiet" }, other.brand && ` about ${other.brand}`, " · ", timeTag(other.at)), h("p", { class: "words", dir: "auto" }, other.text));
  });
  const words = `Earlier from this author (${data.others.length})`;
  return [h("details", { class: "others", "data-name": "others" }, h("summary", {}, words), h("ul", {}, lines))];
}

function historyTags(data) {
  const lines = data.lines.map((line) =>
    h(
      "li",
      { class: line.kind },
      h("b", {}, h("bdi", {}, line.who)),
      ` ${line.what}`,
      line.until !== null && h("span", { class: "until" }, ` ${absolute(line.until)}`),
      h("span", {}, timeTag(line.at, (time) => `${ago(time)}, ${absolute(time)}`)),
      line.text && h("p", { class: "said", dir: "auto" }, line.text),
    ),
  );
  return [h("section", { class: "history" }, h("h3", {}, "History"), h("ol", {}, lines))];
}
