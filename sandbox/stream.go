package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// heartbeat keeps idle streams open through proxies, and finds dead ones.
const heartbeat = 20 * time.Second

// stream sends a hint for every change, as server-sent events.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	hints, stop := s.hub.listen()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	_, err := fmt.Fprint(w, "retry: 1000\n\n")
	for err == nil && out.Flush() == nil {
		select {
		case hint := <-hints:
			data, _ := json.Marshal(hint) //nolint:errchkjson // two strings
			_, err = fmt.Fprintf(w, "data: %s\n\n", data)
		case <-beat.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}
