import type { SimulationReport } from '../../sim/index.js';

/** The report as JSON: a line for each part, and for each peer and sample, so that two can be compared by lines. */
export function formatReport(report: SimulationReport): string {
  const parts = Object.entries(report).map(([key, value]) => `  ${JSON.stringify(key)}: ${part(value)}`);
  return `{\n${parts.join(',\n')}\n}\n`;
}

function part(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return JSON.stringify(value);
  return `[\n${value.map(item => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
}

/** What fits a line: the report without its lists of peers and samples. */
export function summarize({ peers: _peers, samples: _samples, ...summary }: SimulationReport): object {
  return summary;
}
