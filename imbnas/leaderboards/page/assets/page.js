"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#4a7fc9", "#e0803f", "#4fae7d", "#b56cae", "#a8933f", "#8a9099", "#c95a5a", "#3fa6b5"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Charts -----------------------------------------------------------------------------------------

function layoutOf(chart) {
  const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--line"), automargin: true };
  const given = chart.layout;
  return {
    margin: { l: 50, r: 16, t: 10, b: 46 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--ink"), size: 12 },
    colorway: COLOURS,
    legend: { orientation: "h", y: -0.22, yanchor: "top" },
    hovermode: "closest",
    hoverlabel: { align: "left", font: { size: 11 } },
    ...given,
    xaxis: { ...axis, ...given.xaxis },
    yaxis: { ...axis, ...given.yaxis },
  };
}

function drawCharts() {
  for (const chart of data.charts) {
    const place = document.getElementById("chart-" + chart.name);
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
  (cell) => cell.edges.map(([, , operation]) => operation)))].sort();

function colourOf(operation) {
  return COLOURS[OPERATIONS.indexOf(operation) % COLOURS.length];
}

function drawGraph(edges) {
  const nodes = [...new Set(edges.flatMap(([from, to]) => [from, to]))].sort((a, b) => a - b);
  const last = Math.max(...nodes, 1);
  const step = 130, middle = 130;
  const svg = element("svg", { viewBox: `-30 0 ${last * step + 60} 260`, role: "img" });
  const labels = [];
  const parallel = {};
  for (const [from, to, operation] of edges) {
    const key = from + ">" + to;
    parallel[key] = (parallel[key] || 0) + 1;
    const span = to - from;
    // Neighbours are joined straight; longer edges alternate above and below the line.
    const side = span === 1 ? 0 : (from + to) % 2 === 0 ? -1 : 1;
    const bend = side * 42 * (span - 0.4) + (parallel[key] - 1) * 36;
    const x0 = from * step, x1 = to * step;
    const path = `M ${x0} ${middle} Q ${(x0 + x1) / 2} ${middle + 2 * bend} ${x1} ${middle}`;
    svg.append(element("path", { d: path, stroke: colourOf(operation) }));
    labels.push(element("text", { x: (x0 + x1) / 2, y: middle + bend - 6 }, operation));
  }
  labels.forEach((label) => svg.append(label));
  for (let node = 0; node <= last; node += 1) {
    svg.append(element("circle", { cx: node * step, cy: middle, r: 13 }));
    svg.append(element("text", { x: node * step, y: middle + 4 }, String(node)));
  }
  return svg;
}

function showCell(architecture) {
  const cell = data.cells[architecture];
  if (!cell) return;
  document.getElementById("cell-name").textContent = architecture;
  document.getElementById("cell-graph").replaceChildren(
    ...(cell.edges.length ? [drawGraph(cell.edges)] : []));
  const facts = cell.facts.flatMap(([name, value]) => {
    const term = document.createElement("dt"), shown = document.createElement("dd");
    term.textContent = name;
    shown.textContent = value;
    return [term, shown];
  });
  document.getElementById("cell-facts").replaceChildren(...facts);
}

// Tables -----------------------------------------------------------------------------------------

function compare(first, second, numeric, direction) {
  // Missing values stay at the end either way.
  if (first === "" || second === "") return (first === "") - (second === "");
  const order = numeric ? Number(first) - Number(second) : first.localeCompare(second);
  return direction * order;
}

function sortBy(table, index) {
  const header = table.tHead.rows[0].cells[index];
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  for (const cell of table.tHead.rows[0].cells) cell.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const numeric = header.classList.contains("number");
  const rows = [...table.tBodies[0].rows];
  const key = (row) => row.cells[index].dataset.order;
  rows.sort((a, b) => compare(key(a), key(b), numeric, ascending ? 1 : -1));
  table.tBodies[0].append(...rows);
}

function filterBy(table, text, shown) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of table.tBodies[0].rows) {
    const content = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
    row.hidden = !words.every((word) => content.includes(word));
    count += row.hidden ? 0 : 1;
  }
  shown.textContent = words.length ? `${count} shown` : "";
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((header, index) => {
    header.querySelector("button").addEventListener("click", () => sortBy(table, index));
  });
  const show = (event) => {
    const row = event.target.closest("tbody tr");
    if (row) for (const cell of row.cells) showCell(cell.textContent);
  };
  table.addEventListener("mouseover", show);
  table.addEventListener("click", show);
}
for (const input of document.querySelectorAll("input.filter")) {
  const table = document.getElementById("table-" + input.dataset.table);
  const shown = input.closest(".tools").querySelector(".shown");
  input.addEventListener("input", () => filterBy(table, input.value, shown));
}

drawCharts();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
