/** `--signal` and `--call`: registers, is called or calls, speaks and listens, and sums up. */
import { ClientError } from "../errors.ts";
import { DirectCalls } from "../calls/direct_calls.ts";
import { CallClient } from "../calls/call_client.ts";
import type { CallClientEvent } from "../calls/call_events.ts";
import type { CallEnd } from "../calls/phone.ts";
import type { Recording } from "../recording.ts";
import { ownAddresses } from "../socket.ts";
import { visibleText } from "../visible_text.ts";
import { moveReport, reportLines, voiceReport } from "../voice_report.ts";
import type { CommandContext } from "./command.ts";
import {
  advisorOf,
  endedByRelay,
  joinOptions,
  movedText,
  openFiles,
  openSource,
  pause,
  stopped,
  stopText,
  unlessStopped,
  watch,
} from "./media.ts";

/** After our own sound has ended: until it has arrived, and for a recording until answers have. */
const LINGER_MS = 300;
const RECORDING_LINGER_MS = 2_000;

const TOKEN_HINT = "with a token, others reach us under the fingerprint the relay's " +
  "authentication service knows us by, which may be another one";

/** Waits to be called until the user wants the end. */
export async function runSignal(context: CommandContext): Promise<void> {
  await withClient(context, async (client, stop, calls) => {
    calls.onIncoming = (call) => {
      const { direct, accept = direct ? "trusted" : "generic" } = context.args;
      if (accept === "reject") client.reject(call);
      else client.accept(call, accept);
    };
    const info = await Promise.race([client.closed, stop]);
    if (info !== "stopped") throw endedByRelay(info, client.relayAddr);
  });
}

/** Calls somebody and ends with the call. */
export async function runCall(context: CommandContext): Promise<void> {
  await withClient(context, async (client, stop, calls) => {
    calls.onIncoming = (call) => client.reject(call);
    calls.onMedia = async ({ voice: { sender } }) => {
      if (sender === null) return;
      await sender.done;
      await pause(context, context.args.record === undefined ? LINGER_MS : RECORDING_LINGER_MS);
      client.hangUp();
    };
    const ended = new Promise<CallEnded>((resolve) => calls.onEnded = resolve);
    await client.place(context.args.call!);
    const last = await Promise.race([ended, stop]);
    if (last === "stopped") return;
    if (last.problem !== null) throw new ClientError("ended", `The call ended: ${last.problem}`);
    const failure = failureOf(last.end);
    if (failure !== null) throw new ClientError("refused", failure);
  });
}

type CallEnded = Extract<CallClientEvent, { type: "ended" }>;
type CallMedia = Extract<CallClientEvent, { type: "media" }>;

/** What a command does about calls. */
interface Calls {
  onIncoming?: (call: CallEnded["call"]) => void;
  onMedia?: (event: CallMedia) => void;
  onEnded?: (event: CallEnded) => void;
}

/** A registered client while `use` runs; afterwards it has hung up and left, also when stopped. */
async function withClient(
  context: CommandContext,
  use: (client: CallClient, stop: Promise<"stopped">, calls: Calls) => Promise<void>,
): Promise<void> {
  const { args, stopSignal, print } = context;
  const source = await openSource(context);
  const files = openFiles(context);
  const { recording } = files;
  const stop = stopSignal();
  const calls: Calls = {};
  const watches: { close(): void }[] = [];
  try {
    const { room: _, ...who } = joinOptions(context, "");
    const direct = args.direct ? new DirectCalls(who.endpoint, who.crypto, ownAddresses) : null;
    const registering = CallClient.register({
      ...who,
      advisor: advisorOf(context),
      rtts: () => measuredRtts(context),
      suppressSilence: args.sendFile !== undefined,
      ...(source && { source }),
      ...(recording && { sink: recording.sink }),
      ...(direct && { direct }),
      signal: stop,
      onEvent(event) {
        tell(event, context);
        if (event.type === "incoming") calls.onIncoming?.(event.call);
        if (event.type === "media") {
          watches.push(watch(event.voice, context, files));
          calls.onMedia?.(event);
        }
        if (event.type === "ended") {
          watches.pop()?.close();
          calls.onEnded?.(event);
        }
      },
    });
    const client = await unlessStopped(registering, stop).catch((error) => {
      if (stop.aborted) return null;
      throw error;
    });
    if (client === null) return;
    try {
      const { fingerprint } = who.identity;
      const { relays, region } = client.session.relay;
      context.relays?.told(relays, region);
      print(args.json ? json("registered", { fingerprint }) : `registered as ${fingerprint}`);
      // Which one that is nothing on the wire tells.
      if (!args.json && args.token !== undefined && args.action === "signal") print(TOKEN_HINT);
      await use(client, stopped(stop), calls);
    } finally {
      await client.leave();
    }
  } finally {
    files.close();
    tellRecording(recording, context);
  }
}

