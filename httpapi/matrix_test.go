package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"switchboard.example/domain"
)

// entry is what the matrix knows of a route: how to ask for it, who may, and what each of them gets.
type entry struct {
	body    string
	allowed string // roles, by their names; empty: nobody needs to be signed in
	own     int    // the status for who may
	foreign int    // the status for the same thing of another workspace; 0: the address names nothing
	secret  string // what must not show in an answer to another workspace
}

const (
	everybody = "owner admin agent viewer auditor platform_admin"
	noAuditor = "owner admin agent viewer platform_admin"
	working   = "owner admin agent platform_admin"
	leading   = "owner admin platform_admin"

	itsID = "the workspace's id"
)

func matrix() map[string]entry {
	return map[string]entry{
		"POST /api/auth/signup":  {body: `{"email":"new@example.com","password":"correct horse","businessName":"New"}`, own: 201},
		"POST /api/auth/login":   {body: `{"email":"nobody@example.com","password":"correct horse"}`, own: 401},
		"POST /api/auth/refresh": {own: 401},
		"POST /api/auth/logout":  {own: 204},

		"POST /api/auth/link": {body: `{"token":"01234567890123456789"}`, own: 401},

		"GET /api/allowed":        {allowed: noAuditor, own: 200, secret: "+2348030000077"},
		"POST /api/allowed":       {body: `{"phone":"+2348030000009"}`, allowed: leading, own: 201},
		"DELETE /api/allowed/:id": {allowed: leading, own: 204, foreign: 404},
		"GET /api/alerts":         {allowed: noAuditor, own: 200},
		"GET /api/push":           {allowed: noAuditor, own: 200},
		"POST /api/push":          {body: aBrowser("https://push.example.com/ada"), allowed: noAuditor, own: 200},
		"DELETE /api/push":        {allowed: noAuditor, own: 204},
		"GET /api/members":        {allowed: leading, own: 200, secret: "ada@example.com"},
		"POST /api/members":       {body: `{"phone":"+2348030000009","role":"agent"}`, allowed: "owner platform_admin", own: 201},
		"DELETE /api/members/:id": {allowed: "owner platform_admin", own: 409, foreign: 404},

		"GET /api/me":         {allowed: everybody, own: 200, secret: "Ada's Kitchen"},
		"GET /api/me/alerts":  {allowed: noAuditor, own: 200},
		"GET /api/settings":   {allowed: everybody, own: 200, secret: "Ada's Kitchen"},
		"PATCH /api/settings": {body: `{"timezone":"Africa/Accra"}`, allowed: leading, own: 200},

		"PATCH /api/me/alerts":           {body: `{"alerts":"off"}`, allowed: noAuditor, own: 200},
		"POST /api/settings/shift/reset": {allowed: leading, own: 200},

		"POST /api/whatsapp/connect":    {body: `{}`, allowed: leading, own: 202},
		"GET /api/whatsapp/status":      {allowed: everybody, own: 200},
		"GET /api/whatsapp/qr":          {allowed: leading, own: 404},
		"POST /api/whatsapp/disconnect": {body: `{}`, allowed: leading, own: 202},
		"POST /api/bot/pause":           {body: `{"minutes":5}`, allowed: working, own: 200},
		"POST /api/bot/resume":          {allowed: working, own: 200},

		"GET /api/stream": {allowed: everybody, own: 200},

		"GET /api/faqs":          {allowed: everybody, own: 200, secret: "How much?"},
		"POST /api/faqs":         {body: `{"questions":["Where?"],"answer":"Here"}`, allowed: leading, own: 201},
		"POST /api/faqs/test":    {body: `{"text":"how much"}`, allowed: noAuditor, own: 200},
		"POST /api/faqs/import":  {body: `{"text":"Q: a?\nA: b"}`, allowed: leading, own: 200},
		"GET /api/faqs/tests":    {allowed: noAuditor, own: 200, secret: "how much na"},
		"GET /api/faqs/:id":      {allowed: everybody, own: 200, foreign: 404},
		"PATCH /api/faqs/:id":    {body: `{"answer":"₦2,000"}`, allowed: leading, own: 200, foreign: 404},
		"DELETE /api/faqs/:id":   {allowed: leading, own: 204, foreign: 404},
		"GET /api/conversations": {allowed: noAuditor, own: 200, secret: "Bola"},

		"GET /api/conversations/:id/messages":  {allowed: noAuditor, own: 200, foreign: 404},
		"POST /api/conversations/:id/messages": {body: `{"text":"Yes, we do"}`, allowed: working, own: 202, foreign: 404},
		"POST /api/conversations/:id/takeover": {body: `{}`, allowed: working, own: 200, foreign: 404},
		"POST /api/conversations/:id/giveback": {allowed: working, own: 200, foreign: 404},
		"POST /api/conversations/:id/erase":    {body: `{"password":"correct horse"}`, allowed: "owner platform_admin", own: 204, foreign: 404},
		"POST /api/faqs/:id/tests":             {body: `{"text":"how much"}`, allowed: leading, own: 201, foreign: 404},
		"DELETE /api/faqs/:id/tests/:testId":   {allowed: leading, own: 204, foreign: 404},
		"POST /api/unanswered/:id/assign":      {body: `{"answer":"Yes, everywhere"}`, allowed: leading, own: 200, foreign: 404},
		"POST /api/unanswered/:id/decline":     {body: `{"customerId":"00000000-0000-4000-8000-00000000000f"}`, allowed: leading, own: 200, foreign: 404},
		"POST /api/unanswered/:id/dismiss":     {allowed: leading, own: 200, foreign: 404},
		"POST /api/unanswered/:id/restore":     {allowed: leading, own: 200, foreign: 404},
		"GET /api/unanswered":                  {allowed: noAuditor, own: 200, secret: "do you deliver"},
		"GET /api/analytics":                   {allowed: everybody, own: 200},
		"GET /api/audit/events":                {allowed: "owner auditor platform_admin", own: 200, secret: itsID},

		"GET /api/admin/workspaces":               {allowed: "platform_admin", own: 200},
		"POST /api/admin/workspaces/:id/commands": {body: `{"command":"pause","reason":"asked for"}`, allowed: "platform_admin", own: 200},

		"GET /livez":            {own: 200},
		"GET /startupz":         {own: 200},
		"GET /readyz":           {own: 200},
		"GET /api/openapi.yaml": {own: 200},
	}
}

