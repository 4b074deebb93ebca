package domain

// AdminEvent is a fact about an order by the platform's people.
//
//sumtype:decl
type AdminEvent interface {
	Event
	adminEvent()
}

// AdminCommandIssued records an order for a workspace that was carried out; what it changed is in the events it caused.
type AdminCommandIssued struct {
	WorkspaceID WorkspaceID       `json:"workspace_id"`
	Command     string            `json:"command"`
	Args        map[string]string `json:"args,omitempty"`
	Reason      string            `json:"reason"`
}

// AdminCommandRefused records an order that was refused, and why.
type AdminCommandRefused struct {
	WorkspaceID WorkspaceID       `json:"workspace_id"`
	Command     string            `json:"command"`
	Args        map[string]string `json:"args,omitempty"`
	Reason      string            `json:"reason"`
	Refusal     string            `json:"refusal"` // the refusal's code
}

// The stored names of admin events.
func (AdminCommandIssued) EventType() string  { return "admin.command_issued" }
func (AdminCommandRefused) EventType() string { return "admin.command_refused" }

func (AdminCommandIssued) adminEvent()  {}
func (AdminCommandRefused) adminEvent() {}

var (
	_ = register[AdminCommandIssued]()
	_ = register[AdminCommandRefused]()
)
