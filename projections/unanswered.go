package projections

import (
	"context"
	"fmt"
	"time"

	"switchboard.example/domain"
)

type clusterKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Cluster     string             `json:"cluster"`
}

func (k clusterKey) key() clusterKey { return k }

// clusterRow counts who asked a question the bot could not answer.
type clusterRow struct {
	clusterKey
	People    int  `json:"people"`
	Dismissed *int `json:"dismissed"` // how many people there were when it was dismissed; nil: it was not
}

type askerKey struct {
	WorkspaceID domain.WorkspaceID `json:"workspace_id"`
	Cluster     string             `json:"cluster"`
	CustomerID  domain.CustomerID  `json:"customer_id"`
}

func (k askerKey) key() askerKey { return k }

// askerRow is one customer's newest question of a cluster, and what a person of the business replied to it.
type askerRow struct {
	askerKey
	Text    string     `json:"text"`
	AskedAt *time.Time `json:"asked_at"`
	Times   int        `json:"times"`

	Since    *time.Time         `json:"since"`    // a person's words from here on, by WhatsApp's clock,
	Until    *time.Time         `json:"until"`    // and up to here, reply to it
	Messages []domain.MessageID `json:"messages"` // it was asked with
	Declined bool               `json:"declined"` // what is replied here is no answer for everybody
	ownReply
}

var (
	clustersTable       = newTable[clusterKey, clusterRow]("read_unanswered")
	askersTable         = newTable[askerKey, askerRow]("read_unanswered_askers")
	unansweredRedirects = newRedirects("read_unanswered_redirects")
)

// Unanswered are the questions the bot could not answer, grouped by the cluster the bot recorded, with what a person replied.
func Unanswered() Projection {
	return Projection{
		Name: "unanswered", Version: 2, Gather: later, Tables: []string{"read_unanswered", "read_unanswered_askers", "read_unanswered_redirects"},
		Types: typesOf(domain.QuestionUnanswered{}, domain.FAQDismissed{}, domain.FAQDismissalUndone{}, domain.FAQClusterAnswered{}, domain.FAQReplyDeclined{}, domain.CustomerMerged{}, domain.CustomerForgotten{},
			domain.OwnerReplied{}, domain.OwnerReplyReclassified{}, domain.ReplyDecided{}, domain.ReplyQueued{}, domain.ReplyFailed{}, domain.ReplyCancelled{}),
		Apply: func(ctx context.Context, page []domain.Recorded, w Writer) error {
			return inStretches(page, isMergeOrForgotten,
				func(stretch []domain.Recorded) error { return foldUnanswered(ctx, w, stretch) },
				func(r domain.Recorded) error { return rewriteUnanswered(ctx, w, r) })
		},
	}
}

func foldUnanswered(ctx context.Context, w Writer, stretch []domain.Recorded) error {
	if len(stretch) == 0 {
		return nil
	}
	merged, err := unansweredRedirects.load(ctx, w, stretch)
	if err != nil {
		return err
	}
	touchAsker := func(r domain.Recorded) []askerKey {
		cluster := ""
		switch e := r.Event.(type) {
		case domain.QuestionUnanswered:
			cluster = e.Cluster
		case domain.FAQReplyDeclined:
			cluster = e.Cluster
		default:
			return nil
		}
		who, _ := aboutOf(r)
		k := merged.follow(who)
		return []askerKey{{k.WorkspaceID, cluster, k.CustomerID}}
	}
	askers, err := askersTable.open(ctx, w, stretch, touchAsker)
	if err != nil {
		return err
	}
	replies, err := openReplies(ctx, w, stretch, merged, askers)
	if err != nil {
		return err
	}
	clusters, err := clustersTable.open(ctx, w, stretch, touchClusters)
	if err != nil {
		return err
	}
	for _, r := range stretch {
		replies.evolve(r)
		for _, k := range touchAsker(r) {
			ask(clusters, askers, k, r.Event)
		}
		evolveCluster(clusters, r.Event)
	}
	if err := clustersTable.close(ctx, w, clusters); err != nil {
		return err
	}
	return askersTable.close(ctx, w, askers)
}

