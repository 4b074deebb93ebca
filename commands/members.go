package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"switchboard.example/domain"
)

// CodeFor is how long a code proves that somebody holds a phone.
const CodeFor = 15 * time.Minute

// maxCodeTries is how often a phone may send a wrong code before a new one is needed.
const maxCodeTries = 5

// NumberOffer is a phone that becomes a member's once it sends its code to the business's number.
type NumberOffer struct {
	ID          string
	WorkspaceID domain.WorkspaceID
	Phone       string // digits only
	MemberID    domain.MemberID
	Role        domain.Role
	ExpiresAt   time.Time
	Tries       int // wrong codes that came from the phone
}

// NumberOffers keeps them, outside the log: a number is in no event.
type NumberOffers interface {
	// Offer puts an offer in the place of any other for the phone.
	Offer(ctx context.Context, o NumberOffer) error
	// Offered returns the offer for a phone.
	Offered(ctx context.Context, w domain.WorkspaceID, phone string) (NumberOffer, bool, error)
	// Offers lists those that have not run out.
	Offers(ctx context.Context, w domain.WorkspaceID, now time.Time) ([]NumberOffer, error)
	// Missed counts a wrong code.
	Missed(ctx context.Context, o NumberOffer) error
	// Withdraw takes the offers for a phone, or for a member, away.
	Withdraw(ctx context.Context, w domain.WorkspaceID, phone string, m domain.MemberID) error
}

// OfferNumber asks that a phone may command once it has sent the code. MemberID empty: somebody new, with the role given.
type OfferNumber struct {
	Caller
	WorkspaceID domain.WorkspaceID
	Phone       string // digits only
	MemberID    domain.MemberID
	Role        domain.Role
}

// OfferNumber offers a phone and returns the code it is to send. Nobody else learns of it.
func (h *Handler) OfferNumber(ctx context.Context, cmd OfferNumber) (NumberOffer, string, error) {
	if h.Offers == nil {
		return NumberOffer{}, "", domain.Refuse(domain.Unavailable, "numbers.off", "Numbers cannot be verified here.")
	}
	if !domain.ValidPhone(cmd.Phone) {
		return NumberOffer{}, "", domain.InvalidField("phone", "phone.invalid", "Type the number with its country code, like +234 803 000 0001.")
	}
	w, _, err := load[domain.Workspace, domain.WorkspaceEvent](ctx, h, domain.WorkspaceStream(cmd.WorkspaceID))
	if err != nil {
		return NumberOffer{}, "", err
	}
	o := NumberOffer{
		ID: h.NewID(), WorkspaceID: cmd.WorkspaceID, Phone: cmd.Phone, MemberID: cmd.MemberID, Role: cmd.Role, ExpiresAt: h.Now().Add(CodeFor),
	}
	if o.MemberID != "" {
		o.Role = w.Members[o.MemberID]
	} else {
		o.MemberID = domain.MemberID(domain.DeriveID(string(o.WorkspaceID), "phone member", o.Phone))
	}
	if !slices.Contains(domain.Commanders(), o.Role) || cmd.MemberID == "" && o.Role == domain.RoleOwner {
		return NumberOffer{}, "", domain.InvalidField("role", "role.unknown", "Choose agent or admin.")
	}
	if err := h.Offers.Offer(ctx, o); err != nil {
		return NumberOffer{}, "", fmt.Errorf("offer a number: %w", err)
	}
	return o, h.CodeOf(o), nil
}

// CodeOf is the code that proves who holds the phone. It is derived, so that it is stored nowhere.
func (h *Handler) CodeOf(o NumberOffer) string {
	mac := hmac.New(sha256.New, h.ReplyKey)
	_, _ = fmt.Fprintf(mac, "number\x00%s\x00%s", o.ID, o.Phone)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(mac.Sum(nil))%1_000_000)
}

// ProveNumber says whose phone it is when the text is the code it was asked to send. A wrong one counts against it.
func (h *Handler) ProveNumber(ctx context.Context, w domain.WorkspaceID, phone, text string) (NumberOffer, bool, error) {
	if h.Offers == nil || phone == "" || !IsCode(text) {
		return NumberOffer{}, false, nil
	}
	o, offered, err := h.Offers.Offered(ctx, w, phone)
	if err != nil {
		return NumberOffer{}, false, fmt.Errorf("look for an offered number: %w", err)
	}
	if !offered || o.Tries >= maxCodeTries || !h.Now().Before(o.ExpiresAt) {
		return NumberOffer{}, false, nil
	}
	if hmac.Equal([]byte(text), []byte(h.CodeOf(o))) {
		return o, true, nil
	}
	return NumberOffer{}, false, h.Offers.Missed(ctx, o)
}

// IsCode says whether a text could be a code.
func IsCode(text string) bool {
	if len(text) != 6 {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// RemoveMember asks that somebody is no longer a member.
type RemoveMember struct {
	Caller
	WorkspaceID domain.WorkspaceID
	MemberID    domain.MemberID
}

// RemoveMember ends somebody's access: commands by phone, sign-in and sessions.
func (h *Handler) RemoveMember(ctx context.Context, cmd RemoveMember) (int64, error) {
	position, err := h.changeWorkspace(ctx, ChangeWorkspace{Caller: cmd.Caller, WorkspaceID: cmd.WorkspaceID}, func(w domain.Workspace) ([]domain.Event, error) {
		return w.RemoveMember(cmd.MemberID)
	})
	if err != nil {
		return 0, err
	}
	if h.Offers != nil {
		if err := h.Offers.Withdraw(ctx, cmd.WorkspaceID, "", cmd.MemberID); err != nil {
			return position, fmt.Errorf("withdraw offered numbers: %w", err)
		}
	}
	return position, h.Accounts.DisableMember(ctx, cmd.WorkspaceID, cmd.MemberID)
}
