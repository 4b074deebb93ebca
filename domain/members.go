package domain

import (
	"maps"
	"slices"
)

// WorkspaceAdminNumberRemoved records that a phone's !commands count no longer.
type WorkspaceAdminNumberRemoved struct {
	WorkspaceID WorkspaceID `json:"workspace_id"`
	MemberID    MemberID    `json:"member_id"`
	CustomerID  CustomerID  `json:"customer_id"`
}

// EventType is the stored name.
func (WorkspaceAdminNumberRemoved) EventType() string { return "workspace.admin_number_removed" }
func (WorkspaceAdminNumberRemoved) workspaceEvent()   {}

var _ = register[WorkspaceAdminNumberRemoved]()

// Commanders are the roles a phone can have.
func Commanders() []Role { return []Role{RoleAgent, RoleAdmin, RoleOwner} }

// Owner is who the business's own phone belongs to: its owner, the first by id if there are several.
func (w Workspace) Owner() MemberID {
	for _, m := range slices.Sorted(maps.Keys(w.Members)) {
		if w.Members[m] == RoleOwner {
			return m
		}
	}
	return ""
}

// Commander is whose commands come from a customer: a verified phone's holder's, or the owner's from the business's own phone.
func (w Workspace) Commander(c CustomerID) MemberID {
	if w.RoleOf(c) == "" {
		return w.Owner()
	}
	return w.Phones[c]
}

// VerifyNumber decides that the phone a customer writes from is a member's. Somebody who is no member yet becomes one.
func (w Workspace) VerifyNumber(m MemberID, role Role, c CustomerID) []Event {
	var events []Event
	if _, known := w.Members[m]; !known {
		events = append(events, WorkspaceMemberAdded{WorkspaceID: w.ID, MemberID: m, Role: role})
	}
	if w.Phones[c] != m {
		events = append(events, WorkspaceAdminNumberVerified{WorkspaceID: w.ID, MemberID: m, CustomerID: c})
	}
	return events
}

// RemoveMember decides that somebody is no longer a member; their phones command nothing any more. A workspace keeps an owner.
func (w Workspace) RemoveMember(m MemberID) ([]Event, error) {
	role, known := w.Members[m]
	if !known {
		return nil, Refuse(NotFound, "member.not_found", "There is no such member.")
	}
	owners := 0
	for _, r := range w.Members {
		if r == RoleOwner {
			owners++
		}
	}
	if role == RoleOwner && owners == 1 {
		return nil, Refuse(Conflict, "member.last_owner", "A workspace needs an owner. Make somebody else the owner first.")
	}
	return append(w.RemoveNumbers(m), WorkspaceMemberRemoved{WorkspaceID: w.ID, MemberID: m}), nil
}

// RemoveNumbers decides that a member's phones command nothing any more.
func (w Workspace) RemoveNumbers(m MemberID) []Event {
	var events []Event
	for _, c := range slices.Sorted(maps.Keys(w.Phones)) {
		if w.Phones[c] == m {
			events = append(events, WorkspaceAdminNumberRemoved{WorkspaceID: w.ID, MemberID: m, CustomerID: c})
		}
	}
	return events
}
