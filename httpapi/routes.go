package httpapi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"switchboard.example/domain"
)

// roles is a set of roles.
type roles uint8

const (
	owner roles = 1 << iota
	admin
	agent
	viewer
	auditor
	platform

	public roles = 0 // nobody needs to be signed in

	members = owner | admin | agent | viewer | auditor // whoever belongs to a workspace
	staff   = owner | admin | agent | viewer           // who may read what customers write
	talkers = owner | admin | agent                    // who works with customers
	leaders = owner | admin                            // who decides how the workspace works
)

// has says whether a role is in the set. The platform's people are owners of their own workspace.
func (r roles) has(role domain.Role) bool {
	switch role {
	case domain.RoleOwner:
		return r&owner != 0
	case domain.RoleAdmin:
		return r&admin != 0
	case domain.RoleAgent:
		return r&agent != 0
	case domain.RoleViewer:
		return r&viewer != 0
	case domain.RoleAuditor:
		return r&auditor != 0
	case domain.RolePlatformAdmin:
		return r&(platform|owner) != 0
	}
	return false
}

// route is one thing that can be asked for.
type route struct {
	method string
	path   string
	roles  roles
	model  string // the read model that ?after= waits for
	handle func(call) error
}

const streamPath = "/api/stream"

// routes is the whole API; openapi.yaml says what each of them takes and gives.
func (s *Server) routes() []route {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return []route{
		{post, "/api/auth/signup", public, "", s.signUp},
		{post, "/api/auth/login", public, "", s.logIn},
		{post, "/api/auth/refresh", public, "", s.refresh},
		{post, "/api/auth/logout", public, "", s.logOut},
		{post, "/api/auth/link", public, "", s.useLink},

		{get, "/api/me", members, modelWorkspaces, s.getMe},
		{get, "/api/me/alerts", staff, modelSettings, s.getMyAlerts},
		{patch, "/api/me/alerts", staff, "", s.changeMyAlerts},
		{get, "/api/settings", members, modelSettings, s.getSettings},
		{patch, "/api/settings", leaders, "", s.changeSettings},
		{post, "/api/settings/shift/reset", leaders, "", s.resetShift},

		{get, "/api/allowed", staff, modelInbox, s.listAllowed},
		{post, "/api/allowed", leaders, "", s.allowNumber},
		{del, "/api/allowed/:id", leaders, "", s.disallow},
		{get, "/api/alerts", staff, modelAlerts, s.listAlerts},
		{get, "/api/push", staff, "", s.getPush},
		{post, "/api/push", staff, "", s.switchPushOn},
		{del, "/api/push", staff, "", s.switchPushOff},
		{get, "/api/members", leaders, modelMembers, s.listMembers},
		{post, "/api/members", owner, "", s.offerNumber},
		{del, "/api/members/:id", owner, "", s.removeMember},

		{post, "/api/whatsapp/connect", leaders, "", s.connect},
		{get, "/api/whatsapp/status", members, modelStatus, s.getStatus},
		{get, "/api/whatsapp/qr", leaders, "", s.getCode},
		{post, "/api/whatsapp/disconnect", leaders, "", s.disconnect},
		{post, "/api/bot/pause", talkers, "", s.pauseBot},
		{post, "/api/bot/resume", talkers, "", s.resumeBot},

		{get, streamPath, members, "", s.stream},

		{get, "/api/faqs", members, modelFAQs, s.listFAQs},
		{post, "/api/faqs", leaders, "", s.addFAQ},
		{post, "/api/faqs/test", staff, modelFAQs, s.testFAQs},
		{post, "/api/faqs/import", leaders, "", s.importFAQs},
		{get, "/api/faqs/tests", staff, modelFAQs, s.listTests},
		{post, "/api/faqs/:id/tests", leaders, "", s.saveTest},
		{del, "/api/faqs/:id/tests/:testId", leaders, "", s.removeTest},
		{get, "/api/faqs/:id", members, modelFAQs, s.getFAQ},
		{patch, "/api/faqs/:id", leaders, "", s.changeFAQ},
		{del, "/api/faqs/:id", leaders, "", s.removeFAQ},

		{get, "/api/conversations", staff, modelInbox, s.listConversations},
		{get, "/api/conversations/:id/messages", staff, modelThread, s.listMessages},
		{post, "/api/conversations/:id/messages", talkers, "", s.writeReply},
		{post, "/api/conversations/:id/takeover", talkers, "", s.takeOver},
		{post, "/api/conversations/:id/giveback", talkers, "", s.giveBack},
		{post, "/api/conversations/:id/erase", owner, "", s.erase},
		{get, "/api/unanswered", staff, modelUnanswered, s.listUnanswered},
		{post, "/api/unanswered/:id/assign", leaders, "", s.assignCluster},
		{post, "/api/unanswered/:id/dismiss", leaders, "", s.dismissCluster},
		{post, "/api/unanswered/:id/restore", leaders, "", s.restoreCluster},
		{post, "/api/unanswered/:id/decline", leaders, "", s.declineReply},
		{get, "/api/analytics", members, modelAnalytics, s.getAnalytics},

		{get, "/api/audit/events", owner | auditor, "", s.listEvents},
		{get, "/api/admin/workspaces", platform, modelWorkspaces, s.listWorkspaces},
		{post, "/api/admin/workspaces/:id/commands", platform, "", s.issueCommand},

		{get, "/livez", public, "", s.livez},
		{get, "/startupz", public, "", s.livez}, // the lobby answers it before
		{get, "/readyz", public, "", s.readyz},
		{get, "/api/openapi.yaml", public, "", s.getContract},
	}
}

// The read models' names.
const (
	modelStatus     = "connection_status"
	modelWorkspaces = "workspaces"
	modelActivity   = "activity"
	modelFAQs       = "faqs"
	modelInbox      = "inbox"
	modelThread     = "thread"
	modelUnanswered = "unanswered"
	modelAnalytics  = "analytics"
	modelTimeline   = "timeline"
	modelSettings   = "settings"
	modelMembers    = "members"
	modelReasons    = "reasons"
	modelDismissed  = "dismissed"
	modelAlerts     = "alerts"
	modelLabels     = "labels"
)

// call is one request, and who makes it.
type call struct {
	echo.Context
	session session
}

// serve lets a request through to a route once it is known who asks and that they may.
func (s *Server) serve(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(r.path, "/api/") { // not what balancers ask for
			c.Response().Before(func() { s.config.Answered(c.Response().Status) })
		}
		it := call{Context: c}
		if err := s.admit(&it, r); err != nil {
			return err
		}
		if r.model != "" {
			if err := s.waitFor(it, r.model); err != nil {
				return err
			}
		}
		return r.handle(it)
	}
}
