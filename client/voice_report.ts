/** The figures of a session in a room: for people, for scripts and for the metrics file. */
import type { Move, Voice } from "./voice.ts";

/** All figures, named as in the output for scripts. */
export interface VoiceReport {
  readonly room: string;
  /** Null where no relay is between. */
  readonly relay_fingerprint: string | null;
  readonly sent: SentReport | null;
  readonly received: ReceivedReport;
  /** Null where nothing tells. */
  readonly rtt_ms: number | null;
  readonly loss_pct: number | null;
  readonly jitter_ms: number | null;
  /** Where the relay in use is; null where none is between. */
  readonly relay: string | null;
  readonly moves: readonly MoveReport[];
}

export interface MoveReport {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Unix time. */
  readonly at_ms: number;
  readonly gap_ms: number;
}

export interface SentReport {
  readonly frames: number;
  readonly packets: number;
  readonly dropped: number;
  readonly comfort_noise: number;
  readonly suppressed: number;
  readonly rms: number;
  readonly codec: string;
}

export interface ReceivedReport {
  readonly packets: number;
  readonly decoded: number;
  readonly lost: number;
  readonly late: number;
  readonly concealed: number;
  readonly undecodable: number;
  readonly malformed: number;
  readonly rms: number;
}

/** Everything counted so far. */
export function voiceReport({ session, sender, receiver }: Voice): VoiceReport {
  const { counts, drops } = receiver;
  const path = session.quality();
  return {
    room: session.room,
    relay_fingerprint: session.relay?.fingerprint ?? null,
    sent: sender === null ? null : {
      frames: sender.counts.frames,
      packets: sender.counts.sent,
      dropped: sender.counts.dropped,
      comfort_noise: sender.counts.comfortNoise,
      suppressed: sender.counts.suppressed,
      rms: round(sender.rms, 1),
      codec: sender.tier.codec,
    },
    received: {
      packets: counts.packets,
      decoded: counts.decoded,
      lost: counts.lost,
      late: drops.late,
      concealed: counts.concealed,
      undecodable: counts.undecodable,
      malformed: counts.malformed,
      rms: round(receiver.rms, 1),
    },
    rtt_ms: path && round(path.rttMs, 2),
    loss_pct: path && round(path.lossPercent, 2),
    jitter_ms: path && round(path.jitterMs, 2),
    relay: session.relayAddr,
    moves: session.moves.map(moveReport),
  };
}

/** A move as scripts are told of it. */
export function moveReport({ from, to, reason, atMs, gapMs }: Move): MoveReport {
  return { from, to, reason, at_ms: Math.round(atMs), gap_ms: Math.round(gapMs) };
}

/** The lines of a summary. */
export function reportLines({ sent, received, rtt_ms, loss_pct }: VoiceReport): string[] {
  return [
    ...sent === null ? [] : [
      `sent      ${sent.frames} frames as ${sent.packets} packets, ${sent.dropped} dropped, ` +
      `${sent.suppressed} silent, RMS ${sent.rms}`,
    ],
    `received  ${received.packets} packets, ${received.lost} lost, ${received.late} late, ` +
    `${received.concealed} gaps concealed, RMS ${received.rms}`,
    rtt_ms === null
      ? "path      not measured: neither the transport nor the relay tells"
      : `path      RTT ${rtt_ms} ms, loss ${loss_pct} %`,
  ];
}

/** One line that fits a terminal. */
export function progressText({ sent, received, rtt_ms }: VoiceReport, seconds: number): string {
  return [
    `${Math.round(seconds)} s`,
    ...sent === null ? [] : [`sent ${sent.packets}`],
    `received ${received.packets}`,
    `lost ${received.lost}`,
    ...rtt_ms === null ? [] : [`RTT ${rtt_ms} ms`],
  ].join("  ");
}

/** One line of the metrics file, with the fields of the original. */
export function metricsLine(voice: Voice, wallMs: number): string {
  const { sent, received, rtt_ms, loss_pct, jitter_ms, relay, moves } = voiceReport(voice);
  return JSON.stringify({
    ts: new Date(wallMs).toISOString(),
    buffer_depth: voice.receiver.depth,
    underruns: voice.receiver.counts.concealed,
    overruns: voice.receiver.drops.overflow,
    loss_pct,
    rtt_ms,
    jitter_ms,
    frames_sent: sent?.packets ?? 0,
    frames_received: received.packets,
    quality_profile: sent?.codec ?? voice.session.relay?.chosenProfile.codec ?? null,
    relay,
    moves,
  });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
