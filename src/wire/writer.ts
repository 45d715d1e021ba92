/**
 * Fills a byte array of known size from the front. An encoder computes the size first and ends with `finish`, which
 * insists that every byte was written; values out of a field's range are programmer errors and throw.
 */
export class Writer {
  readonly #bytes: Uint8Array;
  readonly #littleEndian: boolean;
  #offset = 0;

  /** Network byte order unless `littleEndian` is given. */
  constructor(size: number, littleEndian = false) {
    this.#bytes = new Uint8Array(size);
    this.#littleEndian = littleEndian;
  }

  u8(value: number): this {
    return this.#number(value, 1);
  }

  u16(value: number): this {
    return this.#number(value, 2);
  }

  u32(value: number): this {
    return this.#number(value, 4);
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#advance(value.length));
    return this;
  }

  /** Leaves `length` zero bytes. */
  skip(length: number): this {
    this.#advance(length);
    return this;
  }

  /** The bytes, all of which have been written. */
  finish(): Uint8Array {
    if (this.#offset !== this.#bytes.length) throw new Error(`Wrote ${this.#offset} of ${this.#bytes.length} bytes`);
    return this.#bytes;
  }

  #number(value: number, width: 1 | 2 | 4): this {
    const maximum = 2 ** (width * 8) - 1;
    if (!Number.isInteger(value) || value < 0 || value > maximum)
      throw new RangeError(`${value} is not 0 to ${maximum}`);
    const start = this.#advance(width);
    for (let i = 0; i < width; i++) {
      const shift = (this.#littleEndian ? i : width - 1 - i) * 8;
      this.#bytes[start + i] = value >>> shift;
    }
    return this;
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw new Error(`Wrote beyond ${this.#bytes.length} bytes`);
    this.#offset += length;
    return start;
  }
}
