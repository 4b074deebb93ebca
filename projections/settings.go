package projections

import (
	"context"
	"fmt"

	"switchboard.example/domain"
)

type settingsRow struct {
	workspaceKey
	Settings domain.Settings `json:"settings"`
}

var settingsTable = newTable[workspaceKey, settingsRow]("read_settings")

// Settings are each workspace's choices about the conversation.
func Settings() Projection {
	return Projection{
		Name: "settings", Version: 1, Tables: []string{"read_settings"}, Types: typesOf(domain.WorkspaceSettingsChanged{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			touch := func(r domain.Recorded) []workspaceKey {
				if _, ok := r.Event.(domain.WorkspaceSettingsChanged); ok {
					return []workspaceKey{{r.Workspace()}}
				}
				return nil
			}
			return settingsTable.fold(ctx, w, page, touch, func(rows *rows[workspaceKey, settingsRow], r domain.Recorded) {
				for _, k := range touch(r) {
					row, _ := rows.get(k)
					now := domain.Workspace{Settings: row.Settings}.Evolve(r.Event.(domain.WorkspaceSettingsChanged)) //nolint:forcetypeassert // touch saw it
					rows.put(settingsRow{k, now.Settings})
				}
			})
		},
	}
}

// SettingsOf returns a workspace's choices; the zero value when it never made one.
func SettingsOf(ctx context.Context, q Queryer, w domain.WorkspaceID) (domain.Settings, error) {
	row, _, err := queryOne[settingsRow](ctx, q, `SELECT workspace_id, settings FROM read_settings WHERE workspace_id = $1`, w)
	if err != nil {
		return domain.Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	return row.Settings, nil
}
