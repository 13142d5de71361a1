/** What every page has. No font, picture or sheet comes from elsewhere. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d5dae0; --code: #f0f2f5; --link: #0b57d0;
  --red: #b3261e; --amber: #8a5a00; --blue: #0b57d0; --green: #1a7f37; --grey: #57606a;
  --red-tint: #fdeceb; --amber-tint: #fdf3dd; --green-tint: #e9f6ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1419; --card: #171d24; --text: #e6e9ee; --soft: #a3aebb; --line: #35404c; --code: #212932; --link: #8ab4f8;
    --red: #ff8a80; --amber: #f2b84b; --blue: #8ab4f8; --green: #6fd08c; --grey: #a3aebb;
    --red-tint: #3a1d1c; --amber-tint: #352a12; --green-tint: #14301d;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 2; }
h1, h2, h3 { line-height: 1.25; }
h1 { font-size: 1.7rem; margin: .1rem 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .8rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .6rem; }
p { margin: .35rem 0; }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { background: var(--code); padding: .08em .35em; border-radius: 4px; }
pre { background: var(--code); padding: .7rem .8rem; border-radius: 6px; margin: .4rem 0; white-space: pre-wrap; }
.soft { color: var(--soft); }
.small { font-size: .88rem; }

.verdict { margin-top: 1.5rem; padding: 1.1rem 1.3rem; border-radius: 12px; background: var(--card); border: 1px solid var(--line); border-inline-start: 10px solid var(--grey); }
.verdict.red { border-inline-start-color: var(--red); background: var(--red-tint); }
.verdict.amber { border-inline-start-color: var(--amber); background: var(--amber-tint); }
.verdict.green { border-inline-start-color: var(--green); background: var(--green-tint); }
.verdict .why { font-size: 1.1rem; margin: 0; }
p.why::first-letter, .pillars .small::first-letter { text-transform: uppercase; }
.counts { display: flex; flex-wrap: wrap; gap: .4rem 1.3rem; list-style: none; margin: .9rem 0 0; padding: 0; }
.counts b { font-size: 1.25rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 1.1rem 0 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.levels { display: flex; flex-wrap: wrap; gap: .3rem .9rem; list-style: none; margin: 0; padding: 0; }
.levels .absent { color: var(--soft); }

.pillars { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .8rem; list-style: none; margin: 0; padding: 0; }
.pillars li { background: var(--card); border: 1px solid var(--line); border-top: 5px solid var(--grey); border-radius: 8px; padding: .7rem .8rem; }
.pillars .met { border-top-color: var(--green); }
.pillars .not-met { border-top-color: var(--red); background: var(--red-tint); }
/* Nothing was proven, and nothing failed: told apart in shades of grey, too. */
.pillars .not-shown { border: 2px dashed var(--amber); background: var(--amber-tint); }
.pillars h3 { margin: 0; font-size: 1rem; }
.pillars .state { font-weight: 600; }

.failed, .errored, .not-met .state, .regressed { --tone: var(--red); }
.warned, .waived, .not-shown .state, .changed-reason, .no-longer-seen { --tone: var(--amber); }
.noted, .newly-run { --tone: var(--blue); }
.passed, .met .state, .fixed { --tone: var(--green); }
.untested, .out-of-scope, .not-applicable, .not-run, .none, .no-longer-run { --tone: var(--grey); }
.state, .tone { color: var(--tone, var(--text)); }
.tag { display: inline-block; border: 1px solid var(--line); color: var(--soft); border-radius: 99px; padding: 0 .6rem; font-size: .82rem; font-weight: 500; line-height: 1.55; white-space: nowrap; }
.tag.toned { border-color: var(--tone); color: var(--tone); }
.tag.critical, .tag.high { font-weight: 700; color: var(--text); border-color: var(--text); }

