package httpapi

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"switchboard.example/domain"
)

// Argon2id at OWASP's smallest advised cost: 19 MiB, two passes, one lane.
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonLanes   = 1
	argonSalt    = 16
	argonKey     = 32
	hashesAtOnce = 2  // more would starve everything else of memory and CPU
	hashesQueued = 50 // more would only wait until nobody is there any more
)

// passwords hashes and checks passwords, few at a time.
type passwords struct {
	slots chan struct{}
	queue chan struct{}
	dummy string // checked when nobody has the e-mail address, so that the time it takes tells nothing
}

func newPasswords() *passwords {
	p := &passwords{slots: make(chan struct{}, hashesAtOnce), queue: make(chan struct{}, hashesQueued)}
	p.dummy = writeHash(random(argonSalt), random(argonKey)) // of no password: making one would hold up every start
	return p
}

var errBusy = domain.Refuse(domain.Unavailable, "busy", "Very many people are signing in right now. Please try again in a moment.")

// hash returns what is stored of a password.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	var hash string
	err := p.inTurn(ctx, func() { hash = hashPassword(password) })
	return hash, err
}

// check says whether the password is the one hash was made of. An empty hash takes as long and is never right.
func (p *passwords) check(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	var same bool
	var broken error
	err := p.inTurn(ctx, func() { same, broken = samePassword(password, hash) })
	return same && known, errors.Join(err, broken)
}

func (p *passwords) inTurn(ctx context.Context, work func()) error {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return errBusy
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}

func hashPassword(password string) string {
	salt := random(argonSalt)
	return writeHash(salt, argon2.IDKey(normalised(password), salt, argonPasses, argonMemory, argonLanes, argonKey))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// writeHash writes the usual form, $argon2id$v=19$m=…,t=…,p=…$salt$key.
func writeHash(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func samePassword(password, hash string) (bool, error) {
	var version int
	var memory, passes uint32
	var lanes uint8
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" {
		return false, errors.New("the stored password hash is of no known form")
	}
	_, err1 := fmt.Sscanf(fields[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes)
	salt, err3 := base64.RawStdEncoding.DecodeString(fields[4])
	want, err4 := base64.RawStdEncoding.DecodeString(fields[5])
	if err := errors.Join(err1, err2, err3, err4); err != nil || version != argon2.Version || len(want) != argonKey {
		return false, errors.Join(errors.New("the stored password hash is damaged"), err)
	}
	got := argon2.IDKey(normalised(password), salt, passes, memory, lanes, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// normalised makes the same password of what different keyboards send for it.
func normalised(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

var errNotThem = &domain.Error{
	Kind: domain.Denied, Code: "password.wrong", Field: "password", Message: "This is not your password. Nothing was changed; please type it again.",
}

// isStillThem asks for the password of who is signed in once more, before what cannot be undone. It counts as a try to sign in.
func (s *Server) isStillThem(c call, password string) error {
	if err := within("password", password, 1, maxPassword); err != nil {
		return err
	}
	ctx := c.Request().Context()
	account, _, err := s.config.Accounts.ByID(ctx, c.session.Member)
	if err != nil {
		return err
	}
	if err := s.attempts.allow(account.Email, c.RealIP()); err != nil {
		return err
	}
	right, err := s.passwords.check(ctx, password, account.PasswordHash)
	if err == nil && !right {
		err = errNotThem
	}
	return err
}

// What a new password has to be.
const (
	minPassword = 8
	maxPassword = 200
)

// checkNewPassword refuses what is guessed first. There are no rules of composition.
func checkNewPassword(password, email, businessName string) error {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	switch {
	case n < minPassword:
		return domain.InvalidField("password", "password.too_short", "Choose a password of at least 8 characters.")
	case n > maxPassword:
		return domain.InvalidField("password", "password.too_long", "A password can have at most 200 characters.")
	case isCommonPassword(lower), lower == strings.ToLower(strings.TrimSpace(email)), lower == local, lower == strings.ToLower(strings.TrimSpace(businessName)):
		return domain.InvalidField("password", "password.common", "This password is easy to guess. Choose another one, such as three words that do not belong together.")
	}
	return nil
}

// isCommonPassword knows the passwords that are tried first, of those long enough to be allowed.
func isCommonPassword(lower string) bool {
	switch lower {
	case "password", "password1", "password12", "password123", "passw0rd", "12345678", "123456789", "1234567890", "0123456789", "0987654321",
		"987654321", "87654321", "11111111", "00000000", "88888888", "12341234", "11223344", "qwertyui", "qwertyuiop", "qwerty123", "qwerty12",
		"1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "abcd1234", "abc12345", "abcdefgh", "asdfghjkl", "asdfasdf", "iloveyou", "sunshine", "princess",
		"football", "baseball", "superman", "trustno1", "welcome1", "letmein1", "whatever", "computer", "internet", "starwars", "whatsapp",
		"switchboard", "changeme", "nigeria1", "jesus123", "godisgood", "blessing", "blessed1":
		return true
	}
	return strings.Count(lower, lower[:1]) == len(lower)
}
