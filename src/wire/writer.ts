/**
 * Fills a byte array of known size from the front. An encoder computes the size first and ends with `finish`, which
 * insists that every byte was written; values out of a field's range are programmer errors and throw.
 */
export class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #offset = 0;

  /** Network byte order unless `littleEndian` is given. */
  constructor(size: number, littleEndian = false) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
    this.#littleEndian = littleEndian;
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(1), inRange(value, 0xff));
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#advance(2), inRange(value, 0xffff), this.#littleEndian);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(4), inRange(value, 0xffff_ffff), this.#littleEndian);
    return this;
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

  #advance(length: number): number {
    const start = this.#offset;
    if (start + length > this.#bytes.length) throw new Error(`Wrote beyond ${this.#bytes.length} bytes`);
    this.#offset += length;
    return start;
  }
}

function inRange(value: number, maximum: number): number {
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw new RangeError(`${value} is not 0 to ${maximum}`);
  return value;
}
