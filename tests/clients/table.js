// Prints outcomes: a block for each client, a line for each operation and outcome, with the kinds.
import { NO_OPERATION, PASSES } from './run.js';

export function table(sections) {
  return sections.map(section).join('\n');
}

function section({ title, rows, faults }) {
  const lines = [title, ''];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const used = new Set();
  for (const { name, outcomes } of rows) {
    let label = name;
    for (const [outcome, kinds] of byOutcome(outcomes)) {
      lines.push(`  ${label.padEnd(width)}  ${outcome}${which(outcome, kinds, outcomes)}`);
      used.add(outcome);
      label = '';
    }
  }
  const shown = faults.filter(({ name }) => used.has(name));
  for (const { name, at, line, why } of shown) {
    lines.push('', `  ${name}: ${why}`, `    ${at}`, `    ${line}`);
  }
  return `${lines.join('\n')}\n`;
}

function byOutcome(outcomes) {
  const kinds = new Map();
  for (const [kind, outcome] of outcomes) {
    kinds.set(outcome, [...(kinds.get(outcome) ?? []), kind]);
  }
  const place = (outcome) => (outcome === PASSES ? 0 : outcome === NO_OPERATION ? 2 : 1);
  return [...kinds].sort(([a], [b]) => place(a) - place(b));
}

function which(outcome, kinds, outcomes) {
  if (kinds.length === outcomes.size) {
    return '';
  }
  return outcome === NO_OPERATION ? ' for the other kinds' : `: ${kinds.join(' ')}`;
}
