const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#4a7fc9", "#e0803f", "#4fae7d", "#b56cae", "#a8933f", "#8a9099", "#c95a5a", "#3fa6b5"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Charts -----------------------------------------------------------------------------------------

function axisOf(given = {}) {
  return {
    gridcolor: colour("--line"), zerolinecolor: colour("--line"), automargin: true, ...given,
    title: { ...given.title, font: { size: 12 } },
  };
}

function layoutOf(chart) {
  const given = chart.layout;
  return {
    margin: { l: 50, r: 16, t: 10, b: 46 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), size: 12 },
    colorway: COLOURS,
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
    hovermode: "closest",
    hoverlabel: { align: "left", font: { size: 11 } },
    ...given,
    xaxis: axisOf(given.xaxis),
    yaxis: axisOf(given.yaxis),
  };
}

function drawCharts() {
  for (const chart of data.charts) {
    const place = document.getElementById("chart-" + chart.name);
    place.style.minHeight = chart.height + "px";
    const config = { responsive: true, displaylogo: false, displayModeBar: false };
    Plotly.react(place, chart.traces, layoutOf(chart), config);
    if (!place.dataset.listens) {
      place.dataset.listens = "yes";
      const show = (event) => {
        const point = event.points[0];
        if (point && typeof point.customdata === "string") showCell(point.customdata);
      };
      place.on("plotly_hover", show);
      place.on("plotly_click", show);
    }
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
  return COLOURS[OPERATIONS.indexOf(operation) % COLOURS.length];
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
        d: `M ${x - step + 18} ${tall / 2} H ${x - 18}`, stroke: colour("--faint"),
      }));
    }
    svg.append(element("rect", { x: x - 16, y, width: 32, height, fill: COLOURS[0] }));
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

drawCharts();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