.card, figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin: 0; padding: 1rem 1.1rem; }
details > summary { cursor: pointer; }
.plain { padding-inline-start: 1.2rem; margin: .5rem 0; }
.card.plain { padding-inline-start: 2.2rem; margin: 0; }
.plain li { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: start; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
footer { margin: 2.5rem auto 2rem; color: var(--soft); font-size: .88rem; }

/* A sheet of paper is as narrow as a small screen, and has room all the same. */
@media screen and (max-width: 44rem) {
  body { font-size: 15.5px; }
  header, main, footer { padding: 0 .8rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .55rem; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --code: #f3f3f3; --link: #000;
    --red: #b3261e; --amber: #7a5000; --blue: #0b4fb8; --green: #17692f; --grey: #555; --red-tint: #fff; --amber-tint: #fff; --green-tint: #fff;
  }
  body { font-size: 10.5pt; }
  header, main, footer { max-width: none; padding: 0; }
  .skip { display: none; }
  details::details-content { content-visibility: visible; display: block; }
  .pillars li { break-inside: avoid-page; }
  h2, h3 { break-after: avoid; }
}
`;

/** Behind that of every page: what the report has besides. */
export const REPORT_STYLE = `
figure > svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--text); font: 14px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
svg a text { fill: var(--link); text-decoration: underline; pointer-events: bounding-box; }
svg .name { font-weight: 650; font-size: 15px; }
svg .dim { fill: var(--soft); font-size: 12px; }
svg .box { fill: var(--page); stroke: var(--line); stroke-width: 1.5; }
svg .leg { stroke: var(--tone); stroke-width: 2.5; fill: none; }
svg .head, svg .dot { fill: var(--tone); }
svg .word { fill: var(--tone); font-size: 13px; font-weight: 600; }
svg .sheet { fill: var(--card); stroke: var(--tone); stroke-width: 1.8; }
svg .failed .leg, svg .errored .leg { stroke-width: 4; }
svg .untested .leg, svg .out-of-scope .leg, svg .not-applicable .leg { stroke-dasharray: 2 6; }
svg .warned .leg { stroke-dasharray: 12 4; }
svg .bar { fill: var(--tone); }
svg .axis { stroke: var(--line); }
.trend { display: flex; padding-inline-end: .8rem; direction: ltr; }
.trend svg { flex: none; width: auto; overflow: visible; }
.trend .plot { flex: 1; min-width: 0; }
.legs { display: none; list-style: none; margin: 0; padding: 0; }
.legs li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .8rem; padding: .35rem 0 .35rem .7rem; border-inline-start: 5px solid var(--tone); margin-bottom: .4rem; }

.filters { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; }
.filters[hidden] { display: none; }
.filters label { display: grid; gap: .1rem; font-size: .85rem; color: var(--soft); }
.filters .wide { flex: 1 1 14rem; }
input, select, button { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--soft); border-radius: 6px; padding: .35rem .55rem; max-width: 100%; min-height: 2.4rem; }
input { width: 100%; }
button { cursor: pointer; }

.finding { background: var(--card); border: 1px solid var(--line); border-inline-start: 6px solid var(--tone); border-radius: 8px; margin: 0 0 .7rem; }
.finding[hidden], .party[hidden] { display: none; }
.finding > summary { padding: .7rem .9rem; cursor: pointer; list-style: none; position: relative; padding-inline-end: 2.2rem; }
.finding > summary::-webkit-details-marker { display: none; }
.finding > summary::after { content: ""; position: absolute; inset-inline-end: 1rem; top: 1.15rem; width: .5rem; height: .5rem; border: solid var(--soft); border-width: 0 2px 2px 0; transform: rotate(45deg); }
.finding[open] > summary::after { transform: rotate(-135deg); top: 1.35rem; }
.finding > summary:hover .title { text-decoration: underline; }
.finding .title { font-weight: 650; }
.finding .tags { display: flex; flex-wrap: wrap; gap: .3rem .45rem; margin-top: .3rem; align-items: center; }
.finding .body { padding: 0 .9rem .9rem; }
.finding .brief { display: block; color: var(--soft); font-size: .93rem; }
.finding[open] .brief { display: none; }
.reason { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .7rem; }
.says { font-weight: 600; }
.rows { display: grid; grid-template-columns: 6.2rem 1fr; gap: .35rem 1rem; margin: .5rem 0 0; }
.rows dt { color: var(--soft); }
.rows dd { margin: 0; min-width: 0; }
.rows .said + details { margin-top: .2rem; }
.rows ul { margin: 0; padding-inline-start: 1.1rem; }
.fix { background: var(--green-tint); border-radius: 6px; padding: .4rem .6rem; }
.exchange { margin: .4rem 0; border-inline-start: 3px solid var(--line); padding-inline-start: .7rem; }

.gap { margin-bottom: .8rem; }
.gap p:first-child { font-weight: 600; }

@media screen and (max-width: 44rem) {
  .rows { grid-template-columns: 1fr; gap: 0; }
  .rows dd { margin-bottom: .55rem; }
}
@media (max-width: 44rem) {
  .wide-only { display: none !important; }
  .legs { display: block; }
  .filters label { flex: 1 1 8rem; }
}
@media print {
  .filters, .exchanges, .folded { display: none !important; }
  .finding .brief { display: none; }
  .finding > summary { break-after: avoid; }
  .finding > summary::after { display: none; }
  .fix { padding: 0; }
  .finding, figure, .gap { break-inside: avoid-page; }
}
`;

/** Behind that of every page: what a certificate has besides. */
export const CERTIFICATE_STYLE = `
.checks { columns: 26rem 2; column-gap: 1.6rem; list-style: none; }
.checks li { break-inside: avoid; margin: 0 0 .3rem; }
.areas { font-size: .86rem; }
.areas dt { font-weight: 650; }
.areas dd { margin: 0 0 .7rem; }
td code { background: none; padding: 0; }
th[scope=row] { font-weight: 400; }
@media screen and (max-width: 44rem) {
  td, th[scope=row] { display: block; border: 0; padding: 0; }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .35rem 0; }
  thead { position: absolute; left: -99rem; }
}
@media print {
  .card { padding: .4rem .7rem; }
  .areas { font-size: 8pt; }
  td code { font-size: 7.2pt; }
  .waivers li, tr, .steps, .facts dd { break-inside: avoid; }
}
`;
