/** What the live page adds to the look of all pages. */

/** CSS of the live page, behind that of all pages. */
export const LIVE_STYLE = `
:root { --running: light-dark(#0072b2, #56b4e9); --cpu: light-dark(#b25f00, #f0a840); --memory: light-dark(#9c4a7c, #e09bc2);
  --track: light-dark(#e1e5ea, #2a343f); }
.top p { overflow-wrap: anywhere; }
section { margin-top: 0; }
.status { display: flex; align-items: center; gap: 9px; padding: 5px 14px; border-radius: 99px; min-height: 34px;
  background: var(--card); border: 1px solid var(--line); font-size: 14px; font-weight: 600; }
.status i { flex: none; width: 10px; height: 10px; border-radius: 50%; background: var(--muted); }
[data-status=running] .status i { background: var(--good); animation: pulse 1.6s ease-in-out infinite; }
[data-status=lost] .status i, [data-status=stopped] .status i { background: var(--bad); }
[data-status=ended] .status i { background: var(--accent); }
@keyframes pulse { 50% { opacity: .3; } }
.banner { margin-top: 16px; border-left: 4px solid var(--accent); }
[data-status=stopped] .banner { border-left-color: var(--bad); }
.progress { margin: 22px 0 16px; }
.progress p { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 8px; margin-bottom: 8px; color: var(--muted); }
.progress strong { font-size: 32px; font-weight: 650; line-height: 1.15; letter-spacing: -.02em; color: var(--ink); }
.progress .right { display: flex; gap: 14px; margin-left: auto; }
#percent { color: var(--ink); font-weight: 650; }
.track { display: flex; overflow: hidden; height: 12px; border-radius: 6px; background: var(--track); }
.track.small { display: inline-flex; width: 90px; height: 8px; }
.track i { width: 0; }
.fill_good { background: var(--good); } .fill_bad { background: var(--bad); }
.tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin-bottom: 12px; }
.tile { padding: 12px 14px; }
.tile dd { display: flex; flex-direction: column; }
.tile .figure { white-space: nowrap; }
.is_bad .figure { color: var(--bad); }
.charts, .lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 12px; margin-bottom: 12px; }
.charts > *, .lists > * { min-width: 0; }
.lists > :last-child { grid-column: 1 / -1; }
.card h2 { font-size: 14px; margin-bottom: 8px; }
.plot { position: relative; height: 172px; }
th, td { white-space: nowrap; }
td bdi { display: inline-block; max-width: 16em; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.none:empty { display: none; }
#failures { max-height: 420px; overflow-y: auto; }
.failure { border-bottom: 1px solid var(--line); }
.failure:last-child { border-bottom: 0; }
.failure summary { cursor: pointer; padding: 6px 0; }
.failure strong { color: var(--bad); margin-right: 8px; font-weight: 650; }
.failure .times { margin-left: 8px; font-weight: 600; white-space: nowrap; }
.failure .call { margin-left: 8px; color: var(--muted); font-size: 13px; white-space: nowrap; }
.failure pre { margin-bottom: 10px; max-height: 260px; unicode-bidi: isolate; }
#look_muted { color: var(--muted); } #look_grid { color: var(--line); } #look_running { color: var(--running); }
#look_rate { color: var(--good); } #look_failed { color: var(--bad); } #look_cpu { color: var(--cpu); }
#look_memory { color: var(--memory); }
[hidden] { display: none !important; }
@media (max-width: 640px) {
  .tiles > :last-child { grid-column: span 2; }
  .tile { padding: 10px 12px; }
}
`;
