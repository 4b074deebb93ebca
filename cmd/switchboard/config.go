package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	neturl "net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// config is everything the environment says. Every variable is optional.
type config struct {
	DatabaseURL string // DATABASE_URL; empty starts an embedded PostgreSQL in Data
	Data        string // SWITCHBOARD_DATA. Defaults to ./.switchboard
	Addr        string // SWITCHBOARD_ADDR. Defaults to 127.0.0.1:8080
	URL         string // SWITCHBOARD_URL: where people reach the dashboard. Defaults to http:// and the address
	MetricsAddr string // SWITCHBOARD_METRICS_ADDR: metrics and profiling. Defaults to 127.0.0.1:9090; "off" for none
	SecretFile  string // SWITCHBOARD_SECRET_FILE. Defaults to secrets.json in Data
	SandboxAddr string // SWITCHBOARD_SANDBOX_ADDR: where the demo's local WhatsApp listens. Defaults to 127.0.0.1:8090

	WhatsAppAddr string   // SWITCHBOARD_WHATSAPP_ADDR; empty is the real WhatsApp
	WhatsAppRoot [32]byte // SWITCHBOARD_WHATSAPP_ROOT_KEY

	Pacing        bool       // SWITCHBOARD_PACING. Defaults to on
	ConnectRate   float64    // SWITCHBOARD_CONNECT_RATE, connects per second; 0 is unlimited. Defaults to 50
	PushAnywhere  bool       // SWITCHBOARD_PUSH_ANYWHERE: push services may be on private addresses and without TLS. Defaults to off
	TracesURL     string     // OTEL_EXPORTER_OTLP_ENDPOINT and what belongs to it; empty for no traces
	TracesRatio   float64    // OTEL_TRACES_SAMPLER_ARG: the part of messages that is traced. Defaults to 0.01
	LogLevel      slog.Level // SWITCHBOARD_LOG: debug, info, warn, error. Defaults to info
	SecureCookies bool       // SWITCHBOARD_SECURE_COOKIES: on behind HTTPS. Defaults to off on a loopback address, else on
}

// readConfig reads the environment once and reports every mistake together.
func readConfig(getenv func(string) string) (config, error) {
	or := func(name, fallback string) string {
		if v := strings.TrimSpace(getenv(name)); v != "" {
			return v
		}
		return fallback
	}
	r := configReader{or: or}
	data := or("SWITCHBOARD_DATA", ".switchboard")
	c := config{
		DatabaseURL:  or("DATABASE_URL", ""),
		Data:         data,
		Addr:         r.addr("SWITCHBOARD_ADDR", "127.0.0.1:8080"),
		URL:          or("SWITCHBOARD_URL", ""),
		SandboxAddr:  r.addr("SWITCHBOARD_SANDBOX_ADDR", "127.0.0.1:8090"),
		MetricsAddr:  r.addr("SWITCHBOARD_METRICS_ADDR", "127.0.0.1:9090"),
		SecretFile:   or("SWITCHBOARD_SECRET_FILE", filepath.Join(data, "secrets.json")),
		WhatsAppAddr: r.addr("SWITCHBOARD_WHATSAPP_ADDR", ""),
		WhatsAppRoot: r.rootKey("SWITCHBOARD_WHATSAPP_ROOT_KEY"),
		Pacing:       r.onOff("SWITCHBOARD_PACING", true),
		ConnectRate:  r.rate("SWITCHBOARD_CONNECT_RATE", 50),
		PushAnywhere: r.onOff("SWITCHBOARD_PUSH_ANYWHERE", false),
		LogLevel:     r.level("SWITCHBOARD_LOG"),
	}
	c.TracesURL, c.TracesRatio = r.traces()
	c.SecureCookies = r.onOff("SWITCHBOARD_SECURE_COOKIES", !isLoopback(c.Addr))
	if c.WhatsAppAddr != "" && or("SWITCHBOARD_WHATSAPP_ROOT_KEY", "") == "" {
		r.wrong("SWITCHBOARD_WHATSAPP_ADDR needs SWITCHBOARD_WHATSAPP_ROOT_KEY too: the certificate root of that server, as 64 hex digits")
	}
	return c, errors.Join(r.mistakes...)
}

