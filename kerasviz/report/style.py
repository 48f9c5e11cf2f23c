"""The style sheet of a report: readable on wide and narrow, light and dark screens."""

STYLE = """
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--muted:#59636e;--line:#d5dae0;--soft:#f3f5f7;
--accent:#0068a8;--wrong:#c44900;--share:0 114 178;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5508c;--c4:#8a6d00;--c5:#5f6b76;--c6:#3b9ad6;
--c7:#1b1f24}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--text:#e5e8eb;--muted:#9aa4af;--line:#363d45;
--soft:#1e2328;--accent:#6cb8ee;--wrong:#ff9a57;--share:40 140 210;
--c0:#5cb3ea;--c1:#ff9a57;--c2:#3fd0a4;--c3:#e695c4;--c4:#e0c04a;--c5:#aab4be;--c6:#9ad4f7;--c7:#ffffff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0 auto;padding:1rem;max-width:68rem;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}
h2{font-size:1.3rem;line-height:1.25;margin:2.5rem 0 .5rem;padding-top:.75rem;
border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .4rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent)}
a:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ol{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1rem 0 0;padding:0;list-style:none}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.9rem,1fr));gap:.6rem;margin:0}
.facts div{background:var(--soft);border-radius:.5rem;padding:.5rem .7rem}
.facts dt{color:var(--muted);font-size:.8rem}
.facts dd{margin:0;font-weight:600}
.missing{border-left:4px solid var(--muted);background:var(--soft);padding:.6rem .8rem}
.note,figcaption,caption{color:var(--muted);font-size:.875rem}
.scroll{overflow:auto;max-height:32rem;margin:.75rem 0;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;min-width:100%;font-size:.9rem;overflow-wrap:normal}
caption{text-align:left;padding:.4rem .6rem}
th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
th{font-weight:600}
thead th{position:sticky;top:0;background:var(--soft);z-index:1}
tbody th{font-weight:400}
.number{text-align:right;font-variant-numeric:tabular-nums}
.bar{display:inline-block;vertical-align:middle;width:6rem;height:.7rem;margin-right:.6rem;
background:var(--soft);border-radius:.2rem;overflow:hidden}
.bar span{display:block;height:100%;background:var(--c0)}
.fit{width:fit-content;max-width:100%}
.confusion{min-width:0}
.confusion td,.confusion th{padding:.25rem .4rem}
.confusion td{text-align:center;min-width:2.4rem;border:1px solid var(--page);
background:rgb(var(--share) / var(--s,0));font-variant-numeric:tabular-nums}
.confusion td.high{color:#fff}
.confusion td.none{color:var(--muted)}
.confusion thead th{writing-mode:vertical-rl;vertical-align:bottom;text-align:left;max-height:11rem}
.confusion thead th.corner{writing-mode:horizontal-tb}
figure{margin:0}
img,svg{max-width:100%;height:auto;display:block}
.crisp{image-rendering:pixelated}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(25rem,100%),1fr));gap:1rem}
.chart h3{margin:.5rem 0 .2rem}
svg text{fill:var(--muted);font-size:11.5px}
svg .grid{stroke:var(--line);stroke-width:1}
svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}
.c6{--c:var(--c6)}.c7{--c:var(--c7)}
svg .line{stroke:var(--c)}svg .dot{fill:var(--c)}
.key{display:inline-block;max-width:100%;margin-right:1rem}
.key i{display:inline-block;width:1.3rem;height:.2rem;margin-right:.4rem;vertical-align:middle;
background:var(--c)}
.key svg{display:inline-block;width:.8rem;margin-right:.3rem;vertical-align:-.05rem}
.scatter{max-width:44rem}
.scatter .dot{fill-opacity:.75}
svg .name{fill:var(--text);font-size:12px;font-weight:600;text-anchor:middle;stroke:var(--page);
stroke-width:3px;paint-order:stroke}
.paper{background:#fff;padding:.5rem;border-radius:.5rem;border:1px solid var(--line);width:fit-content;
max-width:100%}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.75rem,1fr));gap:.75rem;margin:.75rem 0}
.cards.wide{grid-template-columns:repeat(auto-fill,minmax(min(25rem,100%),1fr))}
.cards.two{grid-template-columns:repeat(auto-fill,minmax(14rem,1fr))}
.cards.small{grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr))}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.4rem;min-width:0;background:var(--soft)}
.card img{width:100%;border-radius:.2rem;aspect-ratio:auto}
.cards.one .card>img{aspect-ratio:1;object-fit:contain;background:var(--page)}
.card figcaption{margin-top:.3rem;line-height:1.35;color:var(--text)}
.card.wrong{border:3px solid var(--wrong);padding:calc(.4rem - 2px)}
.card .sign{color:var(--wrong);font-weight:700}
.views{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:.4rem}
.views div{min-width:0;font-size:.75rem;line-height:1.3;color:var(--muted)}
.pair{display:grid;grid-template-columns:1fr 2fr;gap:.4rem;align-items:center}
.scale{display:flex;align-items:center;gap:.4rem;font-size:.8rem;color:var(--muted);
font-variant-numeric:tabular-nums;max-width:22rem;margin:.3rem 0}
.views .scale{font-size:.7rem;gap:.2rem}
.ramp{flex:1;height:.7rem;min-width:1rem;border-radius:.15rem;border:1px solid var(--line)}
footer{margin-top:3rem;color:var(--muted);font-size:.875rem}
@media (max-width:30rem){.bar{width:3rem}}
@media print{.scroll{max-height:none;overflow:visible}}
"""
