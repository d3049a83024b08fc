// The page of html_report: its looks and its skeleton, as they stand in the file.
#pragma once

#include <string_view>

namespace transst::detail {

inline constexpr std::string_view report_style = R"css(
:root {
  --page: #f6f6f3; --card: #ffffff; --plate: #fcfcfb; --line: #e3e3de; --soft: #eeeeea;
  --ink: #23262a; --quiet: #5d636b; --accent: #1f6391; --accent-ink: #ffffff;
  --warn: #8a4b00; --warn-page: #fdf3e3; --mark: rgba(31, 99, 145, .16);
  color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    --page: #14171b; --card: #1b1f24; --plate: #181b20; --line: #30363d; --soft: #262b31;
    --ink: #e4e6e8; --quiet: #a3abb4; --accent: #7db9e3; --accent-ink: #10202c;
    --warn: #f0bd74; --warn-page: #2c2517; --mark: rgba(125, 185, 227, .22);
    color-scheme: dark;
  }
}
:root[data-theme="dark"] {
  --page: #14171b; --card: #1b1f24; --plate: #181b20; --line: #30363d; --soft: #262b31;
  --ink: #e4e6e8; --quiet: #a3abb4; --accent: #7db9e3; --accent-ink: #10202c;
  --warn: #f0bd74; --warn-page: #2c2517; --mark: rgba(125, 185, 227, .22);
  color-scheme: dark;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
.wrap { max-width: 1320px; margin: 0 auto; padding: 28px 28px 56px; }
header { display: flex; gap: 16px; align-items: flex-start; justify-content: space-between; }
h1 { font-size: 26px; line-height: 1.25; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; font-weight: 650; margin: 0 0 12px; }
h3 { font-size: 13.5px; font-weight: 600; margin: 0 0 6px; }
p { margin: 0; }
.quiet { color: var(--quiet); }
.small { font-size: 13px; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px;
  margin-top: 20px; min-width: 0;
}
.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0 0; }
.facts div { min-width: 0; }
.facts dt { font-size: 12.5px; color: var(--quiet); }
.facts dd { margin: 0; font-size: 18px; font-weight: 550; font-variant-numeric: tabular-nums; }
.notice { border-left: 3px solid var(--warn); background: var(--warn-page); color: var(--ink);
  border-radius: 6px; padding: 10px 14px; margin-top: 16px; }
button, select, input {
  font: inherit; font-size: 14px; color: var(--ink); background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; min-height: 36px; padding: 5px 12px;
}
button { cursor: pointer; }
button:disabled { opacity: .45; cursor: default; }
select { max-width: 100%; padding-right: 6px; }
button:hover, select:hover { border-color: var(--quiet); }
button[aria-pressed="true"] {
  background: var(--accent); border-color: var(--accent); color: var(--accent-ink);
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hidden { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 14px; }
.bar .end { margin-left: auto; display: flex; gap: 8px; }
.bar label { display: flex; gap: 8px; align-items: center; min-width: 0; max-width: 100%; }
.bar select { min-width: 0; }
.square { width: 36px; padding: 0; font-size: 17px; line-height: 1; }

.map { display: grid; grid-template-columns: minmax(0, 1fr) 268px; gap: 24px; }
.plate { position: relative; background: var(--plate); border: 1px solid var(--line);
  border-radius: 10px; overflow: hidden; height: clamp(380px, 70vh, 680px); }
canvas { display: block; width: 100%; height: 100%; cursor: crosshair; touch-action: pan-y; }
canvas.near { cursor: grab; touch-action: none; }
canvas:focus-visible { outline-offset: -3px; }
.tip { position: absolute; pointer-events: none; max-width: 260px; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: 8px 11px; font-size: 13px;
  line-height: 1.45; box-shadow: 0 4px 16px rgba(0, 0, 0, .16); overflow-wrap: anywhere; z-index: 2; }
.tip b { font-weight: 600; }
.legend { min-width: 0; }
.legend ul { list-style: none; margin: 0; padding: 0; max-height: min(62vh, 610px); overflow: auto; }
.legend button { display: flex; width: 100%; gap: 10px; align-items: center; text-align: left;
  border-color: transparent; background: none; padding: 4px 8px; min-height: 34px; }
.legend button:hover { background: var(--soft); }
.legend button[aria-pressed="true"] { background: var(--soft); color: var(--ink);
  border-color: var(--quiet); }
.dot { flex: none; width: 12px; height: 12px; border-radius: 50%; box-shadow: 0 0 0 1px var(--line); }
.legend .what { flex: 1; min-width: 0; overflow-wrap: anywhere; line-height: 1.3; }
.legend .count, td.number, th.number { font-variant-numeric: tabular-nums; }
.legend .count { color: var(--quiet); font-size: 13px; }
.ramp { height: 14px; border-radius: 7px; margin: 6px 0 4px; border: 1px solid var(--line); }
.ends { display: flex; justify-content: space-between; font-variant-numeric: tabular-nums; }

.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; }
.two > .card { margin-top: 20px; }
ul.words { margin: 0; padding: 0; list-style: none; display: grid; gap: 8px; }
ul.words li { padding-left: 14px; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
ul.words.warnings li { border-left-color: var(--warn); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr));
  gap: 28px 32px; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--quiet); font-size: 12px; }
