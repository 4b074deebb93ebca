package httpapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"switchboard.example/commands"
	"switchboard.example/domain"
	"switchboard.example/projections"
)

type signUpRequest struct {
	Email        string `json:"email"`
	Password     string `json:"password"`
	BusinessName string `json:"businessName"`
}

type logInRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type signedInBody struct {
	AccessToken string        `json:"accessToken"`
	ExpiresIn   int           `json:"expiresIn"` // seconds
	Workspace   workspaceBody `json:"workspace"`
	User        userBody      `json:"user"`
}

type userBody struct {
	ID    domain.MemberID `json:"id"`
	Email string          `json:"email"`
	Role  domain.Role     `json:"role"`
}

var errWrongPassword = domain.Refuse(domain.Unauthorized, "login.wrong", "The e-mail address or the password is wrong.")

// signUp makes an account and its workspace. What can be refused is refused before the costly hash.
func (s *Server) signUp(c call) error {
	body, err := read[signUpRequest](c)
	if err != nil {
		return err
	}
	if err := s.checkSignUp(c, body); err != nil {
		return err
	}
	ctx := c.Request().Context()
	hash, err := s.passwords.hash(ctx, body.Password)
	if err != nil {
		return err
	}
	made, err := s.config.Commands.SignUp(ctx, commands.SignUp{Email: body.Email, PasswordHash: hash, BusinessName: body.BusinessName})
	if err != nil {
		return err
	}
	c.session.Workspace = made.Account.WorkspaceID
	if err := s.wrote(c, made.Position, modelWorkspaces); err != nil {
		return err
	}
	return s.signIn(c, http.StatusCreated, made.Account)
}

func (s *Server) checkSignUp(c call, body signUpRequest) error {
	if _, err := commands.CleanEmail(body.Email); err != nil {
		return err
	}
	if _, err := domain.CleanBusinessName(body.BusinessName); err != nil {
		return err
	}
	if err := checkNewPassword(body.Password, body.Email, body.BusinessName); err != nil {
		return err
	}
	return s.attempts.allow(body.Email, c.RealIP())
}

// logIn takes as long for an unknown e-mail address as for a wrong password, and says the same.
func (s *Server) logIn(c call) error {
	body, err := read[logInRequest](c)
	if err != nil {
		return err
	}
	if err := errors.Join(within("email", body.Email, 1, 254), within("password", body.Password, 1, maxPassword)); err != nil {
		return err
	}
	if err := s.attempts.allow(body.Email, c.RealIP()); err != nil {
		return err
	}
	ctx := c.Request().Context()
	account, _, err := s.config.Accounts.ByEmail(ctx, body.Email)
	if err != nil && !isNotFound(err) {
		return err
	}
	right, err := s.passwords.check(ctx, body.Password, account.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return errWrongPassword
	}
	return s.signIn(c, http.StatusOK, account)
}

func isNotFound(err error) bool {
	refusal := (*domain.Error)(nil)
	return errors.As(err, &refusal) && refusal.Kind == domain.NotFound
}

// signIn opens a session for the account and answers with its tokens. What another member was told on this browser ends.
func (s *Server) signIn(c call, status int, account commands.Account) error {
	if id := cookieOf(c, pushCookie); id != "" && s.config.Browsers != nil {
		if err := s.config.Browsers.KeepOnlyFor(c.Request().Context(), id, account.MemberID); err != nil {
			return err
		}
	}
	refreshToken, err := s.config.Accounts.OpenSession(c.Request().Context(), account.MemberID)
	if err != nil {
		return err
	}
	return s.answerSignedIn(c, status, account.MemberID, refreshToken)
}

// refresh exchanges the refresh cookie for a new pair of tokens. A token that is no good takes the cookies away.
func (s *Server) refresh(c call) error {
	ctx := c.Request().Context()
	token := cookieOf(c, refreshCookie)
	if token == "" {
		return errSignIn
	}
	id, successor, err := s.config.Accounts.RenewSession(ctx, token)
	if err != nil {
		if refusal := (*domain.Error)(nil); errors.As(err, &refusal) {
			s.clearCookies(c)
		}
		return err
	}
	return s.answerSignedIn(c, http.StatusOK, id, successor)
}

func (s *Server) answerSignedIn(c call, status int, id domain.MemberID, refreshToken string) error {
	account, version, err := s.config.Accounts.ByID(c.Request().Context(), id)
	if err != nil {
		return err
	}
	access, err := s.tokens.issue(account, version)
	if err != nil {
		return err
	}
	c.session.Workspace = account.WorkspaceID
	workspace, err := s.workspaceOf(c)
	if err != nil {
		return err
	}
	s.setCookies(c, access, refreshToken, account.MemberID)
	if c.Response().Header().Get("X-Position") == "" {
		c.Response().Header().Set("X-Position", strconv.Itoa(0))
	}
	return writeJSON(c, status, signedInBody{
		AccessToken: access, ExpiresIn: int(tokenLife / time.Second), Workspace: workspace,
		User: userBody{ID: account.MemberID, Email: account.Email, Role: account.Role},
	})
}

// workspaceOf reads the asker's workspace. One that signed up a moment ago may not be in the read model yet; then it is
// shown as every new one begins.
func (s *Server) workspaceOf(c call) (workspaceBody, error) {
	var body workspaceBody
	err := s.inWorkspace(c, func(q projections.Queryer) error {
		found, ok, err := projections.WorkspaceOf(c.Request().Context(), q, c.session.Workspace)
		if !ok {
			until := s.config.Now().Add(domain.TrialLength)
			found = projections.Workspace{
				WorkspaceID: c.session.Workspace, Timezone: "Africa/Lagos", Currency: "NGN", OnboardingStep: "link",
				PlanState: domain.Trial, PlanUntil: &until,
			}
		}
		body = newWorkspaceBody(found)
		return err
	})
	return body, err
}

type linkRequest struct {
	Token string `json:"token"`
}

// useLink signs in whoever has a link that the bot sent to a verified phone. It works once.
func (s *Server) useLink(c call) error {
	body, err := read[linkRequest](c)
	if err != nil {
		return err
	}
	if err := within("token", body.Token, 20, 200); err != nil {
		return err
	}
	if err := s.attempts.allow(c.RealIP(), c.RealIP()); err != nil {
		return err
	}
	ctx := c.Request().Context()
	id, err := s.config.Accounts.UseLink(ctx, body.Token)
	if err != nil {
		return err
	}
	account, _, err := s.config.Accounts.ByID(ctx, id)
	if err != nil {
		return err
	}
	return s.signIn(c, http.StatusOK, account)
}

// logOut ends the session, and what the browser is told while the dashboard is closed. Signing out twice, or with a session that
// has run out, is fine.
func (s *Server) logOut(c call) error {
	if token := cookieOf(c, refreshCookie); token != "" {
		if err := s.config.Accounts.CloseSession(c.Request().Context(), token); err != nil {
			return err
		}
	}
	if err := s.forgetBrowser(c); err != nil {
		return err
	}
	s.clearCookies(c)
	return c.NoContent(http.StatusNoContent)
}
