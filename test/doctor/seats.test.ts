import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fetchStatusAt } from '../../src/control/remote.ts';
import { namedSeats, seatsOf } from '../../src/doctor/seats.ts';
import { survey } from '../../src/doctor/survey.ts';
import { configOf, crossed } from '../config/sample.ts';
import { status } from '../control/status.ts';

describe('who is asked', () => {
  it.each([
    [['lb1=http://192.0.2.11:9650'], 'one host says nothing'],
    [['lb1=http://192.0.2.11:9650', 'http://192.0.2.12:9650'], 'names no host'],
    [['lb1=http://192.0.2.11:9650', 'lb2=192.0.2.12:9650'], 'is no place'],
    [['lb1=http://192.0.2.11:9650', 'lb2=unix:relative'], 'is no place'],
    [['lb1=http://192.0.2.11:9650', 'lb1=http://192.0.2.12:9650'], 'named twice'],
  ])('%j is refused', (written, words) => {
    expect(namedSeats(written)).toEqual({ refused: expect.stringContaining(words) as string });
  });

  it('is who is named', () => {
    expect(namedSeats(['lb1=http://192.0.2.11:9650', 'lb2=unix:/run/vipair/control.sock'])).toEqual([
      { name: 'lb1', place: 'http://192.0.2.11:9650' },
      { name: 'lb2', place: 'unix:/run/vipair/control.sock' },
    ]);
  });

  it('are the nodes of a file, this host by its socket, or it is told why not', () => {
    const listening = (listen: string) => configOf(`${crossed}control: { listen: "${listen}" }\n`);
    expect(seatsOf(listening('0.0.0.0:9650'), 'lb2', '/run/s')).toEqual([
      { name: 'lb1', place: 'http://192.0.2.11:9650' },
      { name: 'lb2', place: 'unix:/run/s' },
    ]);
    expect(seatsOf(listening('127.0.0.1:9650'), 'lb2', '/run/s')).toMatchObject({
      refused: expect.anything() as string,
    });
    expect(seatsOf(configOf(crossed), 'lb2', '/run/s')).toMatchObject({ refused: expect.anything() as string });
  });
});

describe('a host that is asked', () => {
  const serving = async (code: number, body: string): Promise<{ place: string; close: () => void }> => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/v1/status' ? code : 404).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { place: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  };

  it('answers with its status, or it is told why there is none', async () => {
    const well = await serving(200, JSON.stringify(status()));
    expect((await fetchStatusAt(well.place)).node).toBe(status().node);
    well.close();
    for (const [code, body] of [
      [200, 'a page'],
      [200, '{}'],
      [404, '{}'],
      [200, JSON.stringify({ node: 'x', vips: [] })],
      [200, JSON.stringify({ ...status(), vips: [null] })],
    ] as const) {
      const other = await serving(code, body);
      await expect(fetchStatusAt(`${other.place}/`)).rejects.toThrow(/vipair/);
      other.close();
    }
    const { findings } = await survey([
      { name: 'lb1', place: well.place },
      { name: 'lb2', place: 'unix:/nonexistent/s' },
    ]);
    expect(findings.map(({ code, text }) => `${code} ${text}`)).toEqual([
      expect.stringMatching(/^PEER-SILENT lb1 does not answer .*ECONNREFUSED/),
      expect.stringMatching(/^PEER-SILENT lb2 does not answer .*ENOENT/),
    ]);
  });
});
