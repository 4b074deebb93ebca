package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"switchboard.example/domain"
)

const ada = `{"email":"Ada@Example.com ","password":"correct horse","businessName":" Ada's  Kitchen"}`

func cookiesOf(a answer) map[string]*http.Cookie {
	found := map[string]*http.Cookie{}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		found[c.Name] = c
	}
	return found
}

func TestSigningUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.HTTPS = true })
	made := w.ask("POST", "/api/auth/signup", ada).is(201)
	body := into[signedInBody](made)
	t.Run("gives a workspace in trial and its owner", func(t *testing.T) {
		if body.User.Email != "ada@example.com" || body.User.Role != domain.RoleOwner || body.Workspace.Name != "Ada's Kitchen" ||
			body.Workspace.Plan.State != domain.Trial || body.Workspace.Onboarding.Step != "link" || body.ExpiresIn != 600 {
			t.Fatalf("got %+v", body)
		}
		if made.header.Get("X-Position") != "2" {
			t.Fatalf("X-Position is %q", made.header.Get("X-Position"))
		}
	})
	t.Run("sets cookies that scripts and other sites cannot use", func(t *testing.T) {
		cookies := cookiesOf(made)
		access, refresh, csrf := cookies[accessCookie], cookies[refreshCookie], cookies[csrfCookie]
		if !access.HttpOnly || !access.Secure || access.SameSite != http.SameSiteLaxMode || access.Path != "/" || access.MaxAge != 600 || access.Domain != "" {
			t.Errorf("access: %+v", access)
		}
		if !refresh.HttpOnly || !refresh.Secure || refresh.SameSite != http.SameSiteStrictMode || refresh.Path != "/api/auth" {
			t.Errorf("refresh: %+v", refresh)
		}
		if csrf.HttpOnly || !csrf.Secure || csrf.Value == "" {
			t.Errorf("csrf: %+v", csrf)
		}
	})
	t.Run("the e-mail address is taken from then on, in any case", func(t *testing.T) {
		x := *w
		x.T = t
		p := x.ask("POST", "/api/auth/signup", strings.ToLower(ada)).refuses(409, "email.taken")
		if len(p.Errors) != 1 || p.Errors[0].Field != "email" {
			t.Fatalf("got %+v", p)
		}
	})
	t.Run("the password signs in, another one does not, and an unknown address reads the same", func(t *testing.T) {
		x := *w
		x.T = t
		x.ask("POST", "/api/auth/login", `{"email":"ADA@example.com","password":"correct horse"}`).is(200)
		wrong := x.ask("POST", "/api/auth/login", `{"email":"ada@example.com","password":"wrong horse"}`).refuses(401, "login.wrong")
		unknown := x.ask("POST", "/api/auth/login", `{"email":"nobody@example.com","password":"wrong horse"}`).refuses(401, "login.wrong")
		if wrong.Detail != unknown.Detail {
			t.Fatalf("%q and %q", wrong.Detail, unknown.Detail)
		}
	})
	for name, c := range map[string]struct{ body, code, field string }{
		"no e-mail address":   {`{"email":"ada","password":"correct horse","businessName":"A"}`, "email.invalid", "email"},
		"a short password":    {`{"email":"b@example.com","password":"1234567","businessName":"A"}`, "password.too_short", "password"},
		"a common password":   {`{"email":"b@example.com","password":"Password123","businessName":"A"}`, "password.common", "password"},
		"the business's name": {`{"email":"b@example.com","password":"Mama Cass","businessName":"mama cass"}`, "password.common", "password"},
		"an endless password": {`{"email":"b@example.com","password":"` + strings.Repeat("ab", 150) + `","businessName":"A"}`, "password.too_long", "password"},
		"no name":             {`{"email":"b@example.com","password":"correct horse","businessName":" "}`, "business_name.invalid", "businessName"},
		"an unknown field":    {`{"email":"b@example.com","password":"correct horse","businessName":"A","role":"owner"}`, "field.unknown", "role"},
		"a wrong type":        {`{"email":7,"password":"correct horse","businessName":"A"}`, "field.type", "email"},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			x := *w
			x.T = t
			p := x.ask("POST", "/api/auth/signup", c.body).refuses(400, c.code)
			if len(p.Errors) != 1 || p.Errors[0].Field != c.field || p.RequestID == "" {
				t.Fatalf("got %+v", p)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	p := newPasswords()
	for _, password := range []string{"correct horse", strings.Repeat("x1", 64), "пароль-пароль", "🙂🙂🙂🙂🙂🙂🙂🙂"} {
		hash, err := p.hash(t.Context(), password)
		if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatalf("got %q %v", hash, err)
		}
		if ok, err := p.check(t.Context(), password, hash); !ok || err != nil {
			t.Fatalf("%q is not its own password: %v", password, err)
		}
		if ok, _ := p.check(t.Context(), password[:len(password)-1], hash); ok {
			t.Fatalf("%q is cut short", password)
		}
	}
	t.Run("two keyboards' forms of one letter are the same", func(t *testing.T) {
		hash, _ := p.hash(t.Context(), "caf\u00e9 corner")
		if ok, _ := p.check(t.Context(), "cafe\u0301 corner", hash); !ok {
			t.Fatal("they differ")
		}
	})
	t.Run("a damaged hash is an error, not a refusal", func(t *testing.T) {
		for _, hash := range []string{"plain", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=18$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA"} {
			if ok, err := p.check(t.Context(), "password", hash); ok || err == nil {
				t.Fatalf("%q: got %v %v", hash, ok, err)
			}
		}
	})
	t.Run("nobody's password takes its turn like any other, and too many at once are sent away", func(t *testing.T) {
		q := newPasswords()
		for range hashesAtOnce {
			q.slots <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := q.check(ctx, "anything", ""); !errors.Is(err, context.Canceled) {
			t.Fatalf("an unknown account costs nothing: %v", err)
		}
		for range hashesQueued {
			q.queue <- struct{}{}
		}
		if _, err := q.hash(t.Context(), "anything"); !errors.Is(err, errBusy) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("nobody's password is never right", func(t *testing.T) {
		if ok, err := p.check(t.Context(), "anything", ""); ok || err != nil {
			t.Fatalf("got %v %v", ok, err)
		}
	})
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Attempts = Attempts{PerAccount: 10, PerIP: 15, Overall: 100} })
	guess := func(email, from string) answer {
		return w.ask("POST", "/api/auth/login", `{"email":"`+email+`","password":"wrong horse"}`, "X-Forwarded-For", from, "X-Real-IP", from)
	}
	for range 10 {
		guess("ada@example.com", "10.0.0.1").is(401)
	}
	refused := guess("ADA@example.com", "10.0.0.2")
	refused.refuses(429, "too_many_attempts")
	if refused.header.Get("Retry-After") != "60" {
		t.Fatalf("Retry-After is %q", refused.header.Get("Retry-After"))
	}
	for range 5 {
		guess("bola@example.com", "10.0.0.3").is(401)
	}
	guess("chi@example.com", "10.0.0.4").refuses(429, "too_many_attempts") // a made-up header is no other address
	w.clock.pass(6 * time.Second)
	guess("ada@example.com", "10.0.0.1").is(401)
	guess("ada@example.com", "10.0.0.1").refuses(429, "too_many_attempts")
}

// browser keeps cookies as a browser does.
func (w *world) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &http.Client{Jar: jar}
}

