/** The figures of a session in a room: for people, for scripts and for the metrics file. */
import type { Trend } from "./quality/quality_history.ts";
import type { PeerReport, RelayQualityReport } from "./quality/voice_quality.ts";
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
  /** From 0 to 100, of the way to the relay in use; null where nothing tells. */
  readonly score: number | null;
  readonly trend: Trend | null;
  /** Of every relay that carried the session, in order of their first use. */
  readonly relays: readonly RelayQualityReport[];
  /** Of those who were heard; null when nobody was. */
  readonly peer: PeerReport | null;
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
  const { counts, drops, quality } = receiver;
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
    score: quality.score === null ? null : round(quality.score, 1),
    trend: quality.trend,
    relays: quality.relays(),
    peer: quality.peer(),
  };
}

/** A move as scripts are told of it. */
export function moveReport({ from, to, reason, atMs, gapMs }: Move): MoveReport {
  return { from, to, reason, at_ms: Math.round(atMs), gap_ms: Math.round(gapMs) };
}

/** The lines of a summary. */
export function reportLines(report: VoiceReport): string[] {
  const { sent, received, rtt_ms, loss_pct, score } = report;
  return [
    ...sent === null ? [] : [
      `sent      ${sent.frames} frames as ${sent.packets} packets, ${sent.dropped} dropped, ` +
      `${sent.suppressed} silent, RMS ${sent.rms}`,
    ],
    `received  ${received.packets} packets, ${received.lost} lost, ${received.late} late, ` +
    `${received.concealed} gaps concealed, RMS ${received.rms}`,
    rtt_ms === null
      ? "path      not measured: neither the transport nor the relay tells"
      : `path      RTT ${rtt_ms} ms, loss ${loss_pct} %${
        score === null ? "" : `, quality ${Math.round(score)} of 100`
      }`,
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
  const { sent, received, rtt_ms, loss_pct, jitter_ms, relay, moves, score, trend } = voiceReport(
    voice,
  );
  const { peerScore } = voice.receiver.quality;
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
    score,
    trend,
    peer_score: peerScore === null ? null : round(peerScore, 1),
  });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
