package judge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage/names"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/dispatch"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/world"
	"tollgate.dev/tollgate/rego/admission"
	"tollgate.dev/tollgate/rego/engine"
	"tollgate.dev/tollgate/rego/settings"
	regosubject "tollgate.dev/tollgate/rego/subject"
)

// maxMutations is how often the API server asks a mutating webhook about one
// object: once, and once more after others have changed it.
const maxMutations = 2

// Judge takes objects through admission. It is not safe for concurrent use: it
// moves objects in and out of the world while they are judged.
type Judge struct {
	catalog   *complete.Catalog
	world     *world.World
	engine    *engine.Engine
	settings  *settings.Settings
	asks      *dispatch.Configurations
	admission *admission.Judge
}

// New returns a judge. The engine must have its policies; the world gives it its
// inventory, and asks says what the webhook is asked about: everything when nil.
func New(c *complete.Catalog, w *world.World, e *engine.Engine, s *settings.Settings, asks *dispatch.Configurations) *Judge {
	return &Judge{c, w, e, s, asks, admission.New(e, admission.Options{Point: engine.Review, Settings: s})}
}

// Case is one object to judge.
type Case struct {
	// Object as it is written.
	Object *unstructured.Unstructured
	// Old is what the object replaces; nil when it is what the world has.
	Old *unstructured.Unstructured
	// Operation; empty is UPDATE when there is an old object and CREATE otherwise.
	Operation admissionv1.Operation
	// Namespace of an object that names none.
	Namespace string
	// User who asks.
	User User
	// Explain asks for the rules that fired.
	Explain bool
}

// Outcome is what became of a case.
type Outcome struct {
	Operation admissionv1.Operation
	// Object as it would be stored if it was admitted; as it was, in a DELETE.
	Object *unstructured.Unstructured
	// Warnings are the API server's own, and what was assumed.
	Warnings []string
	// Errors are why the API server would refuse the object before the webhook
	// validates it.
	Errors field.ErrorList
	// Patch is what mutation changed, as JSON patches.
	Patches [][]byte
	// Judged is whether any policy applies.
	Judged bool
	// NotAsked is why the webhook is not asked for a verdict; nil when it is.
	NotAsked *dispatch.Answer
	// Request is the last one that the webhook would get, if it was asked.
	Request *admissionv1.AdmissionRequest
	// Response and Verdict are the webhook's answer to it, nil and empty when
	// there is none. When there are Errors they are what it would answer if
	// the API server let the object through.
	Response *admissionv1.AdmissionResponse
	Verdict  engine.Verdict
	// Fired are the rules behind the verdict's violations, in their order.
	Fired [][]engine.Fired
}

// Refused says whether the object would not be admitted.
func (o *Outcome) Refused() bool {
	return len(o.Errors) > 0 || o.Response != nil && !o.Response.Allowed
}

// Admit judges one case against the world as it is, but for the object itself,
// which is there as it was.
func (j *Judge) Admit(ctx context.Context, c Case) (*Outcome, error) {
	c = j.Resolve(c)
	out := &Outcome{Object: c.Object, Operation: c.Operation}
	s, err := j.read(c, out)
	if err == nil {
		key, before := j.stand(s)
		err = j.admit(ctx, s, c, out)
		j.world.Set(key, before)
	}
	var bad *complete.Invalid
	if errors.As(err, &bad) {
		out.Errors = bad.Errors
		return out, nil
	}
	return out, err
}

// stand puts the world as it is when the webhook is asked: the object as it was.
// It returns what to put back.
func (j *Judge) stand(s *subject) (world.Key, *unstructured.Unstructured) {
	u := s.object
	if u == nil {
		u = s.old
	}
	key := world.KeyOf(u)
	before := j.world.Get(key)
	j.world.Set(key, s.old)
	j.world.Settle()
	return key, before
}

