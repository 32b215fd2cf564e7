// The study's data, and small tools. All scripts of the page share one scope.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const FRONT = 0, OUTSIDE = 2; // of data.kind, as in page_data.py

const byId = (id) => document.getElementById(id);

/** A new HTML element; text goes in as text. */
function html(tag, attributes = {}, ...content) {
  return filled(document.createElement(tag), attributes, content);
}

/** A new SVG element. */
function svg(tag, attributes = {}, ...content) {
  return filled(document.createElementNS(SVG, tag), attributes, content);
}

function filled(node, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
}

/** Four significant digits, and no exponent for a large number: as labels.number in Python. */
function shown(value) {
  if (value === null) return "no number";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(4);
}

/** Three significant digits of a fraction, else the value as it is. */
function short(value) {
  return typeof value === "number" && !Number.isInteger(value)
    ? String(Number(value.toPrecision(3)))
    : String(value);
}

/** 'adam', 'bits 4': a word speaks for itself, a number needs its name. */
function setting(name, value) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? name : `no ${name}`;
  return `${name} ${short(value)}`;
}

/** [name, value] of every parameter that the trial at this position has. */
function parameters(position) {
  return data.params
    .filter((column) => column.which[position] >= 0)
    .map((column) => [column.name, column.known[column.which[position]]]);
}

function trialName(position) {
  const baseline = data.baseline[position];
  return `trial ${data.number[position]}${baseline === null ? "" : ` (baseline ${baseline})`}`;
}

/** One word of a shell's command line. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
