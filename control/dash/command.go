package dash

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	"kith/control"
)

// grave are the verbs that a person is asked about once more, each time.
var grave = []control.Verb{control.Unpair, control.Leave, control.Remove, control.Listening, control.Approve, control.Quit}

// command passes on a command of the page. It has less to say than a person's own
// programs: it cannot make new logins, nor name files outside of shared folders
// to be written, nor say where releases come from.
func (s *site) command(w http.ResponseWriter, r *http.Request, held *session) {
	c, body, ok := readCommand(w, r)
	if !ok {
		return
	}
	switch {
	case c.Verb == control.Open, c.To != "", c.Cwd != "", c.From != nil, c.Key != nil:
		tell(w, http.StatusForbidden, &control.Fault{Kind: control.Usage, What: "the page may not do that", Next: "use the command line"})
		return
	case slices.Contains(grave, c.Verb) && !s.confirmed(held, r.Header.Get(confirmHeader), body, time.Now()):
		tell(w, http.StatusPreconditionRequired, &control.Fault{Kind: control.Usage, What: "this has to be confirmed"})
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	s.cfg.API.ServeHTTP(w, r)
}

// confirm answers with what confirms the very command in the body, once. The
// page asks for it when the person has said yes.
func (s *site) confirm(w http.ResponseWriter, r *http.Request, held *session) {
	_, body, ok := readCommand(w, r)
	if !ok {
		return
	}
	nonce := newSecret()
	s.mu.Lock()
	held.confirms = append(held.confirms, confirmation{markOf(string(nonce)), markOf(string(body)), time.Now().Add(confirmLife)})
	held.confirms = held.confirms[max(0, len(held.confirms)-maxConfirms):]
	s.mu.Unlock()
	respond(w, struct {
		Nonce secret `json:"nonce"`
	}{nonce})
}

func (s *site) confirmed(held *session, nonce string, body []byte, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(held.confirms, func(c confirmation) bool { return c.nonce == markOf(nonce) })
	if i < 0 {
		return false
	}
	c := held.confirms[i]
	held.confirms = slices.Delete(held.confirms, i, i+1)
	return c.command == markOf(string(body)) && now.Before(c.expires)
}

// readCommand reads a command, and its one spelling.
func readCommand(w http.ResponseWriter, r *http.Request) (c control.Command, body []byte, ok bool) {
	c, err := control.DecodeCommand(r.Body)
	if err == nil {
		body, err = json.Marshal(c)
	}
	if err != nil {
		tell(w, http.StatusBadRequest, &control.Fault{Kind: control.Usage, What: err.Error()})
	}
	return c, body, err == nil
}

func tell(w http.ResponseWriter, status int, f *control.Fault) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(f) // if it fails, nobody is left to be told
}
