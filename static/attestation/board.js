"use strict";
// The deadline board: the plot of the next 90 days, drawn from the numbers on the page; copying an address.
// Each kind has a pattern as well as a colour, the same in the legend: it reads without colours too.

const HUES = ["#0e7490", "#7c3aed", "#b45309", "#b42318", "#15713b", "#475569"];
const TILE = 8;

// A small tile of the pattern of a kind; the first is plain.
function tile(index) {
  const drawn = document.createElement("canvas");
  drawn.width = drawn.height = TILE;
  const pen = drawn.getContext("2d");
  const hue = HUES[index % HUES.length];
  pen.fillStyle = index % HUES.length ? "#fff" : hue;
  pen.fillRect(0, 0, TILE, TILE);
  pen.fillStyle = pen.strokeStyle = hue;
  pen.lineWidth = 2.4;
  const line = (...points) => {
    pen.beginPath();
    pen.moveTo(points[0], points[1]);
    pen.lineTo(points[2], points[3]);
    pen.stroke();
  };
  const slope = () => [-TILE, 0, TILE].forEach((x) => line(x, TILE, x + TILE, 0));
  const back = () => [-TILE, 0, TILE].forEach((x) => line(x, 0, x + TILE, TILE));
  switch (index % HUES.length) {
    case 1: slope(); break;
    case 2: [[2, 2], [6, 6]].forEach(([x, y]) => { pen.beginPath(); pen.arc(x, y, 1.7, 0, 7); pen.fill(); }); break;
    case 3: pen.fillRect(0, 0, TILE, 3); break;
    case 4: pen.lineWidth = 1.5; slope(); back(); break;
    case 5: pen.fillRect(0, 0, 3, TILE); break;
  }
  return drawn;
}

function fill(pen, index) {
  return pen.createPattern(tile(index), "repeat");
}

function drawSwatches() {
  for (const swatch of document.querySelectorAll("canvas.swatch")) {
    const index = Number(swatch.dataset.pattern);
    const pen = swatch.getContext("2d");
    pen.fillStyle = fill(pen, index);
    pen.fillRect(0, 0, swatch.width, swatch.height);
    pen.strokeStyle = HUES[index % HUES.length];
    pen.lineWidth = 2;
    pen.strokeRect(1, 1, swatch.width - 2, swatch.height - 2);
  }
}

function drawPlot(canvas) {
  const plot = JSON.parse(canvas.dataset.plot);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--quiet").trim() || "#555";
  const grid = style.getPropertyValue("--line").trim() || "#ddd";
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: plot.labels,
      datasets: plot.series.map((series) => ({
        label: series.label,
        // No bar at all where nothing is due.
        data: series.data.map((number) => number || null),
        backgroundColor: fill(pen, series.pattern),
        borderColor: HUES[series.pattern % HUES.length],
        borderWidth: 1,
        barPercentage: 1,
        categoryPercentage: 0.86,
      })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          filter: (item) => item.raw > 0,
          callbacks: { title: (items) => (items.length ? plot.titles[items[0].dataIndex] : "") },
        },
      },
      scales: {
        x: {
          stacked: true,
          grid: { display: false },
          ticks: {
            color: ink, autoSkip: false, maxRotation: 0,
            callback: (value, index) => (plot.mondays[index] ? plot.labels[index] : ""),
          },
        },
        y: { stacked: true, beginAtZero: true, grid: { color: grid }, ticks: { color: ink, precision: 0 } },
      },
    },
  });
}

function offerCopying(button) {
  const field = document.querySelector(button.dataset.copy);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    // The clipboard is closed to pages without https; the old way works there.
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
    button.querySelector(".words").textContent = button.dataset.copied;
  });
}

document.addEventListener("DOMContentLoaded", () => {
  drawSwatches();
  const canvas = document.querySelector("#due-plot");
  if (canvas) drawPlot(canvas);
  for (const button of document.querySelectorAll("[data-copy]")) offerCopying(button);
});
