// What a participant is shown, decided by the study's seed and the participant's id.

/**
 * The participant's trials: {practice: {paired: [...], unpaired: [...]}, trials: [...]}.
 * A trial is {trial, setup, pictures, truth}: its number (none in practice), ids as shown, and the right answer.
 * A real picture or one of its fakes is met at most once in a setup, and in practice or in setups, never both.
 * Setups go on through one random order of the pictures, so that they share as few as can be. Practice takes the last
 * of that order; the other question's takes those before, as far as no setup comes to them.
 */
function schedule(study, participant) {
  const below = generator(`${study.seed}/${participant}`);
  const order = shuffled(study.groups, below);
  const asked = order.length - study.practice;
  const own = Math.min(study.practice, Math.max(0, asked - study.setups.length * study.trials));
  const practice = {};
  let first = asked;
  for (const setup of study.setups) {
    const kind = kindOf(setup);
    if (kind in practice) continue;
    practice[kind] = arranged(order.slice(first, first + study.practice), setup, below);
    first -= own;
  }
  const trials = [];
  study.setups.forEach((setup, number) => {
    const groups = Array.from({ length: study.trials }, (_, at) => order[(number * study.trials + at) % asked]);
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
