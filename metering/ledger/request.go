package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// Bounds of a request id, in bytes, and of a hold's life.
const (
	MinID  = 8
	MaxID  = 128
	MaxTTL = 600 * time.Second
)

// Reservation asks for a hold.
type Reservation struct {
	// ID names the request: MinID to MaxID bytes, unique in the organization,
	// not beginning with "tg:{" as keys do.
	ID string
	// Path is the user who pays: four labels.
	Path Path
	// Amount is the most that the request is expected to cost, in nano-USD:
	// 1 to money.MaxRequest.
	Amount money.Amount
	// TTL is how long the hold may stay without being settled: 1 ms to MaxTTL.
	TTL time.Duration
}

// NoLimit is the remaining amount of a level without a limit.
const NoLimit money.Amount = -1

// Grant is a hold that was made.
type Grant struct {
	Amount   money.Amount
	Deadline time.Time
	// Windows are the starts of the windows that hold it, from the
	// organization down.
	Windows [4]time.Time
	// Remaining is what is left at each level, from the organization down,
	// never below 0; NoLimit where there is no limit, and, at a repeat, where
	// the hold's window is no longer open.
	Remaining [4]money.Amount
}

// Reserve promises r.Amount at the four nodes of r.Path, or at none. A repeat
// with the same id returns the hold that was made.
//
// Errors: *RefusedError, *UnknownError, *NoWindowError, *TooMuchError,
// *CorruptError, ErrUsed, ErrMismatch, ErrBad. After any other error it is not
// known whether there is a hold: settle the id with 0, or the hold is charged
// in full when it expires.
func (l *Ledger) Reserve(ctx context.Context, r Reservation) (Grant, error) {
	start := time.Now()
	g, outcome, err := l.reserve(ctx, r)
	l.observe("reserve", outcome, start)
	if err != nil {
		return Grant{}, fmt.Errorf("reserving %s for %s: %w", r.Amount, r.Path, err)
	}
	return g, nil
}

func (l *Ledger) reserve(ctx context.Context, r Reservation) (Grant, string, error) {
	if err := checkRequest(r.ID, r.Path, r.Amount); err != nil {
		return Grant{}, "bad", err
	}
	if r.Amount == 0 {
		return Grant{}, "bad", fmt.Errorf("amount 0: %w", ErrBad)
	}
	if r.TTL < time.Millisecond || r.TTL > MaxTTL {
		return Grant{}, "bad", fmt.Errorf("ttl %s is not between 1ms and %s: %w", r.TTL, MaxTTL, ErrBad)
	}
	answer, err := l.run(ctx, l.scripts.reserve, eightKeys(r.Path), r.ID, int64(r.Amount), r.TTL.Milliseconds())
	if err != nil {
		return Grant{}, "error", err
	}
	a := answerReader{answer: answer}
	if outcome := a.word(); outcome != "granted" {
		return Grant{}, outcome, a.refusal(outcome, r.Path)
	}
	g := a.grant()
	if a.err != nil {
		return Grant{}, "error", a.err
	}
	return g, "granted", nil
}

// Settle turns a hold into what the request cost and returns what was charged:
// actual, or what an earlier settle or record of the same id charged. It
// charges the windows in which the hold was made, closed ones too, and corrects
// a hold that has expired until ten minutes after its deadline.
//
// Errors: ErrGone, ErrMismatch, ErrBad, *CorruptError; any other means that
// Redis did not answer, and a later call with the same id is safe.
func (l *Ledger) Settle(ctx context.Context, id string, path Path, actual money.Amount) (money.Amount, error) {
	start := time.Now()
	charged, outcome, err := l.settle(ctx, id, path, actual)
	l.observe("settle", outcome, start)
	if err != nil {
		return 0, fmt.Errorf("settling %s for %s: %w", actual, path, err)
	}
	return charged, nil
}

func (l *Ledger) settle(ctx context.Context, id string, path Path, actual money.Amount) (money.Amount, string, error) {
	if err := checkRequest(id, path, actual); err != nil {
		return 0, "bad", err
	}
	answer, err := l.run(ctx, l.scripts.settle, fiveKeys(path), id, int64(actual))
	if err != nil {
		return 0, "error", err
	}
	a := answerReader{answer: answer}
	if outcome := a.word(); outcome != "settled" {
		return 0, outcome, a.refusal(outcome, path)
	}
	charged := a.amount()
	if a.err != nil {
		return 0, "error", a.err
	}
	return charged, "settled", nil
}

// Record adds spend that has no hold to the windows open now, whatever their
// limits. A repeat with the same id, or an id that was settled, adds nothing
// and is no error.
//
// Errors: ErrHeld, *UnknownError, *NoWindowError (keep it and try later),
// ErrBad, *CorruptError; any other means that Redis did not answer, and a
// later call with the same id is safe within a minute.
func (l *Ledger) Record(ctx context.Context, id string, path Path, actual money.Amount) error {
	start := time.Now()
	outcome, err := l.record(ctx, id, path, actual)
	l.observe("record", outcome, start)
	if err != nil {
		return fmt.Errorf("recording %s for %s: %w", actual, path, err)
	}
	return nil
}

func (l *Ledger) record(ctx context.Context, id string, path Path, actual money.Amount) (string, error) {
	if err := checkRequest(id, path, actual); err != nil {
		return "bad", err
	}
	answer, err := l.run(ctx, l.scripts.record, eightKeys(path), id, int64(actual), l.tombstone.Milliseconds())
	if err != nil {
		return "error", err
	}
	a := answerReader{answer: answer}
	outcome := a.word()
	if outcome != "recorded" && outcome != "dup" {
		return outcome, a.refusal(outcome, path)
	}
	return outcome, nil
}

// checkRequest refuses what the scripts would refuse, with a reason.
func checkRequest(id string, path Path, amount money.Amount) error {
	if len(id) < MinID || len(id) > MaxID {
		return fmt.Errorf("request id of %d bytes, not %d to %d: %w", len(id), MinID, MaxID, ErrBad)
	}
	if strings.HasPrefix(id, keyStart) {
		return fmt.Errorf("request id %q begins like a key, with %s: %w", id, keyStart, ErrBad)
	}
	if _, err := ParsePath(string(path)); err != nil {
		return err
	}
	if path.Level() != User {
		return fmt.Errorf("%q names a %s, not a user: %w", path, path.Level(), ErrPath)
	}
	if amount < 0 || amount > money.MaxRequest {
		return fmt.Errorf("amount %s is not between 0 and %s: %w", amount, money.MaxRequest, ErrBad)
	}
	return nil
}
