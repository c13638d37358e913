package limits

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"

	"tollgate.dev/tollgate/controller/resets"
	"tollgate.dev/tollgate/metering/ledger"
)

// reset does what the organization asks for, once: it records that windows are
// about to end, ends them, and records that they have. Whoever goes on after a
// crash in between finds the record, and in the ledger whether they have ended.
// Without the record nobody could tell them from windows that were never there;
// with it, a Redis that lost them and opens others of the same start is not
// asked again.
func (w *worker) reset(ctx context.Context, want target) error {
	q := want.reset
	if q.Decided() || q.Same(w.decided) {
		return nil
	}
	if q.Text == "" {
		return w.record(ctx, q, nil) // the annotation is gone: it may be set anew
	}
	wanted, err := q.Parse()
	if err != nil {
		return w.refuse(ctx, q, err.Error())
	}
	views, err := w.windows(ctx, wanted)
	if err != nil {
		return err
	}
	started := q.Started() || q.Same(w.started)
	ended, refusal := resets.Judge(wanted, views, started)
	if refusal != "" {
		return w.refuse(ctx, q, refusal)
	}
	if !started {
		v := resets.Started()
		if err := w.record(ctx, q, &v); err != nil || !q.Same(w.started) {
			return err
		}
	}
	var open []ledger.Reset
	for _, e := range ended {
		if !e.Over {
			open = append(open, e.Reset)
		}
	}
	if len(open) > 0 {
		if err := w.write(ctx, want, Reset, open); err != nil {
			return err
		}
	}
	for _, e := range ended {
		klog.FromContext(ctx).Info("window ended by reset", "organization", w.organization, "ledger", w.ledger, "path", e.Path,
			"window", e.Window, "spent", e.Spent, "held", e.Held, "before", e.Over)
	}
	v := resets.Done(ended)
	return w.record(ctx, q, &v)
}

// windows reads the budgets whose windows are to end.
func (w *worker) windows(ctx context.Context, wanted []ledger.Reset) ([]ledger.NodeView, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	paths := make([]ledger.Path, len(wanted))
	for i, r := range wanted {
		paths[i] = r.Path
	}
	views, err := w.to.Nodes(ctx, w.organization, paths)
	if err != nil {
		w.complain(ctx, "reading the windows that are to be reset", err)
		return nil, fmt.Errorf("reading the windows that are to be reset: %w", err)
	}
	return views, nil
}

func (w *worker) refuse(ctx context.Context, q resets.Request, why string) error {
	v := resets.Refused(why)
	if err := w.record(ctx, q, &v); err != nil || !q.Same(w.decided) {
		return err
	}
	klog.FromContext(ctx).Info("a reset was refused", "organization", w.organization, "ledger", w.ledger, "request", q.Text, "reason", why)
	return nil
}

// record writes a verdict; nil when there is no request any more. An object that
// has changed since it was read, or is gone, is no error: the informers will say
// what it is now.
func (w *worker) record(ctx context.Context, q resets.Request, v *resets.Verdict) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := w.resets.Record(ctx, q, v)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		w.complain(ctx, "recording what became of a reset", err)
		return err
	}
	if v != nil && v.Reason == resets.ReasonStarted {
		w.started = q
		return nil
	}
	w.started, w.decided = resets.Request{}, q
	return nil
}
