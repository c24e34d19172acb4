/** Drops of packets by participant and reason, summed until they are told: a flood of them is still a few lines. */
import type { DropReason, ParticipantView } from "../ports/room_observer.ts";

type Counts = Partial<Record<DropReason, number>>;

export interface DropSum {
  readonly participant: ParticipantView;
  readonly reason: DropReason;
  readonly count: number;
}

export class DropTally {
  readonly #byParticipant = new Map<ParticipantView, Counts>();

  add(participant: ParticipantView, reason: DropReason): void {
    let counts = this.#byParticipant.get(participant);
    if (counts === undefined) this.#byParticipant.set(participant, counts = {});
    counts[reason] = (counts[reason] ?? 0) + 1;
  }

  /** What there is of one participant; it is then forgotten. */
  take(participant: ParticipantView): DropSum[] {
    const counts = this.#byParticipant.get(participant) ?? {};
    this.#byParticipant.delete(participant);
    return Object.entries(counts).map(([reason, count]) => {
      return { participant, reason: reason as DropReason, count };
    });
  }

  /** What there is of all; it is then forgotten. */
  takeAll(): DropSum[] {
    return [...this.#byParticipant.keys()].flatMap((participant) => this.take(participant));
  }
}
