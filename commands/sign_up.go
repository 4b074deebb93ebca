package commands

import (
	"context"
	"strings"
	"unicode/utf8"

	"switchboard.example/domain"
)

// SignUp asks for an account and a workspace of its own.
type SignUp struct {
	Email        string
	PasswordHash string // the password itself never gets this far
	BusinessName string
}

// SignedUp is what signing up made.
type SignedUp struct {
	Account  Account
	Position int64
}

// SignUp registers a workspace in trial with its owner, in one transaction: an account without a workspace cannot exist.
func (h *Handler) SignUp(ctx context.Context, cmd SignUp) (SignedUp, error) {
	name, err := domain.CleanBusinessName(cmd.BusinessName)
	if err != nil {
		return SignedUp{}, err
	}
	account, err := h.newAccount(cmd)
	if err != nil {
		return SignedUp{}, err
	}
	w := account.WorkspaceID
	events := []domain.Event{
		domain.WorkspaceRegistered{
			WorkspaceID: w, Name: name, OwnerID: account.MemberID, Timezone: "Africa/Lagos", Currency: "NGN",
			TrialUntil: h.Now().Add(domain.TrialLength),
		},
		domain.WorkspaceMemberAdded{WorkspaceID: w, MemberID: account.MemberID, Role: domain.RoleOwner},
	}
	position, err := h.Accounts.Create(ctx, account, AppendRequest{
		Workspace: w,
		Meta:      domain.Meta{Actor: domain.Actor{Kind: domain.ActorMember, ID: string(account.MemberID)}},
		Parts:     []Part{{Stream: domain.WorkspaceStream(w), Expected: NoStream, Events: h.stamp(string(w), events)}},
	})
	return SignedUp{Account: account, Position: position}, err
}

func (h *Handler) newAccount(cmd SignUp) (Account, error) {
	email, err := CleanEmail(cmd.Email)
	if err != nil {
		return Account{}, err
	}
	return Account{
		MemberID: domain.MemberID(h.NewID()), WorkspaceID: domain.WorkspaceID(h.NewID()),
		Email: email, PasswordHash: cmd.PasswordHash, Role: domain.RoleOwner,
	}, nil
}

const maxEmailLength = 254 // RFC 5321 §4.5.3.1.3

// CleanEmail returns the address as it is stored and compared.
func CleanEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	local, host, ok := strings.Cut(email, "@")
	if !ok || local == "" || !strings.Contains(host, ".") || strings.ContainsAny(email, " \t\r\n") || utf8.RuneCountInString(email) > maxEmailLength {
		return "", domain.InvalidField("email", "email.invalid", "That does not look like an e-mail address.")
	}
	return email, nil
}
