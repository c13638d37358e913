package balance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"tollgate.dev/tollgate/metering/ledger"
)

// Reasons why the Available condition of a budget is False.
const (
	// ReasonLedgerUnreachable: Redis did not answer, or refused to.
	ReasonLedgerUnreachable = "LedgerUnreachable"
	// ReasonLedgerUnknown: the organization names a ledger that this server was not given.
	ReasonLedgerUnknown = "LedgerUnknown"
	// ReasonLedgerCorrupt: a Redis key does not hold what the ledger wrote.
	ReasonLedgerCorrupt = "LedgerCorrupt"
	// ReasonLedgerLayout: another version of Tollgate wrote the ledger.
	ReasonLedgerLayout = "LedgerLayout"
	// ReasonNoWindow: the window boundaries in the ledger have run out.
	ReasonNoWindow = "NoWindow"
	// ReasonNotApplied: the ledger does not have this budget.
	ReasonNotApplied = "NotApplied"
	// ReasonNotAccepted: the project does not count, so nothing is read for it.
	ReasonNotAccepted = "NotAccepted"
	// ReasonRead: the amounts were read.
	ReasonRead = "Read"
)

// Unavailable says why amounts are not known, and what to do.
type Unavailable struct {
	Reason, Message string
}

func (u *Unavailable) Error() string { return u.Message }

func unknownLedger(org Organization) *Unavailable {
	return &Unavailable{
		Reason: ReasonLedgerUnknown,
		Message: fmt.Sprintf("amounts are unknown: the organization's spec.ledger names %q, which this server was not given; "+
			"start it with --ledger %s=URL, or correct the organization", org.Ledger, org.Ledger),
	}
}

// explain tells a user what went wrong in words that hold no address and no
// credential: those go to the server's log.
func explain(org Organization, err error) *Unavailable {
	var corrupt *ledger.CorruptError
	if errors.As(err, &corrupt) {
		return &Unavailable{Reason: ReasonLedgerCorrupt, Message: corruptMessage(corrupt)}
	}
	var other *ledger.LayoutError
	if errors.As(err, &other) {
		return &Unavailable{Reason: ReasonLedgerLayout, Message: "limits are shown; amounts are unknown: " + other.Error()}
	}
	return &Unavailable{
		Reason: ReasonLedgerUnreachable,
		Message: fmt.Sprintf("limits are shown; amounts, and users who are not listed in a Project, are unknown: the ledger %q %s; "+
			"try again; if it stays, ask the platform's administrators", org.Ledger, symptom(err)),
	}
}

func corruptMessage(err *ledger.CorruptError) string {
	return err.Error() + ": amounts are unknown; " + err.Repair()
}

func symptom(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections"
	case errors.Is(err, context.Canceled):
		return "was not waited for"
	}
	// Redis begins its own refusals with a code in capitals.
	for _, code := range []string{"LOADING", "NOAUTH", "WRONGPASS", "NOPERM", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "OOM", "READONLY"} {
		if strings.Contains(err.Error(), code+" ") {
			return "refuses with " + code
		}
	}
	return "failed"
}
