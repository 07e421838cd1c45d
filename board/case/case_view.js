// What is read of a case: its head, its posts, its history. A part is drawn anew only where its data changed, so that
// an opened text or panel stays open while the page refreshes.
const CUT_AT_LETTERS = 900;
const CUT_AT_LINES = 10;
const PARTS = { head: headTags, posts: postTags, history: historyTags };

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root");
  const look = JSON.stringify(data);
  if (parentElement.acLook !== look) {
    parentElement.acLook = look;
    const same = parentElement.acCase === data.case;
    const kept = same ? openPanels(root) : new Map();
    if (!same && data.part === "head") scrollToTop();
    parentElement.acCase = data.case;
    root.replaceChildren(...PARTS[data.part](data));
    kept.forEach((open, name) => {
      const panel = root.querySelector(`details[data-name="${name}"]`);
      if (panel) panel.open = open;
    });
  }
  parentElement.acTimer ??= setInterval(() => tick(root), 10000);
  return () => {
    clearInterval(parentElement.acTimer);
    parentElement.acTimer = undefined;
    parentElement.acLook = undefined;
  };
}

// Another case begins at its beginning, in the pane and, on a phone, on the page.
function scrollToTop() {
  const panes = document.querySelectorAll(".st-key-case_pane, [data-testid=stMain]");
  panes.forEach((pane) => (pane.scrollTop = 0));
}

function openPanels(root) {
  return new Map([...root.querySelectorAll("details")].map((panel) => [panel.dataset.name, panel.open]));
}

function headTags(data) {
  const facts = [
    ["Assigned to", data.holder ? h("bdi", {}, data.holder) : "nobody yet"],
    [data.due_at === null ? "Reply" : data.answered_at === null ? "First reply" : "Next reply", replyState(data)],
    ["Reach", data.reach ? `${data.reach.toLocaleString()} people` : "unknown"],
  ];
  const where = [`On ${data.platform}`, `about ${data.brand}`];
  const since = h("span", {}, "posted ", timeTag(data.first_posted_at), ` (${absolute(data.first_posted_at)})`);
  const why = [severityTag(data.severity, data.severity_words)];
  data.reasons.forEach((words) => why.push(h("span", { class: "chip" }, words)));
  if (data.parties) why.push(h("span", { class: "quiet" }, `blames ${data.parties}`));
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
      h("p", { class: "line" }, h("span", {}, where.join(" ")), since),
      h("div", { class: "line why", title: data.why }, why),
      data.unsure && h("p", { class: "hint" }, "The model is not sure about this one: read it before you answer."),
      h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ),
  ];
}

function replyState(data) {
  if (data.due_at !== null) {
    const tag = timeTag(data.due_at, due);
    tag.className = data.due_at < Date.now() / 1000 ? "late" : "";
    return tag;
  }
  if (data.answered_at !== null) return h("span", {}, "answered ", timeTag(data.answered_at));
  return data.is_closed ? "none was sent" : "not due";
}

function postTags(data) {
  return data.posts.map((post) => postTag(post, data.posts.length === 1));
}

function postTag(post, alone) {
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
  const panel = post.verdict && verdictTag(post, alone);
  return h("article", { class: post.is_own ? "post own" : "post" }, h("header", {}, head), body, panel);
}

function textTags(post) {
  const words = withoutGaps(post.text);
  const text = h("p", { class: "text", dir: "auto", lang: post.language || null }, words);
  const long = words.length > CUT_AT_LETTERS || words.split("\n").length > CUT_AT_LINES;
  if (!long) return [text];
  text.classList.add("cut");
  const more = h("button", { class: "more", "aria-expanded": "false" }, "Show all");
  more.onclick = () => {
    const cut = text.classList.toggle("cut");
    more.textContent = cut ? "Show all" : "Show less";
    more.setAttribute("aria-expanded", String(!cut));
  };
  return [text, more];
}

// Leaves one of several blank lines: some posts have hundreds.
function withoutGaps(text) {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.filter((line, at) => line.trim() || (at > 0 && lines[at - 1].trim())).join("\n");
}

function verdictTag(post, alone) {
  const { verdict } = post;
  const percent = (share) => `${Math.round(share * 100)}%`;
  const bar = (words, share) => [
    h("span", {}, words),
    h("span", { class: "track" }, h("i", { style: `width:${percent(share)}` })),
    h("span", { class: "share" }, percent(share)),
  ];
  const verdictWords = verdict.is_complaint ? "a complaint" : "no complaint";
  const sure = verdict.unsure ? ", but it is not sure" : "";
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
    h("summary", {}, `What the model said: ${verdictWords}, ${percent(verdict.complaint)}${sure}`),
    h("div", { class: "shares" }, shares),
    h("p", { class: "says" }, says.join(" · ")),
  );
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

function historyTags(data) {
  const lines = data.lines.map((line) =>
    h(
      "li",
      { class: line.kind },
      h("b", {}, h("bdi", {}, line.who)),
      ` ${line.what}`,
      h("span", {}, timeTag(line.at, (time) => `${ago(time)}, ${absolute(time)}`)),
      line.text && h("p", { class: "said", dir: "auto" }, line.text),
    ),
  );
  return [h("section", { class: "history" }, h("h3", {}, "History"), h("ol", {}, lines))];
}
