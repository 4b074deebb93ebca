type Bar = { label: string; value: number; accent?: number }

/** Small bars side by side; `accent` is the share of a bar drawn in the bot's colour. The numbers are in the text. */
export function Bars({ bars, label, tall }: { bars: Bar[]; label: string; tall?: boolean }) {
  const top = Math.max(1, ...bars.map(bar => bar.value))
  const height = tall ? 120 : 40
  const width = 100 / Math.max(1, bars.length)
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 100 ${height}`}
      preserveAspectRatio="none"
      className={tall ? 'h-40 w-full' : 'h-12 w-full'}
    >
      {bars.map((bar, index) => {
        const whole = (bar.value / top) * (height - 2)
        const accent = bar.accent === undefined ? whole : bar.value > 0 ? (bar.accent / bar.value) * whole : 0
        const x = index * width + width * 0.14
        return (
          <g key={bar.label}>
            <title>{`${bar.label}: ${bar.value}`}</title>
            <rect x={x} width={width * 0.72} y={height - 1.5} height="1.5" className="fill-line" />
            <rect x={x} width={width * 0.72} y={height - whole} height={whole} className="fill-human opacity-70" />
            <rect x={x} width={width * 0.72} y={height - accent} height={accent} className="fill-accent" />
          </g>
        )
      })}
    </svg>
  )
}
