package usage

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is a class of failures of Mimir.
type Kind string

// The classes.
const (
	// Unreachable: no connection, or it broke.
	Unreachable Kind = "Unreachable"
	// Timeout: no answer in time.
	Timeout Kind = "Timeout"
	// Overloaded: Mimir refused by a rate limit (429).
	Overloaded Kind = "Overloaded"
	// Failed: Mimir failed (5xx).
	Failed Kind = "Failed"
	// Refused: Mimir would not run the query (4xx): a limit of the tenant, or the address is not Mimir's.
	Refused Kind = "Refused"
	// Malformed: the answer is not what the Prometheus HTTP API answers.
	Malformed Kind = "Malformed"
	// TooLarge: the answer is longer than the reader takes.
	TooLarge Kind = "TooLarge"
)

// Error says that usage is unknown, why, and what to do about it, to whoever
// asked. That may be somebody who may see one namespace and nothing else, so its
// text holds no address, no name of a tenant, and nothing that Mimir itself said:
// all these are in the cause, which Unwrap returns for the server's log.
type Error struct {
	Kind Kind
	// Tenant of Mimir that was asked.
	Tenant string
	// Status of the answer; 0 when there was none.
	Status int
	// RetryAfter is when to ask again, if Mimir said so.
	RetryAfter time.Duration
	// Detail is what Mimir did, to be read behind its name ("refuses connections"), in words of this package; "" for
	// those of the class.
	Detail string
	// Err is the cause, if there is one. It is for the server's log only: it may hold addresses and text from outside.
	Err error
}

// Error tells what failed and what to do next.
func (e *Error) Error() string {
	return fmt.Sprintf("the store of metrics (Mimir) %s; %s", cmp.Or(e.Detail, e.symptom()), e.advice())
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// symptom is what Mimir did, by the class and the status.
func (e *Error) symptom() string {
	status := ""
	if e.Status != 0 && e.Status != http.StatusOK {
		status = fmt.Sprintf(" (%d)", e.Status)
	}
	switch e.Kind {
	case Timeout:
		return late
	case Overloaded:
		return "takes no more questions at the moment" + status
	case Failed:
		return "failed" + status
	case Refused:
		return "refused the question" + status
	case Malformed:
		return "gave an answer that is not understood" + status
	case TooLarge:
		return "gave an answer that is too long"
	default:
		return "cannot be reached"
	}
}

// advice is what whoever asked can do: ask again or for less, and tell those who
// run the platform.
func (e *Error) advice() string {
	again := "try again"
	switch {
	case e.Kind == Timeout:
		again = "try again, for what was counted is kept, or ask for a shorter window"
	case e.Kind == Overloaded && e.RetryAfter > 0:
		again = fmt.Sprintf("try again in %s", e.RetryAfter)
	case e.Kind == Overloaded:
		again = "try again later"
	case e.Kind == TooLarge, e.Kind == Refused && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity):
		// These statuses are how Mimir tells of a limit on what one query may read.
		again = "ask for a shorter window"
	}
	return again + "; if it stays, ask the platform's administrators"
}

// excerpt makes text from outside printable, one line, and short.
func excerpt(s string) string {
	const most = 160
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}
