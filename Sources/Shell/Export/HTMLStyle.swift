extension HTMLPage {
  /// Every colour of text has a contrast of at least 4.5 : 1 with what it stands on, light and dark.
  static let style = """
    :root {
      --page: #ffffff; --ink: #1b1f24; --faint: #59626e; --rule: #d5dae1; --code: #f5f7f9; --link: #0a5bb5;
      --keyword: #a0206b; --command: #0a5bb5; --label: #6b4b00; --builtin: #00696b; --string: #1f6a2b; --number: #7a3e00;
      --comment: #59626e; --session: #6d3fb0; --error: #a3171f; --errorpage: #fdf1f1; --warning: #7a4a00;
      --warningpage: #fdf7ea;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14171b; --ink: #e4e8ed; --faint: #9ea9b6; --rule: #363d46; --code: #1d2228; --link: #7fb8ff;
        --keyword: #f08cc4; --command: #7fb8ff; --label: #e0b45c; --builtin: #63cfd0; --string: #8fd59a; --number: #f0a871;
        --comment: #9ea9b6; --session: #c3a1f5; --error: #ff9a9a; --errorpage: #2d1a1c; --warning: #e8bd6a;
        --warningpage: #2a2416;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--ink);
      font: 1rem/1.55 system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
    }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0 1.5rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.15rem; margin: 0 0 0.5rem; }
    h3 { font-size: 1rem; margin: 1.5rem 0 0.25rem; }
    .prose { max-width: 42rem; margin: 1.5rem 0 0.75rem; }
    .prose h2 { margin: 2rem 0 0.75rem; }
    .prose p, .prose ul, .prose ol, .prose pre { margin: 0 0 0.75rem; }
    .prose ul, .prose ol { padding-left: 1.5rem; }
    .prose p code, .prose li code, .prose h2 code { font-size: 0.875em; overflow-wrap: anywhere; }
    a { color: var(--link); }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    pre, code, .summary, .cell h2, dd {
      font-family: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", Menlo, monospace; font-size: 0.875rem;
    }
    pre { margin: 0; padding: 0.6rem 0.75rem; overflow-x: auto; line-height: 1.45; }
    .cell { margin: 0 0 1.25rem; }
    .cell h2 { color: var(--faint); font-weight: 400; margin: 0 0 0.25rem; }
    .cell h2 a { color: inherit; text-decoration: none; }
    .cell h2 a:hover { text-decoration: underline; }
    .time { float: right; }
    .status { color: var(--error); font-weight: 700; }
    .source { background: var(--code); border: 1px solid var(--rule); border-radius: 6px; }
    .output { padding: 0.5rem 0 0; }
    .output > * { margin: 0 0 0.5rem; }
    .text, .problem { padding: 0.25rem 0.75rem; }
    .summary { padding: 0 0.75rem; overflow-wrap: anywhere; white-space: pre-wrap; }
    .problem { border-left: 4px solid var(--error); color: var(--error); background: var(--errorpage); }
    .problem.warning, .problem.note { border-color: var(--warning); color: var(--warning); background: var(--warningpage); }
    .scroll { overflow-x: auto; padding: 0 0.75rem; }
    table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
    caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    th, td { padding: 0.3rem 0.75rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
    th:first-child, td:first-child { padding-left: 0; }
    thead th { border-bottom: 2px solid var(--faint); white-space: nowrap; }
    tbody th { font-weight: 400; white-space: nowrap; }
    .number { text-align: right; white-space: nowrap; }
    .remark { color: var(--faint); padding: 0 0.75rem; }
    figure { margin: 0; padding: 0 0.75rem; }
    img { max-width: 100%; height: auto; background: #ffffff; border: 1px solid var(--rule); border-radius: 6px; }
    footer { border-top: 1px solid var(--rule); margin-top: 2.5rem; padding-top: 1.25rem; font-size: 0.875rem; }
    footer td, footer tbody th { max-width: 22rem; overflow-wrap: anywhere; }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0; }
    dt { color: var(--faint); }
    dd { margin: 0; overflow-wrap: anywhere; }
    .keyword { color: var(--keyword); } .command { color: var(--command); font-weight: 600; }
    .label { color: var(--label); } .builtIn { color: var(--builtin); } .string { color: var(--string); }
    .source .number { color: var(--number); } .comment { color: var(--comment); font-style: italic; }
    .session { color: var(--session); }
    @media (min-width: 48rem) {
      body { padding: 1.5rem 2rem; }
      .cell { display: grid; grid-template-columns: 7rem minmax(0, 1fr); }
      .cell h2 { padding-top: 0.65rem; }
      .time, .status { display: block; float: none; }
      .prose { margin-left: 7rem; }
    }
    @media (max-width: 47.99rem) {
      .source, .text:not(.boxes) { white-space: pre-wrap; overflow-wrap: anywhere; }
    }
    @media print {
      :root { --page: #ffffff; --ink: #000000; --faint: #444444; --rule: #bbbbbb; --code: #ffffff; --link: #000000;
        --keyword: #000000; --command: #000000; --label: #000000; --builtin: #000000; --string: #000000;
        --number: #000000; --comment: #444444; --session: #000000; --error: #000000; --errorpage: #ffffff;
        --warning: #000000; --warningpage: #ffffff; }
      body { max-width: none; padding: 0; font-size: 10pt; }
      pre, .summary { white-space: pre-wrap; overflow-wrap: anywhere; }
      .scroll { overflow: visible; }
      figure, tr, .source { break-inside: avoid; }
      h2, h3 { break-after: avoid; }
    }
    """
}
