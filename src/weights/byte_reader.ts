import { UserError } from '../errors.ts'

/** A limit above the length of any name in a checkpoint, and small enough to decode safely. */
const MAX_TEXT_BYTES = 16_000_000

/** Reads little-endian values one after another. Reading past the end throws a UserError that names `what` is read. */
export class ByteReader {
  position = 0
  private readonly view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    private readonly what: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    const begin = this.advance(length)
    return this.bytes.subarray(begin, begin + length)
  }

  /** The text up to the next newline, which is skipped. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position)
    if (end < 0) throw this.tooShort()
    const text = this.text(end - this.position)
    this.position = end + 1
    return text
  }

  text(length: number): string {
    if (length > MAX_TEXT_BYTES) throw new UserError(`${this.what} holds a text of ${length} bytes`)
    return new TextDecoder().decode(this.take(length))
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1))
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true)
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true)
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true)
  }

  /** As a number: above 2^53 it is rounded, and then larger than any valid length. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true))
  }

  /** Pickle stores only this type in big-endian order. */
  float64BigEndian(): number {
    return this.view.getFloat64(this.advance(8))
  }

  private advance(length: number): number {
    const begin = this.position
    if (length > this.bytes.length - begin) throw this.tooShort()
    this.position += length
    return begin
  }

  private tooShort(): UserError {
    return new UserError(`${this.what} ends early, after ${this.bytes.length} bytes; is the file cut short?`)
  }
}
