import './app.css'

// After an update the old page's parts are gone; loading anew helps, but only once.
window.addEventListener('vite:preloadError', event => {
  const last = Number(sessionStorage.getItem('reloaded'))
  if (Date.now() - last < 30_000) return
  sessionStorage.setItem('reloaded', String(Date.now()))
  event.preventDefault()
  window.location.reload()
})

// Two programs behind one page: the door (sign up, sign in, onboarding) is small, because people meet it
// first and on slow networks; the house has the router and everything else. Between them the page loads anew.
const atTheDoor = /^\/(sign-in|sign-up|welcome|link)\/?$/.test(window.location.pathname)
const root = document.getElementById('root')
if (root)
  void (atTheDoor ? import('./door').then(m => m.openDoor(root)) : import('./house').then(m => m.openHouse(root)))
