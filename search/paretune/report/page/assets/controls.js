// The form: a rule, and for every objective a bound and a weight.

const RULES = [
  ["knee", "the knee: a good compromise of all"],
  ...objectives.map(({ label, more }, j) => [String(j), `the ${more ? "most" : "least"} ${label}`]),
  ["weights", "the best by these weights"],
  ["picked", "the one picked in the table"],
];
const HEAVIEST = 10;

function buildControls() {
  const rule = byId("rule");
  rule.append(...RULES.map(([value, text]) => html("option", { value }, text)));
  rule.addEventListener("change", () => change({ rule: rule.value, picked: null }));
  const form = byId("controls");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    change(fresh());
  });
  byId("limits").append(...objectives.map((_, j) => objectiveControls(j)));
  follow(({ rule: name }) => {
    const picked = rule.querySelector("[value=picked]");
    picked.hidden = picked.disabled = name !== "picked";
    rule.value = name;
  });
  follow((_, { passing }) => {
    byId("passing").textContent =
      `${passing.length} of ${front.length} configurations of the front keep these bounds.`;
  });
}

function objectiveControls(j) {
  const { label, more } = objectives[j];
  return html(
    "fieldset", {}, html("legend", {}, label),
    ...boundControls(j, `${label} ${more ? "at least" : "at most"}`, more ? "at least" : "at most"),
    ...(objectives.length > 1 ? weightControls(j, `weight of ${label}`) : []),
  );
}

/** A slider over the front's own values, loosest first, and the same as a number to type. */
function boundControls(j, name, text) {
  const { values, sign } = objectives[j];
  const steps = [...new Set(front.map((i) => values[i]))].sort((a, b) => sign * (b - a));
  const slider = html("input", {
    type: "range", min: 0, max: Math.max(steps.length - 1, 0), step: 1, "aria-label": name,
  });
  const typed = html("input", { type: "number", step: "any", "aria-label": `${name}, typed` });
  const bound = (value) => {
    const bounds = [...state.bounds];
    bounds[j] = value;
    const rule = state.rule === "picked" ? "knee" : state.rule;
    change({ bounds, rule, picked: null });
  };
  slider.addEventListener("input", () => {
    bound(Number(slider.value) ? steps[Number(slider.value)] : null);
  });
  typed.addEventListener("change", () => bound(typed.value === "" ? null : Number(typed.value)));
  follow(({ bounds }) => {
    const value = bounds[j];
    const at = value === null ? 0 : steps.findLastIndex((step) => sign * step >= sign * value);
    slider.value = Math.max(at, 0);
    slider.setAttribute("aria-valuetext", value === null ? "no bound" : `${text} ${shown(value)}`);
    if (document.activeElement !== typed) typed.value = value === null ? "" : String(value);
  });
  return [html("div", { class: "slider" }, html("span", {}, text), slider, typed)];
}

function weightControls(j, name) {
  const slider = html("input", {
    type: "range", min: 0, max: HEAVIEST, step: 1, "aria-label": name,
  });
  const told = html("output", {});
  slider.addEventListener("input", () => {
    const weights = [...state.weights];
    weights[j] = Number(slider.value);
    change({ weights, rule: "weights", picked: null });
  });
  const row = html("div", { class: "slider" }, html("span", {}, "weight"), slider, told);
  follow(({ weights, rule }) => {
    slider.value = weights[j];
    told.textContent = rule === "weights" ? String(weights[j]) : "not used";
  });
  return [row];
}
