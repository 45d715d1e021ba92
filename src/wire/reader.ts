/**
 * Reads fields from the front of a byte array, and never beyond its end. Decoders compare `remaining` with what they
 * need before they read; reading more than that is a programmer error and throws. Byte slices are copies, because
 * receive buffers are reused.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #offset = 0;

  /** Network byte order unless `littleEndian` is given. */
  constructor(bytes: Uint8Array, littleEndian = false) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), this.#littleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), this.#littleEndian);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), this.#littleEndian);
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    // Not `slice`, which on a Buffer shares the memory.
    return new Uint8Array(this.#bytes.subarray(start, start + length));
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
