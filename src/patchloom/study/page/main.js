// From the first page to the last.

const study = JSON.parse(document.getElementById("study").textContent);
const records = new Records(study);

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

async function run() {
  const refused = records.identify();
  if (refused !== null) {
    card("", "This address names nobody",
      make("p", {}, `“${refused}” cannot be a participant's name: 1 to 64 letters, digits, - and _. Correct the address.`));
    return;
  }
  const { practice, trials } = schedule(study, records.state.participant);
  const answered = records.answered();
  if (answered.size < trials.length) {
    const left = [...Object.values(practice).flat(), ...trials.filter(({ trial }) => !answered.has(trial))];
    const bitmaps = await preload([...new Set(left.flatMap(({ pictures }) => pictures))]);
    if (!records.state.begun) await welcome(trials.length);
    else if (!await welcomeBack(answered.size, trials.length)) return anew();
    for (const setup of study.setups) {
      const own = trials.filter((trial) => trial.setup === setup.name && !answered.has(trial.trial));
      if (own.length) await runSetup(setup, practice[kindOf(setup)], own, bitmaps, trials.length);
    }
  }
  await finish(trials.length);
}

async function preload(ids) {
  const text = make("p", { className: "small" }, "Getting the pictures ready…");
  card("", study.title, text);
  return decoded(ids, (done, all) => { text.textContent = `Getting the pictures ready… ${done} of ${all}`; });
}

async function welcome(trials) {
  const begin = button("I agree, begin", "Space", { className: "main" });
  const parts = study.setups.length;
  const minutes = Math.max(1, Math.round(study.setups.reduce(
    (sum, setup) => sum + study.trials * (((setup.milliseconds ?? 3000) + 2500) / 60_000), 0)));
  card("A short study", study.title,
    make("p", {}, "Some of the pictures that you will see are real. Others are fakes: new pictures that a program made from a real one. Tell them apart."),
    make("ul", {},
      make("li", {}, `${counted(trials, "answer")} in ${counted(parts, "part")}, about ${counted(minutes, "minute")}`),
      make("li", {}, "Trust your first impression; there is no penalty for a wrong answer"),
      make("li", {}, "Answer with the keys shown on the buttons, or tap the buttons")),
    make("p", { className: "small" },
      `Recorded are ${recorded()}. Taking part is voluntary: close the page to stop at any time. Answers given until then are kept.`),
    make("div", { className: "buttons" }, begin));
  await goOn(begin);
  records.state.begun = true;
  records.save();
}

/** What is recorded, and under which name: all of it, since participants agree to it. */
function recorded() {
  const what = records.served ? "your answers, when they were given and how long they took" : "your answers and how long they took";
  return what + (records.state.named
    ? `, under the name “${records.state.participant}” that this page was opened with; nothing else about you`
    : ", under a random number; neither your name nor anything else about you");
}

/** Whether it is who left; the next person at this machine may have found the page open. */
async function welcomeBack(done, all) {
  const on = button("Go on", "Space", { className: "main" });
  const other = button("I am someone else", "");
  progress("Paused", done, all);
  card("Welcome back", "Nothing was lost",
    make("p", {}, `You have given ${counted(done, "answer")} of ${all}. Go on when you are ready.`),
    make("div", { className: "buttons" }, on, other));
  return (await choice({ on: { button: on, keys: GO_ON }, other: { button: other, keys: [] } })).value === "on";
}

