/** The codec port on Opus: 48 kHz mono voice. */
import type { Codec } from "./codec.ts";
import { SAMPLE_RATE, SAMPLES_PER_MS } from "./sound_format.ts";
import { Concealment } from "./concealment.ts";
import { type OpusHandler, type OpusModule, opusModule } from "./opus_module.ts";
import { DEFAULT_TIER, type Tier } from "./tier.ts";

const VOIP = 2048;
/** Numbers of libopus' requests. */
const SET_BITRATE = 4002;
/** Besides the bitrate; what the original sets and libopus 1.4 has. */
const SETTINGS: readonly (readonly [request: number, value: number])[] = [
  [4010, 7], // complexity
  [4012, 0], // in-band FEC off
  [4014, 15], // expected loss in percent
  [4016, 1], // DTX
  [4024, 3001], // the signal is voice
];

/** Most a decoder gives for one packet here: 60 ms. */
const MAX_SAMPLES = 60 * SAMPLES_PER_MS;
/** What the binding tells libopus it may write. */
const MAX_PACKET_BYTES = 1276 * 3;

export class OpusCodec implements Codec {
  readonly #module: OpusModule;
  readonly #handler: OpusHandler;
  readonly #concealment = new Concealment();
  /** Two 16-bit units per sample. */
  readonly #pcm: number;
  readonly #packet: number;
  #tier: Tier;

  /** Loads libopus if this is the first. */
  static async create(tier: Tier = DEFAULT_TIER): Promise<OpusCodec> {
    return new OpusCodec(await opusModule(), tier);
  }

  private constructor(module: OpusModule, tier: Tier) {
    this.#module = module;
    this.#handler = new module.OpusScriptHandler(SAMPLE_RATE, 1, VOIP);
    this.#pcm = module._malloc(MAX_SAMPLES * 4);
    this.#packet = module._malloc(MAX_PACKET_BYTES);
    for (const [request, value] of SETTINGS) this.#set(request, value);
    this.#tier = tier;
    this.#set(SET_BITRATE, tier.bitrate);
  }

  get tier(): Tier {
    return this.#tier;
  }

  setTier(tier: Tier): void {
    this.#tier = tier;
    this.#set(SET_BITRATE, tier.bitrate);
  }

  encode(pcm: Int16Array): Uint8Array {
    const { samples } = this.#tier;
    if (pcm.length !== samples) {
      throw new RangeError(`A frame has ${samples} samples, not ${pcm.length}`);
    }
    const memory = this.#module.HEAPU16;
    let at = this.#pcm >> 1;
    for (const sample of pcm) {
      memory[at++] = sample & 255;
      memory[at++] = (sample >> 8) & 255;
    }
    const bytes = this.#handler._encode(this.#pcm, samples * 2, this.#packet, samples);
    if (bytes < 0) throw new Error(`libopus cannot encode: error ${bytes}`);
    return this.#module.HEAPU8.slice(this.#packet, this.#packet + bytes);
  }

  decode(payload: Uint8Array): Int16Array | null {
    // An empty payload would make libopus conceal 60 ms, whatever is missing.
    if (payload.length === 0 || payload.length > MAX_PACKET_BYTES) return null;
    this.#module.HEAPU8.set(payload, this.#packet);
    const samples = this.#handler._decode(this.#packet, payload.length, this.#pcm);
    if (samples <= 0) return null;
    const memory = this.#module.HEAPU16;
    const pcm = new Int16Array(samples);
    let at = this.#pcm >> 1;
    for (let i = 0; i < samples; i++) {
      const low = memory[at++]!;
      pcm[i] = low | (memory[at++]! << 8);
    }
    this.#concealment.follow(pcm);
    return pcm;
  }

  conceal(samples: number): Int16Array {
    return this.#concealment.conceal(samples);
  }

  close(): void {
    this.#module.OpusScriptHandler.destroy_handler(this.#handler);
    this.#module._free(this.#pcm);
    this.#module._free(this.#packet);
  }

  #set(request: number, value: number): void {
    const result = this.#handler._encoder_ctl(request, value);
    if (result < 0) throw new Error(`libopus refuses setting ${request}: error ${result}`);
  }
}
