package whatsapp

import (
	"github.com/prometheus/client_golang/prometheus"

	"switchboard.example/domain"
)

// metrics of the sessions. They carry no workspace and no number; details per session are in the log.
type metrics struct {
	sessions        *prometheus.GaugeVec
	transitions     *prometheus.CounterVec
	connects        *prometheus.CounterVec
	connectDuration prometheus.Histogram
	governorQueue   prometheus.Gauge
	keepAlive       prometheus.Counter
	inbound         *prometheus.CounterVec
	ackDelay        prometheus.Histogram
	panics          prometheus.Counter
	framesRefused   *prometheus.CounterVec
	offlineBacklog  prometheus.Gauge
	offlineStalled  prometheus.Counter
	outbound        *prometheus.CounterVec
	sendDuration    prometheus.Histogram
	replyLatency    prometheus.Histogram
	retryReceipts   prometheus.Counter
	ratchetWait     prometheus.Histogram
	fenced          prometheus.Counter
	replaced        prometheus.Counter
	logAway         prometheus.Gauge
	phoneAsked      prometheus.Counter
	recycled        prometheus.Counter
	settingsFailed  prometheus.Counter
	oldSeals        prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) (*metrics, error) {
	fine := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 2.5, 5, 10} // .25 and 2 are promised
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "switchboard_" + name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "switchboard_" + name, Help: help})
	}
	histogram := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "switchboard_" + name, Help: help, Buckets: fine})
	}
	m := &metrics{
		sessions: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchboard_sessions", Help: "Sessions of this process, by state.",
		}, []string{"state"}),
		transitions:     counters("session_transitions_total", "Ends of connections and of tries to connect, by reason.", "from", "to", "reason"),
		connects:        counters("connect_attempts_total", "Tries to connect, by result.", "result"),
		connectDuration: histogram("connect_duration_seconds", "From dialling to connected."),
		governorQueue:   gauge("governor_queue", "Sessions waiting for their turn to connect."),
		keepAlive:       counter("keepalive_timeouts_total", "Pings that were not answered in time."),
		inbound:         counters("inbound_messages_total", "Messages from WhatsApp, by what became of them.", "outcome"),
		ackDelay:        histogram("inbound_ack_delay_seconds", "From the turn of a message on its connection to in the log; only then WhatsApp hears that we have it."),
		panics:          counter("handler_panics_total", "Panics caught in this adapter; each is a bug."),
		framesRefused:   counters("frames_refused_total", "Frames that would have harmed the process, by kind.", "kind"),
		offlineBacklog:  gauge("offline_backlog", "Messages announced by WhatsApp and not yet received."),
		offlineStalled:  counter("offline_stalled_total", "Catch-ups that did not finish in time."),
		outbound:        counters("outbound_total", "Tries to send a reply, by outcome and code.", "outcome", "code"),
		sendDuration:    histogram("send_duration_seconds", "From the ratchet to WhatsApp's answer."),
		replyLatency:    histogram("reply_latency_seconds", "From a customer's message in the log to WhatsApp taking the answer."),
		retryReceipts:   counter("retry_receipts_total", "Requests of phones that could not read a reply."),
		ratchetWait:     histogram("ratchet_lock_wait_seconds", "How long a message waited to be decrypted or encrypted."),
		logAway:         gauge("log_away", "1 while all connections are closed because the log takes nothing."),
		recycled:        counter("clients_recycled_total", "Clients that were renewed for their age, unnoticed."),
		phoneAsked:      counter("phone_requests_total", "Requests to owners' phones: signs of life, and settings anew."),
		settingsFailed:  counter("app_state_errors_total", "Settings of accounts that did not verify."),
		oldSeals:        gauge("old_seals", "1 while something may still be sealed with an old key of the secret file."),
		replaced:        counter("session_replaced_total", "Sessions parked because another program keeps using their link."),
		fenced:          counter("fence_rejections_total", "Writes refused because another process owns the workspace."),
	}
	m.beginAtNothing()
	if registry == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.sessions, m.transitions, m.connects, m.connectDuration, m.governorQueue, m.keepAlive, m.inbound, m.ackDelay, m.panics,
		m.framesRefused, m.offlineBacklog, m.offlineStalled, m.outbound, m.sendDuration, m.retryReceipts, m.ratchetWait, m.fenced,
		m.logAway, m.replaced, m.replyLatency, m.phoneAsked, m.settingsFailed, m.recycled, m.oldSeals,
	} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// beginAtNothing makes what alerts ask for before it happens: Prometheus sees no increase in a figure that begins with its first time,
// and compares nothing with one that is not there.
func (m *metrics) beginAtNothing() {
	for _, state := range []string{"online", "reconnecting", "pairing"} {
		m.sessions.WithLabelValues(state)
	}
	for _, result := range []string{"connected", string(domain.ReasonOutdated)} {
		m.connects.WithLabelValues(result)
	}
	for _, outcome := range []string{string(isMessage), "refused", "dead_letter", "undecryptable"} {
		m.inbound.WithLabelValues(outcome)
	}
}
