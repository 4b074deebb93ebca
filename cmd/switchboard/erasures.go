package main

import (
	"context"

	"switchboard.example/domain"
)

// followErasures forgets customers in this process who are erased in whichever.
func (a *app) followErasures(ctx context.Context) error { return a.core.erasure.Run(ctx, a.erased) }

// erased is told who was; without customers it is not known who.
func (a *app) erased(w domain.WorkspaceID, customers []domain.CustomerID) {
	a.pool.LetGo(w)
	a.library.LetGo(w)
	if len(customers) == 0 {
		a.core.handler.LetGoOfAll()
		return
	}
	a.core.handler.LetGo(w, customers...)
}
