/** The signal channel to a client, which is bounded tighter than the protocol has to be for relays. */
import type { Clock } from "../quic/clock.ts";
import type { Connection } from "../quic/port.ts";
import { SignalChannel, type SignalChannelOptions } from "../quic/signal_channel.ts";

/**
 * Most bytes of a client's message. The longest honest ones are a token, of which 16,384 characters (48 KiB of UTF-8 at
 * most) are looked at, and an offer or answer with an `ext` of 16 KiB beside 4 KiB of keys, addresses and profiles.
 */
export const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024;

/** Messages of a client that may stall at once: more than a network that fails for a moment leaves behind. */
export const MAX_CLIENT_STALLS = 4;

/** For everybody but relays that are known. */
export function clientChannel(
  connection: Connection,
  clock: Clock,
  more: Partial<SignalChannelOptions> = {},
): SignalChannel {
  return new SignalChannel(connection, {
    clock,
    maxMessageBytes: MAX_CLIENT_MESSAGE_BYTES,
    maxStalls: MAX_CLIENT_STALLS,
    ...more,
  });
}