func evolveCluster(clusters *rows[clusterKey, clusterRow], e domain.Event) {
	switch e := e.(type) {
	case domain.FAQDismissed:
		dismiss(clusters, clusterKey{e.WorkspaceID, e.Cluster})
	case domain.FAQDismissalUndone:
		clusters.change(clusterKey{e.WorkspaceID, e.Cluster}, func(c clusterRow) clusterRow { c.Dismissed = nil; return c })
	case domain.FAQClusterAnswered:
		dismiss(clusters, clusterKey{e.WorkspaceID, e.Cluster})
	}
}

func touchClusters(r domain.Recorded) []clusterKey {
	switch e := r.Event.(type) {
	case domain.QuestionUnanswered:
		return []clusterKey{{e.WorkspaceID, e.Cluster}}
	case domain.FAQDismissed:
		return []clusterKey{{e.WorkspaceID, e.Cluster}}
	case domain.FAQDismissalUndone:
		return []clusterKey{{e.WorkspaceID, e.Cluster}}
	case domain.FAQClusterAnswered:
		return []clusterKey{{e.WorkspaceID, e.Cluster}}
	}
	return nil
}

func ask(clusters *rows[clusterKey, clusterRow], askers *rows[askerKey, askerRow], k askerKey, event domain.Event) {
	e, ok := event.(domain.QuestionUnanswered)
	if !ok {
		askers.change(k, func(a askerRow) askerRow { a.Declined = true; return a })
		return
	}
	before, known := askers.get(k)
	askers.put(before.askedAgain(k, e))
	ck := clusterKey{k.WorkspaceID, k.Cluster}
	cluster, _ := clusters.get(ck)
	cluster.clusterKey = ck
	if !known {
		cluster.People++
	}
	clusters.put(cluster)
}

func dismiss(clusters *rows[clusterKey, clusterRow], k clusterKey) {
	clusters.change(k, func(c clusterRow) clusterRow {
		people := c.People
		c.Dismissed = &people
		return c
	})
}

// rewriteUnanswered counts a merged customer once, and blanks the words of a forgotten one.
func rewriteUnanswered(ctx context.Context, w Writer, r domain.Recorded) error {
	e, ok := r.Event.(domain.CustomerMerged)
	if !ok {
		k, _ := aboutOf(r)
		_, err := w.ExecContext(ctx, `
			UPDATE read_unanswered_askers
			SET text = '', reply = '', replied_at = NULL, bubbles = NULL
			WHERE workspace_id = $1 AND customer_id = $2`, k.WorkspaceID, k.CustomerID)
		return wrap(err, "blank a forgotten customer's questions")
	}
	into, err := unansweredRedirects.merge(ctx, w, r, e)
	if err != nil {
		return err
	}
	return mergeAskers(ctx, w, customerKey{e.WorkspaceID, e.Merged}, into)
}

// repliedLater says that the one who goes was replied to later than the one who stays.
const repliedLater = `excluded.replied_at IS NOT NULL AND (i.replied_at IS NULL OR excluded.replied_at > i.replied_at)`

