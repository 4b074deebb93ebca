package main

import (
	"context"
	"time"

	"switchboard.example/adapters/postgres"
	"switchboard.example/bot"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

// desk answers what an owner's !commands ask of the read models.
type desk struct {
	tables
	accounts  *postgres.Accounts
	dashboard string // where it is, without anything secret
}

var _ bot.Desk = desk{}

// How much a command shows at most.
const (
	deskRows      = 50
	deskTopFAQs   = 3
	deskWordings  = 10
	menuPopular   = 5
	menuLooksBack = 30 * 24 * time.Hour
)

// Waiting lists who waits for a person, the longest first.
func (d desk) Waiting(ctx context.Context, w domain.WorkspaceID) ([]bot.Waiting, error) {
	page := projections.InboxPage{State: projections.NeedsPerson, Limit: deskRows}
	found, err := projections.ConversationsOf(ctx, d.db, w, time.Now(), page)
	var waiting []bot.Waiting
	for _, c := range found {
		who := bot.Person{CustomerID: c.CustomerID, Name: c.Name, Phone: c.Phone}
		waits := bot.Waiting{Person: who, Text: c.LastText, Urgent: c.Mark == projections.Urgent}
		if c.WaitingSince != nil {
			waits.Since = *c.WaitingSince
		}
		waiting = append(waiting, waits)
	}
	return waiting, err
}

// Stats are the figures of a span.
func (d desk) Stats(ctx context.Context, w domain.WorkspaceID, from, to time.Time) (bot.Stats, error) {
	f, err := projections.FiguresOf(ctx, d.db, w, from, to)
	if err != nil {
		return bot.Stats{}, err
	}
	top, err := d.topQuestions(ctx, w, from)
	decided := f.Answered + f.Choices + f.HandedOver
	percent := func(n int64) int {
		if decided == 0 {
			return 0
		}
		return int((100*n + decided/2) / decided)
	}
	return bot.Stats{
		Customers: int(f.Customers), Messages: int(f.Messages), Answered: percent(f.Answered), Choices: percent(f.Choices),
		HandedOver: percent(f.HandedOver), Top: top,
	}, err
}

func (d desk) topQuestions(ctx context.Context, w domain.WorkspaceID, since time.Time) ([]string, error) {
	ids, err := projections.MostAsked(ctx, d.db, w, since, deskTopFAQs)
	if err != nil {
		return nil, err
	}
	var top []string
	for _, id := range ids {
		f, ok, err := projections.FAQOf(ctx, d.db, w, id, since)
		if err != nil {
			return nil, err
		}
		if ok && len(f.Questions) > 0 {
			top = append(top, f.Questions[0])
		}
	}
	return top, nil
}

// Missed lists the unanswered questions, those of most people first.
func (d desk) Missed(ctx context.Context, w domain.WorkspaceID) ([]bot.Missed, error) {
	clusters, err := projections.UnansweredOf(ctx, d.db, w, deskRows)
	if err != nil {
		return nil, err
	}
	var missed []bot.Missed
	for _, c := range clusters {
		askers, err := projections.AskersOf(ctx, d.db, w, c.ID, deskWordings)
		if err != nil {
			return nil, err
		}
		m := bot.Missed{Cluster: c.ID, Question: c.Question, People: c.People}
		if r := c.Reply; r != nil {
			m.Reply = &bot.OwnReply{ID: r.ID, Text: r.Text, To: bot.Person{CustomerID: r.CustomerID, Name: r.Name, Phone: r.Phone}, Personal: r.Personal}
		}
		for _, a := range askers {
			m.Asked = append(m.Asked, domain.LearnedWording{CustomerID: a.CustomerID, Text: a.Text})
		}
		missed = append(missed, m)
	}
	return missed, nil
}

// Person is a customer by their id.
func (d desk) Person(ctx context.Context, w domain.WorkspaceID, c domain.CustomerID) (bot.Person, bool, error) {
	p, ok, err := projections.PersonOf(ctx, d.db, w, c)
	return bot.Person(p), ok, err
}

// PersonByPhone finds a customer by their number, digits only.
func (d desk) PersonByPhone(ctx context.Context, w domain.WorkspaceID, phone string) (bot.Person, bool, error) {
	p, ok, err := projections.PersonByPhone(ctx, d.db, w, phone)
	return bot.Person(p), ok, err
}

// LastPerson is the customer who wrote last.
func (d desk) LastPerson(ctx context.Context, w domain.WorkspaceID) (bot.Person, bool, error) {
	p, ok, err := projections.LastPerson(ctx, d.db, w)
	return bot.Person(p), ok, err
}

// Ignored lists whom the bot leaves alone.
func (d desk) Ignored(ctx context.Context, w domain.WorkspaceID) ([]bot.Person, error) {
	found, err := projections.IgnoredPeople(ctx, d.db, w, deskRows)
	var ignored []bot.Person
	for _, p := range found {
		ignored = append(ignored, bot.Person(p))
	}
	return ignored, err
}

// Team lists the members.
func (d desk) Team(ctx context.Context, w domain.WorkspaceID) ([]bot.Teammate, error) {
	members, err := projections.MembersOf(ctx, d.db, w)
	var team []bot.Teammate
	for _, m := range members {
		team = append(team, bot.Teammate{ID: m.MemberID, Name: m.Email, Phones: m.Phones, Role: m.Role})
	}
	return team, err
}

// Asked is how often an FAQ was the answer since a moment.
func (d desk) Asked(ctx context.Context, w domain.WorkspaceID, id domain.FAQID, since time.Time) (int, error) {
	f, _, err := projections.FAQOf(ctx, d.db, w, id, since)
	return int(f.TimesAnswered), err
}

// CameIn counts the chats that got no answer because the bot was paused.
func (d desk) CameIn(ctx context.Context, w domain.WorkspaceID, since time.Time) (int, error) {
	n, _, err := projections.LeftUnansweredSince(ctx, d.db, w, domain.ReasonPaused, since)
	return n, err
}

// Link is where the dashboard is.
func (d desk) Link(context.Context, domain.WorkspaceID) (string, error) { return d.dashboard, nil }

// MostAsked orders the bot's menu: which FAQs were the answer most often of late.
func (t tables) MostAsked(ctx context.Context, w domain.WorkspaceID) ([]domain.FAQID, error) {
	return projections.MostAsked(ctx, t.db, w, time.Now().Add(-menuLooksBack), menuPopular)
}
