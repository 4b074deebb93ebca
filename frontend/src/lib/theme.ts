import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const changes = new EventTarget()

function stored(): Theme {
  const theme = document.documentElement.dataset.theme
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

/** setTheme shows the theme at once and remembers it on this device. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (theme === 'system') localStorage.removeItem('theme')
    else localStorage.setItem('theme', theme)
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
  changes.dispatchEvent(new Event('theme'))
}

export function useTheme(): Theme {
  return useSyncExternalStore(listen => {
    changes.addEventListener('theme', listen)
    return () => changes.removeEventListener('theme', listen)
  }, stored)
}
