/** Speaking and listening over a direct connection: media packets from the first moment, no handshake. */
import { echoDatagram } from "../../proto/echo_datagram.ts";
import type { PathQuality } from "../../proto/quality_report.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { CloseInfo } from "../../quic/port.ts";
import { PathMeter } from "../path_meter.ts";
import type { Codec } from "../sound/codec.ts";
import { OpusCodec } from "../sound/opus_codec.ts";
import type { SoundSource } from "../sound/source.ts";
import { DEFAULT_TIER } from "../sound/tier.ts";
import { type SoundSink, VoiceReceiver } from "../sound/voice_receiver.ts";
import { VoiceSender } from "../sound/voice_sender.ts";
import type { Voice, VoiceConnection } from "../voice.ts";
import type { DirectLink } from "./direct_link.ts";

const MEASURE_EVERY_MS = 500;

export interface DirectVoiceOptions {
  readonly link: DirectLink;
  readonly room: string;
  readonly clock: Clock;
  readonly source?: SoundSource;
  readonly sink?: SoundSink;
  readonly suppressSilence?: boolean;
}

export class DirectVoice implements Voice {
  readonly session: DirectSession;
  readonly receiver: VoiceReceiver;
  readonly sender: VoiceSender | null;
  readonly #link: DirectLink;
  readonly #codec: Codec;

  static async open(options: DirectVoiceOptions): Promise<DirectVoice> {
    return new DirectVoice(options, await OpusCodec.create(DEFAULT_TIER));
  }

  private constructor(options: DirectVoiceOptions, codec: Codec) {
    const { link, room, clock, source, sink, suppressSilence } = options;
    this.#link = link;
    this.#codec = codec;
    this.session = new DirectSession(link, room, clock);
    this.receiver = new VoiceReceiver({ codec, clock, ...(sink && { sink }) });
    this.sender = source === undefined ? null : new VoiceSender({
      send: (packet) => link.send(packet),
      source,
      codec,
      clock,
      quality: () => this.session.quality(),
      suppressSilence: suppressSilence ?? false,
    });
    link.onDatagram((datagram) => {
      if (!echoDatagram.matches(datagram)) this.receiver.receive(datagram);
    });
  }

  leave(): Promise<void> {
    this.sender?.stop();
    this.session.stop();
    this.#link.close("normal close");
    this.receiver.finish();
    this.#codec.close();
    return Promise.resolve();
  }
}

/** The connection as reports see it. */
class DirectSession implements VoiceConnection {
  readonly relay = null;
  readonly relayAddr = null;
  readonly moves = [];
  readonly #link: DirectLink;
  readonly #path = new PathMeter();
  readonly #measuring: Timer;

  constructor(link: DirectLink, readonly room: string, clock: Clock) {
    this.#link = link;
    this.#measuring = clock.every(MEASURE_EVERY_MS, () => {
      const stats = link.connection?.pathStats?.() ?? null;
      if (stats !== null) this.#path.add(stats);
    });
  }

  get closed(): Promise<CloseInfo> {
    return this.#link.closed;
  }

  get closeInfo(): CloseInfo | null {
    return this.#link.closeInfo;
  }

  quality(): PathQuality | null {
    return this.#path.quality();
  }

  stop(): void {
    this.#measuring.cancel();
  }
}
