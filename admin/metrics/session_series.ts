/** Whether there are metrics of single sessions: each series costs whoever stores them, and a large relay has too many. */
import type { AdminSettings } from "../../relay/ports/admin.ts";
import type { SampledMetric } from "../../relay/ports/counters.ts";
import type { Log } from "../../relay/ports/log.ts";

/** Most sessions that have series of their own without being asked for. */
const MOST_SESSIONS = 500;
/** Series that were left out come back here, so that they do not come and go around the limit. */
const BACK_AT = 400;

export const SESSION_LABEL = "session_id";
const ACTIVE_SESSIONS = "wzp_relay_active_sessions";

export class SessionSeries {
  readonly #log: Pick<Log, "warn">;
  readonly #setting: () => AdminSettings["sessionMetrics"];
  #tooMany = false;
  #warned = false;

  constructor(log: Pick<Log, "warn">, setting: () => AdminSettings["sessionMetrics"]) {
    this.#log = log;
    this.#setting = setting;
  }

  /** The families that are to be shown. The number of sessions is among them, before those it decides on. */
  *select(families: Iterable<SampledMetric>): Generator<SampledMetric> {
    const setting = this.#setting();
    for (const family of families) {
      if (family.name === ACTIVE_SESSIONS) this.#count(setting, family);
      if (this.#isShown(setting) || !isPerSession(family)) yield family;
    }
  }

  /** Whether those of single sessions will be among them. */
  shown(families: Iterable<SampledMetric>): boolean {
    const setting = this.#setting();
    for (const family of families) {
      if (family.name === ACTIVE_SESSIONS) this.#count(setting, family);
    }
    return this.#isShown(setting);
  }

  #isShown(setting: AdminSettings["sessionMetrics"]): boolean {
    return setting === "on" || setting === "auto" && !this.#tooMany;
  }

  #count(setting: AdminSettings["sessionMetrics"], family: SampledMetric): void {
    let sessions = 0;
    for (const { value } of family.samples()) sessions += value;
    this.#tooMany = sessions > (this.#tooMany ? BACK_AT : MOST_SESSIONS);
    if (!this.#tooMany || this.#warned || setting !== "auto") return;
    this.#warned = true;
    this.#log.warn(
      "there are too many sessions for metrics of each, so these are left out; session_metrics " +
        "says whether that is to be so",
      { sessions, limit: MOST_SESSIONS },
    );
  }
}

/** Families of sessions have this one label; an empty one is not printed either way. */
function isPerSession(family: SampledMetric): boolean {
  for (const { labels } of family.samples()) return labels[0]?.[0] === SESSION_LABEL;
  return false;
}
