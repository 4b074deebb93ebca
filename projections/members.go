package projections

import (
	"context"
	"fmt"
	"slices"

	"switchboard.example/domain"
)

type memberKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	MemberID    domain.MemberID    `json:"member_id"`
}

func (k memberKey) key() memberKey { return k }

type memberRow struct {
	memberKey
	Role      domain.Role         `json:"role"`
	Customers []domain.CustomerID `json:"customers"`
}

var membersTable = newTable[memberKey, memberRow]("read_members")

// Members are who belongs to each workspace, and as whom their verified phones write in.
func Members() Projection {
	return Projection{
		Name: "members", Version: 1, Tables: []string{"read_members"},
		Types: typesOf(domain.WorkspaceMemberAdded{}, domain.WorkspaceMemberRemoved{}, domain.WorkspaceAdminNumberVerified{},
			domain.WorkspaceAdminNumberRemoved{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return membersTable.fold(ctx, w, page, touchMembers, evolveMembers)
		},
	}
}

func touchMembers(r domain.Recorded) []memberKey {
	switch e := r.Event.(type) {
	case domain.WorkspaceMemberAdded:
		return []memberKey{{r.Workspace(), e.MemberID}}
	case domain.WorkspaceMemberRemoved:
		return []memberKey{{r.Workspace(), e.MemberID}}
	case domain.WorkspaceAdminNumberVerified:
		return []memberKey{{r.Workspace(), e.MemberID}}
	case domain.WorkspaceAdminNumberRemoved:
		return []memberKey{{r.Workspace(), e.MemberID}}
	}
	return nil
}

func evolveMembers(rows *rows[memberKey, memberRow], r domain.Recorded) {
	for _, k := range touchMembers(r) {
		row, _ := rows.get(k)
		others := func(c domain.CustomerID) []domain.CustomerID {
			return slices.DeleteFunc(append([]domain.CustomerID{}, row.Customers...), func(have domain.CustomerID) bool { return have == c })
		}
		switch e := r.Event.(type) {
		case domain.WorkspaceMemberAdded:
			rows.put(memberRow{memberKey: k, Role: e.Role, Customers: others("")})
		case domain.WorkspaceMemberRemoved:
			rows.remove(k)
		case domain.WorkspaceAdminNumberVerified:
			rows.change(k, func(m memberRow) memberRow { m.Customers = append(others(e.CustomerID), e.CustomerID); return m })
		case domain.WorkspaceAdminNumberRemoved:
			rows.change(k, func(m memberRow) memberRow { m.Customers = others(e.CustomerID); return m })
		}
	}
}

// Member is somebody who belongs to a workspace.
type Member struct {
	MemberID domain.MemberID `json:"member_id"`
	Role     domain.Role     `json:"role"`
	Email    string          `json:"email"`  // empty for who only has a phone
	Name     string          `json:"name"`   // as WhatsApp knows them
	Phones   []string        `json:"phones"` // verified, digits only
}

// MembersOf lists a workspace's members, the owner first.
func MembersOf(ctx context.Context, q Queryer, w domain.WorkspaceID) ([]Member, error) {
	members, err := query[Member](ctx, q, `
		SELECT m.member_id, m.role, coalesce(u.email, '') AS email,
			coalesce((SELECT i.name FROM read_inbox i WHERE i.workspace_id = m.workspace_id AND i.customer_id::text = ANY (m.customers) LIMIT 1), '') AS name,
			ARRAY(SELECT i.phone FROM read_inbox i WHERE i.workspace_id = m.workspace_id AND i.customer_id::text = ANY (m.customers) ORDER BY i.phone) AS phones
		FROM read_members m
		LEFT JOIN auth_users u ON u.id = m.member_id AND u.workspace_id = m.workspace_id AND u.disabled_at IS NULL
		WHERE m.workspace_id = $1
		ORDER BY array_position(ARRAY['owner', 'admin', 'agent', 'viewer', 'auditor'], m.role), email, m.member_id`, w)
	if err != nil {
		return nil, fmt.Errorf("read the members: %w", err)
	}
	return members, nil
}
