/**
 * Reads what a client sends beside its media, so that its stream credit never runs out. Originals do not read it at
 * all; a Hangup in particular does not end anything, since clients stay to record what is still to come.
 */
import { WireError } from "../../proto/errors.ts";
import { type Counters, countReceived } from "../ports/counters.ts";
import { LossRecovery } from "./loss_recovery.ts";
import type { Participant } from "./participant.ts";

/** Reads until the connection is closed. */
export async function readMediaSignals(
  participant: Participant,
  counters: Counters,
): Promise<void> {
  const { channel, session } = participant;
  const recovery = new LossRecovery(counters, session);
  for (;;) {
    const message = await channel.receive();
    // What was still on its way when the session ended must not bring its series back.
    if (message === null || participant.places === 0) return;
    countReceived(counters, message);
    if (message instanceof WireError) continue;
    if (message.type === "Ping") channel.send({ ...message, type: "Pong" });
    else if (message.type === "LossRecoveryUpdate") recovery.update(message);
  }
}