func (j *Judge) admit(ctx context.Context, s *subject, c Case, out *Outcome) error {
	out.Object = s.old
	if s.object != nil {
		out.Object = s.object
		j.defaultClass(s)
		if done, err := j.mutate(ctx, s, c, out); done || err != nil {
			return err
		}
		out.Object = s.object
		if s.name == "" {
			s.name = generate(s.object.GetGenerateName())
			s.object.SetName(s.name)
		}
		var err error
		if s.operation == admissionv1.Create {
			err = s.kind.Create(ctx, s.object)
		} else {
			err = s.kind.Update(ctx, s.object, s.old)
		}
		// An object that is invalid is asked about all the same: definitions
		// differ between clusters, and a person wants to know everything at once.
		var bad *complete.Invalid
		switch {
		case errors.As(err, &bad):
			out.Errors = bad.Errors
		case err != nil:
			return err
		}
	}
	req, err := s.request(c.User)
	if err != nil {
		return err
	}
	out.Request = req
	answer, err := j.asks.Validating(ctx, j.question(s, c.User))
	switch {
	case err != nil:
		return refuseAsking(err, out)
	case !answer.Asked && answer.Covered:
		out.NotAsked = &answer
		return nil
	}
	out.Response, out.Verdict = j.admission.Validate(ctx, req)
	if err := j.look(ctx, req, c, out); err != nil {
		return err
	}
	out.note(answer.Notes)
	if !answer.Asked && out.Judged {
		out.Warnings = append(out.Warnings, "a cluster does not ask the webhook about it: "+answer.Reason)
	}
	return nil
}

// generate is the name that the API server would draw, with a fixed end instead
// of a random one.
func generate(base string) string {
	const random = "xxxxx"
	drawn := names.SimpleNameGenerator.GenerateName(base)
	return drawn[:len(drawn)-len(random)] + random
}

// mutate asks for patches and applies them, until there are none or the API
// server would stop. It is done when mutation refuses the object.
func (j *Judge) mutate(ctx context.Context, s *subject, c Case, out *Outcome) (done bool, err error) {
	for range maxMutations {
		asked, err := j.mutates(ctx, s, c.User, out)
		if err != nil {
			return true, refuseAsking(err, out)
		}
		if !asked {
			return false, nil
		}
		req, err := s.request(c.User)
		if err != nil {
			return false, err
		}
		resp, verdict := j.admission.Mutate(ctx, req)
		if !resp.Allowed {
			out.Request, out.Response, out.Verdict, out.Judged = req, resp, verdict, true
			return true, nil
		}
		if len(resp.Patch) == 0 {
			return false, nil
		}
		if s.object, err = apply(s.object, resp.Patch); err != nil {
			return false, err
		}
		s.kind.Default(s.object)
		out.Patches = append(out.Patches, resp.Patch)
	}
	return false, nil
}

// defaultClass does what the admission plugin DefaultIngressClass does before
// any webhook is asked.
func (j *Judge) defaultClass(s *subject) {
	if s.operation != admissionv1.Create || s.kind.GVK != networkingv1.SchemeGroupVersion.WithKind("Ingress") {
		return
	}
	if _, given, _ := unstructured.NestedFieldNoCopy(s.object.Object, "spec", "ingressClassName"); given {
		return
	}
	if _, given := s.object.GetAnnotations()["kubernetes.io/ingress.class"]; given {
		return
	}
	class := j.world.DefaultIngressClass()
	if spec, ok := s.object.Object["spec"].(map[string]any); ok && class != "" {
		spec["ingressClassName"] = class
	}
}

// look finds out what the verdict rests on.
func (j *Judge) look(ctx context.Context, req *admissionv1.AdmissionRequest, c Case, out *Outcome) error {
	snapshot := j.engine.Snapshot()
	who, err := regosubject.Of(snapshot.Inventory(), j.settings, req)
	if err != nil {
		return nil // the response says so
	}
	in, err := engine.NewInput(req, who)
	if err != nil {
		return nil // the response says so
	}
	matching, err := snapshot.Matching(in)
	if err != nil {
		return err
	}
	own := req.Kind.Group == v1alpha1.GroupName && req.Kind.Kind == "AdmissionPolicy"
	out.Judged = len(matching) > 0 || own && req.Operation != admissionv1.Delete
	if !c.Explain {
		return nil
	}
	for _, v := range out.Verdict.Violations {
		fired, err := snapshot.Explain(ctx, in, v)
		if err != nil {
			return err
		}
		out.Fired = append(out.Fired, fired)
	}
	return nil
}

// Put adds an object that exists to the world, read as the API server does. An
// object without a namespace that needs one gets that of the argument.
func (j *Judge) Put(u *unstructured.Unstructured, namespace string) error {
	kind, err := j.catalog.Kind(u.GroupVersionKind())
	if err != nil {
		return err
	}
	u = u.DeepCopy()
	if _, err := kind.Decode(u); err != nil {
		return fmt.Errorf("%s %s: %w", u.GetKind(), strings.TrimPrefix(u.GetNamespace()+"/"+u.GetName(), "/"), err)
	}
	if kind.Namespaced && u.GetNamespace() == "" {
		u.SetNamespace(namespace)
	}
	kind.Stored(u)
	j.world.Put(u)
	return nil
}
