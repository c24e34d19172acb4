/** Finds the objects of a list in JSON that comes in pieces, so that a long list is never parsed in one go. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
/** In `{"relays":[{...}]}`: the object and the list that are around. */
const OUTER_DEPTH = 2;

export class ObjectStream {
  readonly #maxObjectBytes: number;
  /** What stands around the lists. */
  readonly #frame: Uint8Array;
  #frameBytes = 0;
  #depth = 0;
  #inText = false;
  #begunAny = false;
  #escaped = false;
  /** The object that has begun, as far as it is here. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;

  /** `maxFrameBytes`: null where the frame is of no interest. */
  constructor(maxObjectBytes: number, maxFrameBytes: number | null = null) {
    this.#maxObjectBytes = maxObjectBytes;
    this.#frame = new Uint8Array(maxFrameBytes ?? 0);
  }

  /** All but what is in the lists, as JSON: `{"status":"registered","groups":[]}`. */
  get frame(): string {
    return new TextDecoder().decode(this.#frame.subarray(0, this.#frameBytes));
  }

  /** Whether what was around the objects has ended too. */
  get ended(): boolean {
    return this.#depth === 0 && this.#begunAny;
  }

  /** The texts of the objects that end in this piece; they may be no JSON. False when one, or the frame, is too long. */
  push(piece: Uint8Array, onObject: (text: string) => void): boolean {
    let start = this.#depth > OUTER_DEPTH ? 0 : -1;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      const outside = this.#depth < OUTER_DEPTH ||
        (this.#depth === OUTER_DEPTH && !this.#inText &&
          (byte === CLOSE_OBJECT || byte === CLOSE_LIST));
      if (outside && this.#frame.length > 0) {
        if (this.#frameBytes === this.#frame.length) return false;
        this.#frame[this.#frameBytes++] = byte;
      }
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inText = false;
      } else if (byte === QUOTE) {
        this.#inText = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (this.#depth === OUTER_DEPTH) start = at;
        this.#begunAny = true;
        this.#depth += 1;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth -= 1;
        if (this.#depth !== OUTER_DEPTH || start < 0) continue;
        if (!this.#add(piece.subarray(start, at + 1))) return false;
        onObject(this.#take());
        start = -1;
      }
    }
    return start < 0 || this.#add(piece.slice(start));
  }

  #add(part: Uint8Array): boolean {
    this.#begun.push(part);
    this.#begunBytes += part.length;
    return this.#begunBytes <= this.#maxObjectBytes;
  }

  #take(): string {
    const bytes = new Uint8Array(this.#begunBytes);
    let at = 0;
    for (const part of this.#begun) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#begun = [];
    this.#begunBytes = 0;
    return new TextDecoder().decode(bytes);
  }
}
