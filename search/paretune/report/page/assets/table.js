// The front as a table: headings sort, buttons take, rows that break a bound are struck out.

function buildTable() {
  const body = byId("front");
  if (!body) return;
  const rows = [...body.rows];
  const positionOf = new Map(data.number.map((number, i) => [number, i]));
  const position = new Map(rows.map((row) => [row, positionOf.get(Number(row.dataset.number))]));
  body.addEventListener("change", (event) => {
    change({ rule: "picked", picked: positionOf.get(Number(event.target.value)) });
  });
  for (const button of body.closest("table").querySelectorAll("th button")) {
    button.addEventListener("click", () => sort(button, body, rows, position));
  }
  follow((_, { passing, taken }) => {
    const inside = new Set(passing);
    for (const row of rows) {
      const i = position.get(row);
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
  const column = at < 0 ? data.number : objectives[at].values;
  const way = order === "ascending" ? 1 : -1;
  const sorted = [...rows].sort((a, b) => way * (column[position.get(a)] - column[position.get(b)]));
  body.append(...sorted);
}
