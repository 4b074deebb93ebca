package bot

import (
	"fmt"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// Words and actions of commands that wait for a confirmation.
const (
	wordYes          = "YES"
	wordDisconnect   = "DISCONNECT"
	actionDeleteFAQ  = "delete_faq"
	actionDisconnect = "disconnect"
	actionAnswer     = "answer_missed"
)

// asks waits for a word before doing anything.
func (o order) asks(text, word, action, subject string) commands.Outcome {
	outcome := o.reply(text)
	outcome.Also = append(outcome.Also, domain.ConfirmationAsked{
		About: o.turn.About, Word: word, Action: action, Subject: subject, Until: o.now.Add(domain.ConfirmationFor),
	})
	return outcome
}

// confirmed does what an earlier command waits with.
func (o order) confirmed() commands.Outcome {
	waits := o.turn.Conversation.Confirm
	if o.now.After(waits.Until) {
		return o.reply("⚙️ That was more than 2 minutes ago. Nothing was changed.")
	}
	var outcome commands.Outcome
	switch waits.Action {
	case actionDeleteFAQ:
		f := domain.FAQ{ID: domain.FAQID(waits.Subject)}
		outcome = o.does("🗑 Deleted. !undo within 10 min.", "the deletion of an FAQ", o.changes(f, func(f domain.FAQ) ([]domain.Event, error) {
			return f.Remove(o.turn.About.WorkspaceID)
		}))
	case actionAnswer:
		outcome = o.answerAsReplied(waits.Subject)
	case actionDisconnect:
		outcome = o.does(fmt.Sprintf("🔌 Disconnected. Link again any time: %s", o.facts.link), "",
			commands.Change(domain.ConnectionStream(o.turn.About.WorkspaceID), func(c domain.Connection) ([]domain.Event, error) {
				return c.Close(o.turn.About.WorkspaceID, true, o.now)
			}))
	}
	if outcome.Done == nil {
		return o.reply("⚙️ Nothing was changed.")
	}
	outcome.Done.Command, outcome.Done.Role = "!"+waits.Action, o.role
	outcome.Refused = func(e *domain.Error) string { return "⚙️ " + e.Message }
	return outcome
}

func disconnect(o order) commands.Outcome {
	text := fmt.Sprintf("This unlinks %s and stops the bot. Reply DISCONNECT within 2 min.", showPhone(o.facts.day.Connected.Phone))
	return o.asks(text, wordDisconnect, actionDisconnect, "")
}

// undo takes back what the last command changed, by folding what it changed to where it stood before. It is what was there, so
// no saved test holds it up, but those that fail with it are told.
func undo(o order) commands.Outcome {
	last := o.turn.Conversation.Undoable
	if last.What == "" || o.now.Sub(last.At) > domain.UndoFor {
		return o.reply("Nothing to undo.")
	}
	outcome := o.reply(fmt.Sprintf("↩️ Undid: %s.", last.What))
	outcome.Done = &domain.CommandCarriedOut{Undid: true}
	w := o.turn.About.WorkspaceID
	var undone []domain.FAQ
	outcome.Adds = func() string {
		if failing := o.nowFail(undone...); failing != "" {
			return "\n⚠️" + failing
		}
		return ""
	}
	for _, changed := range last.Changed {
		switch changed.Kind {
		case domain.FAQKind:
			outcome.Effects = append(outcome.Effects, commands.Revert[domain.FAQ, domain.FAQEvent](w, changed,
				func(now, before domain.FAQ) ([]domain.Event, error) {
					if now.ID == "" {
						return nil, nil // a dismissed question stays dismissed
					}
					events, err := now.BackTo(w, before)
					undone = append(undone, now.After(events...))
					return events, err
				}))
		case domain.WorkspaceKind:
			outcome.Effects = append(outcome.Effects, commands.Revert[domain.Workspace, domain.WorkspaceEvent](w, changed,
				domain.Workspace.SettingsBackTo))
		case domain.CustomerKind:
			about := domain.About{WorkspaceID: w, CustomerID: domain.CustomerID(changed.Key)}
			outcome.Effects = append(outcome.Effects, commands.Revert[domain.Customer, domain.CustomerEvent](w, changed,
				func(now, before domain.Customer) ([]domain.Event, error) { return now.Ignore(about, before.Ignored) }))
		case domain.ConnectionKind, domain.ConversationKind, domain.AdminKind:
		}
	}
	return outcome
}
