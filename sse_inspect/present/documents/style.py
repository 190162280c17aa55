"""The look of an HTML page: light and dark, on a phone and on paper."""

from __future__ import annotations

CSS = """
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1b1f24;--dim:#57606a;--line:#d8dee4;--code:#f2f4f7;
--pass:#11703a;--warning:#8a5300;--unknown:#5b4bb0;--fail:#b42318;--tint-pass:#e3f5ea;--tint-warning:#fdf0d8;
--tint-unknown:#ecebfb;--tint-fail:#fde9e7;--open:#2c9c5a;--waiting:#c9821a;--stalled:#b42318;--bar:#4878c8}
@media (prefers-color-scheme:dark){:root{--ground:#0f1318;--card:#171c23;--text:#e3e8ee;--dim:#9aa6b2;--line:#2d3540;
--code:#10151b;--pass:#5bd18b;--warning:#f0b35a;--unknown:#b3a6ff;--fail:#ff8f85;--tint-pass:#12301f;
--tint-warning:#35270f;--tint-unknown:#25224a;--tint-fail:#3d1a18;--open:#3fb574;--waiting:#d9983a;--stalled:#e5675c;
--bar:#6f9be6}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1rem;font-weight:600;color:var(--dim);margin:0}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem}
h3{font-size:1.1rem;margin:0;display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap}
h4{font-size:.95rem;margin:1.1rem 0 .2rem}
p{margin:.4rem 0}
a{color:inherit;text-underline-offset:.15em}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;margin:.5rem 0;
white-space:pre-wrap;line-height:1.45}
.records span{display:block;padding-left:2ch;text-indent:-2ch}
.dim{color:var(--dim)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.2rem;margin:0 0 1rem}
.verdict{border-left:6px solid currentColor;padding:.2rem 0 .2rem 1rem;margin:1rem 0}
.verdict .word{display:block;font-size:2rem;font-weight:700;line-height:1.2}
.verdict p{color:var(--text);font-size:1.05rem;margin:.2rem 0 0}
.pass{color:var(--pass)}.warning{color:var(--warning)}.unknown{color:var(--unknown)}.fail{color:var(--fail)}
.badge{display:inline-block;white-space:nowrap;border-radius:5px;padding:0 .5em;font-size:.85rem;font-weight:600}
.badge.pass{background:var(--tint-pass)}.badge.warning{background:var(--tint-warning)}
.badge.unknown{background:var(--tint-unknown)}.badge.fail{background:var(--tint-fail)}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-size:.82rem;color:var(--dim);font-weight:600}
th,td{padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
.whole{white-space:nowrap;padding-right:1rem}
.name{width:27%}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}
dt{color:var(--dim)}dd{margin:0}
.result{border-top:1px solid var(--line);margin-top:.9rem;padding-top:.7rem}
.result ul{margin:.3rem 0;padding-left:1.2rem}
.advice{border-left:3px solid var(--pass);padding:.1rem 0 .1rem .8rem;margin:.6rem 0}
.measures{font-size:.88rem;color:var(--dim)}
.timeline{display:grid;grid-template-columns:max-content minmax(0,1fr);column-gap:.8rem;margin:.9rem 0}
.lanes{font-size:.8rem;color:var(--dim);line-height:22px;white-space:nowrap}
.timeline svg{display:block;overflow:visible;border-left:1px solid var(--line)}
.timeline figcaption{grid-column:1/-1;font-size:.8rem;color:var(--dim);margin-top:.3rem}
.link.open,.key.open{fill:var(--open)}.link.waiting,.link.connecting{fill:var(--waiting)}
.link.stalled,.link.half-open{fill:var(--card);stroke:var(--stalled);stroke-width:2;stroke-dasharray:3 2}
rect.events{fill:var(--bar)}
text.mark{text-anchor:middle;font-size:15px;fill:var(--text)}
text.disconnect,text.stall,text.gap{fill:var(--fail)}text.filled,text.mark.open{fill:var(--pass)}
text.fault,text.duplicate{fill:var(--unknown)}
text.axis{font-size:11px;fill:var(--dim)}line.axis{stroke:var(--line)}
.legend{font-size:.88rem;color:var(--dim);margin:.2rem 0 1rem}
.legend svg{vertical-align:middle;margin-right:.35em}
.legend span{display:inline-block;margin-right:1.1em}
@media (max-width:40rem){main{padding:1rem .7rem 2rem}.card{padding:.9rem .8rem}
.timeline{grid-template-columns:minmax(0,1fr)}.lanes{display:none}
.seen tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}.seen thead{display:none}
.seen td{display:block;border:0;padding:.1rem 0}.name{width:auto}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
@media print{:root{--ground:#fff;--card:#fff;--text:#000;--dim:#444;--line:#bbb;--code:#fff;--pass:#11703a;
--warning:#8a5300;--unknown:#5b4bb0;--fail:#b42318;--tint-pass:#fff;--tint-warning:#fff;--tint-unknown:#fff;
--tint-fail:#fff;color-scheme:light}
body{font-size:11pt}main{max-width:none;padding:0}.card{break-inside:auto}.timeline,tr,.result,pre{break-inside:avoid}
h2,h3{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
