const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = [
  "--blue", "--orange", "--green", "--purple", "--amber", "--sky", "--grey", "--ink"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Charts -----------------------------------------------------------------------------------------

// Names of colours become those of the page, light or dark.
function themed(value) {
  if (typeof value === "string") return value.startsWith("--") ? colour(value) : value;
  if (Array.isArray(value)) return value.map(themed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, themed(held)]));
}

function axisOf(given) {
  return {
    gridcolor: colour("--line"), linecolor: colour("--line"), mirror: true, ...given,
    title: { ...given.title, font: { size: 12 }, standoff: 8 },
  };
}

function layoutOf(figure) {
  const given = themed(figure.layout);
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), size: 12 },
    hovermode: "closest", hoverlabel: { align: "left", font: { size: 11 } }, dragmode: false,
    ...given,
    xaxis: axisOf(given.xaxis), yaxis: axisOf(given.yaxis),
  };
}

// Pixels of a panel on a phone, where names are smaller.
const NARROW = 360;
const RINGS = [13, 19, 26, 36, 48, 62], DIRECTIONS = 16;

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function around([x, y], wide, high) {
  return [x - wide, y - high, x + wide, y + high];
}

// Numbers beside crowded points, each as near as the others leave room: annotations with lines to
// points that are far.
function placed(figure, width, height) {
  const pixel = ([x, y]) => [x * width, (1 - y) * height];
  const markers = figure.points.map((point) => around(pixel(point), 5, 5));
  const written = [];
  return figure.numbers.map(([x, y, text]) => {
    const own = pixel([x, y]);
    let best = null;
    for (const radius of RINGS) {
      for (let turn = 0; turn < DIRECTIONS; turn++) {
        const angle = Math.PI / 8 + (2 * Math.PI * turn) / DIRECTIONS;
        const at = [own[0] + radius * Math.cos(angle), own[1] - radius * Math.sin(angle)];
        const box = around(at, 2 + 3.5 * text.length, 7);
        const outside = box[0] < 0 || box[1] < 0 || box[2] > width || box[3] > height;
        const hits = (boxes) => boxes.filter((other) => meet(box, other)).length;
        const cost = 1000 * outside + 100 * hits(written) + 3 * hits(markers);
        if (!best || cost < best.cost) best = { cost, at, box, radius };
      }
    }
    written.push(best.box);
    const [dx, dy] = [best.at[0] - own[0], best.at[1] - own[1]];
    const note = { xref: "x domain", yref: "y domain", x, y, text, font: { size: 11 } };
    return best.radius > RINGS[0]
      ? { ...note, ax: dx, ay: dy, showarrow: true, arrowhead: 0, arrowwidth: 0.7,
          arrowcolor: colour("--grey"), standoff: 3 }
      : { ...note, showarrow: false, xshift: dx, yshift: -dy, xanchor: "center", yanchor: "middle" };
  });
}

function drawPanel(place, figure) {
  place.style.minHeight = figure.height + "px";
  const config = { responsive: true, displayModeBar: false };
  const layout = layoutOf(figure);
  if (figure.numbers.length) {
    const { t, b, l, r } = layout.margin;
    layout.annotations = placed(
      figure, place.clientWidth - l - r, Math.max(place.clientHeight, figure.height) - t - b);
  }
  if (place.clientWidth < NARROW) {
    for (const note of layout.annotations || []) note.font = { size: 9.5 };
  }
  Plotly.react(place, themed(figure.traces), layout, config);
  if (place.dataset.listens) return;
  place.dataset.listens = "yes";
  const show = (event) => {
    const point = event.points[0];
    if (point && typeof point.customdata === "string") showCell(point.customdata);
  };
  place.on("plotly_hover", show);
  place.on("plotly_click", show);
}

function drawCharts() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    const figures = data.charts[place.dataset.chart];
    [...place.children].forEach((panel, index) => drawPanel(panel, figures[index]));
  }
}

// Cells ------------------------------------------------------------------------------------------

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const OPERATIONS = [...new Set(Object.values(data.cells).flatMap(
  (cell) => cell.graphs.flatMap((graph) => graph.edges.map(([, , operation]) => operation))))].sort();

function colourOf(operation) {
  return `var(${COLOURS[OPERATIONS.indexOf(operation) % COLOURS.length]})`;
}

