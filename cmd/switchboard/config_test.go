package main

import (
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestAnEmptyEnvironmentIsEnough(t *testing.T) {
	c, err := readConfig(env())
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.ConnectRate != 50 || !c.Pacing || c.SecureCookies || c.PushAnywhere || c.DatabaseURL != "" {
		t.Fatalf("%+v", c)
	}
}

func TestEveryMistakeIsReportedTogether(t *testing.T) {
	_, err := readConfig(env(
		"SWITCHBOARD_ADDR", "8080", "SWITCHBOARD_PACING", "maybe", "SWITCHBOARD_CONNECT_RATE", "-1",
		"SWITCHBOARD_WHATSAPP_ROOT_KEY", "abc", "SWITCHBOARD_LOG", "loud", "SWITCHBOARD_PUSH_ANYWHERE", "perhaps",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_TRACES_SAMPLER_ARG", "1%",
	))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{
		"SWITCHBOARD_ADDR", "SWITCHBOARD_PACING", "SWITCHBOARD_CONNECT_RATE", "SWITCHBOARD_WHATSAPP_ROOT_KEY", "SWITCHBOARD_LOG", "SWITCHBOARD_PUSH_ANYWHERE",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER_ARG",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestAnotherWhatsAppNeedsItsRootKey(t *testing.T) {
	if _, err := readConfig(env("SWITCHBOARD_WHATSAPP_ADDR", "127.0.0.1:8090")); err == nil || !strings.Contains(err.Error(), "ROOT_KEY") {
		t.Fatalf("got %v", err)
	}
	c, err := readConfig(env("SWITCHBOARD_WHATSAPP_ADDR", "127.0.0.1:8090", "SWITCHBOARD_WHATSAPP_ROOT_KEY", strings.Repeat("ab", 32)))
	if err != nil || c.WhatsAppRoot[31] != 0xab {
		t.Fatalf("%v %v", c.WhatsAppRoot, err)
	}
}

func TestCookiesAreSecureWhereverTheAddressIsNotThisMachineAlone(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1:80": false, "localhost:80": false, "[::1]:80": false, "0.0.0.0:80": true, ":80": true} {
		c, err := readConfig(env("SWITCHBOARD_ADDR", addr))
		if err != nil || c.SecureCookies != want {
			t.Errorf("%s: %v, %v", addr, c.SecureCookies, err)
		}
	}
}

func TestTracesGoWhereOpenTelemetrysVariablesSay(t *testing.T) {
	for name, c := range map[string]struct {
		settings []string
		url      string
		ratio    float64
	}{
		"nowhere":                        {},
		"to what takes everything":       {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"}, "http://collector:4318/v1/traces", 0.01},
		"to what takes traces":           {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b/in"}, "https://b/in", 0.01},
		"so many":                        {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "OTEL_TRACES_SAMPLER_ARG", "0.5"}, "http://a:1/v1/traces", 0.5},
		"all":                            {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "OTEL_TRACES_SAMPLER", "parentbased_always_on"}, "http://a:1/v1/traces", 1},
		"nowhere, says the SDK's switch": {settings: []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "OTEL_SDK_DISABLED", "true"}},
		"nowhere, says the exporter's":   {settings: []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "OTEL_TRACES_EXPORTER", "none"}},
	} {
		got, err := readConfig(env(c.settings...))
		if err != nil || got.TracesURL != c.url || got.TracesRatio != c.ratio {
			t.Errorf("%s: %q and %v, %v", name, got.TracesURL, got.TracesRatio, err)
		}
	}
}
