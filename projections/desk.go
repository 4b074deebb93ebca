package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

// Person is a customer as an owner's command names them.
type Person struct {
	CustomerID domain.CustomerID `json:"customer_id"`
	Name       string            `json:"name"`
	Phone      string            `json:"phone"`
}

const personColumns = `SELECT customer_id, name, phone FROM read_inbox WHERE workspace_id = $1 AND NOT forgotten`

// PersonOf is a customer by their id.
func PersonOf(ctx context.Context, q Queryer, w domain.WorkspaceID, c domain.CustomerID) (Person, bool, error) {
	p, ok, err := queryOne[Person](ctx, q, personColumns+` AND customer_id = $2`, w, c)
	if err != nil {
		return Person{}, false, fmt.Errorf("find a customer: %w", err)
	}
	return p, ok, nil
}

// PersonByPhone finds who wrote from a number, digits only.
func PersonByPhone(ctx context.Context, q Queryer, w domain.WorkspaceID, phone string) (Person, bool, error) {
	p, ok, err := queryOne[Person](ctx, q, personColumns+` AND phone = $2 ORDER BY last_at DESC, customer_id LIMIT 1`, w, phone)
	if err != nil {
		return Person{}, false, fmt.Errorf("find a customer by number: %w", err)
	}
	return p, ok, nil
}

// LastPerson is the customer who wrote last.
func LastPerson(ctx context.Context, q Queryer, w domain.WorkspaceID) (Person, bool, error) {
	p, ok, err := queryOne[Person](ctx, q, `
		SELECT i.customer_id, i.name, i.phone
		FROM read_inbox i
		JOIN read_thread t ON t.workspace_id = i.workspace_id AND t.customer_id = i.customer_id
		WHERE i.workspace_id = $1 AND NOT i.forgotten AND t.direction = 'in'
		ORDER BY t.position DESC
		LIMIT 1`, w)
	if err != nil {
		return Person{}, false, fmt.Errorf("find who wrote last: %w", err)
	}
	return p, ok, nil
}

// IgnoredPeople lists whom the bot leaves alone, by name.
func IgnoredPeople(ctx context.Context, q Queryer, w domain.WorkspaceID, limit int) ([]Person, error) {
	people, err := query[Person](ctx, q, personColumns+` AND ignored ORDER BY name, phone, customer_id LIMIT $2`, w, limit)
	if err != nil {
		return nil, fmt.Errorf("read who is ignored: %w", err)
	}
	return people, nil
}

// AllowedPeople lists whom the bot answers where it answers only some, by name.
func AllowedPeople(ctx context.Context, q Queryer, w domain.WorkspaceID) ([]Person, error) {
	people, err := query[Person](ctx, q, personColumns+` AND allowed ORDER BY name, phone, customer_id`, w)
	if err != nil {
		return nil, fmt.Errorf("read who is allowed: %w", err)
	}
	return people, nil
}

// Asker is a customer's newest question of a cluster.
type Asker struct {
	CustomerID domain.CustomerID `json:"customer_id"`
	Text       string            `json:"text"`
}

// AskersOf lists how customers asked a question that has no answer, the newest first.
func AskersOf(ctx context.Context, q Queryer, w domain.WorkspaceID, cluster string, limit int) ([]Asker, error) {
	askers, err := query[Asker](ctx, q, `
		SELECT customer_id, text
		FROM read_unanswered_askers
		WHERE workspace_id = $1 AND cluster = $2 AND text <> ''
		ORDER BY asked_at DESC, customer_id
		LIMIT $3`, w, cluster, limit)
	if err != nil {
		return nil, fmt.Errorf("read who asked: %w", err)
	}
	return askers, nil
}

// MostAsked lists the FAQs that were the answer most often since the given moment's day.
func MostAsked(ctx context.Context, q Queryer, w domain.WorkspaceID, since time.Time, limit int) ([]domain.FAQID, error) {
	type asked struct {
		FAQID domain.FAQID `json:"faq_id"`
	}
	rows, err := query[asked](ctx, q, `
		SELECT faq_id
		FROM read_faq_days
		WHERE workspace_id = $1 AND day >= $2::date
		GROUP BY faq_id
		ORDER BY sum(times) DESC, faq_id
		LIMIT $3`, w, since.UTC().Format(time.DateOnly), limit)
	if err != nil {
		return nil, fmt.Errorf("read which faqs are asked most: %w", err)
	}
	ids := make([]domain.FAQID, len(rows))
	for i, r := range rows {
		ids[i] = r.FAQID
	}
	return ids, nil
}

// LeftUnansweredSince counts the customers whose messages got no answer for one reason since the given moment, and says when
// the first of them wrote; the time is nil when nobody did.
func LeftUnansweredSince(
	ctx context.Context, q Queryer, w domain.WorkspaceID, why domain.Reason, since time.Time,
) (customers int, first *time.Time, err error) {
	type left struct {
		Customers int        `json:"customers"`
		FirstAt   *time.Time `json:"first_at"`
	}
	row, _, err := queryOne[left](ctx, q, `
		SELECT count(DISTINCT customer_id) AS customers, min(at) AS first_at
		FROM read_thread
		WHERE workspace_id = $1 AND direction = 'in' AND why = $2 AND at >= $3`, w, why, since.Truncate(time.Second)) // WhatsApp's times are whole seconds
	if err != nil {
		return 0, nil, fmt.Errorf("count who wrote in vain: %w", err)
	}
	return row.Customers, row.FirstAt, nil
}
