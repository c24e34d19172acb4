/** What a tap has seen, as its viewers get it. */
import type { ParticipantView } from "../../relay/ports/room_observer.ts";
import type { TapEvent } from "../../relay/ports/tap.ts";
import type { TapItem } from "./feed_shapes.ts";

export function tapItem(event: TapEvent): TapItem {
  switch (event.kind) {
    case "packet":
      return { ...event, from: who(event.from), dir: "in" };
    case "drop":
      return {
        ...event,
        from: event.from === null ? null : who(event.from),
        to: event.to === null ? null : who(event.to),
      };
    case "join":
    case "leave":
      return { ...event, participant: who(event.participant) };
    case "room_update":
    case "directive":
      return event;
  }
}

function who({ session, fingerprint, alias, room }: ParticipantView) {
  return { session, fingerprint, alias, room };
}