.chart .axis { stroke: var(--line); fill: none; }
.chart .curve { stroke: var(--accent); stroke-width: 2; fill: none; stroke-linejoin: round; }
.chart .point { fill: var(--accent); }
.chart .chosen { fill: var(--card); stroke: var(--accent); stroke-width: 3; }
.chart .read { fill: var(--ink); font-weight: 600; }

.scroll { position: relative; overflow: auto; border: 1px solid var(--line); border-radius: 8px; }
.tall { max-height: 520px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 14px; }
th, td { padding: 6px 12px; text-align: left; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; background: var(--card); z-index: 1; font-weight: 600;
  font-size: 13px; }
th.number, td.number { text-align: right; }
th.sort { padding: 0; }
th.sort button { border: 0; border-radius: 0; background: none; font-weight: 600; font-size: 13px;
  width: 100%; text-align: inherit; padding: 5px 12px; white-space: nowrap; }
th.sort button:focus-visible { outline-offset: -3px; }
th[aria-sort="ascending"] button::after { content: " ▲"; font-size: 10px; }
th[aria-sort="descending"] button::after { content: " ▼"; font-size: 10px; }
tbody tr:hover td { background: var(--soft); }
td button { border: 0; background: none; color: var(--accent); padding: 2px 0; min-height: 28px;
  text-decoration: underline; text-underline-offset: 3px; text-decoration-color: var(--line); }
td button[aria-pressed="true"] { padding: 2px 8px; margin: 0 -8px; text-decoration: none; }
td .dot { display: inline-block; margin-right: 9px; vertical-align: -1px; }
.matrix th[scope="row"] { position: sticky; left: 0; background: var(--card); font-weight: 500;
  z-index: 1; }
.matrix thead th:first-child { left: 0; z-index: 2; }
.matrix td { text-align: right; font-variant-numeric: tabular-nums; }
.matrix td.match { font-weight: 700; box-shadow: inset 0 0 0 2px var(--accent); }
.matrix tbody tr:hover td { background: revert-layer; }
dl.pairs { display: grid; grid-template-columns: minmax(120px, auto) minmax(0, 1fr);
  gap: 5px 20px; margin: 0; font-size: 14px; }
dl.pairs dt { color: var(--quiet); overflow-wrap: anywhere; }
dl.pairs dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
footer { margin-top: 28px; font-size: 13px; color: var(--quiet); }

