// Asks the board every few seconds whether what is shown has changed, and has it drawn anew only then, or once it is
// old: some of it changes by time alone. A page that nobody sees asks nothing.
const LOOKS_EVERY_MS = 2000;
const OLD_AFTER_MS = 20000;
const DRAWN_EVERY_MS = 4000; // at most

class Watching {
  constructor(address, method, hear, redraw) {
    Object.assign(this, { address, method, hear, redraw, askedAt: 0 });
    this.timer = setInterval(() => this.look(), LOOKS_EVERY_MS);
    this.onShow = () => this.look();
    document.addEventListener("visibilitychange", this.onShow);
    this.look();
  }

  stop() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.onShow);
    this.isStopped = true;
  }

  // What is still being worked out is looked for again as soon as can be.
  drawn(version, isUnfinished = false) {
    Object.assign(this, { version, isUnfinished });
    this.drawnAt = this.currentAt = Date.now();
  }

  async look() {
    if (document.hidden || this.isLooking) return;
    this.isLooking = true;
    try {
      const signal = AbortSignal.timeout(2 * LOOKS_EVERY_MS);
      const answer = await fetch(this.address, { method: this.method, cache: "no-store", signal });
      if (answer.ok && !this.isStopped) this.take(await answer.json());
    } catch {
      // The board cannot be reached: the next look tells.
    } finally {
      this.isLooking = false;
    }
  }

  take(said) {
    if (this.isStopped) return;
    this.hear(said);
    const isNewer = said.version.some((count, place) => count > (this.version[place] ?? 0));
    const now = Date.now();
    if (!isNewer && this.askedAt <= this.drawnAt) this.currentAt = now;
    const after = this.isUnfinished ? LOOKS_EVERY_MS : isNewer ? DRAWN_EVERY_MS : OLD_AFTER_MS;
    if (now - Math.max(this.drawnAt, this.askedAt) < after) return;
    this.askedAt = now;
    this.redraw();
  }
}
