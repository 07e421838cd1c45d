// What is asked for in a list and was not heard yet. It is said again until the server has heard it, as Streamlit may drop a
// trigger that comes while it is busy, and no longer than somebody waits for it.
const HEARD_WITHIN_MS = 15000;
const SAID_AGAIN_AFTER_MS = 2000;

class Acts {
  constructor() {
    this.waiting = [];
    this.last = 0;
  }

  update(heard, send) {
    this.send = send;
    this.waiting = this.waiting.filter((act) => act.number > heard);
  }

  isAsked(name, id) {
    return this.waiting.some((act) => act.name === name && act.id === id);
  }

  ask(name, words) {
    this.last = Math.max(this.last + 1, Date.now()); // later than any that an earlier page numbered
    this.waiting.push({ name, ...words, number: this.last });
    this.say();
  }

  say() {
    this.waiting = this.waiting.filter((act) => Date.now() - act.number < HEARD_WITHIN_MS);
    this.saidAt = Date.now();
    if (this.waiting.length) this.send("act", this.waiting);
  }

  // Tells whether it was time to say them again; what nobody heard is not asked for any more.
  tick() {
    const isTime = this.waiting.length > 0 && Date.now() - this.saidAt > SAID_AGAIN_AFTER_MS;
    if (isTime) this.say();
    return isTime;
  }
}