// dashboardURL is where people reach the dashboard.
func (c config) dashboardURL() string {
	if c.URL != "" {
		return c.URL
	}
	return "http://" + c.Addr
}

// pushContact is whom a push service turns to about what is sent from here; empty when nobody could be reached there.
func (c config) pushContact() string {
	if strings.HasPrefix(c.URL, "https://") {
		return c.URL
	}
	return ""
}

type configReader struct {
	or       func(name, fallback string) string
	mistakes []error
}

func (r *configReader) wrong(format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Errorf(format, args...))
}

func (r *configReader) addr(name, fallback string) string {
	v := r.or(name, fallback)
	if v == "" || v == "off" {
		return v
	}
	if _, _, err := net.SplitHostPort(v); err != nil {
		r.wrong("%s must be host:port, such as 127.0.0.1:8080, not %q", name, v)
	}
	return v
}

func (r *configReader) rootKey(name string) (key [32]byte) {
	v := r.or(name, "")
	if v == "" {
		return key
	}
	b, err := hex.DecodeString(v)
	if err != nil || len(b) != len(key) {
		r.wrong("%s must be 64 hex digits", name)
		return key
	}
	return [32]byte(b)
}

func (r *configReader) onOff(name string, fallback bool) bool {
	word := "off"
	if fallback {
		word = "on"
	}
	switch v := r.or(name, word); v {
	case "on", "true", "1":
		return true
	case "off", "false", "0":
		return false
	default:
		r.wrong("%s must be on or off, not %q", name, v)
		return fallback
	}
}

func (r *configReader) rate(name string, fallback float64) float64 {
	v := r.or(name, "")
	switch v {
	case "":
		return fallback
	case "unlimited":
		return 0
	}
	rate, err := strconv.ParseFloat(v, 64)
	if err != nil || rate <= 0 {
		r.wrong("%s must be connects per second, or unlimited, not %q", name, v)
		return fallback
	}
	return rate
}

// traces are told by OpenTelemetry's own variables. What else they say the exporter reads by itself.
func (r *configReader) traces() (url string, ratio float64) {
	switch base, own := r.or("OTEL_EXPORTER_OTLP_ENDPOINT", ""), r.or("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""); {
	case strings.EqualFold(r.or("OTEL_SDK_DISABLED", ""), "true") || r.or("OTEL_TRACES_EXPORTER", "otlp") == "none":
		return "", 0
	case own != "":
		url = own
	case base != "":
		url = strings.TrimSuffix(base, "/") + "/v1/traces"
	default:
		return "", 0
	}
	if at, err := neturl.Parse(url); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		r.wrong("OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, such as http://127.0.0.1:4318, not %q", url)
	}
	if how := r.or("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", r.or("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")); !strings.HasPrefix(how, "http/") {
		r.wrong("OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf or http/json, not %q: traces go over HTTP, mostly to port 4318", how)
	}
	return url, r.sampler()
}

func (r *configReader) sampler() float64 {
	switch how := strings.TrimPrefix(r.or("OTEL_TRACES_SAMPLER", "traceidratio"), "parentbased_"); how {
	case "always_on":
		return 1
	case "always_off":
		return 0
	case "traceidratio":
	default:
		r.wrong("OTEL_TRACES_SAMPLER must be traceidratio, always_on or always_off, not %q", how)
	}
	v := r.or("OTEL_TRACES_SAMPLER_ARG", "0.01")
	ratio, err := strconv.ParseFloat(v, 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		r.wrong("OTEL_TRACES_SAMPLER_ARG must be the part of messages to trace, from 0 to 1, not %q", v)
	}
	return ratio
}

func (r *configReader) level(name string) (level slog.Level) {
	if err := level.UnmarshalText([]byte(r.or(name, "info"))); err != nil {
		r.wrong("%s must be debug, info, warn or error", name)
	}
	return level
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
