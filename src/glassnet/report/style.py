"""How the page looks: one accent, much air, figures in columns; light, dark, wide, narrow and on paper.

Contrast of text is at least 4.5 to 1 in both colour schemes (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f9; --ink: #1b2330; --faint: #5b6675; --line: #d9dee5;
  --accent: #1f5fa8; --second: #b4500f; --loud: #fff4e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181f; --raised: #1c222b; --ink: #e6e9ee; --faint: #9aa5b4; --line: #343d4a;
    --accent: #7db4f0; --second: #f0a36a; --loud: #33270f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main, header, footer { max-width: 68rem; margin: 0 auto; padding: 0 2rem; }
header { padding-top: 3.5rem; }
footer { padding-top: 1rem; padding-bottom: 3rem; color: var(--faint); font-size: .875rem; }
p, ul, ol { max-width: 42rem; margin: 0 0 1rem; }
ul, ol { padding-left: 1.2rem; }
li { margin: .25rem 0; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
h1, h2, h3 { line-height: 1.25; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h1 { font-size: 2rem; margin: .25rem 0 .5rem; }
h2 { font-size: 1.4rem; margin: 0 0 1.25rem; scroll-margin-top: 1rem; }
h3 { font-size: 1.05rem; margin: 2.25rem 0 .75rem; }
section { padding: 2.75rem 0 1.5rem; border-top: 1px solid var(--line); }
header + main > section:first-child { border-top: 0; padding-top: 2rem; }
.over { color: var(--faint); font-size: .9rem; margin: 0; }
.lead { font-size: 1.3rem; line-height: 1.45; margin: 0 0 .75rem; max-width: 48rem; text-wrap: pretty; }
.quiet, figcaption { color: var(--faint); font-size: .9rem; }
.loud, .note {
  max-width: 48rem; border-left: 3px solid var(--second); background: var(--loud);
  padding: .6rem 1rem; margin: 0 0 1rem; border-radius: 0 4px 4px 0;
}
.finding { max-width: 48rem; border-left: 3px solid var(--accent); background: var(--raised);
  padding: .7rem 1rem; margin: 0 0 1rem; border-radius: 0 4px 4px 0; }
.finding.warning { border-left-color: var(--second); background: var(--loud); }
.finding p { margin: 0 0 .3rem; }
.finding p:last-child { margin: 0; }
.finding + .scroll { margin-top: 2rem; }
.meaning { margin: 0; }
.meaning strong { font-weight: 550; }
.grid th, .grid td { padding-right: .8rem; }
.grid .number { white-space: normal; }
.scores tbody th { width: 1%; min-width: 8.1rem; }
.tag { color: var(--faint); font-size: .85rem; margin-left: .4rem; }
nav ol { list-style: none; padding: 0; margin: 1.25rem 0 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1.4rem; font-size: .95rem; max-width: none; }
nav li { margin: 0; }
.grid > div > :first-child { margin-top: 0; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr));
  gap: 2rem 2.5rem; margin: 1.5rem 0 1rem; align-items: start; }
.grid.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); gap: 1.5rem 2.5rem; }
.spread { max-width: 21rem; }
figure { margin: 0; min-width: 0; max-width: 34rem; }
figure h3 { margin: 0 0 .4rem; font-size: 1rem; }
figcaption { margin: .4rem 0 .4rem; }
svg { stroke-linejoin: round; stroke-linecap: butt; display: block;
  width: 100%; height: auto; overflow: visible; }
svg text { font-family: inherit; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-size: .9rem; line-height: 1.4; }
caption span { display: inline-block; position: sticky; left: 0; max-width: calc(100vw - 2.5rem); }
caption { text-align: left; color: var(--faint); padding: 0 0 .4rem; font-size: .85rem; }
th, td { text-align: left; vertical-align: baseline; padding: .4rem 1.25rem .4rem 0; font-weight: 400;
  border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: .25rem; }
thead th, thead td { color: var(--faint); font-size: .85rem; vertical-align: bottom;
  border-bottom-color: var(--faint); }
tbody th { font-weight: 550; }
.number { text-align: right; white-space: nowrap; }
td:last-child:not(.number) { min-width: 15rem; }
.grid pre { white-space: pre-wrap; font-size: .78rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .9rem 2rem;
  margin: 0 0 1.5rem; }
dl > div { min-width: 0; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; font-weight: 550; }
details { margin: 0 0 .75rem; max-width: 100%; }
summary { cursor: pointer; color: var(--accent); font-size: .9rem; padding: .2rem 0; width: fit-content; }
details[open] > summary { margin-bottom: .6rem; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem;
  overflow-x: auto; margin: 0 0 1rem; font-size: .85rem; line-height: 1.5; max-width: 54rem; }
code { font-size: .9em;
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre code { font-size: 1em; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .4rem .8rem; }
.threshold[hidden] { display: none; }
.threshold .controls { display: grid; gap: .7rem 1.5rem; grid-template-columns: repeat(2, minmax(0, 1fr));
  align-items: end; margin: 0 0 1.25rem; }
.threshold label { font-size: .9rem; color: var(--faint); }
.threshold label:first-child { grid-column: 1 / -1; }
.threshold output { color: var(--ink); font-weight: 650; }
.threshold input { display: block; width: 100%; margin: .25rem 0 0; accent-color: var(--accent);
  font: inherit; color: var(--ink); }
.threshold input[type=number] { background: var(--paper); border: 1px solid var(--faint);
  border-radius: 4px; padding: .3rem .5rem; }
.threshold input[type=range] { height: 1.75rem; cursor: pointer; }
.threshold button { font: inherit; font-size: .9rem; color: var(--accent); background: var(--raised);
  border: 1px solid var(--accent); border-radius: 4px; padding: .35rem .8rem; cursor: pointer;
  justify-self: start; grid-column: 1 / -1; }
.threshold table { margin: 0 0 1.25rem; }
.threshold [role=status] { min-height: 4.8em; margin: 0; }
@media (max-width: 40rem) {
  body { font-size: 15.5px; }
  main, header, footer { padding-left: 1.1rem; padding-right: 1.1rem; }
  header { padding-top: 1.75rem; }
  h1 { font-size: 1.6rem; }
  .lead { font-size: 1.13rem; }
  section { padding-top: 2rem; }
  table { font-size: .79rem; }
  th, td, .grid th, .grid td { padding-right: .45rem; }
  .number { white-space: normal; }
  .scores tbody th { width: auto; min-width: 0; }
  td.number .tag { display: block; margin: 0; }
  /* The cells for example stand in the pictures above, too. */
  .kinds th:nth-child(5), .kinds td:nth-child(5) { display: none; }
  /* Whether two runs differ is said in words beside p. */
  .pairs th:nth-last-child(2), .pairs td:nth-last-child(2) { display: none; }
  td:last-child:not(.number) { min-width: 4.2rem; }
  thead th, thead td { font-size: .76rem; }
  dl { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  pre { white-space: pre-wrap; }
}
@media print {
  :root {
    color-scheme: light; --paper: #fff; --raised: #fff; --ink: #000; --faint: #444; --line: #d4d4d4;
    --accent: #1f5fa8; --second: #b4500f; --loud: #fff;
  }
  @page { margin: 18mm 16mm; }
  html { font-size: 12px; }
  body { font-size: 10pt; }
  th, td { padding: .22rem .8rem .22rem 0; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; }
  nav, .skip, .threshold .controls { display: none; }
  h2, h3, figcaption { break-after: avoid; }
  .grid > *, figure, tr, pre, dl > div { break-inside: avoid; }
  section { padding: 1.2rem 0 .5rem; }
  .grid { display: block; }
  .grid > * { display: inline-block; vertical-align: top; width: 47%; margin: 0 2% 1rem 0; }
  .grid > dl { display: inline-grid; grid-template-columns: 1fr 1fr; }
  /* A row of pictures is a line, and of lines two would be kept together: half a sheet stayed white. */
  .grid { orphans: 1; widows: 1; }
  /* Of what is moved by hand paper keeps the sentence that says what was chosen and what that costs. */
  .threshold > p:not([role=status]), .threshold table, .threshold dl { display: none; }
  .grid th, .grid td { padding-right: .45rem; }
  thead .number { white-space: normal; }
  p, ul { margin-bottom: .7rem; }
  h3 { margin-top: 1.4rem; }
  /* What opens on a click is open on paper, but for the tables behind pictures: they say the same again. */
  details::details-content { content-visibility: visible; }
  @supports not selector(details::details-content) { details:not([open]) { display: none; } }
  figure details { display: none; }
  /* A square of many classes would take half a sheet, and leave the sheet before it white. */
  svg[aria-labelledby^="confusion"] { max-height: 55mm; }
  summary { color: var(--ink); font-weight: 650; list-style: none; break-after: avoid; }
  summary::-webkit-details-marker { display: none; }
  caption, thead { break-after: avoid; }
  p, li { orphans: 3; widows: 3; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
}
""".strip()
