// A query as it is being written. The text belongs to the browser; the server is told after each pause, again until it
// has heard, and what it answers is shown beneath. An answer to an older text never replaces a newer one.
const SAY_AFTER_MS = 350;
const SAID_AGAIN_AFTER_MS = 2500;
const HEARD_WITHIN_MS = 60000; // X is asked while the page waits
const PARTS_AT_FIRST = 3;
const HELP = [
  ["parcelo", "a name, as a word of its own; several with OR between them"],
  ['"parcel o"', "words that stand together"],
  ["@parcelo  #parcelo", "a handle, a hashtag"],
  ["~parcelo", "a name and its usual misspellings"],
  ["with:delivery|parcel", "one of these words must be there as well"],
  ['-"parcelo jobs"', "must not be there"],
  ["-from:@parcelojobs", "not by this author"],
  ["lang:en,de", "only in these languages, where the platform says which it is"],
];

export default function (component) {
  const root = component.parentElement.querySelector(".root");
  const form = (component.parentElement.acQuery ??= new QueryForm(root));
  form.update(component.data, component.setTriggerValue);
  return () => {
    form.remove();
    component.parentElement.acQuery = undefined;
  };
}

class QueryForm {
  constructor(root) {
    this.number = 0;
    this.said = null; // what was said last, until it is heard
    this.field = h("textarea", { rows: "1", spellcheck: "false", autocomplete: "off", autocapitalize: "off", id: "query" });
    this.field.placeholder = '@parcelo OR "parcel o" OR ~parcelo with:delivery|parcel|order lang:en';
    this.place = h("select", { id: "place" });
    this.error = h("p", { class: "error", role: "status" });
    this.help = h(
      "details",
      { class: "help" },
      h("summary", {}, "How to write one"),
      h("dl", {}, HELP.map(([words, what]) => [h("dt", {}, h("code", {}, words)), h("dd", {}, what)])),
    );
    this.answer = h("div", { class: "answer" });
    this.field.oninput = () => this.onInput();
    this.field.onkeydown = (event) => this.onKey(event);
    this.place.onchange = () => this.say("write");
    root.onclick = (event) => {
      if (event.composedPath()[0].dataset?.ask) this.say("estimate");
    };
    root.replaceChildren(
      h("header", {}, h("h2", {}, "Test a query"), h("a", { href: "/sources", target: "_self" }, "Sources")),
      h("p", { class: "quiet" }, "Nothing is changed by it: what proves good goes into the configuration file."),
      h(
        "div",
        { class: "form" },
        h("div", { class: "query" }, h("label", { for: "query" }, "Query"), this.field),
        h("div", { class: "place" }, h("label", { for: "place" }, "Tried on"), this.place),
      ),
      this.error,
      this.help,
      this.answer,
    );
    this.timer = setInterval(() => this.onTick(), 500);
  }

  remove() {
    clearInterval(this.timer);
    clearTimeout(this.pending);
  }

  update(data, send) {
    const isFirst = !this.data;
    this.data = data;
    this.send = send;
    if (this.said && data.heard >= this.said.number) this.said = null;
    else if (!isFirst && !this.said && this.isBehind && !this.pending) this.say("write"); // a board that was restarted
    this.drawPlaces();
    if (isFirst) {
      this.field.value = data.text;
      this.field.maxLength = data.longest;
      this.help.open = !data.text;
      this.fit();
    }
    this.draw();
  }

  drawPlaces() {
    const look = JSON.stringify(this.data.places);
    if (look === this.placesLook) return;
    const chosen = this.placesLook ? this.place.value : this.data.place;
    this.placesLook = look;
    this.place.replaceChildren(...this.data.places.map((each) => h("option", { value: each.value }, each.words)));
    this.place.value = chosen;
  }

  onInput() {
    this.fit();
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.say("write"), SAY_AFTER_MS);
    this.draw();
  }

  onKey(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    this.say("write");
  }

  // As high as what is written.
  fit() {
    if (this.field.value.includes("\n")) this.field.value = this.field.value.replace(/\s*\n\s*/g, " ");
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  say(name) {
    clearTimeout(this.pending);
    this.pending = undefined;
    this.number = Math.max(this.number + 1, Date.now()); // later than any that an earlier page numbered
    this.said = { name, text: this.field.value, place: this.place.value, number: this.number };
    this.firstSaidAt = Date.now();
    this.sayAgain();
    this.draw();
  }

  sayAgain() {
    this.saidAt = Date.now();
    this.send("said", [this.said]);
  }

  onTick() {
    if (this.data && this.field.clientWidth !== this.width) {
      this.width = this.field.clientWidth;
      this.fit();
    }
    if (!this.said) return;
    if (Date.now() - this.firstSaidAt > HEARD_WITHIN_MS) {
      this.said = null;
      this.draw();
    } else if (this.said.name === "write" && Date.now() - this.saidAt > SAID_AGAIN_AFTER_MS) {
      this.sayAgain();
    }
  }

  get isBehind() {
    return Boolean(this.pending) || this.data.heard < this.number;
  }

  draw() {
    const { data } = this;
    const behind = this.isBehind;
    const error = behind ? "" : data.error;
    if (this.error.textContent !== error) this.error.textContent = error;
    this.field.setAttribute("aria-invalid", String(Boolean(error)));
    this.answer.classList.toggle("behind", behind);
    const asks = this.said?.name === "estimate";
    const look = JSON.stringify([data.result, data.compiled, data.estimate, data.may_estimate, asks]);
    if (look === this.look) return;
    this.look = look;
    const focused = this.answer.getRootNode().activeElement?.dataset?.ask;
    this.answer.replaceChildren(...(data.result ? answerTags(data, asks) : []));
    if (focused) this.answer.querySelector("[data-ask]")?.focus();
  }
}