// furnished is a workspace with something in every table, and the ids to ask for.
type furnished struct {
	person
	faq      domain.FAQID
	customer domain.CustomerID
	allowed  domain.CustomerID
}

func (f furnished) path(route string) string {
	id := string(f.faq)
	switch {
	case strings.Contains(route, "unanswered"):
		id = "c1"
	case strings.Contains(route, "members"):
		id = string(f.account.MemberID)
	case strings.Contains(route, "allowed"), strings.Contains(route, "erase"): // the others ask about the customer after it
		id = string(f.allowed)
	case strings.Contains(route, "conversations"):
		id = string(f.customer)
	case strings.Contains(route, "admin"):
		id = string(f.account.WorkspaceID)
	}
	return strings.Replace(route, ":id", id, 1)
}

// TestEveryRouteLetsInWhoMayAndNobodyElse goes through the route table: a route without an entry fails, and so does an entry
// without a route.
func TestEveryRouteLetsInWhoMayAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, other := w.furnish(), w.furnishEmpty("other@example.com")
	staffOf := map[domain.Role]person{}
	for _, role := range []domain.Role{domain.RoleOwner, domain.RoleAdmin, domain.RoleAgent, domain.RoleViewer, domain.RoleAuditor, domain.RolePlatformAdmin} {
		staffOf[role] = w.as(ada.person, role)
	}
	entries := matrix()
	for _, r := range w.server.routes() {
		name := r.method + " " + r.path
		e, ok := entries[name]
		if !ok {
			t.Errorf("%s has no entry in the matrix", name)
			continue
		}
		delete(entries, name)
		e.secret = strings.ReplaceAll(e.secret, itsID, string(ada.account.WorkspaceID))
		t.Run(name, func(t *testing.T) {
			x := *w
			x.T = t
			if (e.allowed == "") != (r.roles == public) {
				t.Fatal("the matrix and the route disagree on who need not be signed in")
			}
			if r.roles == public {
				x.ask(r.method, ada.path(r.path), bodyOf(e)).is(e.own)
				return
			}
			x.withoutAGoodToken(ada, r, e)
			x.fromAnotherWorkspace(ada, other, r, e)
			x.byRole(ada, staffOf, r, e)
		})
	}
	for name := range entries {
		t.Errorf("the matrix has %s, which is no route", name)
	}
}

