// What the user has set, and who wants to know: controls change it, the rest follows.

const fresh = () => ({
  rule: "knee", // or "weights", "picked", or the position of an objective
  bounds: objectives.map(() => null),
  weights: objectives.map(() => 1),
  picked: null, // a position, with the rule "picked"
});
let state = fresh();
const followers = [];

/** Call `follower(state, choice)` now and after every change. */
function follow(follower) {
  followers.push(follower);
}

function change(changes) {
  state = { ...state, ...changes };
  const choice = choose(state);
  for (const follower of followers) follower(state, choice);
}
