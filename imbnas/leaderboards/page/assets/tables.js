"use strict";

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

// What the controls beside a table ask for; a row of unknown cost is above every limit.
function wishesOf(tools) {
  const wishes = [];
  const words = tools.querySelector(".filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) {
    wishes.push((row) => {
      const content = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      return words.every((word) => content.includes(word));
    });
  }
  for (const { value, dataset } of tools.querySelectorAll("[data-fact]")) {
    if (value) wishes.push((row) => row.dataset[dataset.fact] === value);
  }
  const most = tools.querySelector(".most");
  if (most && most.value !== "") {
    const scale = tools.querySelector(".scale").value;
    wishes.push((row) => row.dataset[scale] !== "" && Number(row.dataset[scale]) <= Number(most.value));
  }
  return wishes;
}

function filter(tools) {
  const wishes = wishesOf(tools);
  let count = 0;
  for (const row of document.getElementById(tools.dataset.table).tBodies[0].rows) {
    row.hidden = !wishes.every((wish) => wish(row));
    count += row.hidden ? 0 : 1;
  }
  tools.querySelector(".shown").textContent = wishes.length ? `${count} shown` : "";
}

function widen(button) {
  const whole = document.getElementById(button.closest(".tools").dataset.table).classList.toggle("whole");
  button.setAttribute("aria-pressed", String(whole));
  button.textContent = button.textContent.replace(/^\w+/, whole ? "fewer" : "more");
}

for (const table of document.querySelectorAll("table")) {
  [...table.tHead.rows[0].cells].forEach((header, index) => {
    header.querySelector("button").addEventListener("click", () => sortBy(table, index));
  });
}
for (const tools of document.querySelectorAll(".tools")) {
  tools.addEventListener("input", () => filter(tools));
  const button = tools.querySelector(".more");
  if (button) button.addEventListener("click", () => widen(button));
}

// What words and columns mean ---------------------------------------------------------------------

function tell(target) {
  const tip = document.getElementById("tip");
  if (!tip) return;
  tip.hidden = !target;
  if (!target) return;
  tip.textContent = target.dataset.tip;
  const around = target.getBoundingClientRect(), own = tip.getBoundingClientRect();
  const below = around.bottom + 6 + own.height < window.innerHeight;
  tip.style.top = `${below ? around.bottom + 6 : Math.max(4, around.top - own.height - 6)}px`;
  const last = document.documentElement.clientWidth - own.width - 12;
  tip.style.left = `${Math.max(12, Math.min(around.left, last))}px`;
  target.setAttribute("aria-describedby", "tip");
}

for (const kind of ["mouseover", "focusin", "click"]) {
  document.addEventListener(kind, (event) => tell(event.target.closest("[data-tip]")));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") tell(null);
});
document.addEventListener("scroll", () => tell(null), true);

