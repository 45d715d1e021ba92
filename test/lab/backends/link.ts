import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A wire to a server of this host that can be cut and mended. */
export interface Link {
  readonly url: string;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Lets connections be, and passes nothing on. */
  hold(): void;
  mend(): void;
  /** How many connections were made. */
  readonly count: number;
  /** The paths of the requests that came. */
  readonly asked: string[];
  close(): void;
}

export async function openLink(target: string): Promise<Link> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  let state: 'whole' | 'cut' | 'held' = 'whole';
  let count = 0;
  const asked: string[] = [];
  const server = createServer((near) => {
    count++;
    if (state === 'cut') {
      near.destroy();
      return;
    }
    near.on('data', (bytes) => {
      const path = /^POST (\S+)/.exec(bytes.toString('latin1'))?.[1];
      if (path !== undefined) asked.push(path);
    });
    const far = connect({ port: Number(port), host: '127.0.0.1' });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (bytes) => state === 'whole' && other.write(bytes));
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      state = 'cut';
      end();
    },
    hold() {
      state = 'held';
    },
    mend() {
      state = 'whole';
    },
    asked,
    get count() {
      return count;
    },
    close() {
      end();
      server.close();
    },
  };
}
