/** The look of the live page, in light and dark. */
import { FONT_FAMILY } from "./_style.ts";

/** CSS of the live page. */
export const LIVE_STYLE = `
:root {
  color-scheme: light dark;
  --font: ${FONT_FAMILY};
  --page: #f4f6f9; --card: #ffffff; --ink: #1c2733; --muted: #5a6572; --line: #e1e6ec;
  --running: #0072b2; --good: #00805c; --bad: #c62d08; --cpu: #b25f00; --memory: #9c4a7c; --track: #e1e6ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f151c; --card: #18212b; --ink: #e7ecf1; --muted: #9eabb9; --line: #2b3642;
    --running: #56b4e9; --good: #2fc496; --bad: #ff7a59; --cpu: #f0a840; --memory: #e29bc4; --track: #2b3642;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 20px; background: var(--page); color: var(--ink);
  font: 15px/1.45 var(--font); font-variant-numeric: tabular-nums; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; justify-content: space-between; align-items: center; }
h1 { margin: 0; font-size: 20px; letter-spacing: -0.01em; }
h1 em { font-style: normal; font-weight: 400; color: var(--muted); }
header p { margin: 2px 0 0; color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
header .status { display: flex; align-items: center; gap: 8px; padding: 6px 14px; border-radius: 99px;
  background: var(--card); color: var(--ink); border: 1px solid var(--line); font-weight: 600; }
.status i { width: 10px; height: 10px; border-radius: 50%; background: var(--muted); flex: none; }
[data-status=running] .status i { background: var(--good); animation: pulse 1.6s ease-in-out infinite; }
[data-status=lost] .status i, [data-status=stopped] .status i { background: var(--bad); }
[data-status=ended] .status i { background: var(--running); }
@keyframes pulse { 50% { opacity: 0.35; } }
@media (prefers-reduced-motion: reduce) { .status i { animation: none !important; } }
.banner { margin: 16px 0 0; padding: 10px 16px; border-radius: 10px; background: var(--card);
  border: 1px solid var(--line); border-left: 4px solid var(--running); }
[data-status=stopped] .banner { border-left-color: var(--bad); }
.progress { margin: 18px 0 14px; }
.progress p { margin: 0 0 8px; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; color: var(--muted); }
.progress strong { font-size: 30px; line-height: 1.1; color: var(--ink); letter-spacing: -0.02em; }
.progress .right { margin-left: auto; display: flex; gap: 14px; }
#percent { color: var(--ink); font-weight: 600; }
.bar, .small_bar { display: flex; overflow: hidden; height: 12px; border-radius: 6px; background: var(--track); }
.bar i, .small_bar i { width: 0; }
.good { background: var(--good); } .bad { background: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 0 0 12px; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; min-width: 0; }
.tile dt { color: var(--muted); font-size: 13px; }
.tile dd { margin: 0; }
.tile b { display: block; font-size: 23px; line-height: 1.3; letter-spacing: -0.01em; white-space: nowrap; }
.tile small { color: var(--muted); font-size: 12.5px; }
.is_bad b { color: var(--bad); }
.charts, .lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 12px; margin-bottom: 12px; }
h2 { margin: 0 0 8px; font-size: 14px; }
.plot { position: relative; height: 170px; }
.scroll { overflow-x: auto; border-radius: 4px; }
table { width: 100%; border-collapse: collapse; font-size: 13.5px; }
th { text-align: left; color: var(--muted); font-weight: 500; }
th, td { padding: 5px 14px 5px 0; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
td bdi { display: inline-block; max-width: 16em; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.small_bar { display: inline-flex; width: 90px; height: 8px; vertical-align: middle; }
.bad_text { color: var(--bad); font-weight: 600; }
.none { margin: 4px 0 0; color: var(--muted); font-size: 13.5px; }
.none:empty { display: none; }
.failure { border-bottom: 1px solid var(--line); }
.failure:last-child { border-bottom: 0; }
.failure summary { cursor: pointer; padding: 6px 0; overflow-wrap: anywhere; }
.failure strong { color: var(--bad); margin-right: 8px; }
.failure .times { margin-left: 8px; font-weight: 600; white-space: nowrap; }
.failure .call { margin-left: 8px; color: var(--muted); font-size: 13px; white-space: nowrap; }
.failure pre { margin: 0 0 10px; padding: 10px; max-height: 260px; overflow: auto; border-radius: 6px; background: var(--page);
  font: 12.5px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
#failures { max-height: 420px; overflow-y: auto; }
footer { color: var(--muted); font-size: 12.5px; padding: 4px 0; }
:focus-visible { outline: 2px solid var(--running); outline-offset: 2px; border-radius: 4px; }
[hidden] { display: none !important; }
@media (max-width: 480px) { body { padding: 14px; } .tiles { grid-template-columns: 1fr 1fr; } .tile:last-child { grid-column: span 2; } }
`;
