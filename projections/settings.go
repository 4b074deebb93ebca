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

// Settings are each workspace's choices about the conversation, and its members' own about alerts.
func Settings() Projection {
	return Projection{
		Name: "settings", Version: 1, Tables: []string{"read_settings"},
		Types: typesOf(domain.WorkspaceSettingsChanged{}, domain.WorkspaceMemberAlertsChosen{}, domain.WorkspaceMemberRemoved{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return settingsTable.fold(ctx, w, page, touchSettings, evolveSettings)
		},
	}
}

func touchSettings(r domain.Recorded) []workspaceKey {
	switch r.Event.(type) {
	case domain.WorkspaceSettingsChanged, domain.WorkspaceMemberAlertsChosen, domain.WorkspaceMemberRemoved:
		return []workspaceKey{{r.Workspace()}}
	}
	return nil
}

func evolveSettings(rows *rows[workspaceKey, settingsRow], r domain.Recorded) {
	e, _ := r.Event.(domain.WorkspaceEvent)
	for _, k := range touchSettings(r) {
		row, known := rows.get(k)
		if _, leaves := e.(domain.WorkspaceMemberRemoved); leaves && !known {
			continue // there is nothing of theirs to forget
		}
		rows.put(settingsRow{k, domain.Workspace{Settings: row.Settings}.Evolve(e).Settings})
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
