/** Speaking and listening in a room: a session with sender, receiver and what the relay is told of both. */
import type { CodecId, QualityProfile } from "../proto/codec.ts";
import type { Clock, Timer } from "../quic/clock.ts";
import { MovingSession } from "./failover/moving_session.ts";
import type { WayOut } from "./failover/way_out.ts";
import type { RoomLink } from "./room_link.ts";
import { type JoinOptions, joinRoom, type RoomEvent } from "./room_session.ts";
import type { Codec } from "./sound/codec.ts";
import { OpusCodec } from "./sound/opus_codec.ts";
import type { SoundSource } from "./sound/source.ts";
import { DEFAULT_TIER, type Tier, tierOf } from "./sound/tier.ts";
import { type SoundSink, VoiceReceiver } from "./sound/voice_receiver.ts";
import { VoiceSender } from "./sound/voice_sender.ts";

const LOSS_REPORT_EVERY_MS = 5_000;

export interface RoomVoiceOptions extends Omit<JoinOptions, "onMedia" | "onMeasure" | "onEvent"> {
  /** Where to go when the relay fails; without it the session ends with its relay. */
  readonly wayOut?: WayOut;
  /** What is said; without it we only listen. */
  readonly source?: SoundSource;
  /** Where what is heard goes. Must not throw. */
  readonly sink?: SoundSink;
  readonly suppressSilence?: boolean;
  /** Every datagram of the room, before it is taken apart. Must not throw. */
  readonly onMedia?: (datagram: Uint8Array) => void;
  /** Every packet on its way out. Must not throw. */
  readonly onSend?: (packet: Uint8Array) => void;
  /** Must not throw. */
  readonly onEvent?: (event: VoiceEvent) => void;
  /** Default: Opus. */
  readonly openCodec?: (tier: Tier) => Promise<Codec>;
}

export type VoiceEvent =
  | RoomEvent
  /** Sent with from now on; `wanted` is the codec of the relay's profile, which may be one we lack. */
  | { readonly type: "tier"; readonly tier: Tier; readonly wanted: CodecId };

export class RoomVoice {
  readonly session: RoomLink;
  readonly receiver: VoiceReceiver;
  /** Null for a listener. Starts with `start`. */
  readonly sender: VoiceSender | null;
  readonly #codec: Codec;
  readonly #reporting: Timer;

  /** Joins the room; rejects with `ClientError` or `QuicError`. */
  static async join(options: RoomVoiceOptions): Promise<RoomVoice> {
    const { wayOut, clock, source, sink, suppressSilence, onMedia, onEvent } = options;
    const codec = await (options.openCodec ?? OpusCodec.create)(DEFAULT_TIER);
    const receiver = new VoiceReceiver({ codec, clock, ...(sink && { sink }) });
    const obey = (profile: QualityProfile) => {
      const tier = tierOf(profile);
      if (tier.codec === codec.tier.codec) return;
      codec.setTier(tier);
      onEvent?.({ type: "tier", tier, wanted: profile.codec });
    };
    try {
      const joining: JoinOptions = {
        ...options,
        onMedia(datagram) {
          onMedia?.(datagram);
          receiver.receive(datagram);
        },
        onEvent(event) {
          onEvent?.(event);
          if (event.type === "joined" || event.type === "moved") obey(event.relay.chosenProfile);
          else if (event.type === "directive") obey(event.profile);
        },
      };
      const session = wayOut === undefined
        ? await joinRoom(joining)
        : await MovingSession.join({ ...joining, wayOut });
      const sender = source === undefined ? null : new VoiceSender({
        send(packet) {
          options.onSend?.(packet);
          return session.sendMedia(packet);
        },
        source,
        codec,
        clock,
        quality: () => session.quality(),
        suppressSilence: suppressSilence ?? false,
      });
      return new RoomVoice(session, receiver, sender, codec, clock);
    } catch (error) {
      codec.close();
      throw error;
    }
  }

  private constructor(
    session: RoomLink,
    receiver: VoiceReceiver,
    sender: VoiceSender | null,
    codec: Codec,
    clock: Clock,
  ) {
    this.session = session;
    this.receiver = receiver;
    this.sender = sender;
    this.#codec = codec;
    this.#reporting = clock.every(LOSS_REPORT_EVERY_MS, () => this.#reportLoss());
  }

  /** Hangs up, closes and plays what still waits. */
  async leave(): Promise<void> {
    this.#reporting.cancel();
    this.sender?.stop();
    await this.session.leave();
    this.receiver.finish();
    this.#codec.close();
  }

  #reportLoss(): void {
    const { decoded, concealed } = this.receiver.counts;
    this.session.sendSignal({
      type: "LossRecoveryUpdate",
      // libopus 1.4 has no DRED, so all concealment is the classical kind.
      dred_reconstructions: 0,
      classical_plc_invocations: concealed,
      frames_decoded: decoded,
    }, "loss");
  }
}