async function runSetup(setup, practice, trials, bitmaps, all) {
  const kind = kindOf(setup);
  const number = study.setups.indexOf(setup) + 1;
  const part = study.setups.length > 1 ? `Part ${number} of ${study.setups.length}` : "";
  const practise = practice.length && !records.state.practised.includes(kind);
  await instructions(setup, part, practise ? practice.length : 0, trials.length);
  if (practise) {
    for (const [at, trial] of practice.entries()) {
      progress("Practice", at + 1, practice.length);
      await feedback(setup, trial, await runTrial(study, setup, trial, bitmaps, () => {}));
    }
    records.state.practised.push(kind);
    records.save();
    const on = button("Begin", "Space", { className: "main" });
    progress(part, records.answered().size, all);
    card(part, "Now it counts",
      make("p", {}, "That was practice. From here on nothing tells whether an answer was right."),
      make("div", { className: "buttons" }, on));
    await goOn(on);
  }
  for (const trial of trials) {
    progress(part, records.answered().size, all);
    let views = 1;
    const { stage, ...given } = await runTrial(study, setup, trial, bitmaps, () => { views = records.seen(trial.trial); });
    const round = (milliseconds) => Math.round(milliseconds * 10) / 10;
    records.add({
      trial: trial.trial, setup: setup.name, pictures: trial.pictures, answer: given.answer,
      shown_ms: round(given.shown_ms), reaction_ms: round(given.reaction_ms), views,
    });
  }
}

async function instructions(setup, part, practice, trials) {
  const on = button(practice ? "Practise" : "Begin", "Space", { className: "main" });
  const seconds = setup.milliseconds / 1000;
  const time = setup.milliseconds === null ? "for as long as you like"
    : `for ${counted(seconds, "second")}`;
  const them = setup.paired ? "they" : "it";
  const answer = setup.milliseconds === null ? "Then answer" : `Once ${them} ${setup.paired ? "are" : "is"} hidden, answer`;
  card(part, setup.paired ? "Two pictures: which one is the fake?" : "One picture: real or fake?",
    make("p", {}, setup.paired
      ? `A real picture and a fake of it appear side by side ${time}. ${answer}: is the fake on the left or on the right?`
      : `A picture appears ${time}. ${answer}: is it real or fake?`),
    make("p", {}, "Look at the cross before each picture. "
      + (practice ? `First, ${counted(practice, "trial")} for practice.` : `${counted(trials, "trial")}.`)),
    make("p", { className: "keys" }, "Keys: ", make("kbd", {}, "F"), " or ", make("kbd", {}, "←"), ` for ${setup.paired ? "left" : "real"}, `,
      make("kbd", {}, "J"), " or ", make("kbd", {}, "→"), ` for ${setup.paired ? "right" : "fake"}.`),
    make("div", { className: "buttons" }, on));
  await goOn(on);
}

async function finish(all) {
  progress("Done", all, all);
  card("The end", "Saving your answers…");
  await records.send();
  const lost = records.served ? records.lost() : 0;
  const buttons = [];
  if (lost) buttons.push(["retry", button("Try again", "", { className: "main" })]);
  if (lost || !records.served) buttons.push(["download", button("Download the answers", "", { className: lost ? "" : "main" })]);
  buttons.push(["next", button("Next participant", "")]);
  const text = records.served
    ? "Your answers have been saved. You may close this page."
    : "Please download your answers, and hand the file to whoever asked you.";
  card("The end", "Thank you",
    lost ? make("p", { className: "alert", role: "alert" },
      `${counted(lost, "answer")} did not reach the server (${records.problem}). They are kept in this browser.`)
      : make("p", {}, text),
    records.kept ? "" : make("p", { className: "small" }, "This browser keeps nothing: do not close the page before that."),
    make("div", { className: "buttons" }, ...buttons.map(([, element]) => element)));
  const choices = Object.fromEntries(buttons.map(([name, element]) => [name, { button: element, keys: [] }]));
  for (;;) {
    const { value } = await choice(choices);
    if (value === "download") records.download();
    else if (value === "retry") return finish(all);
    else return anew();
  }
}

/** Begin again with another participant; what the last one answered stays. */
function anew() {
  records.become(null, false);
  history.replaceState(null, "", location.pathname);
  document.getElementById("bar").hidden = true;
  return run();
}

// Another name in the address is another participant, though browsers do not load the page again for it.
window.addEventListener("hashchange", () => location.reload());

run();