// Neighbours are joined straight; longer edges bend, to either side of the line by turns.
function bendsOf(edges, unit) {
  const seen = {};
  return edges.map(([from, to]) => {
    const span = to - from, key = from + ">" + to;
    seen[key] = (seen[key] || 0) + 1;
    const side = span === 1 ? 0 : (from + to) % 2 === 0 ? -1 : 1;
    return side * unit * (span - 0.4) + (seen[key] - 1) * 36;
  });
}

// Four nodes lie in a line; more stand below one another, where labels have room beside them.
function drawGraph(graph) {
  const last = graph.nodes.length - 1, upright = last > 4;
  const step = upright ? 46 : 130;
  const bends = bendsOf(graph.edges, upright ? 44 : 42);
  const low = Math.min(0, ...bends), high = Math.max(0, ...bends);
  const at = (along, aside) => (upright ? [aside, along] : [along, aside]);
  const frame = upright
    ? [low - 50, -16, high - low + 100, last * step + 32]
    : [-40, low - 34, last * step + 80, high - low + 58];
  const svg = element("svg", {
    viewBox: frame.join(" "), role: "img", "aria-label": graph.title || "cell",
  });
  const labels = [];
  graph.edges.forEach(([from, to, operation], index) => {
    const bend = bends[index], middle = ((from + to) / 2) * step;
    const path = `M ${at(from * step, 0)} Q ${at(middle, 2 * bend)} ${at(to * step, 0)}`;
    svg.append(element("path", { d: path, stroke: colourOf(operation) }));
    const [x, y] = at(middle, bend);
    labels.push(element("text", { x, y: y + (upright ? 4 : -6) }, operation));
  });
  labels.forEach((label) => svg.append(label));
  graph.nodes.forEach((name, node) => {
    const [x, y] = at(node * step, 0);
    svg.append(element("ellipse", { cx: x, cy: y, rx: Math.max(13, 4 * name.length), ry: 13 }));
    svg.append(element("text", { x, y: y + 4 }, name));
  });
  return svg;
}

function drawWidths(widths) {
  const step = 96, tall = 120;
  const most = Math.max(...widths.map(([, channels]) => channels));
  const svg = element("svg", {
    viewBox: `0 -30 ${widths.length * step} ${tall + 60}`, role: "img", "aria-label": "channels",
  });
  widths.forEach(([name, channels], index) => {
    const x = (index + 0.5) * step, height = (tall * channels) / most;
    const y = (tall - height) / 2;
    if (index) {
      svg.append(element("path", {
        d: `M ${x - step + 18} ${tall / 2} H ${x - 18}`, stroke: "var(--faint)",
      }));
    }
    svg.append(element("rect", { x: x - 16, y, width: 32, height, fill: `var(${COLOURS[0]})` }));
    svg.append(element("text", { x, y: y - 7 }, String(channels)));
    svg.append(element("text", { x, y: tall + 22 }, name));
  });
  return svg;
}

function titled(graph) {
  if (!graph.title) return [drawGraph(graph)];
  const title = document.createElement("h3");
  title.textContent = graph.title;
  return [title, drawGraph(graph)];
}

function showCell(architecture) {
  if (!Object.hasOwn(data.cells, architecture)) return;
  const cell = data.cells[architecture];
  document.getElementById("cell-name").textContent = architecture;
  document.getElementById("cell-graph").replaceChildren(
    ...cell.graphs.flatMap(titled), ...(cell.widths.length ? [drawWidths(cell.widths)] : []));
  const facts = cell.facts.flatMap(([name, value]) => {
    const term = document.createElement("dt"), shown = document.createElement("dd");
    term.textContent = name;
    shown.textContent = value;
    return [term, shown];
  });
  document.getElementById("cell-facts").replaceChildren(...facts);
}

for (const table of document.querySelectorAll("table")) {
  const show = (event) => {
    const row = event.target.closest("tbody tr");
    if (row) for (const cell of row.cells) showCell(cell.textContent);
  };
  table.addEventListener("mouseover", show);
  table.addEventListener("click", show);
}

showCell(document.getElementById("cell").dataset.first);
drawCharts();
let drawnFor = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== drawnFor) drawCharts();
  drawnFor = window.innerWidth;
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
