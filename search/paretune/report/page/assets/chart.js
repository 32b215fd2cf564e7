// A picture with two axes, drawn at the width it has and again when that changes.

const MARGIN = { left: 52, right: 14, top: 26, bottom: 40 };
const RATIO = 0.72; // of height to width
const NEAR = 24; // pixels within which the pointer means a point

/** Where a value of an axis lies between two pixels. */
function scaleOf(axis, from, to) {
  const along = axis.log ? Math.log : (value) => value;
  const [low, high] = axis.limits.map(along);
  return (value) => from + ((along(value) - low) / (high - low)) * (to - from);
}

/** 1, 2 or 5 times a power of ten apart, some five of them. */
function linearTicks([low, high]) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step);
  return ticks;
}

const tickText = (value) => Number(value.toPrecision(6)).toLocaleString("en-US", {
  maximumSignificantDigits: 6,
});

/** A figure whose picture is made by `draw(frame)`; `named` tells it to who cannot see it. */
function figure(caption, named, draw) {
  const picture = svg("svg", { class: "chart", role: "img", "aria-label": named });
  const holder = html("figure", {}, picture, html("figcaption", {}, caption));
  let drawn = 0;
  const redraw = () => {
    const width = Math.round(holder.clientWidth);
    if (width && width !== drawn) {
      drawn = width;
      const height = Math.round(width * RATIO);
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      picture.replaceChildren();
      draw({ picture, width, height });
    }
  };
  new ResizeObserver(redraw).observe(holder);
  holder.again = () => { drawn = 0; redraw(); };
  return holder;
}

/** Grid, ticks and names of both axes; gives the two scales back. */
function axes({ picture, width, height }, x, y) {
  const right = width - MARGIN.right, bottom = height - MARGIN.bottom;
  const across = scaleOf(x, MARGIN.left, right), up = scaleOf(y, bottom, MARGIN.top);
  let last = -Infinity;
  for (const tick of x.ticks ?? linearTicks(x.limits)) {
    const at = across(tick), text = tickText(tick), half = text.length * 3.5;
    picture.append(line(at, MARGIN.top, at, bottom, "grid"));
    if (at - half <= last + 6 || at + half > width) continue; // labels never touch
    last = at + half;
    picture.append(label(at, bottom + 16, text, "middle"));
  }
  for (const tick of y.ticks ?? linearTicks(y.limits)) {
    picture.append(line(MARGIN.left, up(tick), right, up(tick), "grid"));
    picture.append(label(MARGIN.left - 6, up(tick) + 4, tickText(tick), "end"));
  }
  picture.append(
    label((MARGIN.left + right) / 2, height - 6, x.label, "middle", "named"),
    label(MARGIN.left - 40, 14, y.label, "start", "named"),
  );
  return [across, up];
}

const line = (x1, y1, x2, y2, kind) => svg("line", { x1, y1, x2, y2, class: kind });
const label = (x, y, text, anchor, kind = "") =>
  svg("text", { x, y, "text-anchor": anchor, class: kind }, text);

/** Many dots as one element: a picture of thousands stays quick. */
function dots(points, kind) {
  return svg("path", { class: kind, d: points.map(([x, y]) => `M${x} ${y}h0`).join("") });
}

function crosses(points, kind, size = 3) {
  const strokes = points.map(([x, y]) =>
    `M${x - size} ${y - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`);
  return svg("path", { class: kind, d: strokes.join("") });
}

const diamond = ([x, y], size = 6) => svg("path", {
  class: "baseline", d: `M${x - size} ${y}l${size} ${-size}l${size} ${size}l${-size} ${size}z`,
});

/** Under the pointer: what `tell(point)` says of the nearest point; a click gives it to `take`. */
function listen(picture, points, tell, take = () => {}) {
  const tip = byId("tip");
  const nearest = (event) => {
    const box = picture.getBoundingClientRect();
    const zoom = picture.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * zoom, y = (event.clientY - box.top) * zoom;
    let best = null, least = NEAR ** 2;
    for (const point of points) {
      const far = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  };
  picture.onpointermove = (event) => {
    const point = nearest(event);
    tip.hidden = point === null;
    if (point === null) return;
    tip.textContent = tell(point);
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(Math.min(event.pageX + 14, room), 8)}px`;
    tip.style.top = `${event.pageY + 14}px`;
  };
  picture.onpointerleave = () => { tip.hidden = true; };
  picture.onclick = (event) => {
    const point = nearest(event);
    if (point !== null) take(point);
  };
}
