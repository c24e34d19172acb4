/** From sound to media packets on their way, in time. */
import type { PathQuality } from "../../proto/quality_report.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import { CLOSED, type SendResult, SENT } from "../../quic/port.ts";
import type { Codec } from "./codec.ts";
import { LevelMeter } from "./level.ts";
import { Pacer } from "./pacer.ts";
import { Packetiser } from "./packetiser.ts";
import { SilenceDetector } from "./silence.ts";
import type { SoundSource } from "./source.ts";
import type { Tier } from "./tier.ts";

/** Where packets go: a room, or a direct connection to another client. Answers at once. */
export type SendPacket = (packet: Uint8Array) => SendResult;

export interface VoiceSenderOptions {
  readonly send: SendPacket;
  readonly source: SoundSource;
  readonly codec: Pick<Codec, "tier" | "setTier" | "encode">;
  readonly clock: Clock;
  /** What the trailers say. Default: there are none. */
  readonly quality?: () => PathQuality | null;
  /** Leaves long silence out and sends comfort noise for it. Default: no. */
  readonly suppressSilence?: boolean;
}

export interface SenderCounts {
  /** Frames taken from the source. */
  frames: number;
  /** Packets the transport took. */
  sent: number;
  /** Packets dropped because it took none: old sound helps nobody. */
  dropped: number;
  comfortNoise: number;
  /** Silent frames of which nothing was sent. */
  suppressed: number;
}

export class VoiceSender {
  readonly counts: SenderCounts = {
    frames: 0,
    sent: 0,
    dropped: 0,
    comfortNoise: 0,
    suppressed: 0,
  };
  /** Resolves when the source has ended, the connection is closed, or `stop` was called. */
  readonly done: Promise<void>;
  readonly #options: VoiceSenderOptions;
  readonly #packetiser: Packetiser;
  readonly #silence: SilenceDetector | null;
  readonly #level = new LevelMeter();
  #pacer: Pacer | null = null;
  #timer: Timer | null = null;
  #resolveDone!: () => void;
  #stopped = false;

  constructor(options: VoiceSenderOptions) {
    this.#options = options;
    this.#packetiser = new Packetiser(options.quality);
    this.#silence = options.suppressSilence ? new SilenceDetector() : null;
    this.done = new Promise((resolve) => this.#resolveDone = resolve);
  }

  /** Level of everything taken from the source. */
  get rms(): number {
    return this.#level.rms;
  }

  get tier(): Tier {
    return this.#options.codec.tier;
  }

  /** From the next frame on. */
  setTier(tier: Tier): void {
    this.#options.codec.setTier(tier);
  }

  /** Sends the first frame now. */
  start(): void {
    if (this.#pacer !== null) throw new TypeError("A sender starts once");
    this.#pacer = new Pacer(this.#options.clock.now());
    this.#tick(this.#pacer);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#resolveDone();
  }

  #tick(pacer: Pacer): void {
    const { clock, codec } = this.#options;
    while (!this.#stopped) {
      const wait = pacer.wait(clock.now());
      if (wait > 0) {
        this.#timer = clock.after(wait, () => this.#tick(pacer));
        return;
      }
      const { frameMs, samples } = codec.tier;
      const pcm = this.#options.source.next(samples);
      if (pcm === null) return this.stop();
      this.#frame(pcm, frameMs);
      pacer.sent(clock.now(), frameMs);
    }
  }

  #frame(pcm: Int16Array, frameMs: number): void {
    const { codec } = this.#options;
    this.counts.frames++;
    this.#level.add(pcm);
    const decision = this.#silence?.decide(pcm) ?? "send";
    if (decision === "send") {
      this.#send(this.#packetiser.frame(codec.tier.codec, codec.encode(pcm), frameMs));
    } else if (decision === "noise") {
      this.counts.comfortNoise++;
      this.#send(this.#packetiser.comfortNoise(frameMs));
    } else {
      this.counts.suppressed++;
      this.#packetiser.skip(frameMs);
    }
  }

  #send(packet: Uint8Array): void {
    const result = this.#options.send(packet);
    if (result === SENT) this.counts.sent++;
    else this.counts.dropped++;
    if (result === CLOSED) this.stop();
  }
}
