import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { findSelf } from '../config/self.ts';
import { placeTrouble } from '../control/remote.ts';
import { ownAddresses } from '../linux/ownaddresses.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Seat } from './survey.ts';

/** Who is to be asked, or why nobody can be. */
export type Seats = readonly Seat[] | { readonly refused: string };

/** Reads `NAME=PLACE` as it is written on the command line: at least two, each name once. */
export function namedSeats(written: readonly string[]): Seats {
  const seats = written.map((word): Seat => {
    const at = word.indexOf('=');
    return at < 1 ? { name: '', place: word } : { name: word.slice(0, at), place: word.slice(at + 1) };
  });
  const odd = seats.find(({ name }) => name === '');
  if (odd !== undefined) return { refused: `"${odd.place}" names no host; write --peer lb2=http://ADDRESS:PORT` };
  const trouble = seats.map(({ place }) => placeTrouble(place)).find((words) => words !== undefined);
  if (trouble !== undefined) return { refused: trouble };
  const twice = seats.find(({ name }, index) => seats.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) return { refused: `"${twice.name}" is named twice; give each host once` };
  return seats.length < 2 ? { refused: 'one host says nothing about a pair; give --peer for each host' } : seats;
}

/** The nodes of a file, where its `control: { listen }` is; this host by its socket. */
export function seatsOf(config: Config, node: string | undefined, socket: string): Seats {
  const { listen, nodes } = config;
  const self = findSelf(config, { node, hostname: hostname(), addresses: ownAddresses() });
  const seats: Seat[] = [];
  for (const { name, addresses } of nodes) {
    const [first] = addresses;
    if ('node' in self && self.node === name) seats.push({ name, place: `unix:${socket}` });
    else if (listen === undefined || isLoopback(listen.address) || first === undefined) {
      const where = listen === undefined ? 'the file has no' : 'nobody else can reach';
      return {
        refused: `${where} "control: { listen }", so ${name} cannot be asked; name every host: --peer ${name}=PLACE`,
      };
    } else {
      const address = addresses.includes(listen.address) ? listen.address : first;
      seats.push({ name, place: `http://${inUrl(address)}:${listen.port}` });
    }
  }
  return seats;
}

const isLoopback = (address: IpAddress): boolean => address.startsWith('127.') || address === '::1';

const inUrl = (address: IpAddress): string => (address.includes(':') ? `[${address}]` : address);
