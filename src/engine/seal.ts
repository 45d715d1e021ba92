import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What keeps a heartbeat secret and genuine: AES-256-CTR, then HMAC-SHA256 over all of it, with two keys that are made
 * of the shared one. A datagram is `vip1`, 16 bytes of counter block of which 12 are random, the ciphertext, and 32
 * bytes of HMAC. That it is fresh is not said here but by what is inside (`src/pair/peers.ts`).
 */
const MAGIC = Buffer.from('vip1', 'latin1');
const HEAD = MAGIC.length + 16;
const TAG = 32;

export class Seal {
  readonly #secrecy: Buffer;
  readonly #authenticity: Buffer;

  /** `key` is the shared key, of any length. */
  constructor(key: Uint8Array) {
    this.#secrecy = createHmac('sha256', key).update('vipair heartbeat secrecy').digest();
    this.#authenticity = createHmac('sha256', key).update('vipair heartbeat authenticity').digest();
  }

  /** The datagram that carries a message. */
  seal(message: Uint8Array): Uint8Array {
    const block = Buffer.concat([randomBytes(12), Buffer.alloc(4)]);
    const cipher = createCipheriv('aes-256-ctr', this.#secrecy, block);
    const head = Buffer.concat([MAGIC, block, cipher.update(message), cipher.final()]);
    return Buffer.concat([head, this.#tag(head)]);
  }

  /** The message of a datagram; `foreign` when it is nothing of ours, `forged` when its key is not ours. */
  open(datagram: Uint8Array): Uint8Array | 'foreign' | 'forged' {
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    if (bytes.length < HEAD + TAG || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'foreign';
    const head = bytes.subarray(0, -TAG);
    if (!timingSafeEqual(this.#tag(head), bytes.subarray(-TAG))) return 'forged';
    const decipher = createDecipheriv('aes-256-ctr', this.#secrecy, head.subarray(MAGIC.length, HEAD));
    return Buffer.concat([decipher.update(head.subarray(HEAD)), decipher.final()]);
  }

  #tag(head: Uint8Array): Buffer {
    return createHmac('sha256', this.#authenticity).update(head).digest();
  }
}

/** A session: a random number of 64 bits, in hexadecimal. */
export const newSession = (): string => randomBytes(8).toString('hex');
