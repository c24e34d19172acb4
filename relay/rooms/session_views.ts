/** The participants of all rooms as the API shows them. */
import type { SessionView } from "../ports/admin.ts";
import type { Counters } from "../ports/counters.ts";
import type { Participant } from "./participant.ts";

/** One at a time, so that nothing is made that nobody looks at. */
export function* sessionViews(
  participants: Iterable<Participant>,
  { sessionLoss, sessionRtt }: Pick<Counters, "sessionLoss" | "sessionRtt">,
): Generator<SessionView> {
  for (const participant of participants) {
    const { session, since, received, forwarded, age } = participant;
    yield {
      participant,
      since,
      packetsReceived: received,
      packetsForwarded: forwarded,
      lossPct: sessionLoss.get(session),
      rttMs: sessionRtt.get(session),
      audioAgeMs: age?.ageMs ?? null,
    };
  }
}
