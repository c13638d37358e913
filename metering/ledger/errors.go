package ledger

import (
	"errors"
	"fmt"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// Errors that a caller tells apart with errors.Is.
var (
	// ErrUsed means that a reserve's id was settled, recorded or expired
	// before. Take a new id for a new request.
	ErrUsed = errors.New("the request id is used up")
	// ErrMismatch means that the id belongs to another path.
	ErrMismatch = errors.New("the request id belongs to another path")
	// ErrGone means that a settle found nothing under the id. Before the
	// hold's deadline Redis lost the hold: call Record with the same id. Later it
	// was settled, or expired and charged, and forgotten: do nothing.
	ErrGone = errors.New("no hold of this id")
	// ErrHeld means that a record's id has a hold: settle it instead.
	ErrHeld = errors.New("the request id has a hold; settle it")
	// ErrBad means that an argument is outside what the ledger accepts.
	ErrBad = errors.New("argument refused")
	// ErrResetTooSoon means that a window to be reset is in its first second.
	ErrResetTooSoon = errors.New("a window cannot be reset in its first second; try again")
)

// RefusedError says that a reserve would have passed a Block limit. Nothing
// was written.
type RefusedError struct {
	Path   Path // the node that refused
	Level  Level
	Limit  money.Amount
	Spent  money.Amount
	Held   money.Amount
	Window time.Time // start of the window
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the budget of %s %s is used up: limit %s, spent %s, held %s in the window since %s",
		e.Level, e.Path, e.Limit, e.Spent, e.Held, e.Window.UTC().Format(time.RFC3339))
}

// UnknownError says that a node has no terms: it was never applied, or it was
// removed.
type UnknownError struct {
	Path  Path
	Level Level
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s %s has no budget in the ledger; list it, or wait until it is applied", e.Level, e.Path)
}

// NoWindowError says that no window of a node's calendar holds this instant:
// the boundaries ahead have run out, or the calendar was never applied.
type NoWindowError struct {
	Path     Path
	Level    Level
	Calendar string
}

func (e *NoWindowError) Error() string {
	return fmt.Sprintf("%s %s: calendar %q has no window for now; apply boundaries ahead", e.Level, e.Path, e.Calendar)
}

// TooMuchError says that a node's holds, or its spend, would pass what the
// ledger counts exactly (9*10^15 nano-USD held, 9*10^18 spent, per window).
type TooMuchError struct {
	Path  Path
	Level Level
}

func (e *TooMuchError) Error() string {
	return fmt.Sprintf("%s %s: more than the ledger counts exactly would be held or spent in one window", e.Level, e.Path)
}

// StaleError says that a newer application has begun.
type StaleError struct {
	Generation int64 // the newest one begun
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("a newer application (generation %d) has begun; read the specs again and apply with a new generation", e.Generation)
}

// CorruptError names a Redis key, and where possible its field, that does not
// hold what the ledger wrote. Nothing was written.
type CorruptError struct {
	Key    string
	Field  string // "" when the whole key is of the wrong type
	Reason string
}

func (e *CorruptError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("Redis key %s: %s", e.Key, e.Reason)
	}
	return fmt.Sprintf("Redis key %s, field %s: %s", e.Key, e.Field, e.Reason)
}
