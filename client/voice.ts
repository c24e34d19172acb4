/** Speaking and listening, whatever the connection: in a room or from client to client. */
import type { PathQuality } from "../proto/quality_report.ts";
import type { CloseInfo } from "../quic/port.ts";
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
  /** Loss and round trip, or null where nothing tells. */
  quality(): PathQuality | null;
}

export interface Voice {
  readonly session: VoiceConnection;
  readonly receiver: VoiceReceiver;
  /** Null for a listener. */
  readonly sender: VoiceSender | null;
  /** Closes and plays what still waits. */
  leave(): Promise<void>;
}
