package httpapi

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"switchboard.example/commands"
	"switchboard.example/domain"
)

// What an access token says of itself.
const (
	tokenLife     = 10 * time.Minute
	tokenIssuer   = "switchboard"
	tokenAudience = "switchboard-api"
	tokenType     = "at+jwt" // RFC 9068 §2.1
	maxTokenSize  = 4096
)

// TokenKeys sign access tokens (HS256). Keys other than the current one are still accepted, so that keys can be changed
// without signing anybody out.
type TokenKeys struct {
	Current string            // the id of the key that signs
	Keys    map[string][]byte // by id; at least 32 bytes each
}

func (k TokenKeys) validate() error {
	if len(k.Keys[k.Current]) == 0 {
		return errors.New("http api: the current token key is missing")
	}
	for id, key := range k.Keys {
		if len(key) < 32 {
			return fmt.Errorf("http api: token key %q has fewer than 32 bytes", id)
		}
	}
	return nil
}

// claims are what an access token says. The workspace comes from here and from nowhere else.
type claims struct {
	jwt.RegisteredClaims
	Workspace    domain.WorkspaceID `json:"ws"`
	Role         domain.Role        `json:"role"`
	TokenVersion int                `json:"ver"`
}

// session is who asks.
type session struct {
	Member       domain.MemberID
	Workspace    domain.WorkspaceID
	Role         domain.Role
	TokenVersion int
	ExpiresAt    time.Time
	ByCookie     bool // the browser sent it by itself: writes have to prove that our page asked
}

// tokens issues and checks access tokens.
type tokens struct {
	keys TokenKeys
	now  func() time.Time
	id   func() string
}

func (t tokens) issue(a commands.Account, version int) (string, error) {
	now := t.now()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: string(a.MemberID), ID: t.id(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		Workspace: a.WorkspaceID, Role: a.Role, TokenVersion: version,
	})
	token.Header["kid"], token.Header["typ"] = t.keys.Current, tokenType
	signed, err := token.SignedString(t.keys.Keys[t.keys.Current])
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return signed, nil
}

var (
	errSignIn  = domain.Refuse(domain.Unauthorized, "session.missing", "Please sign in.")
	errExpired = domain.Refuse(domain.Unauthorized, "session.expired", "Your session has run out. Please sign in again.")
)

// check returns who a token speaks for. It says no more than "expired" or "sign in" about a token that is not good.
func (t tokens) check(text string) (session, error) {
	if len(text) > maxTokenSize {
		return session{}, errSignIn
	}
	var c claims
	_, err := jwt.ParseWithClaims(text, &c, t.keyOf,
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(t.now), jwt.WithStrictDecoding())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return session{}, errExpired
	case err != nil, c.Subject == "", c.Workspace == "", c.ID == "":
		return session{}, errSignIn
	}
	return session{
		Member: domain.MemberID(c.Subject), Workspace: c.Workspace, Role: c.Role, TokenVersion: c.TokenVersion, ExpiresAt: c.ExpiresAt.Time,
	}, nil
}

// keyOf takes keys from our own set only, whatever else the header offers.
func (t tokens) keyOf(token *jwt.Token) (any, error) {
	kid, _ := token.Header["kid"].(string)
	key, ok := t.keys.Keys[kid]
	if !ok || token.Header["typ"] != tokenType {
		return nil, errors.New("no access token of ours")
	}
	return key, nil
}

// csrfToken ties a value that our page can read, and others cannot, to a member.
func (t tokens) csrfToken(id domain.MemberID) string {
	salt := rand.Text()
	return salt + "." + t.csrfProof(salt, id)
}

func (t tokens) csrfProof(salt string, id domain.MemberID) string {
	mac := hmac.New(sha256.New, t.keys.Keys[t.keys.Current])
	_, _ = fmt.Fprintf(mac, "csrf\x00%s\x00%s", salt, id)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// csrfHolds says whether header and cookie are the same token, made for this member.
func (t tokens) csrfHolds(header, cookie string, id domain.MemberID) bool {
	salt, proof, _ := strings.Cut(header, ".")
	return header != "" && hmac.Equal([]byte(header), []byte(cookie)) && hmac.Equal([]byte(proof), []byte(t.csrfProof(salt, id)))
}
