package httpapi

import (
	"context"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// Commands carries out what people ask for; commands.Handler does.
type Commands interface {
	SignUp(ctx context.Context, cmd commands.SignUp) (commands.SignedUp, error)
	ConnectWorkspace(ctx context.Context, cmd commands.ConnectWorkspace) (int64, error)
	DisconnectWorkspace(ctx context.Context, cmd commands.DisconnectWorkspace) (int64, error)
	PauseBot(ctx context.Context, cmd commands.ChangeWorkspace, until time.Time) (int64, error)
	ResumeBot(ctx context.Context, cmd commands.ChangeWorkspace) (int64, error)
	ChangeSettings(ctx context.Context, cmd commands.ChangeWorkspace, change domain.SettingsChange) (int64, error)
	ChooseAlerts(ctx context.Context, cmd commands.ChangeWorkspace, m domain.MemberID, alerts string) (int64, error)
	ResetShift(ctx context.Context, cmd commands.ChangeWorkspace) (int64, error)
	AddFAQ(ctx context.Context, cmd commands.AddFAQ) (domain.FAQID, int64, error)
	ChangeFAQ(ctx context.Context, cmd commands.ChangeFAQ) (int64, error)
	RemoveFAQ(ctx context.Context, cmd commands.RemoveFAQ) (int64, error)
	SaveFAQTest(ctx context.Context, cmd commands.SaveFAQTest) (int64, error)
	RemoveFAQTest(ctx context.Context, cmd commands.RemoveFAQTest) (int64, error)
	WriteReply(ctx context.Context, cmd commands.InConversation, text string) (commands.ReplyRef, int64, error)
	TakeOver(ctx context.Context, cmd commands.InConversation, until time.Time) (int64, error)
	GiveBack(ctx context.Context, cmd commands.InConversation) (int64, error)
	EraseCustomer(ctx context.Context, cmd commands.InConversation) (int64, error)
	AssignCluster(ctx context.Context, cmd commands.Cluster, faq domain.FAQID) (int64, error)
	AnswerCluster(ctx context.Context, cmd commands.Cluster, answer string) (domain.FAQID, int64, error)
	DismissCluster(ctx context.Context, cmd commands.Cluster, dismissed bool) (int64, error)
	DeclineReply(ctx context.Context, cmd commands.Cluster, asked domain.CustomerID) (int64, error)
	AllowNumber(ctx context.Context, cmd commands.ChangeWorkspace, phone string) (domain.CustomerID, int64, error)
	Disallow(ctx context.Context, cmd commands.InConversation) (int64, error)
	OfferNumber(ctx context.Context, cmd commands.OfferNumber) (commands.NumberOffer, string, error)
	CodeOf(o commands.NumberOffer) string
	RemoveMember(ctx context.Context, cmd commands.RemoveMember) (int64, error)
	SwitchPushOn(ctx context.Context, cmd commands.SwitchPushOn) (browser string, err error)
	AdminCommand(ctx context.Context, cmd commands.AdminCommand) (int64, error)
}

var _ Commands = (*commands.Handler)(nil)

// Reader opens the read models.
type Reader interface {
	// InWorkspace runs read in a transaction that sees one workspace's rows and no other's.
	InWorkspace(ctx context.Context, w domain.WorkspaceID, read func(projections.Queryer) error) error
	// AllWorkspaces is what the platform's people read through.
	AllWorkspaces() projections.Queryer
}

// Accounts keeps who can sign in.
type Accounts interface {
	// ByEmail returns an account and the version its access tokens must have; nobody is refused with "account.not_found".
	ByEmail(ctx context.Context, email string) (account commands.Account, tokenVersion int, err error)
	// ByID is ByEmail by the member's id.
	ByID(ctx context.Context, id domain.MemberID) (account commands.Account, tokenVersion int, err error)
	// OpenSession starts a family of refresh tokens and returns the first one.
	OpenSession(ctx context.Context, id domain.MemberID) (refreshToken string, err error)
	// RenewSession uses a refresh token up and returns its successor.
	RenewSession(ctx context.Context, refreshToken string) (id domain.MemberID, successor string, err error)
	// CloseSession ends the family of a refresh token.
	CloseSession(ctx context.Context, refreshToken string) error
	// UseLink says whom a link signs in, once; any other is refused with "link.used".
	UseLink(ctx context.Context, token string) (domain.MemberID, error)
}

// Numbers lists the phones that are to send a code; commands.NumberOffers does.
type Numbers interface {
	Offers(ctx context.Context, w domain.WorkspaceID, now time.Time) ([]commands.NumberOffer, error)
}

// Browsers knows which browsers are told of alerts while the dashboard is closed; commands.Browsers does.
type Browsers interface {
	Has(ctx context.Context, id string, w domain.WorkspaceID, m domain.MemberID) (bool, error)
	// Remove forgets a browser. An unknown one is fine.
	Remove(ctx context.Context, id string) error
	// KeepOnlyFor forgets a browser that is another member's.
	KeepOnlyFor(ctx context.Context, id string, m domain.MemberID) error
}

// Waiter waits until a read model has applied everything up to a position; feed.Feed does.
type Waiter interface {
	Wait(ctx context.Context, readModel string, position int64) error
}

// LinkCode is what a person scans or types to link their number.
type LinkCode struct {
	QR          string // the text of the QR code; empty when linking by pairing code
	PairingCode string // empty when linking by QR code
	Attempt     int
	Of          int
	ExpiresAt   time.Time
}

// Codes knows the code being shown, if there is one.
type Codes interface {
	Code(ctx context.Context, w domain.WorkspaceID) (LinkCode, bool, error)
}

// Verdict is what the bot would do about a text.
type Verdict struct {
	Decision   domain.Decision
	FAQ        domain.FAQID // empty: none
	Confidence float64      // 0 to 1
	Margin     float64      // 0 to 1
	Candidates []VerdictCandidate
	Reply      string // what the customer would get; empty: nothing
	Why        domain.Reason
	Revision   int                // the FAQ's
	Knowledge  int64              // all FAQs', as the log's position
	Thresholds *domain.Thresholds // what the scores were held against
	Language   domain.Language    // of the answer, where the FAQ has one in Pidgin, too; else empty
	Told       []string           // the words that told that the text is Pidgin
}

// VerdictCandidate is an FAQ the bot weighed.
type VerdictCandidate struct {
	FAQ      domain.FAQID
	Question string
	Score    float64
	Matched  []string // the words that counted
}

// SavedTest is a saved test and the FAQ that it is of.
type SavedTest struct {
	domain.FAQTest
	FAQ    domain.FAQ
	Passes bool
}

// Matcher asks the live bot; it sends nothing and writes nothing.
type Matcher interface {
	Try(ctx context.Context, w domain.WorkspaceID, text string) (Verdict, error)
	// Clashing looks among the wordings that an FAQ is to have, and has not before, for one that would be taken for another FAQ, knowing
	// what the log says of the others up to a position. Before is zero for a new FAQ, other empty when there is none.
	Clashing(ctx context.Context, w domain.WorkspaceID, position int64, before, after domain.FAQ) (wording string, other domain.FAQID, err error)
	// Tests runs the workspace's saved tests, by the FAQs' numbers.
	Tests(ctx context.Context, w domain.WorkspaceID) ([]SavedTest, error)
	// Breaks are the saved tests that pass now and would not if an FAQ were as given, knowing what the log says of the others up to
	// a position.
	Breaks(ctx context.Context, w domain.WorkspaceID, position int64, after domain.FAQ) ([]SavedTest, error)
}
