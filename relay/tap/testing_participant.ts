/** Participants and packets for tests of what observes rooms. */
import type { CodecId } from "../../proto/codec.ts";
import { encodeMedia, type MediaPacketInit } from "../../proto/media_packet.ts";
import type { ParticipantView } from "../ports/room_observer.ts";

/** A participant whose number shows in everything that tells it from others. */
export function participant(id: number, view: Partial<ParticipantView> = {}): ParticipantView {
  return {
    id,
    session: `session-${id}`,
    room: "general",
    fingerprint: `fp-${id}`,
    alias: `Alias ${id}`,
    address: `127.0.0.1:${50_000 + id}`,
    ...view,
  };
}

/** A packet with 60 bytes of payload. */
export function packet(
  seq: number,
  codec: CodecId = "Opus24k",
  more: Partial<MediaPacketInit> = {},
) {
  return encodeMedia({ codec, seq, timestamp: seq * 20, payload: new Uint8Array(60), ...more });
}
