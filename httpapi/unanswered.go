package httpapi

import (
	"net/http"
	"time"

	"switchboard.example/projections"
)

type unansweredBody struct {
	Clusters []clusterBody `json:"clusters"`
}

type clusterBody struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	People   int       `json:"people"`
	LastAt   time.Time `json:"lastAt"`
	Examples []string  `json:"examples"`
}

const clustersShown = 200

func (s *Server) listUnanswered(c call) error {
	list := unansweredBody{Clusters: []clusterBody{}}
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, err := projections.UnansweredOf(c.Request().Context(), q, c.session.Workspace, clustersShown)
		for _, cluster := range found {
			list.Clusters = append(list.Clusters, clusterBody{
				ID: cluster.ID, Question: cluster.Question, People: cluster.People, LastAt: cluster.LastAt.UTC(), Examples: cluster.Examples,
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, list)
}
