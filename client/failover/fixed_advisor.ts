/** Advice where nobody measures: relays in the order the present one names them, and no reason to leave one that works. */
import type { Alternative, BetterRelay, RelayAdvisor } from "./relay_advisor.ts";

export class FixedAdvisor implements RelayAdvisor {
  /** Knows none by itself: whoever asks may use all that the present relay names. */
  alternatives(): readonly Alternative[] {
    return [];
  }

  better(): BetterRelay | null {
    return null;
  }

  heard(): void {}

  failed(): void {}

  onChange(): () => void {
    return () => {};
  }
}
