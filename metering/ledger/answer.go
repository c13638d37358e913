package ledger

import (
	"fmt"
	"strconv"
	"time"

	"tollgate.dev/tollgate/metering/money"
)

// answerReader takes a script's answer apart, one part after the other. The
// first part that is missing or of another kind stays in err.
type answerReader struct {
	answer []any
	next   int
	err    error
}

func (a *answerReader) part() any {
	if a.err != nil {
		return nil
	}
	if a.next >= len(a.answer) {
		a.err = fmt.Errorf("%v is too short: %w", a.answer, errAnswer)
		return nil
	}
	a.next++
	return a.answer[a.next-1]
}

func (a *answerReader) word() string {
	s, ok := a.part().(string)
	if !ok && a.err == nil {
		a.err = fmt.Errorf("%v: %w", a.answer, errAnswer)
	}
	return s
}

func (a *answerReader) integer() int64 {
	n, ok := a.part().(int64)
	if !ok && a.err == nil {
		a.err = fmt.Errorf("%v: %w", a.answer, errAnswer)
	}
	return n
}

func (a *answerReader) amount() money.Amount { return money.Amount(a.integer()) }

// grant reads what was granted: ten packed numbers.
func (a *answerReader) grant() Grant {
	text := a.word()
	var n [10]int64
	if a.err == nil && len(text) != 8*len(n) {
		a.err = fmt.Errorf("%q is no grant: %w", text, errAnswer)
	}
	if a.err != nil {
		return Grant{}
	}
	var raw [8 * len(n)]byte
	copy(raw[:], text)
	for i := range n {
		f := double(raw[8*i:])
		if !(f >= -1 && f <= exact) && a.err == nil {
			a.err = fmt.Errorf("%q is no grant: %w", text, errAnswer)
		}
		n[i] = int64(f)
	}
	g := Grant{Amount: money.Amount(n[0]), Deadline: time.UnixMilli(n[1]).UTC()}
	for i := range g.Windows {
		g.Windows[i], g.Remaining[i] = time.Unix(n[2+i], 0).UTC(), money.Amount(n[6+i])
	}
	return g
}

// sum reads a sum, which travels as digits because it may pass 2^53.
func (a *answerReader) sum() money.Amount {
	n, err := strconv.ParseInt(a.word(), 10, 64)
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%v: %w: %w", a.answer, errAnswer, err)
	}
	return money.Amount(n)
}

func (a *answerReader) level(user Path) (Path, Level) {
	n := a.integer()
	if n < int64(Organization) || n > int64(User) {
		if a.err == nil {
			a.err = fmt.Errorf("%v: %w", a.answer, errAnswer)
		}
		return "", 0
	}
	return user.ancestors()[n-1], Level(n)
}

// refusal turns an answer that is not a success into its error.
func (a *answerReader) refusal(word string, user Path) error {
	err := a.typed(word, user)
	if a.err != nil {
		return a.err
	}
	return err
}

func (a *answerReader) typed(word string, user Path) error {
	switch word {
	case "refused":
		e := &RefusedError{}
		e.Path, e.Level = a.level(user)
		e.Limit, e.Spent, e.Held = a.amount(), a.sum(), a.amount()
		e.Window = time.Unix(a.integer(), 0).UTC()
		return e
	case "unknown":
		e := &UnknownError{}
		e.Path, e.Level = a.level(user)
		return e
	case "nowindow":
		e := &NoWindowError{}
		e.Path, e.Level = a.level(user)
		e.Calendar = a.word()
		return e
	case "toomuch":
		e := &TooMuchError{}
		e.Path, e.Level = a.level(user)
		return e
	case "stale":
		return &StaleError{Generation: a.integer()}
	case "layout":
		return &LayoutError{Found: a.integer()}
	case "corrupt":
		e := &CorruptError{Key: a.word(), Field: a.word(), Reason: reasonField}
		if e.Field == "" {
			e.Reason = reasonType
		}
		return e
	case "used":
		return ErrUsed
	case "mismatch":
		return ErrMismatch
	case "gone":
		return ErrGone
	case "held":
		return ErrHeld
	case "early":
		return ErrResetTooSoon
	case "bad":
		return fmt.Errorf("%v: %w", a.answer[1:], ErrBad)
	}
	return fmt.Errorf("%v: %w", a.answer, errAnswer)
}

// Reasons of a CorruptError.
const (
	reasonType  = "is of a type that the ledger does not use; somebody else wrote to this Redis"
	reasonField = "does not hold what the ledger writes"
)
