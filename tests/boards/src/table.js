/** What the scenarios cost, as a table in Markdown; and what has moved since another. */

/** By how much a figure may move: how long the host takes, and how long a signature, differs from run to run. */
const TOLERANCE = [
  { title: /bytes$/, share: 0.02 },
  // After the handshake: few, and by how the packets fall.
  { title: /to the (answer|100th run), M instructions$/, share: 0.1 },
  { title: /instructions$/, share: 0.05 },
  { title: /s$/, share: 0.05 },
];

/** @typedef {[string, import('./trial.js').Figures]} Row a scenario and its figures */

/** @param {Row[]} rows */
export function render(rows) {
  /** @type {Map<string, Row[]>} by their titles */
  const tables = new Map();
  for (const row of rows) {
    const titles = Object.keys(row[1]).join();
    tables.set(titles, [...(tables.get(titles) ?? []), row]);
  }
  return [
    '# What a running board costs',
    '',
    '`tests/boards/run check` measures this on the simulated RP2040 and compares; `check --write` rewrites it. A question is asked',
    'by the button as soon as the board waits for it, and answered with 1.5 KB; a group has 100 runs with answers of 1.5 KB.',
    '',
    "* **Seconds** since the start, by the chip's clock: until the board waits for the button (ready) or has an address, and until",
    '  the group or the 100th run is there. They are a lower bound, for the simulator does not wait for the flash.',
    '* **Instructions**, in millions and exact: from the first connection or from the address to the group or the first run, with',
    '  the handshake; and from there to the answer or the 100th run.',
    "* **Stack**: what was in use at its deepest, with that of the radio's interrupts.",
    '',
    [...tables.values()].map(markdown).join('\n'),
  ].join('\n');
}

/** @param {Row[]} rows */
function markdown(rows) {
  const titles = Object.keys(rows[0][1]);
  const cells = [
    ['what', ...titles],
    ...rows.map(([name, figures]) => [name, ...titles.map((title) => format(title, figures[title]))]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  /** @param {string[]} row */
  const line = (row) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return `${[line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n')}\n`;
}

/** @param {string} title @param {number} figure */
function format(title, figure) {
  return title.endsWith('bytes') ? figure.toLocaleString('en') : figure.toFixed(2);
}

/**
 * What has moved since another table.
 * @param {Map<string, import('./trial.js').Figures>} before
 * @param {Row[]} rows
 */
export function compare(before, rows) {
  const differences = [];
  for (const [name, figures] of rows) {
    const was = before.get(name);
    if (!was) {
      differences.push(`${name}: not in table.md`);
      continue;
    }
    for (const [title, figure] of Object.entries(figures)) {
      const share = TOLERANCE.find((one) => one.title.test(title))?.share ?? 0;
      const expected = was[title] ?? Number.NaN;
      if (!(Math.abs(figure - expected) <= share * expected)) {
        differences.push(`${name}: ${title} was ${expected}, is ${format(title, figure)}`);
      }
    }
  }
  return differences;
}

/** The rows of a table. @param {string} text @returns {Map<string, import('./trial.js').Figures>} */
export function parse(text) {
  /** @type {Map<string, import('./trial.js').Figures>} */
  const rows = new Map();
  /** @type {string[]} */
  let titles = [];
  for (const line of text.split('\n').filter((line) => line.startsWith('| '))) {
    const [name, ...figures] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (name === 'what') titles = figures;
    else
      rows.set(
        name,
        Object.fromEntries(titles.map((title, i) => [title, Number(figures[i].replace(/,/g, ''))])),
      );
  }
  return rows;
}