func (w *world) click(b *http.Client, method, path, body string, headers ...string) int {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), method, w.url+path, strings.NewReader(body))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.Do(request)
	w.must(err)
	_ = response.Body.Close()
	return response.StatusCode
}

func (w *world) cookie(b *http.Client, path, name string) string {
	w.Helper()
	at, err := url.Parse(w.url + path)
	w.must(err)
	for _, c := range b.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestCookiesInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	if status := w.click(b, "POST", "/api/auth/signup", ada); status != 201 {
		t.Fatalf("sign-up: %d", status)
	}
	csrf := w.cookie(b, "/", csrfCookie)
	is := func(want int, method, path, body string, headers ...string) {
		t.Helper()
		if got := w.click(b, method, path, body, headers...); got != want {
			t.Fatalf("%s %s %v: got %d, want %d", method, path, headers, got, want)
		}
	}
	is(200, "GET", "/api/me", "")
	is(403, "POST", "/api/bot/pause", "{}")
	is(403, "POST", "/api/bot/pause", "{}", csrfHeader, "made.up")
	is(200, "POST", "/api/bot/pause", "{}", csrfHeader, csrf)
	is(403, "POST", "/api/bot/pause", "{}", csrfHeader, csrf, "Sec-Fetch-Site", "cross-site")
	is(415, "PATCH", "/api/settings", "name=x", csrfHeader, csrf, "Content-Type", "text/plain")

	t.Run("another member's token in both places is no proof", func(t *testing.T) {
		foreign := w.server.tokens.csrfToken("somebody else")
		jar := w.browser()
		at, _ := url.Parse(w.url)
		jar.Jar.SetCookies(at, []*http.Cookie{{Name: accessCookie, Value: w.cookie(b, "/", accessCookie)}, {Name: csrfCookie, Value: foreign}})
		if got := w.click(jar, "POST", "/api/bot/pause", "{}", csrfHeader, foreign); got != 403 {
			t.Fatalf("got %d", got)
		}
	})

	first := w.cookie(b, refreshPath, refreshCookie)
	is(200, "POST", "/api/auth/refresh", "")
	if second := w.cookie(b, refreshPath, refreshCookie); second == first || second == "" {
		t.Fatal("the refresh token was not replaced")
	}
	if w.cookie(b, "/", refreshCookie) != "" {
		t.Fatal("the refresh token goes everywhere")
	}
	is(200, "GET", "/api/me", "")
	t.Run("an old refresh token ends the session for the thief and the robbed", func(t *testing.T) {
		w.clock.pass(11 * time.Second)
		x := *w
		x.T = t
		stolen := x.ask("POST", "/api/auth/refresh", nil, "Cookie", refreshCookie+"="+first)
		stolen.refuses(401, "session.ended")
		if c := cookiesOf(stolen)[refreshCookie]; c == nil || c.MaxAge >= 0 {
			t.Fatalf("the cookie stays: %+v", c)
		}
	})
	is(401, "POST", "/api/auth/refresh", "")
	is(204, "POST", "/api/auth/logout", "")
	is(401, "GET", "/api/me", "")
}