func mergeAskers(ctx context.Context, w Writer, gone, into customerKey) error {
	for _, statement := range []string{
		`
		UPDATE read_unanswered c
		SET people = c.people - 1
		FROM read_unanswered_askers g
		JOIN read_unanswered_askers i ON i.workspace_id = g.workspace_id AND i.cluster = g.cluster AND i.customer_id = $3
		WHERE g.workspace_id = $1 AND g.customer_id = $2 AND c.workspace_id = g.workspace_id AND c.cluster = g.cluster`, `
		INSERT INTO read_unanswered_askers AS i
			(workspace_id, cluster, customer_id, text, asked_at, times, since, until, messages, declined, reply, replied_at, bubbles)
		SELECT g.workspace_id, g.cluster, $3, g.text, g.asked_at, g.times, g.since, g.until, g.messages, g.declined, g.reply, g.replied_at, g.bubbles
		FROM read_unanswered_askers g
		WHERE g.workspace_id = $1 AND g.customer_id = $2
		ON CONFLICT (workspace_id, cluster, customer_id) DO UPDATE
		SET text = CASE WHEN excluded.asked_at > i.asked_at THEN excluded.text ELSE i.text END,
			since = CASE WHEN excluded.asked_at > i.asked_at THEN excluded.since ELSE i.since END,
			until = CASE WHEN excluded.asked_at > i.asked_at THEN excluded.until ELSE i.until END,
			messages = CASE WHEN excluded.asked_at > i.asked_at THEN excluded.messages ELSE i.messages END,
			asked_at = greatest(excluded.asked_at, i.asked_at), times = excluded.times + i.times,
			declined = excluded.declined OR i.declined,
			reply = CASE WHEN ` + repliedLater + ` THEN excluded.reply ELSE i.reply END,
			bubbles = CASE WHEN ` + repliedLater + ` THEN excluded.bubbles ELSE i.bubbles END,
			replied_at = greatest(excluded.replied_at, i.replied_at)`, `
		DELETE FROM read_unanswered_askers WHERE workspace_id = $1 AND customer_id = $2 AND customer_id <> $3`,
	} {
		if _, err := w.ExecContext(ctx, statement, gone.WorkspaceID, gone.CustomerID, into.CustomerID); err != nil {
			return fmt.Errorf("merge who asked: %w", err)
		}
	}
	return nil
}

// returnsAfter is by how many people a dismissed cluster has to grow to be shown again.
const returnsAfter = 5

// examplesShown is how many wordings of a cluster are shown.
const examplesShown = 5

// Cluster is a question the bot could not answer, with who asked it.
type Cluster struct {
	ID       string    `json:"id"`
	Question string    `json:"question"` // the newest wording; empty when everybody who asked was forgotten
	People   int       `json:"people"`
	LastAt   time.Time `json:"last_at"`
	Examples []string  `json:"examples"` // the newest ones, each once

	Reply *OwnReply `json:"reply"` // nil: nobody of the business replied to it
}

// UnansweredOf lists a workspace's unanswered questions, those of most people first.
func UnansweredOf(ctx context.Context, q Queryer, w domain.WorkspaceID, limit int) ([]Cluster, error) {
	clusters, err := query[Cluster](ctx, q, `
		SELECT c.cluster AS id, c.people, max(a.asked_at) AS last_at,
			coalesce((array_agg(a.text ORDER BY a.asked_at DESC, a.customer_id) FILTER (WHERE a.text <> ''))[1], '') AS question,
			ARRAY(
				SELECT x.text
				FROM read_unanswered_askers x
				WHERE x.workspace_id = c.workspace_id AND x.cluster = c.cluster AND x.text <> ''
				GROUP BY x.text
				ORDER BY max(x.asked_at) DESC, x.text
				LIMIT $4) AS examples,
			`+newestReply+` AS reply
		FROM read_unanswered c
		JOIN read_unanswered_askers a ON a.workspace_id = c.workspace_id AND a.cluster = c.cluster
		WHERE c.workspace_id = $1 AND (c.dismissed IS NULL OR c.people >= c.dismissed + $3)
		GROUP BY c.workspace_id, c.cluster, c.people
		ORDER BY c.people DESC, last_at DESC, c.cluster
		LIMIT $2`, w, limit, returnsAfter, examplesShown)
	if err != nil {
		return nil, fmt.Errorf("read the unanswered questions: %w", err)
	}
	for _, c := range clusters {
		if c.Reply != nil {
			c.Reply.Personal = domain.PersonalIn(c.Reply.Text, c.Reply.Name)
		}
	}
	return clusters, nil
}

// ClusterKnown says whether a workspace has such a group of questions.
func ClusterKnown(ctx context.Context, q Queryer, w domain.WorkspaceID, cluster string) (bool, error) {
	n, err := queryNumber(ctx, q, `SELECT count(*) FROM read_unanswered WHERE workspace_id = $1 AND cluster = $2`, w, cluster)
	if err != nil {
		return false, fmt.Errorf("look for a group of questions: %w", err)
	}
	return n > 0, nil
}
