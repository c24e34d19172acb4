/** What the commands with sound have in common: who joins, with what, and until when. */
import { generateSeed, Identity } from "../../proto/identity.ts";
import type { CloseInfo } from "../../quic/port.ts";
import { ClientError, fileError } from "../errors.ts";
import { FixedAdvisor } from "../failover/fixed_advisor.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";
import { MetricsFile } from "../metrics_file.ts";
import { closeReason } from "../room_handshake.ts";
import type { JoinOptions } from "../room_session.ts";
import { Recording } from "../recording.ts";
import { pcmSource, type SoundSource, toneSource } from "../sound/source.ts";
import { visibleText } from "../visible_text.ts";
import type { Move, Voice } from "../voice.ts";
import { metricsLine, progressText, voiceReport } from "../voice_report.ts";
import type { CommandContext } from "./command.ts";

type Who = Omit<JoinOptions, "onMedia" | "onMeasure" | "onEvent">;

/** How the user wants to join; without a seed as somebody new. */
export function joinOptions(context: CommandContext, room: string): Who {
  const { endpoint, address, clock, crypto, args } = context;
  const { alias, token, pin } = args;
  const identity = new Identity(crypto, args.seed ?? generateSeed(crypto));
  return {
    endpoint,
    address,
    room,
    identity,
    clock,
    crypto,
    ...(alias !== undefined && { alias }),
    ...(token !== undefined && { token }),
    ...(pin && { pin }),
  };
}

/** Who says where to go when the relay fails. */
export function advisorOf({ relays }: CommandContext): RelayAdvisor {
  return relays ?? new FixedAdvisor();
}

/** The line for people when another relay carries the session. */
export function movedText({ to, because, gapMs }: Move): string {
  const gap = gapMs === 0 ? "" : ` (${(gapMs / 1000).toFixed(1)} s after its last sign)`;
  return visibleText(`moved to ${to}, because ${because}${gap}`, 300);
}

/** The line for people when a relay stops. It may name any number as its time. */
export function stopText(deadlineMs: number): string {
  const deadline = new Date(deadlineMs);
  return Number.isNaN(deadline.getTime())
    ? "the relay stops, at no time that there is"
    : `the relay stops at ${deadline.toISOString()}`;
}

/** The files a command writes; null for those nobody asked for. */
export interface OutputFiles {
  readonly recording: Recording | null;
  readonly metrics: MetricsFile | null;
  /** Throws `ClientError` when one of them is not complete. */
  close(): void;
}

/** Opens the files of `--metrics-file` and `--record`. Throws `ClientError`; then none is open. */
export function openFiles({ args }: CommandContext): OutputFiles {
  const metrics = args.metricsFile === undefined ? null : MetricsFile.open(args.metricsFile);
  const recording = openRecording(args.record, metrics);
  return {
    recording,
    metrics,
    close() {
      try {
        recording?.close();
      } finally {
        metrics?.close();
      }
    },
  };
}

function openRecording(path: string | undefined, metrics: MetricsFile | null): Recording | null {
  try {
    return path === undefined ? null : Recording.create(path);
  } catch (error) {
    metrics?.close();
    throw error;
  }
}

/** What `--send-tone` and `--send-file` send, from its beginning for each call, or null. Throws `ClientError`. */
export async function openSource({ args }: CommandContext): Promise<(() => SoundSource) | null> {
  const { sendTone, sendFile } = args;
  if (sendTone !== undefined) return () => toneSource(sendTone);
  if (sendFile === undefined) return null;
  try {
    const sound = await Deno.readFile(sendFile);
    return () => pcmSource(sound);
  } catch (error) {
    throw fileError("read", sendFile, error);
  }
}

/** Resolves after so long. */
export function pause({ clock }: CommandContext, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Progress in the terminal and lines in the metrics file while a session lasts. */
export function watch(
  voice: Voice,
  { clock, progress }: CommandContext,
  { metrics }: OutputFiles,
): Watch {
  metrics?.follow(clock, () => metricsLine(voice, clock.wall()));
  const start = clock.now();
  const { session, receiver } = voice;
  const showing = clock.every(1_000, () => {
    receiver.quality.sample(clock.wall(), session.relayAddr, session.quality());
    progress(progressText(voiceReport(voice), (clock.now() - start) / 1000));
  });
  return {
    close() {
      showing.cancel();
      progress("");
      metrics?.pause();
    },
  };
}

interface Watch {
  close(): void;
}

/** Resolves when the user wants the end. */
export function stopped(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    const stop = () => resolve("stopped");
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** Runs the work, unless the user wants the end first: then null, and the work is left to end alone. */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return await Promise.race([work, stopped(signal).then(() => null)]);
}

/** The error for a session that the relay at this address ended. */
export function endedByRelay(info: CloseInfo, relay: string): ClientError {
  return new ClientError(
    "ended",
    info.kind === "idle"
      ? `The relay at ${relay} was lost: ${closeReason(info)}.`
      : `The relay ended the session: ${closeReason(info)}.`,
  );
}
