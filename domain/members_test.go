package domain_test

import (
	"testing"

	"switchboard.example/domain"
)

func TestMembers(t *testing.T) {
	ada := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "ada", Role: domain.RoleOwner}
	bola := domain.WorkspaceMemberAdded{WorkspaceID: shop, MemberID: "bola", Role: domain.RoleAgent}
	phone := domain.WorkspaceAdminNumberVerified{WorkspaceID: shop, MemberID: "bola", CustomerID: "c1"}
	verify := func(w domain.Workspace) ([]domain.Event, error) {
		return w.VerifyNumber("bola", domain.RoleAgent, "c1"), nil
	}
	remove := func(m domain.MemberID) func(domain.Workspace) ([]domain.Event, error) {
		return func(w domain.Workspace) ([]domain.Event, error) { return w.RemoveMember(m) }
	}
	t.Run("a phone that proved itself makes its holder a member", func(t *testing.T) {
		givenShop(t, ada).When(verify).Then(bola, phone)
		givenShop(t, ada, bola).When(verify).Then(phone)
		givenShop(t, ada, bola, phone).When(verify).ThenNothing()
	})
	t.Run("who is removed commands nothing any more", func(t *testing.T) {
		gone := domain.WorkspaceAdminNumberRemoved{WorkspaceID: shop, MemberID: "bola", CustomerID: "c1"}
		givenShop(t, ada, bola, phone).When(remove("bola")).Then(gone, domain.WorkspaceMemberRemoved{WorkspaceID: shop, MemberID: "bola"})
		w := domain.Workspace{}.Evolve(registered).Evolve(bola).Evolve(phone)
		if w.RoleOf("c1") != domain.RoleAgent || w.Evolve(gone).RoleOf("c1") != "" {
			t.Fatal("a removed phone still commands")
		}
	})
	t.Run("a workspace keeps an owner", func(t *testing.T) {
		givenShop(t, ada, bola).When(remove("ada")).ThenRefused("member.last_owner")
		givenShop(t, ada).When(remove("nobody")).ThenRefused("member.not_found")
	})
}