function answerTags(data, asks) {
  const { result } = data;
  const since = result.since === null ? "" : ` since ${absolute(result.since)}`;
  const total = result.looked_at.toLocaleString();
  const slow = result.is_cut ? " The query has so many names that not more were looked at in a second." : "";
  const lead = result.looked_at
    ? `It finds ${result.matched.toLocaleString()} of the newest ${total} stored posts${since}.`
    : "No post is stored here yet, so there is nothing to try it on.";
  const note = "Posts that no query has brought yet are not among them: a wider one finds more on the platforms.";
  const missed = result.looked_at - result.matched;
  return [
    h("p", { class: "lead" }, h("b", {}, lead), result.looked_at ? h("span", { class: "quiet" }, `${slow} ${note}`) : null),
    result.looked_at
      ? h(
          "div",
          { class: "sides" },
          sideTag("Found", result.matched, result.found, result.found_beyond, "Nothing is found."),
          sideTag("Left out", missed, result.left_out, result.left_out_beyond, "Nothing is left out."),
        )
      : null,
    platformsTag(data, asks),
  ].filter(Boolean);
}

function sideTag(title, total, groups, beyond, none) {
  return h(
    "section",
    { class: "side", "aria-label": title },
    h("h3", {}, title, h("span", { class: "count" }, total.toLocaleString())),
    groups.length ? groups.map(groupTags) : h("p", { class: "quiet none" }, none),
    beyond ? h("p", { class: "quiet none" }, `And ${beyond} more reasons.`) : null,
  );
}

function groupTags(group) {
  const items = group.examples.map((post) => {
    const link = webLink(post.link);
    return h(
      "li",
      {},
      h("p", { class: "words", dir: "auto" }, post.words),
      h(
        "p",
        { class: "quiet" },
        h("bdi", {}, post.author),
        ` on ${post.platform}, `,
        timeTag(post.posted_at),
        link && [" · ", h("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow" }, "Open")],
      ),
    );
  });
  const head = h("p", { class: "why" }, h("bdi", {}, group.why), h("span", { class: "count" }, group.count.toLocaleString()));
  return h("div", { class: "group" }, head, h("ul", {}, items));
}

function platformsTag(data, asks) {
  const rows = data.compiled.map((each) =>
    h(
      "div",
      { class: "platform" },
      h("h4", {}, each.platform),
      h("div", {}, each.error ? h("p", { class: "error" }, each.error) : partTags(each)),
    ),
  );
  if (!rows.length) return null;
  return h(
    "section",
    { class: "platforms" },
    h("h3", {}, "What each platform is asked"),
    estimateTag(data, asks),
    rows,
    h("p", { class: "quiet" }, "Feeds, articles and files are read whole; what the query does not find is left out afterwards."),
  );
}

function estimateTag(data, asks) {
  if (!data.may_estimate && !data.estimate) return null;
  const searches = data.compiled[0]?.parts.length || 1;
  const price = `Asking costs half a cent a search: $${(0.005 * searches).toFixed(3)}.`;
  const ask = { "data-ask": "x", disabled: asks };
  return h(
    "div",
    { class: "estimate" },
    h("p", { role: "status" }, data.estimate || h("span", { class: "quiet" }, `X can count what it would bring in a month. ${price}`)),
    data.may_estimate ? h("button", ask, asks ? "Asking X …" : data.estimate ? "Ask X again" : "Ask X") : null,
  );
}

function partTags(each) {
  if (!each.parts.length) return h("p", { class: "quiet" }, "No search: the query names nothing that is searched for there.");
  const tags = each.parts.map((part) => {
    const length = each.limit ? `${part.length} of ${each.limit} characters` : `${part.length} characters`;
    return h("div", { class: "part" }, h("pre", {}, part.text), h("span", { class: "quiet" }, length));
  });
  if (tags.length <= PARTS_AT_FIRST + 1) return tags;
  const rest = tags.splice(PARTS_AT_FIRST);
  return [...tags, h("details", {}, h("summary", {}, `${rest.length} more searches`), rest)];
}
