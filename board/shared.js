// Shared by the board's components. Whatever strangers wrote goes in as text; nothing here makes HTML from data.
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function span(seconds) {
  if (seconds < MINUTE) return "less than a minute";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} days`;
}

function shortAgo(time) {
  const seconds = Date.now() / 1000 - time;
  return seconds < MINUTE ? "now" : span(seconds).replace(" min", "m").replace(" h", "h").replace(" days", "d");
}

function ago(time) {
  const seconds = Date.now() / 1000 - time;
  return seconds < MINUTE ? "just now" : `${span(seconds)} ago`;
}

function due(time) {
  const seconds = time - Date.now() / 1000;
  return seconds >= 0 ? `Due in ${span(seconds)}` : `Late by ${span(-seconds)}`;
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function absolute(time) {
  return DATE.format(new Date(time * 1000));
}

// A time that keeps counting: refreshed by tick(), which each component calls now and then.
function timeTag(time, words = ago) {
  const tag = h("time", { datetime: new Date(time * 1000).toISOString(), title: absolute(time) }, words(time));
  tag.acTick = () => {
    const now = words(time);
    if (tag.textContent !== now) tag.textContent = now;
  };
  return tag;
}

function tick(root) {
  root.querySelectorAll("time").forEach((tag) => tag.acTick && tag.acTick());
}

function severityTag(level, words) {
  const bars = [1, 2, 3, 4].map((step) => h("i", { class: step <= level ? "on" : "" }));
  const title = level > 0 ? `Severity ${level} of 4` : "No severity";
  return h("span", { class: `severity s${level}`, title }, h("span", { class: "bars", "aria-hidden": "true" }, bars), words);
}

function webLink(address) {
  try {
    const link = new URL(address);
    return link.protocol === "https:" || link.protocol === "http:" ? link.href : null;
  } catch {
    return null;
  }
}

// What a member wrote and the server does not have yet is kept in the browser under keys that begin like this.
const DRAFTS = "ac-draft:";

// Takes such words away: all of them when the member signs out, a colleague's when another one signs in.
function forgetDrafts(isToGo = () => true) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(DRAFTS) && isToGo(key));
    keys.forEach((key) => localStorage.removeItem(key));
  } catch {
    // No storage, so nothing is in it.
  }
}
