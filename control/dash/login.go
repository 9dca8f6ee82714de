package dash

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"kith/control"
)

// How long things are good for.
const (
	sessionIdle = 8 * time.Hour
	confirmLife = 2 * time.Minute
)

// How many there may be at a time; the oldest make room.
const (
	maxCodes    = 64
	maxSessions = 16
	maxTokens   = 16 // windows of one session
	maxConfirms = 16
)

// secret is 256 bits that are known to those who were told.
type secret string

func newSecret() secret {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// mark is what is kept of a secret, and found by: looking it up takes a time that
// tells nothing of the secret.
type mark [sha256.Size]byte

func markOf(s string) mark { return sha256.Sum256([]byte(s)) }

// code is a login that was given out. It is remembered after its use, to notice
// when somebody comes with it a second time.
type code struct {
	mark    mark
	file    string // the redirect file; empty if there is none
	expires time.Time
	used    bool
	opened  *session // whom it let in
}

// session is one browser that was let in; its windows share the cookie and have
// a token each.
type session struct {
	cookie   mark
	tokens   []mark
	confirms []confirmation
	seen     time.Time
	ctx      context.Context // ends with the session
	end      context.CancelFunc
}

// confirmation is that a person was asked about one command.
type confirmation struct {
	nonce   mark
	command mark
	expires time.Time
}

// loginAnswer is what the page gets for a code.
type loginAnswer struct {
	Token secret `json:"token"`
}

// login turns a code into a session.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, "a login needs a code", http.StatusBadRequest)
		return
	}
	cookie, token, ok := s.redeem(asked.Code, cookieOf(r, s.cookie), time.Now())
	if !ok {
		http.Error(w, "this login is not valid, or not any more: open the page again from Kith", http.StatusUnauthorized)
		return
	}
	if cookie != "" {
		http.SetCookie(w, &http.Cookie{
			Name: s.cookie, Value: string(cookie), Path: "/",
			HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	respond(w, loginAnswer{token})
}

// redeem takes a code. It returns the token of a new window, and the cookie if
// the browser needs one. A code that was used before ends the session that it
// opened: one of the two who had it should not have.
func (s *site) redeem(text, cookie string, now time.Time) (set, token secret, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.codes, func(c code) bool { return c.mark == markOf(text) })
	if i < 0 {
		return "", "", false
	}
	c := &s.codes[i]
	if c.used {
		s.revoke(c.opened)
		s.cfg.Log.Warn("a login of the page was used twice; its session was ended")
		s.cfg.Activity.Add(control.Entry{
			At: now.UTC(), Verb: "page-login-twice",
			Detail: "a link to the page was opened a second time, so the first session was ended; if that was not you, another program reads along",
		})
		return "", "", false
	}
	if now.After(c.expires) {
		return "", "", false
	}
	c.used = true
	removeRedirect(c.file)
	token = newSecret()
	held := s.sessionOf(cookie, now)
	if held == nil {
		set = newSecret()
		held = &session{cookie: markOf(string(set))}
		held.ctx, held.end = context.WithCancel(context.Background())
		if len(s.sessions) >= maxSessions {
			s.revoke(s.sessions[0])
		}
		s.sessions = append(s.sessions, held)
	}
	held.seen = now
	held.tokens = append(held.tokens, markOf(string(token)))
	held.tokens = held.tokens[max(0, len(held.tokens)-maxTokens):]
	c.opened = held
	s.cfg.Log.Info("the page was opened in a browser")
	return set, token, true
}

// issue makes a code that is good for life. file is where a redirect that contains it will lie.
func (s *site) issue(file string, now time.Time, life time.Duration) secret {
	text := newSecret()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.codes) >= maxCodes {
		removeRedirect(s.codes[0].file)
		s.codes = slices.Delete(s.codes, 0, 1)
	}
	s.codes = append(s.codes, code{mark: markOf(string(text)), file: file, expires: now.Add(life)})
	return text
}

// sessionOf returns the session of a cookie, if it has not ended. s.mu is held.
func (s *site) sessionOf(cookie string, now time.Time) *session {
	sum := markOf(cookie)
	for _, held := range s.sessions {
		if subtle.ConstantTimeCompare(held.cookie[:], sum[:]) == 1 && now.Sub(held.seen) < sessionIdle {
			return held
		}
	}
	return nil
}

// revoke ends a session, with all that runs in it. s.mu is held.
func (s *site) revoke(held *session) {
	if held == nil {
		return
	}
	held.end()
	s.sessions = slices.DeleteFunc(s.sessions, func(o *session) bool { return o == held })
}

// expire forgets what is over.
func (s *site) expire(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.codes {
		if now.After(s.codes[i].expires) {
			removeRedirect(s.codes[i].file)
		}
	}
	for _, held := range slices.Clone(s.sessions) {
		if now.Sub(held.seen) >= sessionIdle {
			s.revoke(held)
		}
	}
}

// member lets in only who belongs to a session, by cookie and token.
func (s *site) member(next func(http.ResponseWriter, *http.Request, *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		held := s.admit(cookieOf(r, s.cookie), r.Header.Values(tokenHeader), time.Now())
		if held == nil {
			s.refusals.note(s.cfg.Log.Warn, "no session", "method", r.Method, "path", r.URL.Path)
			http.Error(w, "this page is not logged in: open it again from Kith", http.StatusUnauthorized)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(held.ctx, cancel)()
		next(w, r.WithContext(ctx), held)
	}
}

func (s *site) admit(cookie string, tokens []string, now time.Time) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.sessionOf(cookie, now)
	if held == nil || len(tokens) != 1 || !slices.Contains(held.tokens, markOf(tokens[0])) {
		return nil
	}
	held.seen, s.used = now, now
	return held
}

// cookieOf returns the value of the one cookie of that name. Two of them mean
// that somebody else set one.
func cookieOf(r *http.Request, name string) string {
	if all := r.CookiesNamed(name); len(all) == 1 {
		return all[0].Value
	}
	return ""
}
