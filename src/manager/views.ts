import type { Config } from '../config/config.ts';
import type { PeerWords, ToEngine } from '../engine/messages.ts';
import { backendDifferences, lasting, reportOf } from '../pair/backendview.ts';
import type { Ages, BackendDifference, BackendView } from '../pair/backendview.ts';
import type { PeerHealth } from '../track/sickness.ts';
import { decodeBackendWords, encodeBackendWords } from '../wire/backendwords.ts';
import type { BackendReport } from '../wire/backendwords.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { doubtOf } from './host/quorums.ts';

/** Sources are read at their own pace on each host: so long, and two hosts that know other backends do not just follow. */
const SOURCES = milliseconds(30_000);

export interface ViewsOptions {
  readonly send: (message: ToEngine) => void;
  /** Told what the other hosts say, whenever that changes. */
  readonly onPeers: (peers: readonly PeerHealth[]) => void;
}

/** What the hosts of the pair see of the backends: this one tells the others, and is told by them, by the heartbeat. */
export class Views {
  readonly #options: ViewsOptions;
  #config: Config | undefined;
  #own: readonly BackendView[] = [];
  /** BOUNDED: one for each other node, with the words of one datagram. */
  #peers: readonly { readonly node: string; readonly reports: readonly BackendReport[] }[] = [];
  #told = '';
  #ages: Ages = new Map();

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  /** Follows a configuration that is in force; the engine may be another than before. */
  follow(config: Config): void {
    this.#config = config;
    this.#told = '';
    this.#tell();
    this.#tellPeers();
  }

  /** Takes note of what this host sees. */
  noteOwn(views: readonly BackendView[]): void {
    this.#own = views;
    this.#tell();
  }

  /** Takes note of what those say that are heard. Words that are not understood are none. */
  notePeers(peers: readonly PeerWords[]): void {
    this.#peers = peers.flatMap(({ node, words }) => {
      const reports = decodeBackendWords(Buffer.from(words, 'base64'));
      return reports === undefined ? [] : [{ node, reports }];
    });
    this.#tellPeers();
  }

  /** What the hosts have seen differently for so long that it is no matter of time. */
  differences(at: Instant): BackendDifference[] {
    const found = this.#peers.flatMap(({ node, reports }) => backendDifferences(node, this.#comparable(), reports));
    const judged = lasting(
      this.#ages,
      found,
      ({ kind, service }) => (kind === 'known' ? SOURCES : doubtOf(this.#config, [service])),
      at,
    );
    this.#ages = judged.ages;
    return judged.lasting;
  }

  #tell(): void {
    if (this.#config?.heartbeat === undefined) return;
    const words = Buffer.from(encodeBackendWords(this.#comparable().map(reportOf))).toString('base64');
    if (words === this.#told) return;
    this.#told = words;
    this.#options.send({ type: 'words', words });
  }

  #tellPeers(): void {
    const names = new Map(this.#config?.services.map(({ name }) => [labelOf(name), name]));
    this.#options.onPeers(
      this.#peers.map(({ node, reports }) => ({
        node,
        services: reports.flatMap(({ service, up, unknown, total }) => {
          const name = names.get(service);
          return name === undefined ? [] : [{ service: name, up, unknown, total }];
        }),
      })),
    );
  }

  /** Those that are checked, the ones that VIPs depend on first: there is room for those at least. */
  #comparable(): BackendView[] {
    const { services = [], vips = [] } = this.#config ?? {};
    const checked = new Set(services.flatMap(({ name, check }) => (check === undefined ? [] : [name])));
    const tracked = new Set(vips.flatMap(({ trackBackends }) => trackBackends?.services ?? []));
    return this.#own
      .filter(({ service }) => checked.has(service))
      .toSorted((a, b) => Number(tracked.has(b.service)) - Number(tracked.has(a.service)));
  }
}
