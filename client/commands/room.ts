/** `--room` and its companions: joins, sends a tone or a file, listens and records, and sums up. */
import { DEFAULT_ROOM } from "../../proto/room_name.ts";
import type { ClientError } from "../errors.ts";
import type { Recording } from "../recording.ts";
import { RoomVoice, type VoiceEvent } from "../room_voice.ts";
import { visibleText } from "../visible_text.ts";
import { reportLines, voiceReport } from "../voice_report.ts";
import type { CommandContext } from "./command.ts";
import {
  advisorOf,
  endedByRelay,
  joinOptions,
  movedText,
  openFiles,
  openSource,
  type OutputFiles,
  pause,
  stopped,
  stopText,
  unlessStopped,
  watch,
} from "./media.ts";

/** How long is recorded after our own sound has ended, for what is still on its way. */
const LINGER_MS = 2_000;

export async function runRoom(context: CommandContext): Promise<void> {
  const { args, stopSignal } = context;
  const source = await openSource(context);
  const files = openFiles(context);
  const { recording } = files;
  const stop = stopSignal();
  let voice: RoomVoice | null;
  try {
    const joining = RoomVoice.join({
      ...joinOptions(context, args.room ?? DEFAULT_ROOM),
      wayOut: { advisor: advisorOf(context) },
      suppressSilence: args.sendFile !== undefined,
      ...(source && { source: source() }),
      ...(recording && { sink: recording.sink }),
      ...(!args.json && { onEvent: describing(context) }),
    });
    voice = await unlessStopped(joining, stop);
    if (voice !== null) await speakAndListen(voice, context, files, stop);
  } finally {
    files.close();
  }
  if (voice === null) return;
  const info = await voice.session.closed;
  const problem = info.kind === "local" ? null : endedByRelay(info, voice.session.relayAddr);
  summarise(voice, context, recording, problem);
  if (problem !== null) throw problem;
}

/** Until the sound has ended, the user wants it or the relay does; without sound of our own, the latter two. */
async function speakAndListen(
  voice: RoomVoice,
  context: CommandContext,
  files: OutputFiles,
  stop: AbortSignal,
): Promise<void> {
  const { session, sender } = voice;
  const watching = watch(voice, context, files);
  const end = Promise.race([session.closed, stopped(stop)]);
  try {
    sender?.start();
    await Promise.race([end, ...sender ? [sender.done] : []]);
    // Sound that ends just after the relay has died was not heard by anybody.
    await Promise.race([end, session.signOfLife()]);
    session.hangUp();
    const lingers = sender !== null && context.args.record !== undefined;
    if (lingers) await Promise.race([end, pause(context, LINGER_MS)]);
  } finally {
    await voice.leave();
    watching.close();
  }
}

function summarise(
  voice: RoomVoice,
  { args, print }: CommandContext,
  recording: Recording | null,
  problem: ClientError | null,
): void {
  const report = voiceReport(voice);
  const recorded = recording && { file: recording.path, seconds: recording.seconds };
  if (args.json) {
    return print(JSON.stringify({ ...report, recorded, problem: problem?.message ?? null }));
  }
  for (const line of reportLines(report)) print(line);
  if (recorded) print(`recorded  ${recorded.seconds.toFixed(2)} s to ${recorded.file}`);
}

/** Relays repeat who is in the room when something changed that is not in the line. */
function describing({ print, progress }: CommandContext): (event: VoiceEvent) => void {
  let inTheRoom = "";
  return (event) => {
    const line = sentence(event);
    if (line === null || line === inTheRoom) return;
    if (event.type === "participants") inTheRoom = line;
    progress("");
    print(line);
  };
}

function sentence(event: VoiceEvent): string | null {
  switch (event.type) {
    case "joined":
      return `joined; relay ${event.relay.fingerprint}`;
    case "participants":
      return `in the room: ${
        event.participants.map(({ alias, fingerprint, relay_label }) =>
          visibleText(`${alias ?? ""} ${fingerprint}${relay_label ? ` at ${relay_label}` : ""}`)
            .trim()
        ).join(", ")
      }`;
    case "tier": {
      const { tier, wanted } = event;
      return tier.codec === wanted
        ? `sending ${tier.codec}`
        : `sending ${tier.codec}, because the relay wants ${wanted}, which this client does not have`;
    }
    case "draining": {
      const relays = event.relays.map((relay) => visibleText(relay)).join(", ");
      return `${stopText(event.deadlineMs)}${relays === "" ? "" : `; others: ${relays}`}`;
    }
    case "moved":
      return movedText(event.move);
    case "hangup":
      return `hangup: ${event.reason}`;
    case "unreadable":
      return `a message of the relay cannot be read: ${visibleText(event.problem)}`;
    case "directive":
    case "closed":
      return null;
  }
}
