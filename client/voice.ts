/** Speaking and listening, whatever the connection: in a room or from client to client. */
import type { PathQuality } from "../proto/quality_report.ts";
import type { CloseInfo } from "../quic/port.ts";
import type { MoveReason } from "./failover/failover_events.ts";
import type { RelayInfo } from "./room_handshake.ts";
import type { VoiceReceiver } from "./sound/voice_receiver.ts";
import type { VoiceSender } from "./sound/voice_sender.ts";

export interface VoiceConnection {
  /** As a relay knows it. */
  readonly room: string;
  /** Null where none is between. */
  readonly relay: RelayInfo | null;
  readonly closed: Promise<CloseInfo>;
  readonly closeInfo: CloseInfo | null;
  /** Where the relay in use is, `ip:port`; null where none is between. */
  readonly relayAddr: string | null;
  /** From relay to relay so far. */
  readonly moves: readonly Move[];
  /** Loss and round trip, or null where nothing tells. */
  quality(): PathQuality | null;
}

/** A session went on over another relay. */
export interface Move {
  /** `ip:port`. */
  readonly from: string;
  readonly to: string;
  readonly reason: MoveReason;
  /** The reason as a clause for people. */
  readonly because: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** From the last sign of the old relay until the new one was used; 0 when it was still there. */
  readonly gapMs: number;
}

export interface Voice {
  readonly session: VoiceConnection;
  readonly receiver: VoiceReceiver;
  /** Null for a listener. */
  readonly sender: VoiceSender | null;
  /** Closes and plays what still waits. */
  leave(): Promise<void>;
}
