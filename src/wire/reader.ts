/**
 * Reads fields from the front of a byte array, and never beyond its end. Decoders compare `remaining` with what they
 * need before they read; reading more than that is a programmer error and throws. Byte slices are copies, because
 * receive buffers are reused.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #littleEndian: boolean;
  #offset = 0;

  /** Network byte order unless `littleEndian` is given. */
  constructor(bytes: Uint8Array, littleEndian = false) {
    this.#bytes = bytes;
    this.#littleEndian = littleEndian;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] ?? 0;
  }

  u16(): number {
    const first = this.u8();
    const second = this.u8();
    return this.#littleEndian ? (second << 8) | first : (first << 8) | second;
  }

  u32(): number {
    const first = this.u16();
    const second = this.u16();
    return this.#littleEndian ? second * 0x1_0000 + first : first * 0x1_0000 + second;
  }

  /** The next four bytes as a signed number in two's complement. */
  i32(): number {
    return this.u32() | 0;
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    // Neither `slice`, which on a Buffer shares the memory, nor a second view to copy from: most fields are a few bytes.
    const copy = new Uint8Array(length);
    for (let i = 0; i < length; i++) copy[i] = this.#bytes[start + i] ?? 0;
    return copy;
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    if (length > this.remaining) throw new Error(`Read of ${length} bytes where ${this.remaining} are left`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
