/**
 * The look of every page that Lithoscope makes: letters, colours for light and dark, tiles, cards, tables. Colours are
 * those of the pictures (`_style.ts`), darker or lighter where text needs the contrast (WCAG AA).
 *
 * A page is light or dark as the reader's system is; `data-theme="light"` or `"dark"` on the root element overrules it.
 */
import { FONT_FAMILY } from "./_style.ts";

/** Colours of pictures on a dark page, by their colour on a light one. */
export const DARK: Readonly<Record<string, string>> = {
  "#1c2733": "#e6ebf0", // ink
  "#5f6b78": "#9aa7b4", // muted
  "#b4bcc6": "#4a5663", // axis
  "#d3d9e0": "#36414d", // division
  "#e9ecf0": "#252e38", // grid
  "#f4f6f9": "#1c242d", // band
  "#c3cad3": "#46525f", // rail
  "#7b8794": "#94a0ad", // submit
  "#0072b2": "#56b4e9", // start, active
  "#009e73": "#2fc79a", // status
  "#cc79a7": "#e09bc2", // result
  "#d32f0a": "#ff7a59", // failed
  "#a3adb8": "#5d6a78", // call
  "#8fa3b8": "#6f859b", // bars of calls
  "#c3cfdb": "#4d6073",
  "#ffffff": "#171e26", // the card behind the picture
};

/** The style sheet. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f5f6f8, #0e1318);
  --card: light-dark(#ffffff, #171e26);
  --raised: light-dark(#f4f6f9, #1f2831);
  --ink: light-dark(#1c2733, #e6ebf0);
  --muted: light-dark(#56626f, #9aa7b4);
  --line: light-dark(#e1e5ea, #2a343f);
  --edge: light-dark(#7b8794, #6f7d8b);
  --accent: light-dark(#0068a3, #6cbcec);
  --good: light-dark(#00704f, #3ecf9f);
  --warn: light-dark(#855300, #f0b64c);
  --bad: light-dark(#be2705, #ff8a6c);
  --shadow: light-dark(0 1px 2px #1c27330f, 0 1px 2px #0006);
  font: 15px/1.5 ${FONT_FAMILY};
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere; }
.page { max-width: 1240px; margin: 0 auto; padding: 28px 24px 56px; }
h1, h2, h3, p, dl, dd, ul, ol, figure, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 27px; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; }
h2 { font-size: 18px; line-height: 1.3; letter-spacing: -.01em; font-weight: 650; }
h3 { font-size: 14px; line-height: 1.4; font-weight: 650; }
section { margin-top: 36px; }
a { color: var(--accent); }
code, pre, .mono { font: 12.5px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.muted { color: var(--muted); }
.small { font-size: 13px; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

.top { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: flex-start; justify-content: space-between; }
.top > :first-child { flex: 1 1 300px; min-width: 0; }
.brand { color: var(--accent); font-size: 12px; font-weight: 650; letter-spacing: .1em; text-transform: uppercase; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.head { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: end; justify-content: space-between; margin-bottom: 12px; }

.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); padding: 16px 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; }
.tile { display: flex; flex-direction: column; min-width: 0; }
.tile dt { color: var(--muted); font-size: 13px; }
.tile .figure { font-size: 25px; line-height: 1.3; font-weight: 650; letter-spacing: -.015em; }
.tile .note { color: var(--muted); font-size: 13px; line-height: 1.4; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 12px; }

button, input, select { font: inherit; font-size: 14px; color: inherit; }
.button, input, select { background: var(--card); border: 1px solid var(--edge); border-radius: 7px; padding: 4px 11px; min-height: 34px; }
.button { cursor: pointer; display: inline-flex; gap: 6px; align-items: center; }
.button:hover { background: var(--raised); }
.button:disabled { opacity: .5; cursor: default; }
.link { appearance: none; background: none; border: 0; padding: 0; font: inherit; color: var(--accent); cursor: pointer; text-decoration: underline; text-underline-offset: 2px; text-align: left; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 8px; font-size: 12px; line-height: 19px; font-weight: 600; white-space: nowrap; }
.swatch { display: inline-block; flex: none; width: 10px; height: 10px; border-radius: 2px; background: var(--swatch); }

table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 600; color: var(--muted); }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; }
.scroll { overflow-x: auto; }
pre { white-space: pre-wrap; background: var(--raised); border-radius: 7px; padding: 10px 12px; max-height: 340px; overflow: auto; }

@media (min-width: 900px) { .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
@media (max-width: 640px) {
  .page { padding: 18px 14px 40px; }
  h1 { font-size: 22px; }
  section { margin-top: 28px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .card { padding: 12px 13px; }
  .tile .figure { font-size: 20px; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
@media print {
  @page { margin: 12mm; }
  .tiles { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  :root, :root[data-theme] { color-scheme: light; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { background: none; }
  .page { max-width: none; padding: 0; }
  .card { box-shadow: none; break-inside: avoid; }
  .no-print { display: none !important; }
  pre { max-height: none; }
  section { margin-top: 24px; }
  h2, h3, .head { break-after: avoid; }
}
`;
