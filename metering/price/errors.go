package price

import (
	"errors"
	"fmt"
	"time"
)

// Errors of Lookup and Cost, to be told apart with errors.Is.
var (
	// ErrUnpriced is matched by every UnpricedError.
	ErrUnpriced = errors.New("unpriced")
	// ErrOverflow says that an amount does not fit an int64 of nano-USD
	// (about $9.2 billion).
	ErrOverflow = errors.New("cost does not fit: more than $9.2 billion")
	// ErrUsage says that token counts cannot be true: negative, or a part
	// larger than its whole.
	ErrUsage = errors.New("token counts cannot be true")
)

// Reason says why there is no price.
type Reason string

// The reasons.
const (
	// NotListed: the table does not name the model for this provider.
	NotListed Reason = "NotListed"
	// NotYet: the table names the model, but no price had begun.
	NotYet Reason = "NotYet"
	// Ambiguous: the provider is not known and several list the model.
	Ambiguous Reason = "AmbiguousProvider"
	// PricedTwice: two prices begin at the same instant.
	PricedTwice Reason = "PricedTwice"
	// MissingPrice: a kind of token that the model can report has no price.
	MissingPrice Reason = "MissingPrice"
	// BadPrice: the entry in the table cannot be read.
	BadPrice Reason = "BadPrice"
	// Implausible: a price can hardly be meant, and nobody confirmed it.
	Implausible Reason = "ImplausiblePrice"
)

// UnpricedError says that something has no price, and why. It matches
// ErrUnpriced.
type UnpricedError struct {
	Provider, Model string
	// At is the instant that was asked for; zero when the error comes from Cost.
	At time.Time
	// Reason is the class, Detail what to do, for a person.
	Reason Reason
	Detail string
}

// Error names the model and what to do about it.
func (e *UnpricedError) Error() string {
	of := ""
	if e.Provider != "" {
		of = fmt.Sprintf(" of provider %q", e.Provider)
	}
	return fmt.Sprintf("model %q%s is unpriced: %s", e.Model, of, e.Detail)
}

// Is matches ErrUnpriced.
func (e *UnpricedError) Is(target error) bool { return target == ErrUnpriced }
