package usage

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/balance"
	"tollgate.dev/tollgate/tenancy"
)

// Reasons of the conditions Available and Priced.
const (
	reasonRead       = "Read"
	reasonPriced     = "Priced"
	reasonUnpriced   = "Unpriced"
	reasonNotRead    = "NotRead"
	reasonNoNumbers  = "NoNumbers"
	reasonMimirClass = "Mimir" // and the class of the failure: MimirTimeout
)

// source of all numbers.
const source = "mimir"

// mostNamed is how many unpriced models a condition names.
const mostNamed = 3

// object returns the row as the API shows it.
func (r *row) object(w window, asOf time.Time) metering.Usage {
	project := r.view.Project
	ownerUID, created := project.UID, project.CreationTimestamp
	uidName := r.key.Name
	if r.id.project == "" { // a sum over projects is the organization's
		ownerUID, created = r.view.Organization.UID, r.view.Organization.CreationTimestamp
		uidName = r.key.Namespace + "/" + uidName
	}
	u := metering.Usage{
		ObjectMeta: metav1.ObjectMeta{
			Name: r.key.Name, Namespace: r.key.Namespace,
			UID:               types.UID(balance.UID(ownerUID, kind, r.by.String()+"/"+uidName)),
			CreationTimestamp: created,
			Labels:            r.labels(),
		},
		Spec: metering.UsageSpec{
			Organization: r.view.Organization.Name,
			Project:      r.id.project, Group: r.id.group, User: r.userName(), Model: r.id.model,
			Since: metav1.NewTime(w.since), Until: metav1.NewTime(w.until),
		},
		Status: metering.UsageStatus{Estimate: true, Source: source, AsOf: ptr.To(metav1.NewTime(asOf.Truncate(time.Second)))},
	}
	if r.unknown == nil {
		u.Status.Requests, u.Status.TotalTokens = ptr.To(r.counters.Requests), ptr.To(r.counters.Total)
		u.Status.InputTokens, u.Status.OutputTokens = ptr.To(r.counters.Input), ptr.To(r.counters.Output)
		if len(r.unpriced) == 0 {
			u.Status.Cost = r.cost.String()
		}
	}
	u.Status.Conditions = r.conditions(metav1.NewTime(asOf.Truncate(time.Second)))
	return u
}

// String names the parts, for UIDs: the sum over models of user x is another row
// than the sum over users of a model whose digest is x.
func (p parts) String() string {
	return fmt.Sprintf("%t,%t,%t,%t", p.project, p.group, p.user, p.model)
}

// userName is the user whose label the row has. A label that is too short for the
// name is known to the projects that list the user, so all of the row's are asked.
func (r *row) userName() string {
	if r.id.user == "" {
		return ""
	}
	for _, p := range r.projects {
		if n, ok := p.UserNode(r.id.group, r.id.user); ok {
			return n.UserName
		}
	}
	for _, p := range r.projects {
		if name, ok := p.UserName(r.id.user); ok {
			return name
		}
	}
	return r.id.user
}

func (r *row) conditions(now metav1.Time) []metav1.Condition {
	condition := func(kind string, ok bool, reason, message string) metav1.Condition {
		c := metav1.Condition{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message, LastTransitionTime: now}
		if ok {
			c.Status = metav1.ConditionTrue
		}
		return c
	}
	if r.unknown != nil {
		priced := condition(metering.ConditionPriced, false, reasonNoNumbers, "nothing is known that could be priced")
		priced.Status = metav1.ConditionUnknown
		return []metav1.Condition{
			condition(metering.ConditionAvailable, false, r.unknown.reason, "requests, tokens and cost are unknown: "+r.unknown.message),
			priced,
		}
	}
	available := condition(metering.ConditionAvailable, true, reasonRead, "")
	if len(r.unpriced) == 0 {
		return []metav1.Condition{available, condition(metering.ConditionPriced, true, reasonPriced, "")}
	}
	return []metav1.Condition{available, condition(metering.ConditionPriced, false, reasonUnpriced, r.whyUnpriced())}
}

func (r *row) whyUnpriced() string {
	var why []string
	for _, u := range r.unpriced[:min(len(r.unpriced), mostNamed)] {
		text := u.err.Error()
		if !strings.Contains(text, fmt.Sprintf("%q", u.model)) {
			text = fmt.Sprintf("model %q: %s", u.model, text)
		}
		why = append(why, text)
	}
	if more := len(r.unpriced) - mostNamed; more > 0 {
		why = append(why, fmt.Sprintf("and %d more models", more))
	}
	message := "the cost is unknown; ask the platform's administrators: " + strings.Join(why, "; ")
	if r.cost > 0 {
		message += fmt.Sprintf("; the priced part costs $%s", r.cost)
	}
	return message
}

// sameRow tells a row's identity from its object.
func sameRow(u *metering.Usage) identity {
	return identity{
		namespace: u.Namespace, project: u.Labels[metering.LabelProject],
		group: u.Labels[metering.LabelGroup], user: u.Labels[metering.LabelUser], model: u.Spec.Model,
	}
}

// parts are those that were not added up: a part that is kept is never empty.
func (i identity) parts() parts {
	return parts{project: i.project != "", group: i.group != "", user: i.user != "", model: i.model != ""}
}

// projectsIn returns the namespaces of an organization's accepted projects, as
// far as rows are of these namespaces, by the project's name.
func projectsIn(d *tenancy.Directory, organization string, namespaces map[string]bool) map[string]string {
	out := map[string]string{}
	for _, p := range d.ProjectsOf(organization) {
		if namespaces[p.Project.Namespace] {
			out[p.Project.Name] = p.Project.Namespace
		}
	}
	return out
}
