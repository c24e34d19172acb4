/** The door to signalling: message types, the codec and the frame. */
export { decodeSignal } from "./decode.ts";
export { encodeSignal } from "./encode.ts";
export { type Capability, hasCapability, MAX_CAPABILITIES, MAX_RELAYS, MAX_RTTS } from "./ext.ts";
export { encodeFrame, FrameReader } from "./frame.ts";
export type { CallAcceptMode, HangupReason, RoomMember, RoomParticipant } from "./nested_types.ts";
export {
  isOriginal,
  type KnownSignal,
  MAX_MESSAGE_BYTES,
  type Signal,
  type SignalOf,
  type SignalType,
  type UnknownSignal,
} from "./signal.ts";
