// The trials: the first objective against each of the others, one picture each.

function buildPanels() {
  const figures = data.panels.map((panel) => {
    const made = figure("", panelName(panel), (frame) => drawPanel(frame, panel));
    made.querySelector("figcaption").remove();
    return made;
  });
  byId("panels").append(...figures);
  follow(() => figures.forEach((made) => made.again()));
}

const panelName = ({ x, y }) =>
  `${y.label} against ${x.label}: ${front.length} configurations on the front of ` +
  `${data.number.length} trials. The table of the front has the figures.`;

const along = (axis, position) => {
  const j = objectives.findIndex(({ name }) => name === axis.figure);
  return j < 0 ? data.number[position] : objectives[j].values[position];
};

function drawPanel(frame, panel) {
  const { picture } = frame, { x, y } = panel;
  const [across, up] = axes(frame, x, y);
  const inside = (axis, value) =>
    value !== null && axis.limits[0] <= value && value <= axis.limits[1];
  const points = data.number.map((_, i) => i)
    .filter((i) => inside(x, along(x, i)) && inside(y, along(y, i)))
    .map((i) => ({ i, x: round(across(along(x, i))), y: round(up(along(y, i))) }));
  const { passing, taken } = choose(state);
  const kept = new Set(passing);
  const stairs = new Set(panel.stairs.map(String));
  const best = ({ i }) => x.figure === "trial" || stairs.has(String([along(x, i), along(y, i)]));
  const of = (test) => points.filter(test).map((point) => [point.x, point.y]);
  const member = ({ i }) => data.kind[i] === FRONT;
  picture.append(
    crosses(of(({ i }) => data.kind[i] === OUTSIDE), "outside"),
    dots(of((p) => !member(p) && data.kind[p.i] !== OUTSIDE), "dominated"),
    svg("path", { class: "stairs", d: staircase(panel, across, up) }),
    dots(of((p) => member(p) && !kept.has(p.i)), "fails"),
    dots(of((p) => member(p) && kept.has(p.i) && !best(p)), "soft"),
    dots(of((p) => member(p) && kept.has(p.i) && best(p)), "front"),
    ...boundLines(frame, panel, across, up),
    ...points.filter(({ i }) => data.baseline[i] !== null).map((p) => diamond([p.x, p.y])),
    ...points.filter(({ i }) => i === taken).map((p) =>
      svg("circle", { class: "taken", cx: p.x, cy: p.y, r: 9, fill: "none" })),
    svg("path", { class: "taken", d: reach(taken, panel, across, up) }),
  );
  listen(picture, points, ({ i }) => about(i), ({ i }) => {
    if (data.kind[i] === FRONT) change({ rule: "picked", picked: i });
  });
}

/** Where the true figures of the taken one lie with 95 %, as a cross of two lines. */
function reach(taken, { x, y }, across, up) {
  const intervals = data.intervals[data.number[taken]];
  if (taken === null || !intervals) return "";
  const ends = (axis) => {
    const found = intervals[objectives.findIndex(({ name }) => name === axis.figure)];
    const [low, high] = axis.limits;
    return found?.map((end) => Math.min(Math.max(end, low), high));
  };
  const level = ends(x), upright = ends(y);
  const px = round(across(along(x, taken))), py = round(up(along(y, taken)));
  return (level ? `M${round(across(level[0]))} ${py}H${round(across(level[1]))}` : "") +
    (upright ? `M${px} ${round(up(upright[0]))}V${round(up(upright[1]))}` : "");
}

const round = (pixels) => Math.round(pixels * 10) / 10;

function staircase({ stairs, after }, across, up) {
  return stairs.map(([x, y], k) => {
    const [px, py] = [round(across(x)), round(up(y))];
    if (k === 0) return `M${px} ${py}`;
    return after ? `H${px}V${py}` : `V${py}H${px}`;
  }).join("");
}

/** The study's constraint, and the user's own bound. */
function boundLines({ width, height }, { x, y }, across, up) {
  const within = (axis, bound) =>
    bound !== null && axis.limits[0] <= bound && bound <= axis.limits[1];
  const own = (axis) => {
    const j = objectives.findIndex(({ name }) => name === axis.figure);
    return j < 0 ? null : state.bounds[j];
  };
  return [
    ...[x.bound, own(x)].filter((bound) => within(x, bound)).map((bound) =>
      line(across(bound), MARGIN.top, across(bound), height - MARGIN.bottom, "bound")),
    ...[y.bound, own(y)].filter((bound) => within(y, bound)).map((bound) =>
      line(MARGIN.left, up(bound), width - MARGIN.right, up(bound), "bound")),
  ];
}

/** What the pointer is told of a trial. */
function about(position) {
  const kind = ["on the front", "dominated", "outside the constraints"][data.kind[position]];
  return [
    `${trialName(position)}, ${kind}`,
    ...objectives.map(({ label, values }) => `${label} ${shown(values[position])}`),
    `spent by the trial ${shown(data.spent[position])} s`,
    parameters(position).map(([name, value]) => setting(name, value)).join(", "),
  ].join("\n");
}
