/** What an operator can do to a running relay: drain, reload, log levels, kick, close a link. */
import { canonicalIp } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import type { Failed, Reloaded } from "./config/mod.ts";
import type { LifeCycle } from "./life_cycle.ts";
import { parseLevels } from "./log/levels.ts";
import type { Logger } from "./log/logger.ts";
import type { OperateOutcome, Operations } from "./ports/admin.ts";
import type { ParticipantView } from "./ports/room_observer.ts";
import type { UdpRelay } from "./ports/udp_relay.ts";

export interface OperationParts {
  readonly clock: Clock;
  readonly log: Pick<Logger, "configure">;
  readonly life: Pick<LifeCycle, "state" | "hold" | "drain">;
  /** Loads the configuration again and says how that went. */
  readonly reload: () => Promise<OperateOutcome>;
  /** Who it was, or null. */
  readonly kick: (session: string, refuseMs: number) => ParticipantView | null;
  readonly closeLink: (relay: string, reason: string) => boolean;
  /** Null when it is off. */
  readonly udpRelay: () => UdpRelay | null;
}

/** An idle relay ends with the drain; whoever asked for it must have got its answer. */
const ANSWER_MS = 500;
const NO_UDP_RELAY = "This relay has no UDP relay; udp_relay in the configuration turns it on";

export function relayOperations(parts: OperationParts): Operations {
  const { clock, log, life, reload, kick, closeLink, udpRelay } = parts;
  return {
    drain(reason) {
      if (life.state !== "serving") return failed(`The relay is ${life.state} already`);
      const release = life.hold();
      life.drain(reason);
      clock.after(ANSWER_MS, release);
      return done("The relay takes nobody new and ends when the last has left");
    },
    reload,
    setLogLevel(text) {
      try {
        log.configure({ levels: parseLevels(text) });
        return done("These levels hold until the configuration is loaded again");
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return failed(`levels ${error.message}`);
      }
    },
    kick(session, refuseMs) {
      const found = kick(session, refuseMs);
      if (found === null) return failed("There is no such session");
      const { fingerprint } = found;
      return done(
        refuseMs > 0
          ? `${fingerprint} is refused for ${Math.ceil(refuseMs / 1_000)} s`
          : `The session is closed; ${fingerprint} may come again`,
      );
    },
    closeLink(relay) {
      const key = relay.replaceAll(":", "").toLowerCase();
      return closeLink(key, "closed by the operator")
        ? done("The link is closed; whoever dials it does so again")
        : failed("There is no link with this relay");
    },
    blockUdp(text, ms) {
      const [relay, ip] = [udpRelay(), canonicalIp(text)];
      if (relay === null) return failed(NO_UDP_RELAY);
      if (ip === null) return failed(`"${text}" is no IP address`);
      relay.block(ip, ms);
      return done(
        ms === null ? `${ip} is blocked` : `${ip} is blocked for ${Math.ceil(ms / 1_000)} s`,
      );
    },
    unblockUdp(text) {
      const [relay, ip] = [udpRelay(), canonicalIp(text)];
      if (relay === null) return failed(NO_UDP_RELAY);
      return ip !== null && relay.unblock(ip)
        ? done(`${ip} may send again`)
        : failed("This address is not blocked");
    },
  };
}

/** What came of loading the configuration again, with what is wrong with it. */
export function reloadOutcome(
  result: Reloaded | Failed,
  problems: readonly string[],
): OperateOutcome {
  if ("errors" in result || problems.length > 0) {
    return failed(`The old configuration stays in force: ${problems.join("; ")}`);
  }
  const { applied, needRestart } = result;
  const waits = needRestart.length === 0
    ? ""
    : `; to change ${needRestart.join(", ")} the relay must be restarted`;
  return done(
    applied.length === 0 ? `Nothing changed${waits}` : `Changed: ${applied.join(", ")}${waits}`,
  );
}

function done(sentence: string): OperateOutcome {
  return { ok: true, detail: `${sentence}.` };
}

function failed(sentence: string): OperateOutcome {
  return { ok: false, detail: `${sentence}.` };
}
