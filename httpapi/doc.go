// Package httpapi is how the world reaches Switchboard: the dashboard's API, its live stream and the dashboard itself.
// Every route is in one table, and openapi.yaml is the contract it keeps.
//
//	api, err := httpapi.New(httpapi.Config{Commands: handler, Reader: tables, …})
//	feed.Changes(func(c feed.Change) { api.Changed(c.Projection, c.Workspaces, c.Position) })
//	err = api.Run(ctx, listener)
package httpapi