/** What was measured of relays that answer, the nearest first. */
function measuredRtts({ relays }: CommandContext): ReadonlyMap<string, number> {
  // Not the map's: that remembers relays of earlier runs too, as they were then.
  const measured = (relays?.relays ?? []).flatMap(({ relay, reachable, rttMs }) =>
    reachable && rttMs !== null ? [[relay.addr, rttMs] as const] : []
  );
  return new Map(measured.sort(([, a], [, b]) => a - b));
}

function tell(event: CallClientEvent, { args, print, progress }: CommandContext): void {
  progress("");
  const line = args.json ? eventJson(event) : eventText(event, args.call !== undefined);
  if (line !== null) print(line);
}

function tellRecording(recording: Recording | null, { args, print }: CommandContext): void {
  if (recording === null) return;
  const { path: file, seconds } = recording;
  print(
    args.json
      ? json("recorded", { file, seconds })
      : `recorded  ${seconds.toFixed(2)} s to ${file}`,
  );
}

function json(event: string, fields: Record<string, unknown>): string {
  return JSON.stringify({ event, ...fields });
}

/** The event for scripts. */
function eventJson(event: CallClientEvent): string | null {
  switch (event.type) {
    case "ringing":
      return json("ringing", { call_id: event.call.id });
    case "incoming": {
      const { call, offer } = event;
      return json("incoming", { call_id: call.id, from: call.peer, alias: offer.caller_alias });
    }
    case "answered":
      return json("answered", { call_id: event.call.id, mode: event.answer.accept_mode });
    case "media":
      return json("media", { call_id: event.call.id, path: event.path });
    case "moved":
      return json("moved", { call_id: event.call?.id ?? null, ...moveReport(event.move) });
    case "ended": {
      const { call, end, voice, problem } = event;
      return json("ended", {
        call_id: call.id,
        by: end.by,
        reason: end.reason,
        stage: end.stage,
        unreachable: end.unreachable,
        problem,
        report: voice && voiceReport(voice),
      });
    }
    case "draining":
      return json("draining", { deadline_ms: event.deadlineMs, relays: event.relays });
    case "unreadable":
      return json("unreadable", { problem: event.problem });
    case "closed":
      return null;
  }
}

/** The event for people. For a caller, why there was no conversation is the error of the command. */
function eventText(event: CallClientEvent, calling: boolean): string | null {
  switch (event.type) {
    case "ringing":
      return `ringing at ${visibleText(event.call.peer)}`;
    case "incoming": {
      const { call, offer } = event;
      return visibleText(`called by ${offer.caller_alias ?? ""} ${call.peer}`.replace("  ", " "));
    }
    case "answered":
      return "answered";
    case "media":
      return `connected ${event.path === "direct" ? "directly" : "through the relay"}`;
    case "moved":
      return movedText(event.move);
    case "ended": {
      const { end, voice, problem } = event;
      const failure = problem ?? failureOf(end);
      const lines = voice ? reportLines(voiceReport(voice)) : [];
      if (failure === null) lines.unshift(`Hung up by ${end.by}.`);
      else if (!calling) lines.unshift(visibleText(failure, 300));
      return lines.length === 0 ? null : lines.join("\n");
    }
    case "draining":
      return stopText(event.deadlineMs);
    case "unreadable":
      return `a message of the relay cannot be read: ${visibleText(event.problem)}`;
    case "closed":
      return null;
  }
}

/** Why there was no conversation, in a sentence; null when there was one or we ended it ourselves. */
function failureOf({ by, reason, stage, unreachable }: CallEnd): string | null {
  if (by === "us" || stage === "set up" || stage === "incoming") return null;
  if (by === "timeout") return "The relay did not go on with the call in time.";
  if (unreachable) return "Nobody is registered with this fingerprint.";
  switch (reason) {
    case "Busy":
      return "The line is busy.";
    case "Timeout":
      return "The call was not answered.";
    case "Error":
      return "The relay refused the call, or was lost.";
    case "Normal":
    case "Declined":
      return "The call was rejected.";
  }
}
