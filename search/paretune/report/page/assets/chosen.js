// What is taken: its figures beside each baseline's, its parameters, the command that exports it.

const ALIKE = 0.0005; // of a figure: a difference that four digits do not show
const TELLING = 1.05; // a ratio that is worth a word, as in gains.py
const baselines = data.number.map((_, i) => i).filter((i) => data.baseline[i] !== null);

function buildChosen() {
  follow((current, choice) => {
    const { taken } = choice;
    byId("said").textContent = taken === null ? nothing(current, choice) : summary(taken);
    byId("chosen").replaceChildren(...(taken === null ? [] : [comparison(taken), settings(taken)]));
    const words = taken === null ? [] : exportCommand(["--trial", String(data.number[taken])], taken);
    byId("command").textContent = words.map(quoted).join(" ");
    byId("copy").disabled = taken === null;
    const scripted = taken === null ? null : ruleWords(current);
    byId("scripted").hidden = scripted === null;
    byId("by-rule").textContent =
      scripted === null ? "" : exportCommand(scripted, taken).map(quoted).join(" ");
  });
  byId("copy").addEventListener("click", copyCommand);
}

function summary(position) {
  const figures = objectives.map(({ label, values }) => `${label} ${shown(values[position])}`);
  return `Taken: ${trialName(position)}: ${figures.join(", ")}.`;
}

function nothing({ rule }, { passing }) {
  if (!passing.length) return "No configuration of the front keeps these bounds: loosen one.";
  return rule === "weights" ? "All weights are 0: give at least one." : "Nothing is taken.";
}

function comparison(taken) {
  const others = baselines.filter((i) => i !== taken);
  const heads = ["figure", "taken", ...others.map((i) => `baseline ${data.baseline[i]}`)];
  const rows = objectives.map((objective) => html(
    "tr", {},
    html("th", { scope: "row" }, objective.label),
    html("td", {}, shown(objective.values[taken])),
    ...others.map((i) => html("td", {}, ...against(objective, taken, i))),
  ));
  const table = html(
    "table", {},
    html("caption", {}, others.length ? "Beside the baselines: how much more or less is taken" : ""),
    html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, head)))),
    html("tbody", {}, ...rows),
  );
  const named = { class: "wide", role: "region", "aria-label": "Beside the baselines", tabindex: 0 };
  return html("div", named, table);
}

/** The baseline's figure, and below it what the taken one has against it. */
function against({ more, values }, taken, baseline) {
  const ours = values[taken], theirs = values[baseline];
  if (theirs === null || Math.abs(ours - theirs) < ALIKE * Math.abs(theirs)) return [shown(theirs)];
  const word = ours > theirs ? "more" : "less";
  const [large, small] = ours > theirs ? [ours, theirs] : [theirs, ours];
  const times = large / small;
  if (!more && small > 0 && times < TELLING) return [shown(theirs)];
  const ratio = times >= 10 ? times.toFixed(0) : times.toPrecision(2);
  // A quality is compared by its difference, a cost by its ratio.
  const told = more || !(small > 0) ? String(Number((large - small).toPrecision(2))) : `${ratio}x`;
  return [shown(theirs), html("span", { class: "note" }, `${told} ${word}`)];
}

function settings(position) {
  const items = parameters(position).map(([name, value]) =>
    html("div", {}, html("dt", {}, name), html("dd", {}, short(value))));
  return html(
    "details", {}, html("summary", {}, "Its parameters"), html("dl", { class: "facts" }, ...items),
  );
}

function exportCommand(choice, taken) {
  const [program, verb, study, ...options] = data.command;
  return [program, verb, study, ...choice, "--out", `${study}-${data.number[taken]}`, ...options];
}

/** The options of `paretune export` that say what the controls say; null for a picked trial. */
function ruleWords({ rule, bounds, weights }) {
  const where = objectives.flatMap(({ name, more }, j) =>
    bounds[j] === null ? [] : ["--where", `${name} ${more ? ">=" : "<="} ${bounds[j]}`]);
  if (rule === "picked") return null;
  if (rule === "knee") return ["--rule", "knee", ...where];
  if (rule !== "weights") return ["--best", objectives[Number(rule)].name, ...where];
  const parts = objectives.flatMap(({ name }, j) => weights[j] ? [`${name}=${weights[j]}`] : []);
  return ["--weights", parts.join(","), ...where];
}

async function copyCommand() {
  const code = byId("command");
  getSelection().selectAllChildren(code); // so that it can be copied by hand where that is refused
  try {
    await navigator.clipboard.writeText(code.textContent);
    byId("copy").textContent = "Copied";
  } catch {
    byId("copy").textContent = "Selected: press Ctrl-C";
  }
  setTimeout(() => { byId("copy").textContent = "Copy"; }, 3000);
}