func TestAnAccountThatIsShutIsOutWithinHalfAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("ada@example.com")
	w.askAs(p, "GET", "/api/me", nil).is(200)
	w.must(w.accounts.Disable(t.Context(), "ada@example.com"))
	w.clock.pass(standingFor)
	w.askAs(p, "GET", "/api/me", nil).refuses(401, "session.ended")
}

// forge signs whatever it is told.
func forge(w *world, p person, change func(*jwt.Token, *claims)) string {
	w.Helper()
	now := w.clock.Now()
	c := &claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: string(p.account.MemberID), ID: "x",
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute)),
		},
		Workspace: p.account.WorkspaceID, Role: domain.RoleOwner, TokenVersion: 1,
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	token.Header["kid"], token.Header["typ"] = "k1", tokenType
	change(token, c)
	key := any(testKey)
	if token.Method == jwt.SigningMethodNone {
		key = jwt.UnsafeAllowNoneSignatureType
	}
	text, err := token.SignedString(key)
	w.must(err)
	return text
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, other := w.signUp("ada@example.com"), w.signUp("other@example.com")
	refresh, err := w.accounts.OpenSession(t.Context(), p.account.MemberID)
	w.must(err)
	good := forge(w, p, func(*jwt.Token, *claims) {})
	w.ask("GET", "/api/me", nil, "Authorization", "Bearer "+good).is(200)
	w.ask("GET", "/api/me", nil, "Authorization", "bearer "+good).is(200)
	later := func(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(w.clock.Now().Add(d)) }
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"alg none":                       forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Method, tk.Header["alg"] = jwt.SigningMethodNone, "none" }),
		"another HMAC":                   forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Method, tk.Header["alg"] = jwt.SigningMethodHS512, "HS512" }),
		"RS256 named, HMAC used":         forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Header["alg"] = "RS256" }),
		"an unknown key":                 forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Header["kid"] = "k2" }),
		"no key named":                   forge(w, p, func(tk *jwt.Token, _ *claims) { delete(tk.Header, "kid") }),
		"its own key brought along":      forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Header["kid"], tk.Header["jku"] = "", "https://evil.example/keys" }),
		"another type":                   forge(w, p, func(tk *jwt.Token, _ *claims) { tk.Header["typ"] = "JWT" }),
		"another audience":               forge(w, p, func(_ *jwt.Token, c *claims) { c.Audience = jwt.ClaimStrings{"elsewhere"} }),
		"no audience":                    forge(w, p, func(_ *jwt.Token, c *claims) { c.Audience = nil }),
		"another issuer":                 forge(w, p, func(_ *jwt.Token, c *claims) { c.Issuer = "elsewhere" }),
		"expired a second ago":           forge(w, p, func(_ *jwt.Token, c *claims) { c.ExpiresAt = later(-time.Second) }),
		"expired just now":               forge(w, p, func(_ *jwt.Token, c *claims) { c.ExpiresAt = later(0) }),
		"no expiry":                      forge(w, p, func(_ *jwt.Token, c *claims) { c.ExpiresAt = nil }),
		"not valid yet":                  forge(w, p, func(_ *jwt.Token, c *claims) { c.NotBefore = later(time.Minute) }),
		"no beginning":                   forge(w, p, func(_ *jwt.Token, c *claims) { c.NotBefore = nil }),
		"issued in the future":           forge(w, p, func(_ *jwt.Token, c *claims) { c.IssuedAt = later(time.Minute) }),
		"nobody's":                       forge(w, p, func(_ *jwt.Token, c *claims) { c.Subject = "" }),
		"no id":                          forge(w, p, func(_ *jwt.Token, c *claims) { c.ID = "" }),
		"another workspace":              forge(w, p, func(_ *jwt.Token, c *claims) { c.Workspace = other.account.WorkspaceID }),
		"an older token version":         forge(w, p, func(_ *jwt.Token, c *claims) { c.TokenVersion = 0 }),
		"a refresh token":                refresh,
		"another signature":              parts[0] + "." + parts[1] + "." + strings.Split(forge(w, other, func(*jwt.Token, *claims) {}), ".")[2],
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"a megabyte":                     strings.Repeat("a", 20<<10),
		"nothing":                        " ",
		"a changed role, same signature": parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"role":"platform_admin"}`)) + "." + parts[2],
	} {
		t.Run(name, func(t *testing.T) {
			x := *w
			x.T = t
			if code := into[problem](x.ask("GET", "/api/me", nil, "Authorization", "Bearer "+token).is(401)).Code; !strings.HasPrefix(code, "session.") {
				t.Fatalf("got %s", code)
			}
		})
	}
}
