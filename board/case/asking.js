// What is asked of the server about the open case. It is said again until it was heard, as Streamlit may drop a
// trigger that comes while it is busy.
const ASKED_AGAIN_AFTER_MS = 2000;

class Asker {
  constructor() {
    this.asks = [];
    this.last = 0;
    this.timer = setInterval(() => this.say(), ASKED_AGAIN_AFTER_MS);
  }

  update(heard, tell) {
    this.tell = tell;
    this.last = Math.max(this.last, heard);
    this.asks = this.asks.filter((ask) => ask.number > heard);
  }

  ask(name, caseId, more) {
    this.last = Math.max(this.last + 1, Date.now());
    this.asks.push({ name, case: caseId, number: this.last, ...more });
    this.say();
  }

  say() {
    if (this.asks.length > 0) this.tell("ask", this.asks);
  }

  remove() {
    clearInterval(this.timer);
  }
}
