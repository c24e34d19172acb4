/** Being in a room, whichever relay carries it. */
import type { HangupReason, KnownSignal } from "../proto/signal/mod.ts";
import type { CloseInfo, SendResult } from "../quic/port.ts";
import type { RelayInfo } from "./room_handshake.ts";
import type { VoiceConnection } from "./voice.ts";

export interface RoomLink extends VoiceConnection {
  readonly relay: RelayInfo;
  readonly relayAddr: string;
  /** Resolves when the relay is heard next, at once where it announces no echoes. Not when it is lost. */
  signOfLife(): Promise<void>;
  /** Sends a media packet or says why not; never waits. */
  sendMedia(packet: Uint8Array): SendResult;
  /** Queues a signal; false when it was dropped. Of several waiting ones of a `kind` the newest counts. */
  sendSignal(message: KnownSignal, kind?: string): boolean;
  /** Tells the relay that the call is over. The session stays open to listen on. */
  hangUp(reason?: HangupReason): void;
  /** Hangs up and closes; resolves when both are done, with how the connection ended. */
  leave(reason?: HangupReason): Promise<CloseInfo>;
}
