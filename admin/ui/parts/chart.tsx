/** A line over the last ten minutes; pointing at it tells the value of that moment. */
import { useSignal } from "@preact/signals";
import { ceiling, chartShape, extentOf, type Values } from "../model/series.ts";

export interface ChartProps {
  /** What is drawn, for who does not see it. */
  readonly label: string;
  readonly values: Values;
  /** Places from the left to the right edge. */
  readonly slots: number;
  readonly stepS: number;
  readonly show: (value: number) => string;
  /** The scale never ends below this, so that noise near nothing does not look like mountains. */
  readonly atLeast?: number;
  readonly tall?: boolean;
}

const BOX = { width: 600, height: 100 };

export function Chart({ label, values, slots, stepS, show, atLeast = 1, tall }: ChartProps) {
  const at = useSignal<number | null>(null);
  const extent = extentOf(values);
  if (extent === null) {
    return (
      <div
        class={`chart ${tall ? "tall" : ""}`}
        role="img"
        aria-label={`${label}: no values yet`}
      />
    );
  }
  const top = ceiling(Math.max(extent.max, atLeast));
  const { line, area } = chartShape(values, BOX, top, slots);
  const point = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const place = Math.round((event.clientX - box.left) / box.width * (slots - 1));
    at.value = place - (slots - values.length);
  };
  const value = at.value === null ? null : values[at.value] ?? null;
  const x = at.value === null ? 0 : (at.value + slots - values.length) / (slots - 1) * BOX.width;
  const ago = at.value === null ? 0 : (values.length - 1 - at.value) * stepS;
  const last = extent.last === null ? "now unknown" : `now ${show(extent.last)}`;
  return (
    <div
      class={`chart ${tall ? "tall" : ""}`}
      role="img"
      aria-label={`${label}, last ten minutes: lowest ${show(extent.min)}, highest ${
        show(extent.max)
      }, ${last}`}
      onPointerMove={point}
      onPointerLeave={() => at.value = null}
    >
      <svg viewBox={`0 -2 ${BOX.width} ${BOX.height + 2}`} preserveAspectRatio="none">
        {tall && <path class="chart-limit" d={`M0 0H${BOX.width}M0 50H${BOX.width}`} />}
        <path class="chart-area" d={area} />
        <path class="chart-line" d={line} />
        {value !== null && <path class="chart-cursor" d={`M${x} 0V${BOX.height}`} />}
      </svg>
      <span class="chart-top">{show(top)}</span>
      {value !== null && (
        <span class={`chart-value ${x > BOX.width / 2 ? "at-left" : ""}`}>
          <b>{show(value)}</b> {agoText(ago)}
        </span>
      )}
    </div>
  );
}

function agoText(seconds: number): string {
  if (seconds < 1) return "now";
  const minutes = Math.floor(seconds / 60);
  return minutes === 0
    ? `${seconds} s ago`
    : `${minutes}:${String(Math.round(seconds % 60)).padStart(2, "0")} ago`;
}
