// From the front to one configuration, by the same rules as `paretune export`
// (front/choice.py, front/rules.py); tests/report/page/test_in_browser.py holds the two against each other.

const objectives = data.objectives.map((objective, j) => ({
  ...objective,
  sign: objective.more ? -1 : 1,
  values: data.values[j],
}));
const front = data.number.map((_, i) => i).filter((i) => data.kind[i] === FRONT);

const positionOf = new Map(data.number.map((number, i) => [number, i]));
// Of a member that the noise cannot tell from a surer one: the position of that one.
const leaders = new Map(Object.entries(data.leaders).map(([number, leader]) =>
  [positionOf.get(Number(number)), positionOf.get(leader)]));

/** Does the trial at this position keep every bound? null is no bound. */
function keeps(position, bounds) {
  return objectives.every(({ sign, values }, j) =>
    bounds[j] === null || sign * values[position] <= sign * bounds[j]);
}

/** Each column of losses from 0 at the best to 1 at the worst of these trials. */
function normalised(positions) {
  const columns = objectives.map(({ sign, values }) => {
    const losses = positions.map((i) => sign * values[i]);
    const least = losses.reduce((a, b) => Math.min(a, b), Infinity);
    const spread = losses.reduce((a, b) => Math.max(a, b), -Infinity) - least;
    return losses.map((loss) => (loss - least) / (spread > 0 ? spread : 1));
  });
  return positions.map((_, row) => columns.map((column) => column[row]));
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** The position with the least score; ties go to the least sum of losses, then by objective. */
function least(positions, scores, losses) {
  const best = scores.reduce((a, b) => Math.min(a, b), Infinity);
  const key = (row) => [Number(sum(losses[row]).toFixed(12)), ...losses[row], row];
  const tied = positions.map((_, row) => row).filter((row) => scores[row] <= best + 1e-12);
  tied.sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    const at = one.findIndex((value, i) => value !== other[i]);
    return at < 0 ? 0 : one[at] - other[at];
  });
  return positions[tied[0]];
}

/** Where the front bulges most towards the best of everything (Das 1999). */
function knee(positions) {
  const losses = normalised(positions);
  const scores = losses.map((row) => -(1 - sum(row)) / Math.sqrt(row.length));
  return least(positions, scores, losses);
}

/** The best in one objective; of equals the knee. */
function bestIn(positions, j) {
  const { sign, values } = objectives[j];
  const best = positions.reduce((a, i) => Math.min(a, sign * values[i]), Infinity);
  return knee(positions.filter((i) => sign * values[i] === best));
}

/** The least weighted sum of normalised losses. */
function weighted(positions, weights) {
  const losses = normalised(positions);
  const scores = losses.map((row) => sum(row.map((loss, j) => loss * weights[j])));
  return least(positions, scores, losses);
}

/** What a state of the controls takes: the trials that pass, and one of them (or null). */
function choose({ rule, bounds, weights, picked }) {
  const passing = front.filter((position) => keeps(position, bounds));
  if (rule === "picked") return { passing, taken: picked };
  if (!passing.length || (rule === "weights" && !sum(weights))) return { passing, taken: null };
  const there = new Set(passing);
  const points = passing.filter((position) => !there.has(leaders.get(position)));
  if (rule === "weights") return { passing, taken: weighted(points, weights) };
  if (rule === "knee") return { passing, taken: knee(points) };
  return { passing, taken: bestIn(points, Number(rule)) };
}
