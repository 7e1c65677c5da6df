/** What the page of a report looks like, beside what all pages share (`_page_style.ts`). */

/** The style sheet. */
export const REPORT_STYLE = `
h1 .muted { font-weight: 500; }
.text { unicode-bidi: isolate; }
.outcomes, .phases { display: flex; gap: 2px; height: 8px; margin-top: 12px; border-radius: 4px; overflow: hidden; }
.outcomes span, .phases span { flex-basis: 0; min-width: 2px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin-top: 8px; }
.key { display: inline-flex; gap: 6px; align-items: center; font-size: 13px; line-height: 1.4; color: var(--ink); background: none; border: 0; padding: 2px 0; }
button.key { cursor: pointer; }
button.key[aria-pressed="false"] { color: var(--muted); text-decoration: line-through; }
button.key[aria-pressed="false"] .swatch { background: none; box-shadow: inset 0 0 0 1.5px var(--swatch); }

.finding { border-left-width: 4px; }
.finding p { margin-top: 2px; }
.accent { color: var(--accent); }
.bad-edge { border-left-color: var(--bad); }
.warn-edge { border-left-color: var(--warn); }
.accent-edge { border-left-color: var(--accent); }

.zoom { position: sticky; top: 0; z-index: 2; background: var(--page); padding: 8px 0; }
.zoom .button { min-width: 36px; justify-content: center; }
.stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
figcaption .small { line-height: 1.4; }
.plot { position: relative; margin-top: 8px; touch-action: pan-y; cursor: crosshair; user-select: none; -webkit-user-select: none; }
.pairs .plot { cursor: default; touch-action: auto; }
.plot.clickable { cursor: pointer; }
.plot canvas { display: block; max-width: 100%; border-radius: 4px; }
.line, .band { position: absolute; pointer-events: none; opacity: 0; }
.line { width: 1px; margin-left: -.5px; background: var(--ink); }
.line.shown { opacity: .4; }
.band { top: 0; bottom: 0; background: var(--accent); }
.band.shown { opacity: .18; }
.tip { position: fixed; z-index: 3; top: 0; left: 0; opacity: 0; pointer-events: none; max-width: 320px; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; box-shadow: 0 4px 14px #0003; padding: 8px 11px; font-size: 13px; line-height: 1.45; }
.tip.shown { opacity: 1; }
.tip dl { display: grid; grid-template-columns: auto auto; gap: 0 14px; margin-top: 2px; }
.tip dt { color: var(--muted); }
.tip dd { text-align: right; }

.limits { display: grid; gap: 10px; }
.limits li { display: grid; grid-template-columns: minmax(0, 1.2fr) minmax(0, 1fr) minmax(0, 1fr); gap: 4px 18px; align-items: center; }
.gauge { height: 10px; border-radius: 5px; background: var(--raised); box-shadow: inset 0 0 0 1px var(--line); overflow: hidden; }
.fill { display: block; height: 100%; background: var(--accent); border-radius: 5px; }
.fill.full { background: var(--bad); }

.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 12px; align-items: start; }
.quantiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(56px, 1fr)); gap: 6px 4px; margin-top: 8px; font-size: 13px; text-align: right; white-space: nowrap; }
.quantiles dt { color: var(--muted); font-weight: 600; }

.failures { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.failures .card > * + * { margin-top: 6px; }
summary { cursor: pointer; color: var(--accent); width: fit-content; font-size: 13px; }
pre { margin-top: 6px; }

input[type="search"] { width: min(320px, 100%); }
.paper { display: none; }
.flush { padding: 0; overflow: hidden; margin-top: 12px; }
.view { max-height: min(548px, 80vh); overflow: auto; }
.calls { border-collapse: separate; border-spacing: 0; }
.calls th, .calls td { height: 34px; padding: 0 14px; white-space: nowrap; max-width: 340px; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; }
.calls thead th { position: sticky; top: 0; z-index: 1; background: var(--raised); border-bottom: 1px solid var(--line); }
.calls tbody th { font-weight: 500; }
.calls .odd > * { background: color-mix(in srgb, var(--raised) 55%, transparent); }
.calls tbody tr:hover > * { background: var(--raised); }
.calls .space > td { padding: 0; border: 0; background: none; }
.sort { appearance: none; background: none; border: 0; padding: 0; font: inherit; color: inherit; cursor: pointer; }

dialog { width: min(820px, 94vw); max-height: 92vh; overflow: auto; border: 1px solid var(--edge); border-radius: 12px; padding: 20px 24px 24px; background: var(--card); color: var(--ink); box-shadow: 0 16px 48px #0006; }
dialog::backdrop { background: #0008; }
dialog section { margin-top: 20px; }
dialog .top { position: sticky; top: -20px; margin: -20px -24px 0; padding: 18px 24px 10px; background: var(--card); z-index: 1; }
.where { margin-top: 4px; }
.stats th { font-weight: 400; color: var(--ink); }
.stats td, .stats th { padding: 2px 0; }

@media (max-width: 640px) {
  .limits li { grid-template-columns: minmax(0, 1fr); }
  .limits .number { text-align: left; }
  .zoom output { flex-basis: 100%; }
  dialog { padding: 14px 14px 20px; }
  dialog .top { top: -14px; margin: -14px -14px 0; padding: 14px 14px 8px; }
  .quantiles { grid-template-columns: repeat(auto-fit, minmax(64px, 1fr)); }
  .calls th, .calls td { padding: 0 9px; }
}
@media print {
  .pairs { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plot { height: auto !important; }
  .plot canvas { width: 100% !important; height: auto !important; }
  .paper { display: block; }
  .quantiles { font-size: 10px; }
  .calls { font-size: 10px; }
  .calls th, .calls td { padding: 0 5px; height: auto; max-width: 150px; }
  .calls thead th { position: static; }
  details > pre { display: block; }
  .tip, dialog { display: none; }
}
`;
