/** Makes media packets of encoded frames: numbers, timestamps and the quality trailer. */
import type { CodecId } from "../../proto/codec.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { type PathQuality, qualityReportOf } from "../../proto/quality_report.ts";
import { NOISE_AMPLITUDE } from "./silence.ts";

/** Encoded frames from one quality trailer to the next, about a second. */
const TRAILER_EVERY = 50;

export class Packetiser {
  readonly #quality: () => PathQuality | null;
  #seq = 0;
  #timestamp = 0;
  #encoded = 0;

  /** `quality` is asked when a trailer is due; null sends none, since an invented one would steer the room. */
  constructor(quality: () => PathQuality | null = () => null) {
    this.#quality = quality;
  }

  /** A frame that was encoded. Opus has no repair packets here, so the FEC fields are 0. */
  frame(codec: CodecId, payload: Uint8Array, frameMs: number): Uint8Array {
    const due = ++this.#encoded % TRAILER_EVERY === 0;
    const path = due ? this.#quality() : null;
    return this.#packet(codec, payload, frameMs, path);
  }

  /** In place of a silent frame. */
  comfortNoise(frameMs: number): Uint8Array {
    return this.#packet("ComfortNoise", Uint8Array.of(NOISE_AMPLITUDE), frameMs, null);
  }

  /** A frame of which nothing is sent: time goes on, numbers do not. */
  skip(frameMs: number): void {
    this.#timestamp = (this.#timestamp + frameMs) >>> 0;
  }

  #packet(codec: CodecId, payload: Uint8Array, frameMs: number, path: PathQuality | null) {
    const packet = encodeMedia({
      codec,
      payload,
      seq: this.#seq,
      timestamp: this.#timestamp,
      quality: path === null ? null : qualityReportOf(path),
    });
    this.#seq = (this.#seq + 1) & 0xffff;
    this.skip(frameMs);
    return packet;
  }
}
