package encode

import (
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
)

// appendBudget appends a Budget or an OrganizationBudget as encoding/json writes
// it, field by field without reflection: a list of 10,000 is encoded in a
// quarter of the time. A property test holds the two equal.
func (a *appender) appendBudget(b []byte, t *metav1.TypeMeta, m *metav1.ObjectMeta, spec *metering.BudgetSpec, status *metering.BudgetStatus) ([]byte, error) {
	b = append(b, '{')
	if t.Kind != "" {
		b = append(appendString(append(b, `"kind":`...), t.Kind), ',')
	}
	if t.APIVersion != "" {
		b = append(appendString(append(b, `"apiVersion":`...), t.APIVersion), ',')
	}
	b = append(b, `"metadata":`...)
	b, err := a.appendMeta(b, m)
	if err != nil {
		return nil, err
	}
	b = a.appendSpec(append(b, `,"spec":`...), spec)
	b = a.appendStatus(append(b, `,"status":`...), status)
	return append(b, '}'), nil
}

// appendMeta appends the metadata of a row. What no row has is left to
// encoding/json.
func (a *appender) appendMeta(b []byte, m *metav1.ObjectMeta) ([]byte, error) {
	//lint:ignore SA1019 selfLink is obsolete, and written if it is there
	if m.GenerateName != "" || m.SelfLink != "" || m.ResourceVersion != "" || m.Generation != 0 || m.DeletionTimestamp != nil ||
		m.DeletionGracePeriodSeconds != nil || len(m.Annotations) > 0 || len(m.OwnerReferences) > 0 || len(m.Finalizers) > 0 || len(m.ManagedFields) > 0 {
		raw, err := json.Marshal(m)
		return append(b, raw...), err
	}
	b = append(b, '{')
	start := len(b)
	b = appendText(b, start, "name", m.Name)
	b = appendText(b, start, "namespace", m.Namespace)
	b = appendText(b, start, "uid", string(m.UID))
	if !m.CreationTimestamp.IsZero() {
		b = a.appendTime(appendKey(b, start, "creationTimestamp"), m.CreationTimestamp)
	}
	if len(m.Labels) > 0 {
		b = appendLabels(appendKey(b, start, "labels"), m.Labels)
	}
	return append(b, '}'), nil
}

func appendLabels(b []byte, labels map[string]string) []byte {
	var few [8]string
	keys := few[:0]
	for k := range labels {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(appendString(b, k), ':'), labels[k])
	}
	return append(b, '}')
}

func (a *appender) appendSpec(b []byte, s *metering.BudgetSpec) []byte {
	b = appendString(append(b, `{"level":`...), string(s.Level))
	b = appendString(append(b, `,"organization":`...), s.Organization)
	b = appendText(b, 0, "project", s.Project)
	b = appendText(b, 0, "group", s.Group)
	b = appendText(b, 0, "user", s.User)
	if s.Default {
		b = append(b, `,"default":true`...)
	}
	b = appendString(append(b, `,"limit":`...), s.Limit)
	b = appendString(append(b, `,"period":`...), s.Period)
	b = appendString(append(b, `,"timeZone":`...), s.TimeZone)
	if len(s.AlertThresholds) > 0 {
		b = appendInts(append(b, `,"alertThresholds":`...), s.AlertThresholds)
	}
	b = appendString(append(b, `,"enforcement":`...), s.Enforcement)
	return append(b, '}')
}

func (a *appender) appendStatus(b []byte, s *metering.BudgetStatus) []byte {
	b = appendString(append(b, `{"state":`...), string(s.State))
	b = appendString(append(b, `,"limit":`...), s.Limit)
	b = appendString(append(b, `,"enforcement":`...), s.Enforcement)
	b = appendString(append(b, `,"spent":`...), s.Spent)
	b = appendString(append(b, `,"held":`...), s.Held)
	b = appendString(append(b, `,"remaining":`...), s.Remaining)
	b = appendString(append(b, `,"usedPercent":`...), s.UsedPercent)
	for _, t := range [...]struct {
		key  string
		time *metav1.Time
	}{{`,"windowStart":`, s.WindowStart}, {`,"resetsAt":`, s.ResetsAt}, {`,"lastUsed":`, s.LastUsed}} {
		b = a.appendOptionalTime(append(b, t.key...), t.time)
	}
	if len(s.Conditions) > 0 {
		b = append(b, `,"conditions":[`...)
		for i := range s.Conditions {
			if i > 0 {
				b = append(b, ',')
			}
			b = a.appendCondition(b, &s.Conditions[i])
		}
		b = append(b, ']')
	}
	if s.AsOf != nil {
		b = a.appendTime(append(b, `,"asOf":`...), *s.AsOf)
	}
	return append(b, '}')
}

func (a *appender) appendCondition(b []byte, c *metav1.Condition) []byte {
	b = appendString(append(b, `{"type":`...), c.Type)
	b = appendString(append(b, `,"status":`...), string(c.Status))
	if c.ObservedGeneration != 0 {
		b = appendInt(append(b, `,"observedGeneration":`...), c.ObservedGeneration)
	}
	b = a.appendTime(append(b, `,"lastTransitionTime":`...), c.LastTransitionTime)
	b = appendString(append(b, `,"reason":`...), c.Reason)
	b = appendString(append(b, `,"message":`...), c.Message)
	return append(b, '}')
}
