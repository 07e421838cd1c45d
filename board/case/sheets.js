// The dialogs of a case. They are drawn when they open and then left alone while the page refreshes, so that nothing
// typed in them is lost.
class Sheet {
  constructor(root) {
    this.tag = h("dialog", { class: "sheet", "aria-labelledby": "sheet-title" });
    this.tag.onclose = () => {
      this.make = null;
      this.onClosed?.();
    };
    root.append(this.tag);
  }

  // `make` gives the contents; where these need what the server has yet to send, `isThere` says whether it has.
  open(make, isThere = () => true, onClosed = null) {
    this.make = make;
    this.onClosed = onClosed;
    this.isThere = isThere;
    this.waits = !isThere(this.data);
    this.show(this.waits ? [h("h2", { id: "sheet-title" }, "One moment"), h("p", { class: "quiet", role: "status" }, "The message is being prepared.")] : make(this.data));
    this.tag.showModal();
  }

  update(data) {
    this.data = data;
    if (!this.make) return;
    if (this.waits && this.isThere(data)) {
      this.waits = false;
      this.show(this.make(data));
      this.tag.querySelector("select, textarea, input")?.focus();
    }
    else if (!this.waits && !this.isThere(data)) this.close(); // it was done
  }

  show(contents) {
    this.tag.replaceChildren(...contents.flat(Infinity).filter(Boolean));
  }

  close() {
    if (this.tag.open) this.tag.close();
  }
}

function sheetForm(send, ...parts) {
  const onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  return h("form", { onsubmit }, parts);
}

function sheetEnds(words, cancel) {
  return h("div", { class: "ends" }, h("button", { type: "button", onclick: cancel }, "Cancel"), h("button", { class: "first" }, words));
}

function mergeForm(data, send, cancel) {
  const field = h("input", { type: "text", inputmode: "numeric", pattern: "#?[0-9]{1,9}", id: "merge-with", placeholder: "Number of the case" });
  const choices = data.others.map((other) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: "other", value: other.id }), h("span", {}, other.title, h("span", { class: "quiet words", dir: "auto" }, other.text))),
  );
  const wrong = h("p", { class: "wrong", role: "alert" });
  const merge = () => {
    const other = Number(field.value.replace("#", "")) || Number(form.querySelector("input[name=other]:checked")?.value ?? 0);
    if (!other) wrong.textContent = "Choose a case, or type its number.";
    else if (other === data.case) wrong.textContent = "This is the case itself: name another one.";
    else send({ other });
  };
  const form = sheetForm(
    merge,
    choices.length ? h("fieldset", {}, h("legend", {}, "Other cases of this author"), choices) : null,
    h("label", { class: "label", for: "merge-with" }, choices.length ? "Or another case about the same brand" : "The other case, about the same brand"),
    field,
    wrong,
    sheetEnds("Merge", cancel),
  );
  return [
    h("h2", { id: "sheet-title" }, `Merge case ${data.case}`),
    h("p", { class: "quiet" }, "Posts, notes, answers and promises of both go into the older case. The other one is closed and leads there. You can undo this."),
    form,
  ];
}

function splitForm(data, send, cancel) {
  const boxes = data.posts.map((post) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "checkbox", value: post.id }),
      h("span", {}, h("bdi", {}, post.name), h("span", { class: "quiet" }, post.is_own ? ", our reply, " : ", ", ago(post.posted_at)), h("span", { class: "quiet words", dir: "auto" }, post.text)),
    ),
  );
  const wrong = h("p", { class: "wrong", role: "alert" });
  const split = () => {
    const posts = [...form.querySelectorAll("input:checked")].map((box) => Number(box.value));
    const theirs = data.posts.filter((post) => !post.is_own);
    const chosen = theirs.filter((post) => posts.includes(post.id)).length;
    if (chosen === 0) wrong.textContent = "Choose the posts of the author that are about something else.";
    else if (chosen === theirs.length) wrong.textContent = "Leave at least one post of the author where it is.";
    else send({ posts });
  };
  const form = sheetForm(split, h("fieldset", {}, h("legend", {}, "Posts for the new case"), boxes), wrong, sheetEnds("Split", cancel));
  return [
    h("h2", { id: "sheet-title" }, `Split case ${data.case}`),
    h("p", { class: "quiet" }, "The posts that you choose become a case of their own, with our answers to them. What is written in answer to them later goes there too. You can undo this."),
    form,
  ];
}

// In two steps, as what has left cannot be called back: the words first, then what leaves, to whom and when.
function handoverForm(data, send, cancel) {
  const { contacts, text: begun, reply_to: replyTo, subject, longest, held } = data.handover;
  if (contacts.length === 0) {
    return [
      h("h2", { id: "sheet-title" }, "Nobody to hand the case over to"),
      h("p", {}, "No courier or supplier has an e-mail address yet. A manager adds one on the page “Couriers”."),
      h("div", { class: "ends" }, h("button", { class: "first", onclick: cancel }, "Close")),
    ];
  }
  const options = contacts.map((each, at) => h("option", { value: at }, `${each.name}, ${each.recipient}`));
  if (!contacts[0].is_named) options.unshift(h("option", { value: "" }, "Choose whom to write to"));
  const to = h("select", { id: "handover-to", required: true }, options);
  const text = h("textarea", { id: "handover-text", rows: 10, required: true, maxlength: longest, dir: "auto" });
  text.value = begun;
  const sure = h("p", { class: "sure", role: "status", hidden: true });
  const first = h("button", { class: "first" });
  const back = h("button", { type: "button" });
  const step = (isSure) => {
    sure.hidden = !isSure;
    const recipient = isSure ? contacts[Number(to.value)].recipient : "";
    sure.replaceChildren("This message goes to ", h("b", {}, recipient), ` as it stands, ${held} seconds after you send it. Undo holds it back until then.`);
    text.readOnly = isSure;
    to.disabled = isSure;
    first.textContent = isSure ? "Send the e-mail" : "Check and send";
    back.textContent = isSure ? "Change it" : "Cancel";
    back.onclick = isSure ? () => step(false) : cancel;
  };
  const go = () => {
    if (sure.hidden) return step(true);
    const chosen = contacts[Number(to.value)];
    first.disabled = true;
    first.textContent = "Sending …";
    setTimeout(() => (first.disabled = false) || step(false), 4000); // refused: the words are still here
    return send({ to: chosen.name, recipient: chosen.recipient, text: text.value });
  };
  step(false);
  const facts = [["Subject", subject], ["Answers go to", replyTo]];
  return [
    h("h2", { id: "sheet-title" }, `Hand over case ${data.case}`),
    sheetForm(
      go,
      h("label", { class: "label", for: "handover-to" }, "To"),
      to,
      h("dl", { class: "facts" }, facts.map(([what, words]) => h("div", {}, h("dt", {}, what), h("dd", {}, words)))),
      h("label", { class: "label", for: "handover-text" }, "Message"),
      text,
      sure,
      h("div", { class: "ends" }, back, first),
    ),
  ];
}