@media (max-width: 900px) {
  .wrap { padding: 18px 14px 40px; }
  .two, .map { grid-template-columns: minmax(0, 1fr); }
  .two { gap: 0; }
  .card { padding: 15px 14px; margin-top: 14px; border-radius: 10px; }
  .two > .card { margin-top: 14px; }
  h1 { font-size: 22px; }
  .facts { gap: 10px 26px; }
  .plate { height: clamp(320px, 66vh, 460px); }
  .legend ul { max-height: none; }
  th, td { padding: 6px 9px; }
  th.sort button { padding: 5px 9px; }
  button, select, input { min-height: 40px; }
  th.sort button, td button { min-height: 36px; }
}
@media print { .bar, header button { display: none; } .card { break-inside: avoid; } }
)css";

inline constexpr std::string_view report_body = R"html(<div class="wrap">
<header>
<div><h1 id="title"></h1><p id="subtitle" class="quiet"></p></div>
<button id="theme" type="button" aria-label="Switch between light and dark">Dark</button>
</header>
<noscript><p class="notice">This page draws itself with JavaScript, which is switched off here.</p></noscript>
<p id="stopped" class="notice hidden">The run was stopped on request: this is what had been found by then.</p>
<dl id="facts" class="facts"></dl>
<main>
<section class="card" aria-labelledby="map-title">
<h2 id="map-title">Tissue</h2>
<div class="bar">
<div id="views" class="bar" role="group" aria-label="Colour the spots by" style="margin:0"></div>
<label id="gene-label"><span class="quiet small">Gene</span>
<select id="gene" aria-label="Colour the spots by a marker gene"></select></label>
<div class="end" role="group" aria-label="Zoom">
<button id="closer" type="button" class="square" aria-label="Zoom in">+</button>
<button id="farther" type="button" class="square" aria-label="Zoom out">−</button>
<button id="whole" type="button" disabled>All</button>
</div>
</div>
<div class="map">
<div class="plate" id="plate">
<canvas id="canvas" tabindex="0" role="img" aria-describedby="map-help"></canvas>
<div id="tip" class="tip hidden"></div>
</div>
<div class="legend" id="legend"></div>
</div>
<p class="unseen" id="map-help">Arrow keys go from spot to spot, plus and minus zoom, Escape shows everything.</p>
<p class="unseen" id="told" aria-live="polite"></p>
</section>
<div class="two" id="words">
<section class="card" id="decisions-card"><h2>Choices made</h2><ul id="decisions" class="words"></ul></section>
<section class="card" id="warnings-card"><h2>Warnings</h2><ul id="warnings" class="words warnings"></ul></section>
</div>
<section class="card" id="markers-card" aria-labelledby="markers-title">
<h2 id="markers-title">Marker genes</h2>
<div class="bar">
<label><span class="quiet small">Cluster</span><select id="of-cluster" aria-label="Limit the table to a cluster"></select></label>
<label><span class="quiet small">Find</span><input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="gene" aria-label="Find a gene" size="12"></label>
<span id="shown" class="quiet small" aria-live="polite"></span>
</div>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="markers-title"><table id="markers"></table></div>
<p class="quiet small" style="margin-top:10px">Each cluster against all other spots: Wilcoxon’s rank-sum test, q after Benjamini and Hochberg. Choose a gene to see it on the tissue.</p>
</section>
<section class="card" id="confusion-card" aria-labelledby="confusion-title">
<h2 id="confusion-title">Clusters and known labels</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="confusion-title"><table id="confusion" class="matrix"></table></div>
<p class="quiet small" style="margin-top:10px">Spots; the deeper the colour, the larger the share of the cluster. Framed: the one-to-one matching that covers most spots.</p>
</section>
<section class="card" id="curves-card"><h2>How it was fitted</h2><div id="curves" class="charts"></div></section>
<div class="two">
<section class="card"><h2>Options</h2><dl id="options" class="pairs"></dl></section>
<section class="card"><h2>Time</h2><dl id="times" class="pairs"></dl></section>
</div>
</main>
<footer id="footer"></footer>
</div>
)html";

}  // namespace transst::detail
