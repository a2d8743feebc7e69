// Answers: kept in this browser at once, sent to the server if there is one, downloaded otherwise.

class Records {
  constructor(study) {
    this.study = study;
    this.key = `patchloom-study:${study.id}`;
    this.served = location.protocol === "http:" || location.protocol === "https:";
    this.kept = true;
    this.state = { participant: null, named: false, begun: false, practised: [], views: {}, answers: [], sent: [] };
    try {
      Object.assign(this.state, JSON.parse(localStorage.getItem(this.key) ?? "{}"));
    } catch {
      this.kept = false;
    }
    this.sending = Promise.resolve();
    this.problem = "";
  }

  save() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      this.kept = false;
    }
  }

  /**
   * Go on as the participant of the last time, or as the one that the address names (#participant=...), or anew.
   * Returns the name if it cannot be one, so that nobody answers under another unawares.
   */
  identify() {
    const name = new URLSearchParams(location.hash.slice(1)).get("participant");
    if (name !== null && !/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
    if (name !== null) {
      if (this.state.participant !== name) this.become(name, true);
    } else if (this.state.participant === null) {
      this.become([...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join(""), false);
    }
    return null;
  }

  /** Begin as someone else; earlier participants' answers stay. */
  become(participant, named) {
    Object.assign(this.state, { participant, named, begun: false, practised: [], views: {} });
    this.save();
  }

  /** Numbers of the trials that the participant has answered. */
  answered() {
    const own = this.state.answers.filter((answer) => answer.participant === this.state.participant);
    return new Set(own.map((answer) => answer.trial));
  }

  /** Count that a trial is shown, before it is, so that a reload cannot hide it. */
  seen(trial) {
    this.state.views[trial] = (this.state.views[trial] ?? 0) + 1;
    this.save();
    return this.state.views[trial];
  }

  add(answer) {
    this.state.answers.push({ participant: this.state.participant, ...answer });
    this.save();
    this.send();
  }

  unsent() {
    return this.state.answers.filter((answer) => !this.state.sent.includes(`${answer.participant}/${answer.trial}`));
  }

  /** How many answers of this participant the server does not have. */
  lost() {
    return this.unsent().filter((answer) => answer.participant === this.state.participant).length;
  }

  /** Send what has not been sent, one after another; what fails is sent again with the next answer, or at the end. */
  send() {
    if (this.served) this.sending = this.sending.then(() => this.sendAll());
    return this.sending;
  }

  async sendAll() {
    this.problem = "";
    for (const answer of this.unsent()) {
      const refusal = await this.post(answer);
      if (refusal === "") {
        this.state.sent.push(`${answer.participant}/${answer.trial}`);
        this.save();
      } else {
        this.problem = refusal;
      }
    }
  }

  /** Send one answer; returns why it was not taken, or nothing. An answer that is refused holds up no other. */
  async post(answer) {
    try {
      const response = await fetch("answers", {
        method: "POST",
        keepalive: true,                 // so that the answer arrives though the page is closed or reloaded
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ study: this.study.id, ...answer }),
      });
      return response.ok ? "" : (await response.json()).error;
    } catch (error) {
      return error.message;
    }
  }

  /** Hand over all answers that this browser has to the study as one file. */
  download() {
    const text = JSON.stringify({ kind: "patchloom study answers", study: this.study, answers: this.state.answers }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `answers-${this.study.id.slice(0, 8)}-${this.state.participant}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
