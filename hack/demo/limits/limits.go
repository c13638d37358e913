package limits

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/hack/demo/specs"
	"tollgate.dev/tollgate/metering/ledger"
	"tollgate.dev/tollgate/metering/terms"
	"tollgate.dev/tollgate/tenancy"
)

const (
	// again is how often all limits are written although nothing changed: far
	// sooner than boundaries run out.
	again = 10 * time.Minute
)

// Ledger is what limits are written to.
type Ledger interface {
	NextGeneration(ctx context.Context, org string) (int64, error)
	Apply(ctx context.Context, org string, a ledger.Application) error
	Nodes(ctx context.Context, org string, paths []ledger.Path) ([]ledger.NodeView, error)
	Paths(ctx context.Context, org string) ([]ledger.Path, error)
}

// Writer writes limits. It is for one goroutine.
type Writer struct {
	ledger   Ledger
	compiler *terms.Compiler
	log      *slog.Logger
	now      func() time.Time
	written  map[string]mark
}

// mark is what was written of an organization, and when.
type mark struct {
	digest [sha256.Size]byte
	at     time.Time
}

// NewWriter returns a writer that has written nothing yet.
func NewWriter(l Ledger, log *slog.Logger, now func() time.Time) *Writer {
	return &Writer{ledger: l, compiler: terms.NewCompiler(), log: log, now: now, written: map[string]mark{}}
}

// Write writes the limits of every organization that needs it. One that fails
// does not keep the others from theirs.
func (w *Writer) Write(ctx context.Context, s *specs.Specs) error {
	var errs []error
	for _, o := range s.Directory.Organizations() {
		if err := w.organization(ctx, o.Name(), nodes(s.Directory, o)); err != nil {
			errs = append(errs, fmt.Errorf("limits of organization %s: %w", o.Name(), err))
		}
	}
	return errors.Join(errs...)
}

func (w *Writer) organization(ctx context.Context, org string, list []terms.Node) error {
	digest, err := digestOf(list)
	if err != nil {
		return err
	}
	last, ok := w.written[org]
	if ok && last.digest == digest && w.now().Sub(last.at) < again {
		there, err := w.there(ctx, org)
		if err != nil || there {
			return err
		}
		w.log.Info("the ledger lost its limits; writing them again", "organization", org)
	}
	delete(w.written, org)
	application, problems := w.compiler.Application(list, w.now())
	for _, p := range problems {
		w.log.Warn("a budget cannot be written", "path", p.Path, "error", p.Err)
	}
	if application.Removed, err = w.removed(ctx, org, list); err != nil {
		return err
	}
	if application.Generation, err = w.ledger.NextGeneration(ctx, org); err != nil {
		return err
	}
	if err := w.ledger.Apply(ctx, org, application); err != nil {
		return err
	}
	w.written[org] = mark{digest, w.now()}
	w.log.Info("wrote limits", "organization", org, "nodes", len(application.Nodes), "removed", len(application.Removed), "generation", application.Generation)
	return nil
}

// there tells whether the ledger still has the organization's limit: a Redis
// that came back empty has none.
func (w *Writer) there(ctx context.Context, org string) (bool, error) {
	views, err := w.ledger.Nodes(ctx, org, []ledger.Path{ledger.Path(org)})
	if err != nil {
		return false, err
	}
	return views[0].Applied, nil
}

func (w *Writer) removed(ctx context.Context, org string, list []terms.Node) ([]ledger.Path, error) {
	paths, err := w.ledger.Paths(ctx, org)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, nil
	}
	views, err := w.ledger.Nodes(ctx, org, paths)
	if err != nil {
		return nil, err
	}
	return terms.Removed(list, views), nil
}

// nodes are the budget nodes of an organization, itself and its accepted projects.
func nodes(d *tenancy.Directory, o *tenancy.OrganizationView) []terms.Node {
	out := []terms.Node{{Path: o.Node.Path, Budget: o.Node.Budget}}
	for _, p := range d.ProjectsOf(o.Name()) {
		for _, n := range p.Nodes {
			t := terms.Node{Path: n.Path, Budget: n.Budget}
			if n.Level == tenancy.LevelGroup {
				t.UserBudget = userBudget(p, n.Group)
			}
			out = append(out, t)
		}
	}
	return out
}

func userBudget(p *tenancy.ProjectView, group string) *v1alpha1.Budget {
	if g, ok := p.Group(group); ok {
		return g.UserBudget
	}
	return nil
}

func digestOf(list []terms.Node) ([sha256.Size]byte, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("comparing limits: %w", err)
	}
	return sha256.Sum256(text), nil
}
