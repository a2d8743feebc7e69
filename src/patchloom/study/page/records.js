// Answers: kept in this browser at once, sent to the server if there is one, downloaded otherwise.

const PATIENCE = 10_000;                 // milliseconds that the server may take for an answer

/**
 * What the browser keeps has many small entries, `patchloom-study:<study>/<name>`, so that people who answer in several
 * windows at once never write the same: `last` (who was here), `of/<participant>` (how far), and for each answer
 * `answer/<participant>/<trial>` and, once the server has it, `sent/<participant>/<trial>`.
 */
class Records {
  constructor(study) {
    this.study = study;
    this.key = `patchloom-study:${study.id}/`;
    this.served = location.protocol === "http:" || location.protocol === "https:";
    this.kept = true;
    this.entries = new Map();            // what was written here, should the browser keep nothing
    this.sending = Promise.resolve();
    this.waiting = false;
    this.problem = "";
    this.state = {};
    this.take(this.here() ?? this.read("last") ?? { participant: null, named: false });
  }

  /** Who was in this window last, which a reload keeps; another window may have had somebody else since. */
  here() {
    try {
      return JSON.parse(sessionStorage.getItem(`${this.key}last`));
    } catch {
      return null;
    }
  }

  read(name) {
    try {
      const text = localStorage.getItem(this.key + name);
      if (text !== null) return JSON.parse(text);
    } catch {
      this.kept = false;
    }
    return this.entries.get(name) ?? null;
  }

  write(name, value) {
    this.entries.set(name, value);
    try {
      localStorage.setItem(this.key + name, JSON.stringify(value));
    } catch {
      this.kept = false;
    }
  }

  /** Names of all entries that begin with `start`, of all windows. */
  names(start) {
    const found = new Set(this.entries.keys());
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(this.key)) found.add(key.slice(this.key.length));
    } catch {
      this.kept = false;
    }
    return [...found].filter((name) => name.startsWith(start)).sort();
  }

  /** Go on as somebody, where they were. */
  take({ participant, named }) {
    const far = participant === null ? null : this.read(`of/${participant}`);
    this.state = { participant, named, begun: false, practised: [], views: {}, ...far };
  }

  save() {
    const { participant, named, ...far } = this.state;
    this.write("last", { participant, named });
    try {
      sessionStorage.setItem(`${this.key}last`, JSON.stringify({ participant, named }));
    } catch {
      this.kept = false;
    }
    if (participant !== null) this.write(`of/${participant}`, far);
  }

  /**
   * Go on as the participant of the last time if they had begun, or as the one that the address names
   * (#participant=...), or anew: who opened a page and did nothing has nothing to go on with.
   * Returns the name if it cannot be one, so that nobody answers under another unawares.
   */
  identify() {
    const name = new URLSearchParams(location.hash.slice(1)).get("participant");
    if (name !== null && !/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
    if (name !== null) {
      this.become(name, true);
    } else if (this.state.participant === null || !(this.state.begun || this.state.named)) {
      this.become([...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join(""), false);
    }
    return null;
  }

  /** Be somebody else; earlier participants' answers stay. */
  become(participant, named) {
    this.take({ participant, named });
    this.save();
  }

  /** Numbers of the trials that the participant has answered. */
  answered() {
    const start = `answer/${this.state.participant}/`;
    return new Set(this.names(start).map((name) => Number(name.slice(start.length))));
  }

  /** Count that a trial is shown, before it is, so that a reload cannot hide it. */
  seen(trial) {
    this.state.views[trial] = (this.state.views[trial] ?? 0) + 1;
    this.save();
    return this.state.views[trial];
  }

  /** Keep an answer, unless the trial has one, from another window of the same participant; the first counts. */
  add(answer) {
    const name = `answer/${this.state.participant}/${answer.trial}`;
    if (this.read(name) === null) this.write(name, { participant: this.state.participant, ...answer });
    this.send();
  }

  /** Names of answers, of one participant or of all, that the server does not have. */
  unsent(of = "") {
    const sent = new Set(this.names("sent/").map((name) => name.slice("sent/".length)));
    return this.names(`answer/${of}`).filter((name) => !sent.has(name.slice("answer/".length)));
  }

  /** How many answers of this participant the server does not have. */
  lost() {
    return this.unsent(`${this.state.participant}/`).length;
  }

  /** Send what has not been sent, one after another; what fails is sent again with the next answer, or at the end. */
  send() {
    if (this.served && !this.waiting) {
      this.waiting = true;
      this.sending = this.sending.then(() => {
        this.waiting = false;
        return this.sendAll();
      });
    }
    return this.sending;
  }

  /** An answer that is refused holds up no other; a server that cannot be reached does. */
  async sendAll() {
    this.problem = "";
    try {
      for (const name of this.unsent()) {
        const refusal = await this.post(this.read(name));
        if (refusal === "") this.write(name.replace("answer", "sent"), true);
        else this.problem = refusal;
      }
    } catch (error) {
      this.problem = error.name === "TimeoutError" ? "it does not answer" : error.message;
    }
  }

  /** Send one answer; returns why it was not taken, or nothing. */
  async post(answer) {
    const response = await fetch("answers", {
      method: "POST",
      keepalive: true,                   // so that the answer arrives though the page is closed or reloaded
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ study: this.study.id, ...answer }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    return response.ok ? "" : (await response.json()).error;
  }

  /** Hand over all answers that this browser has to the study as one file. */
  download() {
    const answers = this.names("answer/").map((name) => this.read(name));
    const text = JSON.stringify({ kind: "patchloom study answers", study: this.study, answers }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `answers-${this.study.id.slice(0, 8)}-${this.state.participant}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
