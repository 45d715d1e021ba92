import { readFileSync } from 'node:fs';
import { addressBytes, addressOf } from '../wire/address.ts';
import { failure } from './failure.ts';
import { Member } from './member.ts';
import type { MemberPlan } from './plan.ts';
import type { ProcessEntry } from './procfs.ts';
import { namespaceOf, processesIn } from './procfs.ts';
import type { ProcessName } from './state.ts';

/** An address as `ip -json address` shows it. */
export interface HeldAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
  /** Seconds left; 4294967295 stands for ever. */
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

/** The words of `ip -json address` that are read here. */
interface ShownLink {
  readonly ifname: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly valid_life_time: number;
    readonly preferred_life_time: number;
  }[];
}

/**
 * A pid namespace is entered by a child only, so somebody has to stay and wait for it. nsenter would stop itself whenever
 * the child is stopped, and when continued continue the child; this only waits, and then ends the same way.
 */
const keeper = 'exec 2>/dev/null; "$@"; status=$?; [ $status -gt 128 ] && kill -$((status - 128)) $$; exit $status';

/** A host of the pair: a member with processes, mounts, `/run` and a host name of its own. */
export class Host extends Member {
  /** PID 1, as the outside sees it. */
  readonly init: ProcessName;

  constructor(lab: string, plan: MemberPlan, init: ProcessName) {
    super(lab, plan);
    this.init = init;
  }

  override commandFor(argv: readonly string[]): string[] {
    return [...this.#enter, '--', ...argv];
  }

  override keptCommandFor(argv: readonly string[]): string[] {
    return [...this.#enter, '--no-fork', '--', 'sh', '-c', keeper, 'keeper', ...argv];
  }

  get #enter(): string[] {
    return ['nsenter', `--target=${this.init.pid}`, '--net', '--mount', '--uts', '--pid'];
  }

  /** Everything that runs in here, no zombies, without PID 1 and what that waits with, as the outside sees it. */
  override processes(): ProcessEntry[] {
    const identity = namespaceOf(this.init.pid, 'pid');
    if (identity === undefined) return [];
    return processesIn('pid', new Set([identity])).filter(
      ({ inside, parent, comm, state }) =>
        inside !== 1 && state !== 'Z' && !(parent === this.init.pid && comm === 'sleep'),
    );
  }

  /** The text of a file by its path inside. Throws the file system's own error. */
  readFile(path: string): string {
    return readFileSync(`/proc/${this.init.pid}/root${path}`, 'utf8');
  }

  /** All addresses, by interface. Throws `OpError`. */
  async addresses(): Promise<HeldAddress[]> {
    const { code, stdout, stderr } = await this.exec(['ip', '-json', 'address', 'show']);
    if (code !== 0) throw failure(`list the addresses of "${this.name}"`, stderr.trim());
    return (JSON.parse(stdout) as ShownLink[]).flatMap((link) =>
      link.addr_info.map((info) => ({
        interface: link.ifname,
        address: info.local,
        prefixLength: info.prefixlen,
        validLifetime: info.valid_life_time,
        preferredLifetime: info.preferred_life_time,
      })),
    );
  }

  /**
   * Whether the host answers for an address, from the kernel's own tables and without starting anything, about 0.1 ms:
   * cheap enough to be polled every few milliseconds. An IPv4 address on an interface that is administratively down is
   * not answered for.
   */
  holds(ip: string): boolean {
    const address = addressOf(ip);
    if (!address.includes(':')) {
      return new RegExp(`\\|-- ${address.replaceAll('.', '\\.')}\n\\s+/32 host LOCAL`).test(this.#net('fib_trie'));
    }
    const hex = Buffer.from(addressBytes(address)).toString('hex');
    return this.#net('if_inet6').includes(hex);
  }

  /** Whether something listens on a TCP port, on whichever address. */
  listens(port: number): boolean {
    const local = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `, 'm');
    return local.test(this.#net('tcp')) || local.test(this.#net('tcp6'));
  }

  #net(table: string): string {
    try {
      return readFileSync(`/proc/${this.init.pid}/net/${table}`, 'latin1');
    } catch (cause) {
      throw failure(`look into host "${this.name}"`, cause, 'is the lab still up?');
    }
  }
}
