package projections

// All lists every read model that is applied a page at a time. The timeline is written event by event: see Timeline.
func All() []Projection {
	return []Projection{
		ConnectionStatus(), Connections(), Workspaces(), Activity(), FAQs(), Inbox(), Thread(), Turns(), Due(), Outbox(), Unanswered(), Analytics(),
		Settings(), Members(), Reasons(), Dismissed(), Alerts(), Labels(),
	}
}
