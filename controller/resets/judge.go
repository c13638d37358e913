package resets

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/money"
)

// TypeReset is the type of the condition that says what became of a request.
const TypeReset = "Reset"

// Reasons of the condition Reset.
const (
	// ReasonStarted: the windows are about to end.
	ReasonStarted = "Started"
	// ReasonDone: they have ended.
	ReasonDone = "Done"
	// ReasonRefused: nothing was ended, and nothing will be.
	ReasonRefused = "Refused"
)

// Verdict is what becomes of a request.
type Verdict struct {
	// Reason is one of the Reason constants.
	Reason string
	// Message is for a person; it does not repeat the request.
	Message string
}

// Refused is the verdict on a request that cannot be carried out.
func Refused(why string) Verdict {
	return Verdict{ReasonRefused, why + "; nothing was reset. Remove the annotation, or change it to ask anew"}
}

// Started is recorded before windows end.
func Started() Verdict { return Verdict{ReasonStarted, "the windows are being ended"} }

// Done is the verdict when the windows have ended.
func Done(ended []Ended) Verdict {
	texts := make([]string, len(ended))
	for i, e := range ended {
		texts[i] = e.String()
	}
	return Verdict{ReasonDone, strings.Join(texts, "; ")}
}

func (v Verdict) status() metav1.ConditionStatus {
	switch v.Reason {
	case ReasonDone:
		return metav1.ConditionTrue
	case ReasonRefused:
		return metav1.ConditionFalse
	}
	return metav1.ConditionUnknown
}

// Ended is one window that ends, or has ended, by a reset.
type Ended struct {
	ledger.Reset
	// Over says that it had ended before: by an earlier try, whose answer got
	// lost. Nothing more is known of it.
	Over bool
	// Spent and Held are what was in it just before.
	Spent, Held money.Amount
}

// String is one clause for a person.
func (e Ended) String() string {
	if e.Over {
		return fmt.Sprintf("the window of %s since %s is over", e.Path, e.Window.Format(time.RFC3339))
	}
	return fmt.Sprintf("the window of %s since %s was ended with %s spent and %s held", e.Path, e.Window.Format(time.RFC3339), e.Spent, e.Held)
}

// Judge holds resets against the budgets as the ledger has them, in the same
// order. It returns the windows that are to end, or why none may. started says
// that an earlier try has begun: a window that is over was ended by it.
func Judge(wanted []ledger.Reset, views []ledger.NodeView, started bool) (ended []Ended, refusal string) {
	var problems []string
	for i, r := range wanted {
		e, problem := judge(r, &views[i], started)
		if problem != "" {
			problems = append(problems, fmt.Sprintf("%s %s", r.Path, problem))
		}
		ended = append(ended, e)
	}
	if len(problems) > 0 {
		return nil, strings.Join(problems, "; ")
	}
	return ended, ""
}

func judge(r ledger.Reset, v *ledger.NodeView, started bool) (Ended, string) {
	switch {
	case !v.Applied && !v.Used:
		return Ended{}, "is not known to the ledger"
	case v.Err != nil:
		return Ended{}, fmt.Sprintf("cannot be read: %v", v.Err)
	case v.WindowStart.IsZero():
		return Ended{}, "has no open window"
	case v.WindowStart.Equal(r.Window):
		return Ended{Reset: r, Spent: v.Spent, Held: v.Held}, ""
	case started && r.Window.Before(v.WindowStart):
		return Ended{Reset: r, Over: true}, ""
	}
	return Ended{}, fmt.Sprintf("has a window since %s open, not one since %s", v.WindowStart.UTC().Format(time.RFC3339), r.Window.Format(time.RFC3339))
}
