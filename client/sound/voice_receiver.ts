/** From media packets to sound: order, decoding, concealment and comfort noise. */
import { codecNamed } from "../../proto/codec.ts";
import { validateMedia } from "../../proto/media_header.ts";
import { decodeMedia, type MediaPacket } from "../../proto/media_packet.ts";
import type { Clock } from "../../quic/clock.ts";
import { VoiceQuality } from "../quality/voice_quality.ts";
import type { Codec } from "./codec.ts";
import { SAMPLE_RATE, SAMPLES_PER_MS } from "./sound_format.ts";
import { JitterBuffer, type JitterDrops } from "./jitter_buffer.ts";
import { LevelMeter } from "./level.ts";
import { comfortNoise } from "./silence.ts";
import { Timeline } from "./timeline.ts";

/** Takes sound in order, without holes. Must not throw. */
export type SoundSink = (pcm: Int16Array) => void;

export interface VoiceReceiverOptions {
  readonly codec: Pick<Codec, "decode" | "conceal">;
  readonly clock: Clock;
  readonly sink?: SoundSink;
  /** 0 to 1, for comfort noise. */
  readonly random?: () => number;
}

/** Counts of packets and frames since the beginning. */
export interface ReceiverCounts {
  /** Source packets, comfort noise among them. */
  packets: number;
  /** Frames that became sound. */
  decoded: number;
  comfortNoise: number;
  /** Numbers that never came. */
  lost: number;
  /** Gaps that were filled with made-up sound. */
  concealed: number;
  /** Of a codec we have not, or damaged; concealed as well. */
  undecodable: number;
  /** Opus needs none, so they are not used. */
  repair: number;
  malformed: number;
}

export class VoiceReceiver {
  readonly counts: ReceiverCounts = {
    packets: 0,
    decoded: 0,
    comfortNoise: 0,
    lost: 0,
    concealed: 0,
    undecodable: 0,
    repair: 0,
    malformed: 0,
  };
  /** How well others are heard, and over what. */
  readonly quality = new VoiceQuality();
  readonly #options: VoiceReceiverOptions;
  readonly #buffer = new JitterBuffer<MediaPacket>();
  readonly #level = new LevelMeter();
  #timeline: Timeline | null = null;
  #finished = false;

  constructor(options: VoiceReceiverOptions) {
    this.#options = options;
  }

  /** Packets waiting for their turn. */
  get depth(): number {
    return this.#buffer.depth;
  }

  get drops(): Readonly<JitterDrops> {
    return this.#buffer.drops;
  }

  /** Level of what was decoded; what was made up does not count. */
  get rms(): number {
    return this.#level.rms;
  }

  /** One datagram that is no echo. Never throws. */
  receive(datagram: Uint8Array): void {
    if (this.#finished) return;
    const { counts } = this;
    if (validateMedia(datagram) !== 0) {
      counts.malformed++;
      return;
    }
    const packet = decodeMedia(datagram);
    if (packet.repair) {
      counts.repair++;
      return;
    }
    counts.packets++;
    const { frameMs } = codecNamed(packet.codec);
    this.quality.speaker.arrived(packet.seq, frameMs, this.#options.clock.now());
    this.#buffer.push(packet.seq, packet);
    this.#play(false);
  }

  /** Plays what still waits; whatever comes later is ignored. */
  finish(): void {
    this.#finished = true;
    this.#play(true);
  }

  #play(rest: boolean): void {
    for (let next = this.#buffer.pull(rest); next !== null; next = this.#buffer.pull(rest)) {
      const { packet, lost, first } = next;
      const now = this.#options.clock.now();
      if (first || this.#timeline === null) this.#timeline = new Timeline(now);
      const { frameMs } = codecNamed(packet.codec);
      const missing = this.#timeline.advance(now, packet.timestamp, frameMs, lost);
      this.counts.lost += lost;
      if (missing.concealMs > 0) {
        this.counts.concealed++;
        this.#conceal(missing.concealMs * SAMPLES_PER_MS);
      }
      this.#silence(missing.silenceMs * SAMPLES_PER_MS);
      this.#sound(packet, frameMs * SAMPLES_PER_MS);
    }
  }

  #sound(packet: MediaPacket, samples: number): void {
    const { sink, codec, random } = this.#options;
    if (packet.codec === "ComfortNoise") {
      this.counts.comfortNoise++;
      sink?.(comfortNoise(samples, packet.payload[0], random));
      return;
    }
    const pcm = packet.codec.startsWith("Opus") ? codec.decode(packet.payload) : null;
    if (pcm === null) {
      this.counts.undecodable++;
      this.#conceal(samples);
      return;
    }
    this.counts.decoded++;
    this.#level.add(pcm);
    sink?.(pcm);
  }

  #conceal(samples: number): void {
    const { codec, sink } = this.#options;
    // Concealment has faded out after some frames; a second at a time bounds memory.
    for (let left = samples; left > 0; left -= SAMPLE_RATE) {
      const pcm = codec.conceal(Math.min(left, SAMPLE_RATE));
      sink?.(pcm);
    }
  }

  #silence(samples: number): void {
    const { sink } = this.#options;
    for (let left = samples; left > 0; left -= SAMPLE_RATE) {
      sink?.(new Int16Array(Math.min(left, SAMPLE_RATE)));
    }
  }
}
