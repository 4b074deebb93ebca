package rig

import (
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof" // what is asked
	"runtime"
	"strings"
	"testing"
)

func TestWhatLivesIsReadAfterACollection(t *testing.T) {
	server := httptest.NewServer(http.DefaultServeMux)
	t.Cleanup(server.Close)
	addr := strings.TrimPrefix(server.URL, "http://")
	read := func() int64 {
		t.Helper()
		live, err := Collect(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		return live
	}
	before := read()
	with := func() int64 {
		held := make([]byte, 32<<20)
		defer runtime.KeepAlive(held)
		return read()
	}()
	after := read()
	if with-before < 31<<20 || after-before > 8<<20 {
		t.Errorf("%d bytes before, %d with 32 MiB, %d afterwards", before, with, after)
	}
	if _, err := liveOf("nothing"); err == nil {
		t.Error("nothing was read as something")
	}
}
