import type { MouseEvent, ReactNode } from 'react'
import { type DoorPath, goDoor } from '../lib/door-path'

/** A link between pages of the door; opening it in a new tab works as with any link. */
export function DoorLink({ to, children }: { to: DoorPath; children: ReactNode }) {
  const go = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    goDoor(to)
  }
  return (
    <a href={to} onClick={go} className="inline-block py-3 font-medium text-accent underline underline-offset-4">
      {children}
    </a>
  )
}
