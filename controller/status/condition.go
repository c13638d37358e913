package status

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Types of conditions.
const (
	// TypeReady: everything that the object says counts.
	TypeReady = "Ready"
	// TypeAccepted of a Project: it counts for its organization.
	TypeAccepted = "Accepted"
	// TypeConflict of an Organization: an older one owns something that it lists.
	TypeConflict = "Conflict"
)

// Reasons of conditions; those of Accepted are package tenancy's.
const (
	// ReasonReady: all is well.
	ReasonReady = "Ready"
	// ReasonNotAccepted: the Project does not count; Accepted says why.
	ReasonNotAccepted = "NotAccepted"
	// ReasonInvalidBudget: a budget cannot be written to the ledger.
	ReasonInvalidBudget = "InvalidBudget"
	// ReasonEntriesIgnored: a group or user is listed in vain.
	ReasonEntriesIgnored = "EntriesIgnored"
	// ReasonLedgerUnknown: the controller was not given a ledger of that name.
	ReasonLedgerUnknown = "LedgerUnknown"
	// ReasonPriceTableUnknown: there is no PriceTable of that name.
	ReasonPriceTableUnknown = "PriceTableUnknown"
	// ReasonOwnedByOlder: an older organization owns something that is listed.
	ReasonOwnedByOlder = "OwnedByOlder"
	// ReasonNoConflict: the organization owns everything that it lists.
	ReasonNoConflict = "NoConflict"
	// ReasonPricedTwice: two prices of a model begin at one instant.
	ReasonPricedTwice = "PricedTwice"
	// ReasonBadPrice: a price cannot be read.
	ReasonBadPrice = "BadPrice"
	// ReasonImplausiblePrice: a price is in the wrong unit, and not confirmed.
	ReasonImplausiblePrice = "ImplausiblePrice"
)

const (
	// mostNamed is how many problems one message names.
	mostNamed = 5
	// mostBytes is how long a message may be; kube-apiserver takes 32768.
	mostBytes = 4096
)

// finding is one thing that is not as it should be.
type finding struct{ reason, message string }

// condition returns a condition without its times.
func condition(kind string, good bool, reason, message string) metav1.Condition {
	c := metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message}
	if good {
		c.Status = metav1.ConditionTrue
	}
	return c
}

// ready returns the condition Ready: the first finding gives the reason, all
// give the message.
func ready(findings []finding, well string) metav1.Condition {
	if len(findings) == 0 {
		return condition(TypeReady, true, ReasonReady, well)
	}
	messages := make([]string, len(findings))
	for i, f := range findings {
		messages[i] = f.message
	}
	return condition(TypeReady, false, findings[0].reason, summary(messages))
}

// summary joins the first few messages, as far as they fit.
func summary(messages []string) string {
	rest := ""
	if n := len(messages) - mostNamed; n > 0 {
		messages, rest = messages[:mostNamed], fmt.Sprintf("; and %d more", n)
	}
	joined := strings.Join(messages, "; ")
	if len(joined) > mostBytes {
		joined = strings.ToValidUTF8(joined[:mostBytes], "") + "..."
	}
	return joined + rest
}

// timed gives conditions their generation and times. One whose status is that of
// current keeps its time.
func timed(current []metav1.Condition, generation int64, now time.Time, conditions ...metav1.Condition) []metav1.Condition {
	for i := range conditions {
		c := &conditions[i]
		c.ObservedGeneration, c.LastTransitionTime = generation, metav1.NewTime(now.UTC().Truncate(time.Second))
		if old := meta.FindStatusCondition(current, c.Type); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
	}
	return conditions
}

// hold tells whether current has all conditions as wanted, whatever else it has
// and whatever their times are.
func hold(current, wanted []metav1.Condition) bool {
	for _, w := range wanted {
		c := meta.FindStatusCondition(current, w.Type)
		if c == nil || c.Status != w.Status || c.Reason != w.Reason || c.Message != w.Message || c.ObservedGeneration != w.ObservedGeneration {
			return false
		}
	}
	return true
}
