import { Check, Copy } from 'lucide-react'
import { QRCodeSVG } from 'qrcode.react'
import { type FormEvent, useState } from 'react'
import type { LinkCode, LinkMethod } from '../api/types'
import { useNow, usePassed } from '../lib/hooks'
import { readPhone } from '../lib/phone'
import { t } from '../text/messages.en'
import { Button } from '../ui/Button'
import { TextField } from '../ui/Field'
import { Tabs } from '../ui/Tabs'
import { CountdownRing } from './CountdownRing'

type Props = {
  /** Codes come first where the page is read on the phone that has the number. */
  codeFirst: boolean
  method: LinkMethod
  onMethod: (method: LinkMethod) => void
  /** Whether linking runs; if not, only a number can be given. */
  connecting: boolean
  link: LinkCode | null | undefined
  busy: boolean
  onConnect: (method: LinkMethod, phone?: string) => void
  onCancel: () => void
}

/** The two ways to link: a picture to scan, or a code to type. */
export function LinkPanel({ codeFirst, method, onMethod, connecting, link, busy, onConnect, onCancel }: Props) {
  const now = useNow(250)
  const live = link && Date.parse(link.expiresAt) > now ? link : null
  const qr = { id: 'qr' as const, label: t.connection.scanQr }
  const code = { id: 'code' as const, label: t.connection.withCode }
  const pick = (next: LinkMethod) => {
    onMethod(next)
    if (next === 'qr' && !connecting) onConnect('qr')
  }
  return (
    <div className="grid gap-4">
      <Tabs label={t.connection.methods} tabs={codeFirst ? [code, qr] : [qr, code]} active={method} onChange={pick}>
        {method === 'qr' ? (
          <QrSide link={link} live={live} now={now} busy={busy} onAsk={() => onConnect('qr')} />
        ) : (
          <CodeSide live={live} now={now} busy={busy} onAsk={phone => onConnect('code', phone)} />
        )}
      </Tabs>
      <div className="flex justify-end">
        <Button kind="quiet" onClick={onCancel}>
          {t.cancel}
        </Button>
      </div>
    </div>
  )
}

type SideProps = { live: LinkCode | null; now: number; busy: boolean }

function QrSide({
  link,
  live,
  now,
  busy,
  onAsk,
}: SideProps & { link: LinkCode | null | undefined; onAsk: () => void }) {
  // The session was asked for a typed code, so a picture has to be asked for.
  if (live && !live.code) {
    return (
      <Button kind="plain" busy={busy} onClick={onAsk}>
        {t.connection.showQr}
      </Button>
    )
  }
  return (
    <div className="flex flex-wrap items-center justify-center gap-x-8 gap-y-4 md:justify-start">
      <div className="grid justify-items-center gap-2">
        {live?.code ? <QrPlate code={live.code} /> : <BlankPlate expired={!!link?.code} />}
        {live?.code && (
          <p className="flex flex-wrap items-center justify-center gap-x-3 text-14 text-muted">
            <CountdownRing expiresAt={live.expiresAt} now={now} />
            {live.of > 1 && <span>{t.connection.ofCodes(live.attempt, live.of)}</span>}
          </p>
        )}
      </div>
      <Steps lines={t.connection.stepsQr} intro={t.connection.waitingQr} />
    </div>
  )
}

/** White in the dark too: cameras want dark on light, with a quiet border. */
function QrPlate({ code }: { code: string }) {
  return (
    <div role="img" aria-label={t.connection.qrName} className="appear rounded-card border border-line bg-white">
      <QRCodeSVG
        value={code}
        level="M"
        marginSize={4}
        size={288}
        bgColor="#ffffff"
        fgColor="#000000"
        aria-hidden="true"
        className="rounded-card"
      />
    </div>
  )
}

/** Where a code was, or will be: never a dead code that can still be scanned. */
function BlankPlate({ expired }: { expired: boolean }) {
  const long = usePassed(3_000)
  return (
    <div className="grid size-[290px] max-w-full place-items-center rounded-card border border-dashed border-control p-6 text-center text-muted">
      <p className="pulse">
        {expired ? t.connection.nextCode : long ? t.connection.stillTrying : t.connection.starting}
      </p>
    </div>
  )
}

function CodeSide({ live, now, busy, onAsk }: SideProps & { onAsk: (phone: string) => void }) {
  const [typed, setTyped] = useState('+234 ')
  const [wrong, setWrong] = useState(false)
  if (live?.pairingCode) return <PairingCode code={live.pairingCode} expiresAt={live.expiresAt} now={now} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const phone = readPhone(typed)
    setWrong(!phone)
    if (phone) onAsk(phone)
  }
  return (
    <form noValidate onSubmit={submit} className="grid max-w-md gap-3">
      <TextField
        label={t.connection.yourNumber}
        help={t.connection.numberHelp}
        error={wrong ? t.connection.numberWrong : undefined}
        type="tel"
        inputMode="tel"
        autoComplete="tel"
        value={typed}
        onChange={event => setTyped(event.target.value)}
      />
      <Button kind="primary" type="submit" busy={busy}>
        {busy ? t.connection.starting : t.connection.getCode}
      </Button>
    </form>
  )
}

function PairingCode({ code, expiresAt, now }: { code: string; expiresAt: string; now: number }) {
  const [copied, setCopied] = useState(false)
  const plain = code.replace(/[^A-Z0-9]/gi, '')
  const shown = `${plain.slice(0, 4)}-${plain.slice(4)}`
  const copy = async () => {
    await navigator.clipboard.writeText(plain)
    setCopied(true)
  }
  return (
    <div className="grid gap-4">
      <div className="appear grid justify-items-center gap-2 rounded-card bg-sunken p-4">
        <output
          aria-label={t.connection.pairingName}
          className="font-mono text-28 font-strong tracking-widest whitespace-nowrap"
        >
          {shown}
        </output>
        <div className="flex flex-wrap items-center justify-center gap-x-4">
          <CountdownRing expiresAt={expiresAt} now={now} />
          <Button kind="quiet" onClick={() => void copy()}>
            {copied ? <Check aria-hidden size={18} /> : <Copy aria-hidden size={18} />}
            {copied ? t.connection.copied : t.connection.copy}
          </Button>
        </div>
      </div>
      <Steps lines={t.connection.stepsCode} intro={t.connection.waitingCode} />
    </div>
  )
}

function Steps({ intro, lines }: { intro: string; lines: readonly string[] }) {
  return (
    <div className="grid max-w-md min-w-56 flex-1 gap-2">
      <p className="font-medium">{intro}</p>
      <ol className="grid gap-1.5 text-muted">
        {lines.map((line, index) => (
          <li key={line} className="flex gap-2">
            <span className="font-medium text-ink">{index + 1}</span> {line}
          </li>
        ))}
      </ol>
    </div>
  )
}
