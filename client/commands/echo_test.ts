/** `--echo-test`: two sessions in one process, a tone from one to the other through the relay. */
import { seqOf } from "../../proto/media_header.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { CloseInfo } from "../../quic/port.ts";
import { ClientError } from "../errors.ts";
import { RoomVoice } from "../room_voice.ts";
import { toneSource } from "../sound/source.ts";
import { TransitTimes } from "../transit_times.ts";
import { voiceReport } from "../voice_report.ts";
import type { CommandContext } from "./command.ts";
import {
  endedByRelay,
  joinOptions,
  openFiles,
  type OutputFiles,
  pause,
  stopped,
  unlessStopped,
  watch,
} from "./media.ts";

/** How long the last packets may be on their way. */
const LINGER_MS = 1_000;

interface Both {
  readonly listener: RoomVoice;
  readonly speaker: RoomVoice;
}

export async function runEchoTest(context: CommandContext): Promise<void> {
  const { args, clock, crypto } = context;
  const stop = context.stopSignal();
  const room = args.room ?? `echo-${crypto.random(8).toHex()}`;
  const files = openFiles(context);
  const { recording } = files;
  const transit = new TransitTimes();
  const join = async (): Promise<Both> => {
    const listener = await RoomVoice.join({
      ...joinOptions(context, room),
      onMedia: (packet) => transit.arrived(seqOf(packet), clock.now()),
      ...(recording && { sink: recording.sink }),
    });
    const speaker = await RoomVoice.join({
      ...joinOptions(context, room),
      source: toneSource(args.echoTest ?? 0),
      onSend: (packet) => transit.left(seqOf(packet), clock.now()),
    });
    return { listener, speaker };
  };
  let both: Both | null;
  let early: CloseInfo | null = null;
  try {
    both = await unlessStopped(join(), stop);
    if (both !== null) early = await sendTone(both, context, files, stop);
  } finally {
    files.close();
  }
  if (both === null) return;
  const problem = early !== null
    ? endedByRelay(early, formatSocketAddress(context.address))
    : transit.count === 0 && !stop.aborted
    ? new ClientError("ended", "Nothing of the tone came back through the relay.")
    : null;
  report(both, transit, context, problem);
  if (problem !== null) throw problem;
}

/** Answers how a session ended if the relay ended one. */
async function sendTone(
  { listener, speaker }: Both,
  context: CommandContext,
  files: OutputFiles,
  stop: AbortSignal,
): Promise<CloseInfo | null> {
  const watching = watch(listener, context, files);
  const sessions = [listener.session, speaker.session];
  const end = Promise.race([stopped(stop), ...sessions.map(({ closed }) => closed)]);
  try {
    speaker.sender!.start();
    await Promise.race([end, speaker.sender!.done]);
    await Promise.race([end, pause(context, LINGER_MS)]);
    await Promise.race([end, Promise.all(sessions.map((session) => session.signOfLife()))]);
    return sessions.find(({ closeInfo }) => closeInfo !== null)?.closeInfo ?? null;
  } finally {
    await Promise.all([listener.leave(), speaker.leave()]);
    watching.close();
  }
}

function report(
  { listener, speaker }: Both,
  transit: TransitTimes,
  { args, address, print }: CommandContext,
  problem: ClientError | null,
): void {
  const { sent } = voiceReport(speaker);
  const { received, rtt_ms } = voiceReport(listener);
  const packets = sent?.packets ?? 0;
  const delay = transit.summary();
  const lostPercent = packets === 0 ? 0 : 100 * (packets - transit.count) / packets;
  if (args.json) {
    return print(JSON.stringify({
      relay: formatSocketAddress(address),
      room: listener.session.room,
      sent: packets,
      received: transit.count,
      lost: packets - transit.count,
      lost_pct: Number(lostPercent.toFixed(2)),
      delay_ms: delay,
      rms_sent: sent?.rms ?? 0,
      rms_received: received.rms,
      rtt_ms,
      problem: problem?.message ?? null,
    }));
  }
  print(`packets   ${packets} sent, ${transit.count} came back, ${lostPercent.toFixed(1)} % lost`);
  if (delay) print(`delay     ${delay.median} ms, ${delay.min} to ${delay.max} ms`);
  print(`level     RMS ${sent?.rms ?? 0} sent, ${received.rms} received`);
  print(rtt_ms === null ? "path      not measured" : `path      RTT ${rtt_ms} ms`);
}
