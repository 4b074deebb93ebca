package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"switchboard.example/domain"
)

type healthBody struct {
	Status string `json:"status"`
}

const readyWithin = 2 * time.Second

// livez answers as long as the process runs.
func (s *Server) livez(c call) error { return writeJSON(c, http.StatusOK, healthBody{Status: "ok"}) }

// readyz answers 503 while the process cannot serve, so that a balancer asks another one.
func (s *Server) readyz(c call) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyWithin)
	defer cancel()
	if err := s.config.Ready(ctx); err != nil {
		s.config.Logger.WarnContext(ctx, "not ready", "error", err)
		if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
			return refusal // it says what people can do
		}
		return domain.Refuse(domain.Unavailable, "not_ready", "The server is not ready to serve yet.")
	}
	return writeJSON(c, http.StatusOK, healthBody{Status: "ok"})
}

func (s *Server) getContract(c call) error {
	return c.Blob(http.StatusOK, "application/yaml", contract)
}
