// The front as a table: headings sort, buttons take, rows that break a bound are struck out.

function buildTable() {
  const body = byId("front");
  if (!body) return;
  const rows = [...body.rows];
  const position = new Map(rows.map((row) => [row, positionOf.get(Number(row.dataset.number))]));
  body.addEventListener("change", (event) => {
    change({ rule: "picked", picked: positionOf.get(Number(event.target.value)) });
  });
  for (const button of body.closest("table").querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button, body, rows, position));
  }
  const grouped = byId("grouped");
  grouped?.addEventListener("change", () => change({}));
  follow((_, { passing, taken }) => {
    const inside = new Set(passing);
    for (const row of rows) {
      const i = position.get(row);
      row.hidden = Boolean(grouped?.checked) && "leader" in row.dataset && i !== taken;
      row.classList.toggle("fails", !inside.has(i));
      row.classList.toggle("taken", i === taken);
      row.querySelector("input").checked = i === taken;
    }
  });
}

/** By this heading, its own way first and the other way round when it is clicked again. */
function sort(button, body, rows, position) {
  const head = button.parentElement;
  const turned = { ascending: "descending", descending: "ascending" };
  const order = turned[head.getAttribute("aria-sort")] ?? button.dataset.order;
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const at = objectives.findIndex(({ name }) => name === button.dataset.key);
  const { key } = button.dataset;
  const figure = (row) => key in row.dataset
    ? Number(row.dataset[key])
    : objectives[at].values[position.get(row)];
  const way = order === "ascending" ? 1 : -1;
  body.append(...[...rows].sort((a, b) => way * (figure(a) - figure(b))));
}
