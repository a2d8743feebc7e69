// One trial: a cross, the pictures for as long as the setup says, a mask, the answer.

const CROSS = 500;                       // milliseconds
const BLANK = 150;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** What a setup asks, its answers in their order, and the keys for them. */
function questionOf(setup) {
  if (setup.paired) return { text: "Which one is the fake?", names: { left: "Left", right: "Right" } };
  return { text: "Is this picture real or fake?", names: { real: "Real", fake: "Fake" } };
}

/**
 * Show a trial and wait for its answer: {answer, shown_ms, reaction_ms}.
 * A picture that is shown for a time can be answered once it is hidden.
 */
async function runTrial(study, setup, trial, bitmaps, before) {
  const stage = stageOf(study, setup, trial, bitmaps);
  show(true, stage.element);
  await wait(CROSS);
  stage.cross.remove();
  await wait(BLANK);
  before();
  const begin = await stage.show();
  let end = null;
  if (setup.milliseconds !== null) end = await hiddenAfter(begin, setup.milliseconds, stage.hide);
  stage.open();
  const { value, time } = await choice(stage.choices);
  const reaction = Math.max(0, time - begin);
  return { answer: value, shown_ms: (end ?? time) - begin, reaction_ms: reaction, stage };
}

/** Hide the pictures at the frame that comes nearest to `milliseconds` after `begin`; returns that frame's time. */
async function hiddenAfter(begin, milliseconds, hide) {
  let last = begin;
  for (;;) {
    const now = await frame();
    const step = Math.min(now - last, 50);
    last = now;
    if (now - begin + step / 2 >= milliseconds) {
      hide();
      return now;
    }
  }
}

/** The elements of a trial, and what can be done with them. */
function stageOf(study, setup, trial, bitmaps) {
  const question = questionOf(setup);
  const scale = scaleFor(study, trial.pictures.length);
  const labels = setup.paired ? ["Left picture", "Right picture"] : ["Picture"];
  const frames = make("div", { className: "frames" }, ...trial.pictures.map((id, at) =>
    make("div", { className: "frame" }, canvasOf(bitmaps.get(id), labels[at], scale))));
  const cross = make("div", { className: "cross", ariaHidden: "true" }, "+");
  const keys = [["F", "KeyF", "ArrowLeft"], ["J", "KeyJ", "ArrowRight"]];
  const choices = {};
  const buttons = Object.entries(question.names).map(([value, name], at) => {
    const [shown, ...codes] = keys[at];
    choices[value] = { button: button(name, shown, { disabled: true }), keys: codes };
    return choices[value].button;
  });
  const below = make("div", { className: "choices", role: "group", ariaLabel: question.text }, ...buttons);
  return {
    element: make("section", { className: "stage" }, make("h1", { className: "question" }, question.text),
      make("div", { className: "area" }, frames, cross), below),
    cross, choices, below, frames,
    show: async () => {
      const begin = await frame();
      frames.classList.add("on");
      return begin;
    },
    hide: () => frames.classList.remove("on"),
    open: () => buttons.forEach((one) => { one.disabled = false; }),
  };
}

/** Say whether a practice trial was answered rightly, with the pictures shown, and wait. */
async function feedback(setup, trial, given) {
  const right = given.answer === trial.truth;
  const name = questionOf(setup).names[trial.truth].toLowerCase();
  const truth = setup.paired ? `The fake is on the ${name}.` : `This picture is ${name}.`;
  const on = button("Go on", "Space");
  given.stage.frames.classList.add("on");
  given.stage.below.replaceWith(make("div", { className: "feedback", role: "status" },
    make("strong", { className: right ? "right" : "" }, right ? "Right" : "Wrong"), truth, make("br", {}), on));
  await goOn(on);
}
