// What a participant is shown, decided by the study's seed and the participant's id.

/**
 * The participant's trials: {practice: {paired: [...], unpaired: [...]}, trials: [...]}.
 * A trial is {trial, setup, pictures, truth}: its number (none in practice), ids as shown, and the right answer.
 * A real picture or one of its fakes is met at most once in a setup, and not at all after it was met in practice.
 * Setups go on through one random order of the pictures, so that they share as few as can be.
 */
function schedule(study, participant) {
  const below = generator(`${study.seed}/${participant}`);
  const order = shuffled(study.groups, below);
  const practised = order.splice(order.length - study.practice, study.practice);
  const practice = {};
  for (const setup of study.setups) {
    const kind = kindOf(setup);
    practice[kind] ??= arranged(practised, setup, below);
  }
  const trials = [];
  study.setups.forEach((setup, number) => {
    const first = number * study.trials;
    const groups = Array.from({ length: study.trials }, (_, at) => order[(first + at) % order.length]);
    for (const trial of arranged(shuffled(groups, below), setup, below)) trials.push({ trial: trials.length, ...trial });
  });
  return { practice, trials };
}

/** What practice a setup shares with others that ask the same. */
function kindOf(setup) {
  return setup.paired ? "paired" : "unpaired";
}

/** One trial for each group: fakes left and right, or reals and fakes, in equal numbers. */
function arranged(groups, setup, below) {
  const truths = balanced(groups.length, setup.paired ? ["left", "right"] : ["real", "fake"], below);
  return groups.map((group, at) => {
    const fake = group.fakes[below(group.fakes.length)];
    const truth = truths[at];
    let pictures;
    if (setup.paired) pictures = truth === "left" ? [fake, group.real] : [group.real, fake];
    else pictures = [truth === "fake" ? fake : group.real];
    return { setup: setup.name, pictures, truth };
  });
}
