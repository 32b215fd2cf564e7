// How the front grew with what was spent, and what was predicted beside what was measured.

const padded = (low, high) => {
  const margin = 0.05 * (high - low) || Math.abs(low) || 1;
  return [low - margin, high + margin];
};

function buildProgress() {
  const curve = data.hypervolume;
  if (curve.length < 2) return;
  const x = { label: "seconds spent", limits: [0, curve.at(-1)[0] * 1.02] };
  const y = { label: "share of the final hypervolume", limits: [0, 1.05] };
  const name = "The hypervolume of the front, as a share of what it came to, over what was spent";
  const half = curve.find(([, share]) => share >= 0.9);
  const told = `${name}: nine tenths of it after ${shown(half[0])} of ${shown(curve.at(-1)[0])}.`;
  byId("progress").append(figure(told, told, (frame) => {
    const [across, up] = axes(frame, x, y);
    const steps = curve.map(([spent, share], k) =>
      k === 0 ? `M${round(across(spent))} ${round(up(share))}`
        : `H${round(across(spent))}V${round(up(share))}`);
    frame.picture.append(svg("path", { class: "curve", d: steps.join("") }));
    const points = curve.map(([spent, share]) => ({ x: across(spent), y: up(share), spent, share }));
    listen(frame.picture, points, ({ spent, share }) =>
      `${Math.round(share * 100)} % after ${shown(spent)} s`);
  }));
}

function buildPredictions() {
  for (const { label: name, points: rows } of data.predictions) {
    const all = rows.flatMap(([, measured, median]) => [measured, median]);
    const [low, high] = [Math.min(...all) / 1.15, Math.max(...all) * 1.15];
    const axis = { log: true, limits: [low, high], ticks: logTicks(low, high) };
    const hits = ([, measured, , least, most]) => least <= measured && measured <= most;
    const caption = `${name}: measured (across) and predicted (up), with its 80 % interval`;
    byId("predictions").append(figure(caption, caption, (frame) => {
      const [across, up] = axes(frame, { ...axis, label: "measured" }, { ...axis, label: "predicted" });
      const clip = (value) => up(Math.min(Math.max(value, low), high));
      const points = rows.map((row) => ({ row, x: round(across(row[1])), y: round(up(row[2])) }));
      frame.picture.append(
        line(across(low), up(low), across(high), up(high), "grid"),
        svg("path", {
          class: "reach",
          d: points.map(({ row, x }) => `M${x} ${round(clip(row[3]))}V${round(clip(row[4]))}`).join(""),
        }),
        dots(points.filter(({ row }) => hits(row)).map(({ x, y }) => [x, y]), "hit"),
        dots(points.filter(({ row }) => !hits(row)).map(({ x, y }) => [x, y]), "missed"),
      );
      listen(frame.picture, points, ({ row: [number, measured, median, least, most] }) =>
        `trial ${number}\nmeasured ${shown(measured)}\npredicted ${shown(median)} ` +
        `(${shown(least)} to ${shown(most)})`);
    }));
  }
}

/** 1, 2 and 5 of every decade within the limits; 1 alone of many decades, even steps of a few. */
function logTicks(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const marks = last - first <= 3 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let decade = first; decade < last; decade++) {
    for (const mark of marks) ticks.push(Number(`${mark}e${decade}`));
  }
  const within = ticks.filter((tick) => low <= tick && tick <= high);
  return within.length < 3 ? linearTicks([low, high]) : within;
}
