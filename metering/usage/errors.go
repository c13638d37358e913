package usage

import (
	"fmt"
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

// Error says that usage is unknown, why, and what to do about it.
type Error struct {
	Kind   Kind
	Tenant string
	// Status of the answer; 0 when there was none.
	Status int
	// RetryAfter is when to ask again, if Mimir said so.
	RetryAfter time.Duration
	// Detail is one printable line.
	Detail string
	// Err is the cause, if there is one.
	Err error
}

// Error tells what failed and what to do next.
func (e *Error) Error() string {
	return fmt.Sprintf("reading the usage of Mimir tenant %q: %s: %s", e.Tenant, e.Detail, e.advice())
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) advice() string {
	switch e.Kind {
	case Unreachable:
		return "see that Mimir is up and that its address is right"
	case Timeout:
		return "ask for a shorter window, or see why Mimir is slow; pieces that it has answered are kept, so asking again gets further"
	case Overloaded:
		if e.RetryAfter > 0 {
			return fmt.Sprintf("ask again in %s, or raise the tenant's limits in Mimir", e.RetryAfter)
		}
		return "ask again later, or raise the tenant's limits in Mimir"
	case Failed:
		return "see Mimir's log"
	case Refused:
		return "ask for a shorter window or raise the tenant's limits in Mimir; if the path is unknown, check the address (it ends in /prometheus)"
	case Malformed:
		return "see that the address is that of Mimir's Prometheus API (it ends in /prometheus) and that no proxy answers in its place"
	default:
		return "ask for a shorter window"
	}
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
