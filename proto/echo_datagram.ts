/** Echo datagrams between relay and client: their round trip shows how old the audio queued for a receiver is. */
import { RoundTripFormat } from "./round_trip.ts";

/**
 * The first byte is a media header with codec 15: no packet begins with it, `validateMedia` answers MEDIA_CODEC,
 * and peers that do not know echoes drop it. So only packets refused for their codec need to be looked at.
 */
const ECHO_MARK = 0x3c;

export const echoDatagram = new RoundTripFormat("echo", ECHO_MARK);
