import { t } from '../text/messages.en'

/** The mark: a cord from one jack to a lamp that is lit. */
export function Logo({ onDark }: { onDark?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2 text-18 font-strong tracking-tight">
      <svg aria-hidden="true" viewBox="0 0 32 32" className="size-7 flex-none">
        <rect width="32" height="32" rx="8" className={onDark ? 'fill-white/15' : 'fill-[#0f6b4f]'} />
        <g fill="none" stroke="#fff" strokeOpacity=".55" strokeWidth="2.4" strokeLinecap="round">
          <path d="M10 22c0-6 12-4 12-10" />
          <circle cx="10" cy="10" r="3" />
          <circle cx="22" cy="22" r="3" />
        </g>
        <circle cx="10" cy="22" r="3.2" fill="#fff" />
        <circle cx="22" cy="10" r="4.2" fill="#ffd66b" />
      </svg>
      {t.product}
    </span>
  )
}
