import { expect, it } from 'vitest';
import { runDemo } from '../../src/lab/demo.ts';
import { readState } from '../../src/lab/state.ts';

it('the demo shows both faults with either proxy, and leaves nothing behind', async () => {
  const lines: string[] = [];
  const results = await runDemo({ write: (line) => lines.push(line), color: false });
  expect(results.map(({ profile, fault }) => `${profile}: ${fault}`)).toEqual([
    ...['nginx: all proxy processes killed', 'nginx: cable pulled'],
    ...['haproxy: all proxy processes killed', 'haproxy: cable pulled'],
  ]);
  for (const { outageMs } of results) expect(outageMs).toBeLessThan(3000);
  expect(lines.join('\n')).toContain('Everything is back in its place');
  expect(readState('demo')).toBeUndefined();
});