func bodyOf(e entry) any {
	if e.body == "" {
		return nil
	}
	return e.body
}

func (w *world) withoutAGoodToken(ada furnished, r route, e entry) {
	w.Helper()
	w.ask(r.method, ada.path(r.path), bodyOf(e)).refuses(401, "session.missing")
	old := *w.server
	old.tokens.now = func() time.Time { return w.clock.Now().Add(-tokenLife) } // its tokens run out now
	expired, err := old.tokens.issue(ada.account, 1)
	w.must(err)
	w.ask(r.method, ada.path(r.path), bodyOf(e), "Authorization", "Bearer "+expired).refuses(401, "session.expired")
}

func (w *world) fromAnotherWorkspace(ada, other furnished, r route, e entry) {
	w.Helper()
	if strings.HasPrefix(r.path, "/api/admin") || r.path == streamPath {
		return // the platform's people may; what streams carry has a test of its own
	}
	got := w.askAs(other.person, r.method, ada.path(r.path), bodyOf(e))
	if e.foreign != 0 {
		got.is(e.foreign)
	}
	if e.secret != "" && strings.Contains(string(got.body), e.secret) {
		w.Errorf("another workspace sees %q: %s", e.secret, got.body)
	}
}

// byRole asks as everybody; who deletes comes last, with the thing still there.
func (w *world) byRole(ada furnished, staffOf map[domain.Role]person, r route, e entry) {
	w.Helper()
	for role, somebody := range staffOf {
		if !strings.Contains(" "+e.allowed+" ", " "+string(role)+" ") {
			w.askAs(somebody, r.method, ada.path(r.path), bodyOf(e)).refuses(403, "role")
		}
	}
	for role, somebody := range staffOf {
		if !strings.Contains(" "+e.allowed+" ", " "+string(role)+" ") {
			continue
		}
		if r.path == streamPath {
			w.openStream(somebody, "").close()
			continue
		}
		got := w.askAs(somebody, r.method, ada.path(r.path), bodyOf(e)).is(e.own)
		if e.secret != "" && !strings.Contains(string(got.body), e.secret) {
			w.Errorf("the test proves nothing: %s does not see %q either: %s", role, e.secret, got.body)
		}
	}
}

// TestRoutesAndContractAreTheSame keeps the inventory: nothing is served that is not written down, and the other way round.
func TestRoutesAndContractAreTheSame(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			written[method+" "+strings.NewReplacer("{id}", ":id", "{testId}", ":testId").Replace(path)] = true
		}
	}
	for _, r := range (&Server{}).routes() {
		name := r.method + " " + r.path
		if !written[name] {
			t.Errorf("%s is not in the contract", name)
		}
		delete(written, name)
	}
	for name := range written {
		t.Errorf("%s is in the contract only", name)
	}
}

func TestHeadersOnEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.HTTPS = true })
	for _, r := range w.server.routes() {
		w.hasHeaders(w.ask(r.method, strings.ReplaceAll(r.path, ":id", "x"), nil), r.path)
	}
	w.hasHeaders(w.ask(http.MethodGet, "/api/nothing", nil).is(404), "/api/nothing")
	w.hasHeaders(w.ask(http.MethodGet, "/", nil).is(200), "/")
}

func (w *world) hasHeaders(a answer, path string) {
	w.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
	} {
		if !strings.HasPrefix(a.header.Get(name), want) {
			w.Errorf("%s: %s is %q", path, name, a.header.Get(name))
		}
	}
	if strings.HasPrefix(path, "/api/") && !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		w.Errorf("%s may be stored: %q", path, a.header.Get("Cache-Control"))
	}
}
